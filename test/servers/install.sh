#!/usr/bin/env bash
# Builds the servers that test/servers talks to: real Jaeger and a real OpenTelemetry Collector, from their Go modules.
#
#   test/servers/install.sh              both
#   test/servers/install.sh jaeger       one of them (jaeger | otelcol)
#
# The binaries go into a cache outside the checkout, under names that carry the version, so that a second run only
# prints where they are:
#   ${CHRONICLE_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/chronicle-otel-tools}/{jaeger-1.76.0,otelcol-0.148.0}
# A binary named by JAEGER_BIN or OTELCOL_BIN is taken as it is and not built.
#
# Needs Go (1.25 or newer) and its module proxy; takes about 5 minutes of CPU, once. Progress goes to stderr; stdout
# holds one line per tool: its name, a tab, its path.
set -euo pipefail

JAEGER_VERSION=1.76.0 # the module's number; the same code is released as Jaeger 2.13
OTELCOL_VERSION=0.148.0 # must be the version in collector-builder.yaml

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
  command -v go >/dev/null 2>&1 || fail "Go is not on PATH. Install Go 1.25 or newer, or name a ready binary in JAEGER_BIN and OTELCOL_BIN."
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

provide() { # provide NAME VERSION GIVEN_VARIABLE
  local name=$1 version=$2 variable=$3
  local given=${!variable:-} target="$tools/$name-$version"
  if [ -n "$given" ]; then
    [ -x "$given" ] || fail "$variable names $given, which is not an executable file."
    printf '%s\t%s\n' "$name" "$given"
    return
  fi
  if [ ! -x "$target" ]; then
    need_go
    new_scratch
    say "building $name $version; this takes minutes"
    "build_$name" "$target"
    clean
    scratch=
  fi
  printf '%s\t%s\n' "$name" "$target"
}

[ $# -gt 0 ] || set -- jaeger otelcol
for tool in "$@"; do
  case $tool in
    jaeger) provide jaeger "$JAEGER_VERSION" JAEGER_BIN ;;
    otelcol) provide otelcol "$OTELCOL_VERSION" OTELCOL_BIN ;;
    *) fail "Unknown tool \"$tool\"; the tools are jaeger and otelcol." ;;
  esac
done

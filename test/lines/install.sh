#!/usr/bin/env bash
# Installs the two lines of the OpenTelemetry SDK that test/lines runs on, each into its own node_modules. Does nothing
# for a line whose node_modules is as new as its lock file.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for line in sdk2 sdk3; do
  if [ "$here/$line/node_modules/.package-lock.json" -nt "$here/$line/package-lock.json" ]; then continue; fi
  printf 'install.sh: installing %s\n' "$line" >&2
  # SDK 3 wants a newer Node than the one that installs it may be; what runs it is checked in run.sh.
  (cd "$here/$line" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2
done

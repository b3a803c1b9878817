#!/usr/bin/env bash
# Runs test/lines on both lines of the OpenTelemetry SDK: SDK 2 on the Node at hand, SDK 3 on Node 22.15 or newer.
# Ends with the table of disturbed set-ups: case by line, recorded and replayed. Arguments go to vitest.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

"$here/install.sh"
newer=$("$here/node24.sh")
for line in sdk2 sdk3; do node_modules/.bin/tsc -p "test/lines/$line"; done

CHRONICLE_LINES_RESULTS=$(mktemp -d)
export CHRONICLE_LINES_RESULTS
trap 'rm -rf -- "$CHRONICLE_LINES_RESULTS"' EXIT

failed=0
node node_modules/vitest/vitest.mjs run --config test/lines/vitest.config.ts --project lines-sdk2 "$@" || failed=1
"$newer" node_modules/vitest/vitest.mjs run --config test/lines/vitest.config.ts --project lines-sdk3 "$@" || failed=1
node "$here/table.mjs" "$CHRONICLE_LINES_RESULTS"
exit "$failed"

#!/usr/bin/env bash
# Starts Jaeger and a Collector in front of it, and stops both on Ctrl-C.
#
#   collector-config/start.sh               jaeger/collector.yaml
#   collector-config/start.sh tempo-cut     tempo/collector-tempo-cut.yaml: every attribute cut as Tempo cuts it
#
# Takes the binaries from JAEGER_BIN and OTELCOL_BIN, else from the cache that test/servers/install.sh fills, else
# `jaeger` and `otelcol-contrib` from PATH. Hosts and ports: the environment variables in README.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=${CHRONICLE_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/chronicle-otel-tools}

case ${1:-jaeger} in
  jaeger) config=jaeger/collector.yaml ;;
  tempo-cut) config=tempo/collector-tempo-cut.yaml ;;
  *) printf 'start.sh: Unknown set-up "%s"; the set-ups are jaeger and tempo-cut.\n' "$1" >&2; exit 2 ;;
esac

find_binary() { # find_binary GIVEN CACHED NAME_ON_PATH
  if [ -n "$1" ]; then printf '%s\n' "$1"
  elif [ -x "$tools/$2" ]; then printf '%s\n' "$tools/$2"
  elif command -v "$3"; then :
  else printf 'start.sh: %s is not installed. Run test/servers/install.sh.\n' "$3" >&2; return 1
  fi
}
jaeger=$(find_binary "${JAEGER_BIN:-}" jaeger-1.76.0 jaeger)
otelcol=$(find_binary "${OTELCOL_BIN:-}" otelcol-0.148.0 otelcol-contrib)

# Without this the Collector would send to the default port although Jaeger was told to listen elsewhere.
export JAEGER_OTLP_URL=${JAEGER_OTLP_URL:-http://${JAEGER_HOST:-127.0.0.1}:${JAEGER_OTLP_HTTP_PORT:-14318}}

pids=()
stop() { if [ ${#pids[@]} -gt 0 ]; then kill "${pids[@]}" 2>/dev/null || true; wait || true; fi; }
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

(cd "$here/jaeger" && exec "$jaeger" --config jaeger.yaml) &
pids+=($!)
(cd "$here" && exec "$otelcol" --config "$config") &
pids+=($!)
printf 'Jaeger: http://%s:%s  OTLP: http://%s:%s\n' "${JAEGER_HOST:-127.0.0.1}" "${JAEGER_QUERY_PORT:-16686}" \
  "${COLLECTOR_HOST:-127.0.0.1}" "${COLLECTOR_HTTP_PORT:-4318}"
# Either one ending is a failure; its own log says why.
wait -n

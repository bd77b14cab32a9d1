#!/usr/bin/env bash
# Sends a server with recorded visits what its OpenAPI document allows, and much that it does not, and looks whether
# each answer is one that the document has. Wants Python with pip; takes less than three minutes.
#
#   tests/schemathesis.sh [the program: target/debug/hindsight]
set -euo pipefail
cd "$(dirname "$0")/.."

BINARY=$(realpath "${1:-${TEST_BINARY:-target/debug/hindsight}}")
FOLDER=$(mktemp -d)
PYTHON=${SCHEMATHESIS_PYTHON:-}
CHECKS=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth
trap 'kill "${SERVER:-}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$FOLDER"' EXIT

if [ -z "$PYTHON" ]; then
  PYTHON=$FOLDER/venv/bin/python
  { python3 -m venv "$FOLDER/venv" &&
    "$PYTHON" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 30 'schemathesis==4.32.5'; } || {
    echo "skipped: schemathesis cannot be installed here"
    exit 0
  }
fi

"$BINARY" --data "$FOLDER/data" --listen 127.0.0.1:0 demo >"$FOLDER/out" 2>"$FOLDER/log" &
SERVER=$!
for _ in $(seq 300); do
  URL=$(sed -n 's/^ready //p' "$FOLDER/out")
  [ -n "$URL" ] && break
  sleep 0.1
done
[ -n "$URL" ] || { cat "$FOLDER/log" >&2; exit 1; }

TOKEN=$("$BINARY" --data "$FOLDER/data" token create schemathesis --scope read --scope read:prompts --scope write \
  --scope erase --scope admin)
ask() { curl -sS --fail-with-body --noproxy '*' -H "Authorization: Bearer $TOKEN" "$URL/api/v1$1"; }
first() { "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["items"][0][sys.argv[1]])' "$1"; }
CONNECTION=$(ask /connections | first id)
# The visits are finished in the first seconds.
for _ in $(seq 60); do
  SESSION=$(ask "/connections/$CONNECTION/sessions?status=completed&prompts=any" | first id 2>/dev/null) && break
  sleep 0.5
done

# What is asked of what is there, then of anything. The first leaves the sessions there.
cat >"$FOLDER/there.toml" <<TOML
[parameters]
"path.connection" = $CONNECTION
"path.session" = "$SESSION"
TOML
run() {
  local config=$1
  shift
  cd "$FOLDER"
  NO_PROXY='*' no_proxy='*' "$PYTHON" -m schemathesis.cli --config-file "$config" run "$URL/api/v1/openapi.json" \
    --header "Authorization: Bearer $TOKEN" --checks "$CHECKS" --rate-limit 10/s --max-failures 20 \
    --suppress-health-check all --warnings off --seed 7 "$@"
}
: >"$FOLDER/anything.toml"
run "$FOLDER/there.toml" --phases examples,coverage,fuzzing --max-examples 20 --max-time 80 \
  --exclude-operation-id erase_a_session --exclude-operation-id erase_sessions
run "$FOLDER/anything.toml" --phases coverage,fuzzing --max-examples 8 --max-time 40
kill -0 "$SERVER"
if grep -E 'panicked|ERROR' "$FOLDER/log"; then
  echo "schemathesis.sh: the server complained" >&2
  exit 1
fi

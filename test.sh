#!/usr/bin/env bash
# Installs what the tests need and is not here, then checks and tests everything:
# format and lints, Rust, browser. Nothing but package registries is asked.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\n== %s\n' "$*"; }

install_tools() {
  local tool missing=()
  for tool in chromium strace nginx caddy; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq \
    chromium chromium-driver fonts-liberation strace nginx-light caddy >/dev/null
  # Debian starts what serves as soon as it is installed; the tests start their own.
  for tool in "${missing[@]}"; do
    case $tool in nginx | caddy) "${as_root[@]}" service "$tool" stop >/dev/null 2>&1 || true ;; esac
  done
}

for tool in cargo npm; do
  command -v "$tool" >/dev/null || { echo "test.sh: $tool is missing; install Rust and Node.js 20 first" >&2; exit 1; }
done
install_tools
TEST_CHROMIUM=$(command -v chromium)
export TEST_CHROMIUM

say "browser packages"
(cd browser && npm ci --no-audit --no-fund --loglevel=error)

say "format and lints"
cargo fmt --check
cargo clippy --locked --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items --quiet
(cd browser && npm run --silent check)

(cd plugins && cargo fmt --check && cargo clippy --locked --all-targets -- -D warnings)

say "Rust tests"
cargo test --locked --quiet
(cd plugins && cargo test --locked --quiet)

TEST_BINARY=${CARGO_TARGET_DIR:-$PWD/target}/debug/hindsight
export TEST_BINARY
if python3 -m pip --version >/dev/null 2>&1; then
  say "the API against its document"
  tests/schemathesis.sh "$TEST_BINARY"
fi

say "browser tests"
(cd browser && CI=1 npm run --silent test)

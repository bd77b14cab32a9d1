#!/usr/bin/env bash
# Builds the plugins that come with the server into dist/, where they are committed: a machine
# without a WebAssembly target must still build the server, and with the same plugins.
#
#   plugins/build.sh            builds, and writes dist/BUILDINFO
#   plugins/build.sh --check    builds elsewhere, and compares with what is committed
#
# Uses the wasm32-unknown-unknown target of rustup where it is installed, else the one that
# Debian's rustc-web, cargo-web, rust-web-src and lld-19 can build. Paths are mapped away, so
# the bytes do not depend on the machine; they do depend on the compiler, which BUILDINFO names.
set -euo pipefail
cd "$(dirname "$0")"

target=wasm32-unknown-unknown
folder=${CARGO_TARGET_DIR:-$PWD/target}
plugins=(mask-pii friction knowledge-gaps)
cargo=(cargo)
rustc=rustc
library=$(rustc --print sysroot 2>/dev/null || true)/lib/rustlib/src/rust

if ! [ -d "$(rustc --print target-libdir --target $target 2>/dev/null || echo none)" ]; then
  [ -x /usr/bin/wasm-ld-19 ] && [ -d /usr/lib/rustlib/src/rust/library ] || {
    echo "build.sh: no WebAssembly target; run 'rustup target add $target'," >&2
    echo "or on Debian 'apt install rustc-web cargo-web rust-web-src lld-19'" >&2
    exit 3
  }
  export RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19
  cargo=(/usr/bin/cargo -Zbuild-std=std,panic_abort)
  rustc=/usr/bin/rustc
  library=/usr/lib/rustlib/src/rust
fi
compiler="$($rustc --version)$([ $rustc = rustc ] || echo ", its own std")"

# One hash over the hashes of all files that a plugin is made of; tests/guests.rs does the same.
sources() {
  (cd .. && find plugins/Cargo.toml plugins/Cargo.lock plugins/sdk/Cargo.toml plugins/sdk/src \
    "plugins/$1/Cargo.toml" "plugins/$1/src" wit/hindsight.wit -type f |
    LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1)
}

build() {
  local flags="--remap-path-prefix=$PWD=/plugins --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
  RUSTFLAGS="$flags --remap-path-prefix=$library=/rust" CARGO_TARGET_DIR=$folder \
    "${cargo[@]}" build --release --locked --target $target "${plugins[@]/#/--package=}"
}

describe() {
  echo "# Written by plugins/build.sh: what each file was built from, and what came out."
  echo "compiler $compiler"
  for plugin in "${plugins[@]}"; do
    echo "$plugin $(sources "$plugin") $(sha256sum < "$1/$plugin.wasm" | cut -d' ' -f1)"
  done
}

built=dist
if [ "${1:-}" = --check ]; then
  if ! grep -qxF "compiler $compiler" dist/BUILDINFO; then
    echo "build.sh: dist/ was built by another compiler than $compiler; nothing to compare" >&2
    exit 3
  fi
  built=$(mktemp -d)
  trap 'rm -r "$built"' EXIT
fi
build
mkdir -p "$built"
for plugin in "${plugins[@]}"; do
  cp "$folder/$target/release/${plugin//-/_}.wasm" "$built/$plugin.wasm"
done
if [ "$built" = dist ]; then
  describe dist > dist/BUILDINFO
  ls -l dist/*.wasm
else
  diff dist/BUILDINFO <(describe "$built") && echo "dist/ is what the sources give"
fi

#!/usr/bin/env bash
# Builds the plugins that come with the server into dist/, where they are committed: a machine
# without a WebAssembly target must still build the server, and with the same plugins.
#
#   plugins/build.sh            builds, and writes dist/BUILDINFO
#   plugins/build.sh --check    builds elsewhere, and compares with what is committed
#
# Uses the wasm32-unknown-unknown target of rustup where it is installed, else the one that
# Debian's rustc-web, cargo-web, rust-web-src and lld-19 can build. Paths are mapped away, so
# the bytes do not depend on the machine; they do depend on the compilers, which BUILDINFO names.
# The engine that scripts run in is C for the most part: script-engine/build.sh says what it needs.
set -euo pipefail
cd "$(dirname "$0")"

target=wasm32-unknown-unknown
folder=${CARGO_TARGET_DIR:-$PWD/target}
plugins=(mask-pii friction knowledge-gaps)
# Those that are built for size; see the profiles in Cargo.toml.
small=(knowledge-gaps)
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
# As script-engine/build.sh chooses them.
clang=$(command -v clang-19 || command -v clang || true)
engine_compiler="$("${clang:-false}" --version 2>/dev/null | head -1 || true), $(wasm-opt --version 2>/dev/null || true)"

# One hash over the hashes of all files that a plugin is made of; tests/guests.rs does the same.
sources() {
  local made_of=(plugins/{Cargo.toml,Cargo.lock,sdk/Cargo.toml,sdk/src} "plugins/$1/"{Cargo.toml,src} wit/hindsight.wit)
  [ "$1" != script-engine ] || made_of=(plugins/script-engine/{Cargo.toml,Cargo.lock,build.sh,src} wit)
  (cd .. && find "${made_of[@]}" -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1)
}

build() {
  local flags="--remap-path-prefix=$PWD=/plugins --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
  local plugin profile
  for plugin in "${plugins[@]}"; do
    profile=release
    [[ " ${small[*]} " != *" $plugin "* ]] || profile=small
    RUSTFLAGS="$flags --remap-path-prefix=$library=/rust" CARGO_TARGET_DIR=$folder \
      "${cargo[@]}" build --profile $profile --locked --target $target --package="$plugin"
    cp "$folder/$target/$profile/${plugin//-/_}.wasm" "$1/$plugin.wasm"
  done
}

build_engine() {
  CARGO_TARGET_DIR=$folder/script-engine script-engine/build.sh "$1/script-engine.wasm"
}

describe() {
  echo "# Written by plugins/build.sh: what each file was built from, and what came out."
  echo "compiler $compiler"
  echo "compiler of script-engine $engine_compiler"
  for plugin in "${plugins[@]}" script-engine; do
    echo "$plugin $(sources "$plugin") $(sha256sum < "$1/$plugin.wasm" | cut -d' ' -f1)"
  done
}

if [ "${1:-}" != --check ]; then
  mkdir -p dist
  build dist
  build_engine dist
  describe dist > dist/BUILDINFO
  ls -l dist/*.wasm
  exit
fi

if ! grep -qxF "compiler $compiler" dist/BUILDINFO; then
  echo "build.sh: dist/ was built by another compiler than $compiler; nothing to compare" >&2
  exit 3
fi
built=$(mktemp -d)
trap 'rm -r "$built"' EXIT
build "$built"
if grep -qxF "compiler of script-engine $engine_compiler" dist/BUILDINFO; then
  build_engine "$built"
else
  echo "build.sh: script-engine was built by other compilers than $engine_compiler; not compared" >&2
  cp dist/script-engine.wasm "$built"
  engine_compiler=$(sed -n 's/^compiler of script-engine //p' dist/BUILDINFO)
fi
diff dist/BUILDINFO <(describe "$built") && echo "dist/ is what the sources give"

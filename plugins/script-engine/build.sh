#!/usr/bin/env bash
# Builds the script engine. Usage: build.sh OUT.wasm
#
# Needs clang, llvm-ar and wasm-ld, wasm-opt (binaryen), and a Rust toolchain that can
# build for wasm32-unknown-unknown: with rustup's target, or with the standard library's
# source (Debian: rustc-web cargo-web rust-web-src clang-19 lld-19 llvm-19 binaryen).
# QuickJS comes as C with the crate rquickjs-sys, and a C library for it as well.
set -euo pipefail
out=$(realpath -m "${1:?usage: build.sh OUT.wasm}")
cd "$(dirname "$0")"

say() { echo "script-engine/build.sh: $*" >&2; }
first_of() { for tool; do command -v "$tool" && return; done; say "none of these is installed: $*"; exit 1; }

target=wasm32-unknown-unknown
CC_wasm32_unknown_unknown=$(first_of clang-19 clang)
AR_wasm32_unknown_unknown=$(first_of llvm-ar-19 llvm-ar)
linker=$(first_of wasm-ld-19 wasm-ld rust-lld)
optimizer=$(first_of wasm-opt)
export CC_wasm32_unknown_unknown AR_wasm32_unknown_unknown
# C is most of the engine, and what a script does happens there.
export CFLAGS_wasm32_unknown_unknown="-O2 -ffile-prefix-map=$HOME/.cargo=/cargo"

cargo=${SCRIPT_ENGINE_CARGO:-cargo}
rustc=${SCRIPT_ENGINE_RUSTC:-rustc}
std=()
if [ ! -d "$("$rustc" --print target-libdir --target $target 2>/dev/null)" ]; then
  # No library for the target: it is built along. That wants one of Debian's compilers,
  # which come with the source.
  [ -x /usr/bin/rustc ] && [ -d /usr/lib/rustlib/src/rust/library ] || {
    say "no $target: run 'rustup target add $target', or install Debian's rustc-web cargo-web rust-web-src"
    exit 1
  }
  cargo=/usr/bin/cargo rustc=/usr/bin/rustc
  std=(-Zbuild-std=std,panic_abort)
  export RUSTC_BOOTSTRAP=1
fi
export RUSTC=$rustc

# The same bytes wherever it is built: no path of this machine stays in them.
RUSTFLAGS="-C linker=$linker -C link-arg=-zstack-size=524288"
RUSTFLAGS+=" --remap-path-prefix=$PWD=/src --remap-path-prefix=$HOME/.cargo=/cargo"
RUSTFLAGS+=" --remap-path-prefix=$("$rustc" --print sysroot)/lib/rustlib/src/rust=/rust"
export RUSTFLAGS

"$cargo" build --quiet --locked --release --target $target "${std[@]}" >&2
built=${CARGO_TARGET_DIR:-target}/$target/release/script_engine.wasm
"$optimizer" -O3 --enable-bulk-memory --enable-sign-ext --enable-mutable-globals \
  --enable-nontrapping-float-to-int --strip-debug "$built" -o "$out"
say "$(wc -c <"$out") bytes"

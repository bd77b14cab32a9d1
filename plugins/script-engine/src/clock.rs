//! What time a script is told: always the same, when the thing it looks at began.

use std::cell::Cell;

thread_local! {
    static MICROSECONDS: Cell<f64> = const { Cell::new(0.0) };
}

/// Sets the time that `Date.now()` gives, in milliseconds since 1970.
pub fn set(milliseconds: f64) {
    MICROSECONDS.set(milliseconds * 1000.0);
}

/// The name under which QuickJS asks for the time.
#[cfg(target_family = "wasm")]
#[expect(unsafe_code, reason = "QuickJS is linked against this name; nobody else defines it")]
#[unsafe(no_mangle)]
extern "C" fn __rquickjs_host_now_us() -> f64 {
    MICROSECONDS.get()
}

//! Runs a `plugin.js`: QuickJS as a WebAssembly component, behind `wit/script.wit`.
//!
//! A script has the language and nothing else: no timers, no requests, no files. Its clock
//! stands still at the start of what it looks at, and its random numbers are the same in
//! every run, so that the same recording gives the same result.
//!
//! `engine` knows JavaScript and nothing of components, so it is tested natively.

mod clock;
mod console;
pub mod engine;
mod failure;
mod results;
mod shape;
mod source;
mod text;

#[cfg(target_family = "wasm")]
mod component;

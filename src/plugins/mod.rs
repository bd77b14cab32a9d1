//! The host of plugins: it finds them, loads them, and runs them within limits.
//!
//! A plugin is a WebAssembly component that implements some of `wit/hindsight.wit`, or a
//! script that an engine runs which is such a component. It can compute over what it is
//! given and return something; it can do nothing else. Each run has an instance of its
//! own, so no session leaks into another and a crash ends one run only.
//!
//! This room alone knows Wasmtime. It knows nothing of the database: whoever runs a
//! plugin brings the events and keeps the results. The ways in:
//!
//! - [`Host`] holds the plugins that are live, and follows the folder.
//! - [`Plugin`] is one of them: `analyze`, `mask`, `summarize`.
//! - [`Loader`] loads one, for the command line.

mod bindings;
mod compile;
mod convert;
mod engine;
mod guest;
mod host;
pub mod input;
mod instance;
pub mod limits;
mod load;
pub mod log;
pub mod manifest;
mod output;
mod plugin;
mod program;
pub mod recent;
mod registry;
mod returned;
pub mod run;
pub mod scan;
pub mod settings;
pub mod source;
mod text;
pub mod trial;

pub use compile::compile_file;
pub use engine::Metering;
pub use host::{BuiltIns, Host};
pub use load::{Error, Loader};
pub use plugin::{Masking, Origin, Plugin};
pub use registry::{Entry, Registry, State};

/// Bytes as hexadecimal.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("text grows");
        hex
    })
}

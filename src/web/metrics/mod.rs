//! The figures of the server as Prometheus reads them, on a listener of their own that
//! visitors do not reach.
//!
//! Labels are names of ours (routes, reasons, plugins, results) and nothing that anybody
//! sends, so there is a bound to how many series there are.

mod collect;
mod listener;
mod process;
mod text;

pub use listener::Metrics;

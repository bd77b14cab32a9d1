//! The REST API, as a program uses it.

mod client;
mod examples;
mod reading;
mod tokens;
mod writing;

pub use client::Client;
pub use reading::prompted_session;

//! Write plugins for Hindsight in Rust.
//!
//! A plugin is a crate of type `cdylib` with a type that implements [`Analyzer`],
//! [`Masker`] or [`Reporter`], and one call of [`export!`]:
//!
//! ```
//! use hindsight_plugin::{Analyzer, Event, EventKind, Finding, Output, SessionInfo, Severity};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct Settings {
//!     label: String,
//! }
//!
//! struct PayClicks;
//!
//! impl Analyzer for PayClicks {
//!     type Settings = Settings;
//!
//!     fn analyze(
//!         _session: &SessionInfo,
//!         events: impl Iterator<Item = Event>,
//!         settings: &Settings,
//!     ) -> Result<Output, String> {
//!         let mut output = Output::default();
//!         for event in events {
//!             if let EventKind::Click(click) = &event.kind
//!                 && click.target.label == settings.label
//!             {
//!                 let title = format!("Clicked “{}”", settings.label);
//!                 output.findings.push(Finding::new("pay-click", Severity::Info, title, event.at));
//!             }
//!         }
//!         Ok(output)
//!     }
//! }
//!
//! hindsight_plugin::export!(analyzer: PayClicks);
//! # fn main() {}
//! ```
//!
//! Everything is an ordinary function over ordinary values, so tests run natively:
//! [`testing`] has what they need. A panic goes to the plugin's log with its place.
//! The settings that arrive have been checked against the schema in `plugin.toml` and
//! filled with its defaults, so a settings struct names and types them, and no more.

mod analyzer;
#[doc(hidden)]
pub mod bindings;
mod build;
mod event;
mod masker;
mod reporter;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use analyzer::{Analyzer, Output};
pub use bindings::analyzer::hindsight::plugin::host::{Item, Period, Row, log};
pub use bindings::analyzer::hindsight::plugin::types::*;
pub use bindings::masker::exports::hindsight::plugin::masker::{Edit, Place, Secret, Span};
pub use bindings::reporter::exports::hindsight::plugin::reporter::{
    Cell, Chart, ChartKind, Column, Metric, Moment, Point, Report, Section, Series, Table,
};
pub use event::{Click, Event, EventKind, Input, Mutation, Scroll};
pub use masker::Masker;
pub use reporter::Reporter;

/// What [`export!`] needs; not for use by hand.
#[doc(hidden)]
pub mod adapters {
    pub use crate::analyzer::Adapter as Analyzer;
    pub use crate::masker::Adapter as Masker;
    pub use crate::reporter::Adapter as Reporter;
}

/// How many events, rows or spans cross at a time: more gains nothing.
const BATCH: u32 = 512;

/// Exports types as the capabilities of this plugin: `export!(analyzer: Mine)`, or
/// `export!(analyzer: Mine, reporter: Other)`.
#[macro_export]
macro_rules! export {
    ($($capability:ident: $plugin:ty),+ $(,)?) => {
        $($crate::export!(@$capability $plugin);)+
    };
    (@analyzer $plugin:ty) => {
        const _: () = {
            type Exported = $crate::adapters::Analyzer<$plugin>;
            $crate::bindings::analyzer::export!(Exported with_types_in $crate::bindings::analyzer);
        };
    };
    (@masker $plugin:ty) => {
        const _: () = {
            type Exported = $crate::adapters::Masker<$plugin>;
            $crate::bindings::masker::export!(Exported with_types_in $crate::bindings::masker);
        };
    };
    (@reporter $plugin:ty) => {
        const _: () = {
            type Exported = $crate::adapters::Reporter<$plugin>;
            $crate::bindings::reporter::export!(Exported with_types_in $crate::bindings::reporter);
        };
    };
}

/// What every call begins with: panics are told, and the settings are read.
fn begin<T: serde::de::DeserializeOwned>(settings: &str) -> Result<T, String> {
    std::panic::set_hook(Box::new(|panic| log(LogLevel::Error, &panic.to_string())));
    serde_json::from_str(settings).map_err(|error| {
        format!("the settings are not what this plugin expects: {error}; compare its plugin.toml")
    })
}

/// Everything that `next` gives, until it gives nothing.
fn drain<B>(mut next: impl FnMut(u32) -> B) -> impl Iterator<Item = B::Item>
where
    B: IntoIterator<IntoIter: ExactSizeIterator>,
{
    std::iter::from_fn(move || Some(next(BATCH).into_iter()).filter(|batch| batch.len() > 0)).flatten()
}

//! Saying something about many sessions.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::bindings::analyzer::hindsight::plugin::host::Rows;
use crate::bindings::reporter::exports::hindsight::plugin::reporter as wire;
use crate::{Period, Report, Row};

/// A plugin that says something about many sessions.
pub trait Reporter {
    /// The settings of `plugin.toml`, typed.
    type Settings: DeserializeOwned;

    /// Writes the report. The rows come oldest first, only of the kinds that the
    /// manifest names. An error is a sentence for people.
    fn summarize(
        period: &Period,
        rows: impl Iterator<Item = Row>,
        settings: &Self::Settings,
    ) -> Result<Report, String>;
}

/// A [`Reporter`] as the host calls it.
#[doc(hidden)]
pub struct Adapter<R>(PhantomData<R>);

impl<R: Reporter> wire::Guest for Adapter<R> {
    fn summarize(source: &Rows, settings: String) -> Result<Report, String> {
        let settings = crate::begin(&settings)?;
        R::summarize(&source.period(), crate::drain(|max| source.next(max)), &settings)
    }
}

//! Looking at one finished session.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::bindings::analyzer::exports::hindsight::plugin::analyzer as wire;
use crate::bindings::analyzer::hindsight::plugin::host::Timeline;
use crate::{Event, Fact, Finding, Score, SessionInfo, event};

/// A plugin that looks at one finished session.
pub trait Analyzer {
    /// The settings of `plugin.toml`, typed.
    type Settings: DeserializeOwned;

    /// Says what it found. The events come in the order of time, only of the kinds that
    /// the manifest names. The same session must give the same output. An error is a
    /// sentence for people.
    fn analyze(
        session: &SessionInfo,
        events: impl Iterator<Item = Event>,
        settings: &Self::Settings,
    ) -> Result<Output, String>;
}

/// What an analyzer found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Output {
    /// Shown to people.
    pub findings: Vec<Finding>,
    /// Rows for reporters.
    pub facts: Vec<Fact>,
    /// How bad the session was.
    pub score: Option<Score>,
}

/// An [`Analyzer`] as the host calls it.
#[doc(hidden)]
pub struct Adapter<A>(PhantomData<A>);

impl<A: Analyzer> wire::Guest for Adapter<A> {
    fn analyze(session: &Timeline, settings: String) -> Result<wire::Output, String> {
        let settings = crate::begin(&settings)?;
        let events = crate::drain(|max| event::of(session.next(max)));
        let output = A::analyze(&session.info(), events, &settings)?;
        Ok(wire::Output { findings: output.findings, facts: output.facts, score: output.score })
    }
}

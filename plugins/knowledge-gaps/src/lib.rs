//! What visitors ask the assistant, and where it lets them down.
//!
//! The analyzer notes each question with what became of it, and the way that the visit
//! took. The reporter joins the questions of many sessions into topics, holds the visits
//! against what the friction plugin found, and says what to do first.

mod cluster;
mod fold;
mod language;
mod phrases;
mod report;
mod section;
mod terms;
mod text;
mod time;
mod topics;
mod vector;
mod visits;
mod watch;

use hindsight_plugin::{Analyzer, Event, Fact, Millis, Output, Period, Report, Reporter, Row, SessionInfo};
use serde::Deserialize;

pub use cluster::cluster;
pub use language::detect;
pub use terms::terms;

/// What can be set; `plugin.toml` describes each.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "plugin.toml describes each")]
pub struct Settings {
    pub similarity: f64,
    pub fewest: usize,
    pub rows: usize,
    pub again_within_ms: Millis,
    pub left_within_ms: Millis,
    pub struggled_within_ms: Millis,
    pub refusals: Vec<String>,
}

/// The analyzer and the reporter.
pub struct KnowledgeGaps;

#[cfg(target_family = "wasm")]
hindsight_plugin::export!(analyzer: KnowledgeGaps, reporter: KnowledgeGaps);

impl Analyzer for KnowledgeGaps {
    type Settings = Settings;

    fn analyze(
        session: &SessionInfo,
        events: impl Iterator<Item = Event>,
        settings: &Settings,
    ) -> Result<Output, String> {
        let mut watch = watch::Watch::new(settings);
        for event in events {
            watch.see(&event);
        }
        let facts: Vec<Fact> = watch.facts(session.duration);
        Ok(Output { facts, ..Output::default() })
    }
}

impl Reporter for KnowledgeGaps {
    type Settings = Settings;

    fn summarize(
        period: &Period,
        rows: impl Iterator<Item = Row>,
        settings: &Settings,
    ) -> Result<Report, String> {
        let mut read = report::Read::new(period);
        for row in rows {
            read.take(&row);
        }
        Ok(read.report(settings))
    }
}

//! Finds where visitors struggled, and scores how much.
//!
//! Each detector has a file with its rule, sees every event once and keeps no more than
//! what it waits for. They prefer to miss a doubtful case: a finding that is wrong costs
//! more trust than three that are right can win.

mod clicks;
mod element;
mod errors;
mod forms;
mod navigation;
mod pointer;
mod score;
mod scrolling;
mod slowness;
mod words;

use hindsight_plugin::{Analyzer, Event, Finding, Millis, Output, SessionInfo};
use serde::Deserialize;

/// More findings of one kind say nothing new about a session.
const MOST_OF_A_KIND: usize = 50;

/// What can be set; `plugin.toml` describes each.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "plugin.toml describes each")]
pub struct Settings {
    pub rage_clicks: usize,
    pub rage_within_ms: Millis,
    pub rage_distance_px: i32,
    pub dead_after_ms: Millis,
    pub error_within_ms: Millis,
    pub form_errors: usize,
    pub form_fields: usize,
    pub slow_ms: Millis,
    pub thrash_turns: usize,
    pub thrash_within_ms: Millis,
    pub scroll_turns: usize,
    pub scroll_within_ms: Millis,
    pub quick_back_ms: Millis,
    pub u_turns: usize,
    pub ignore: Vec<String>,
}

/// The analyzer.
pub struct Friction;

#[cfg(target_family = "wasm")]
hindsight_plugin::export!(analyzer: Friction);

/// One way to struggle.
trait Detector {
    /// Looks at the next event.
    fn see(&mut self, event: &Event, found: &mut Vec<Finding>);

    /// The session is over.
    fn end(&mut self, _at: Millis, _found: &mut Vec<Finding>) {}
}

impl Analyzer for Friction {
    type Settings = Settings;

    fn analyze(
        session: &SessionInfo,
        events: impl Iterator<Item = Event>,
        settings: &Settings,
    ) -> Result<Output, String> {
        let mut detectors: [Box<dyn Detector>; 7] = [
            Box::new(clicks::Clicks::new(settings)),
            Box::new(errors::Errors::new(settings)),
            Box::new(forms::Forms::new(settings)),
            Box::new(slowness::Slowness::new(settings)),
            Box::new(pointer::Pointer::new(settings)),
            Box::new(scrolling::Scrolling::new(settings)),
            Box::new(navigation::Navigation::new(settings)),
        ];
        let mut findings = Vec::new();
        let mut last = 0;
        for event in events {
            last = event.at;
            for detector in &mut detectors {
                detector.see(&event, &mut findings);
            }
        }
        for detector in &mut detectors {
            detector.end(session.duration.max(last), &mut findings);
        }
        drop_refused_clicks(&mut findings);
        let score = score::of(&findings);
        Ok(Output { findings: in_order(findings), facts: Vec::new(), score: Some(score) })
    }
}

/// A button that a form was refused at is not dead as well: the same errors still stand there.
fn drop_refused_clicks(findings: &mut Vec<Finding>) {
    let forms = findings.iter().filter(|finding| finding.kind == "form-errors");
    let refused: Vec<(Millis, Option<String>)> = forms.map(|form| (form.at, form.selector.clone())).collect();
    findings.retain(|finding| {
        let is_refused =
            |(at, selector): &(Millis, Option<String>)| finding.at >= *at && finding.selector == *selector;
        finding.kind != "dead-click" || !refused.iter().any(is_refused)
    });
}

/// In the order of time, and not too many of a kind.
fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|one, other| (one.at, &one.kind).cmp(&(other.at, &other.kind)));
    let mut counts = std::collections::HashMap::<String, usize>::new();
    findings.retain(|finding| {
        let count = counts.entry(finding.kind.clone()).or_default();
        *count += 1;
        *count <= MOST_OF_A_KIND
    });
    findings
}

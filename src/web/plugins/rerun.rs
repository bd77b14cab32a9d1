//! A run over past sessions as text: how far it is, and what a trial of masking came to.

use serde::Serialize;

use super::url_of;
use crate::finish::reruns::{Hidden, Trial};
use crate::model::TimestampMs;
use crate::model::span::Place;
use crate::store::reruns::{Rerun, State, Work};
use crate::web::format;
use crate::web::reports::period::Period;

/// So many runs are shown.
pub const SHOWN: i64 = 5;

/// A run over past sessions as text.
#[derive(Serialize)]
pub struct RerunText {
    title: &'static str,
    period: String,
    started_exact: String,
    started_relative: String,
    state: &'static str,
    words: String,
    done: i64,
    total: i64,
    action: String,
    /// What can be done with it: the state that it gets, and what the button says.
    choices: Vec<(&'static str, &'static str)>,
    trial: Option<TrialText>,
}

#[derive(Serialize)]
struct TrialText {
    changed: String,
    blocked: Option<String>,
    hidden: Vec<HiddenText>,
    failure: Option<String>,
    /// Where the same sessions are masked for good.
    mask_url: Option<String>,
    mask_label: String,
}

#[derive(Serialize)]
struct HiddenText {
    kind: String,
    place: &'static str,
    times: String,
    samples: Vec<String>,
}

/// What tells whether a page shows these as they are.
pub fn version(reruns: &[Rerun]) -> String {
    let each =
        |rerun: &Rerun| format!("{}-{}-{}-{}", rerun.id, rerun.state.as_str(), rerun.done, rerun.failed);
    reruns.iter().map(each).collect::<Vec<_>>().join(".")
}

/// The period that a run is about, as people say it.
pub fn period(rerun: &Rerun) -> String {
    match rerun.period() {
        (0, _) => "all sessions".to_owned(),
        (from, to) => Period { from, to }.words(),
    }
}

impl RerunText {
    /// Writes a run out. `masks` says that the plugin is a masker that works for the connection.
    pub fn of(rerun: &Rerun, masks: bool, now: TimestampMs) -> Self {
        let url = format!("{}/reruns", url_of(rerun.connection, &rerun.plugin));
        Self {
            title: match rerun.work {
                Work::Analyze => "Looks again at",
                Work::Mask => "Masks for good",
                Work::Try => "Tries masking on",
            },
            period: period(rerun),
            started_exact: format::exact(rerun.started_at),
            started_relative: format::relative(rerun.started_at, now),
            state: rerun.state.as_str(),
            words: words(rerun),
            done: rerun.done.min(rerun.sessions),
            total: rerun.sessions,
            action: format!("{url}/{}", rerun.id),
            choices: match rerun.state {
                State::Running => vec![("paused", "Pause"), ("cancelled", "Cancel")],
                State::Paused => vec![("running", "Resume"), ("cancelled", "Cancel")],
                State::Done | State::Cancelled => Vec::new(),
            },
            trial: (rerun.work == Work::Try).then(|| TrialText::of(rerun, &url, masks)),
        }
    }
}

fn words(rerun: &Rerun) -> String {
    let state = match rerun.state {
        State::Running => "running",
        State::Paused => "paused",
        State::Done => "done",
        State::Cancelled => "cancelled",
    };
    let of = format::count(rerun.sessions, "session");
    let failed = match rerun.failed {
        0 => String::new(),
        failed => format!(", {} failed", format::grouped(failed)),
    };
    format!("{} of {of}{failed} · {state}", format::grouped(rerun.done.min(rerun.sessions)))
}

impl TrialText {
    fn of(rerun: &Rerun, url: &str, masks: bool) -> Self {
        let trial: Trial = serde_json::from_str(&rerun.outcome).unwrap_or_default();
        let changed = i64::try_from(trial.changed).unwrap_or(i64::MAX);
        let blocked = i64::try_from(trial.blocked).unwrap_or(i64::MAX);
        let can_follow = rerun.state == State::Done && changed > 0 && masks;
        Self {
            changed: match changed {
                0 => "No session would be changed.".to_owned(),
                1 => "1 session would be changed.".to_owned(),
                changed => format!("{} would be changed.", format::count(changed, "session")),
            },
            blocked: (blocked > 0).then(|| format::count(blocked, "element")),
            hidden: trial.hidden.into_iter().map(hidden_text).collect(),
            failure: trial.failure,
            mask_url: can_follow.then(|| format!("{url}/mask?after={}", rerun.id)),
            mask_label: format!("Mask {} for good…", format::count(changed, "session")),
        }
    }
}

fn hidden_text(hidden: Hidden) -> HiddenText {
    HiddenText {
        place: place(hidden.place),
        times: format::grouped(i64::try_from(hidden.times).unwrap_or(i64::MAX)),
        kind: hidden.kind,
        samples: hidden.samples,
    }
}

/// Where a text stands, as people say it.
fn place(place: Place) -> &'static str {
    match place {
        Place::Text => "text of the page",
        Place::Attribute => "attributes",
        Place::InputValue => "typed into fields",
        Place::Url => "addresses",
        Place::Title => "titles",
        Place::Console => "console",
        Place::Prompt => "prompts",
        Place::Reply => "replies",
        Place::Custom => "custom events",
    }
}

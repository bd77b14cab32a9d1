//! What a plugin is given and what it returns, as files: so that an author can test a
//! plugin, and repeat a run that went wrong.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::manifest::Manifest;
use super::plugin::Plugin;
use super::run::{Run, SessionInfo};
use super::settings::Settings;
use super::trial::Recording;
use super::{output, returned, text};
use crate::model::span::{Change, Span};
use crate::model::{Analysis, Period, Report, Row};
use crate::timeline::Event;

/// A masker gets so many texts at once, as in the server.
const SPANS_AT_ONCE: usize = 512;

/// More differences help nobody.
const MAX_DIFFERENCES: usize = 20;

const SHAPES: &str = "write {\"session\": …, \"events\": […]} for an analyzer, {\"spans\": […]} for a masker, \
                      or {\"period\": …, \"rows\": […]} for a reporter";

/// What a plugin is given.
#[derive(Clone, Debug)]
pub struct Input {
    /// The session, the texts or the rows.
    pub given: Given,
    /// Its settings; what they leave out is as the manifest has it.
    pub settings: Option<Value>,
}

/// What a plugin looks at; this says which of its capabilities is asked.
#[derive(Clone, Debug)]
pub enum Given {
    /// For an analyzer: a session.
    Session(Recording),
    /// For a masker: the distinct texts of a session.
    Spans {
        /// The session.
        session: SessionInfo,
        /// Its texts.
        spans: Vec<Span>,
    },
    /// For a reporter: what was said about many sessions.
    Rows {
        /// When these sessions were.
        period: Period,
        /// What was said about them.
        rows: Vec<Row>,
    },
}

/// What a plugin returned.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Returned {
    /// By an analyzer.
    Analysis(Analysis),
    /// By a masker.
    Changes(Vec<Change>),
    /// By a reporter.
    Report(Report),
}

/// The file as it is written; its lists are read one by one, to name the place of a mistake.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    session: Option<Value>,
    events: Option<Vec<Value>>,
    spans: Option<Vec<Value>>,
    period: Option<Value>,
    rows: Option<Vec<Value>>,
    settings: Option<Value>,
}

impl Input {
    /// Reads a file; the error is a sentence that names the place.
    pub fn parse(json: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(json).map_err(|error| format!("{error}; {SHAPES}"))?;
        let given = match (file.events, file.spans, file.rows) {
            (Some(events), None, None) => {
                let session = one("session", file.session)?;
                Given::Session(Recording { session, events: events_of(events)? })
            }
            (None, Some(spans), None) => {
                let session =
                    file.session.map_or(Ok(SessionInfo::default()), |session| part("session", session))?;
                Given::Spans { session, spans: list("spans", spans)? }
            }
            (None, None, Some(rows)) => {
                Given::Rows { period: one("period", file.period)?, rows: list("rows", rows)? }
            }
            _ => return Err(format!("it has none or several of events, spans and rows; {SHAPES}")),
        };
        Ok(Self { given, settings: file.settings })
    }
}

fn events_of(values: Vec<Value>) -> Result<Vec<Event>, String> {
    let events: Vec<Event> = list("events", values)?;
    match events.windows(2).position(|pair| pair[1].at < pair[0].at) {
        None => Ok(events),
        Some(index) => Err(format!(
            "events[{}].at is {}, before that of the event before it ({}); put them in the order of time",
            index + 1,
            events[index + 1].at,
            events[index].at
        )),
    }
}

fn one<T: DeserializeOwned>(name: &str, value: Option<Value>) -> Result<T, String> {
    part(name, value.ok_or_else(|| format!("{name} is missing; {SHAPES}"))?)
}

fn list<T: DeserializeOwned>(name: &str, values: Vec<Value>) -> Result<Vec<T>, String> {
    let parts = values.into_iter().enumerate();
    parts.map(|(index, value)| part(&format!("{name}[{index}]"), value)).collect()
}

fn part<T: DeserializeOwned>(place: &str, value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("{place}: {}", text::line(&error.to_string(), 300)))
}

impl Given {
    /// The capability that is asked.
    pub fn capability(&self) -> &'static str {
        match self {
            Self::Session(_) => "analyzer",
            Self::Spans { .. } => "masker",
            Self::Rows { .. } => "reporter",
        }
    }

    /// Runs a plugin over it. Blocks for as long as the limits allow.
    pub fn run(&self, plugin: &Plugin, settings: &Settings) -> Run<Returned> {
        match self {
            Self::Session(recording) => {
                let events = recording.events.clone().into_iter();
                plugin.analyze(&recording.session, events, settings).map(Returned::Analysis)
            }
            Self::Rows { period, rows } => {
                plugin.summarize(period, rows.clone().into_iter(), settings).map(Returned::Report)
            }
            Self::Spans { session, spans } => {
                let mut masking = plugin.mask(session, settings);
                let mut changes = Vec::new();
                for (batch, first) in spans.chunks(SPANS_AT_ONCE).zip((0..).step_by(SPANS_AT_ONCE)) {
                    // A failure is kept, and told by `finish`.
                    let Ok(changed) = masking.mask(batch) else { break };
                    let placed = |change: Change| Change { index: change.index + first, ..change };
                    changes.extend(changed.into_iter().map(placed));
                }
                masking.finish().map(|()| Returned::Changes(changes))
            }
        }
    }

    /// Reads what a plugin should return for this: lenient and checked as what scripts
    /// return, so that both are complete.
    pub fn expected(&self, json: &str, manifest: &Manifest) -> Result<Returned, String> {
        // Its mistakes have lines; what is checked below has places.
        serde_json::from_str::<&serde_json::value::RawValue>(json).map_err(|error| error.to_string())?;
        Ok(match self {
            Self::Session(recording) => {
                let analyzer = manifest.analyzer.as_ref().ok_or("the plugin is no analyzer")?;
                let analysis = returned::analysis(json, analyzer)?;
                Returned::Analysis(output::analysis(analysis, manifest, recording.session.duration)?)
            }
            Self::Spans { spans, .. } => {
                Returned::Changes(output::changes(returned::changes(json)?, spans.len())?)
            }
            Self::Rows { .. } => Returned::Report(output::report(returned::report(json)?)?),
        })
    }
}

impl Returned {
    /// As JSON.
    pub fn json(&self) -> Value {
        serde_json::to_value(self).expect("plain data with texts for keys is always JSON")
    }

    /// Where it differs from what was expected, each place in a sentence.
    pub fn differences(&self, expected: &Self) -> Vec<String> {
        let mut found = Vec::new();
        compare("", &self.json(), &expected.json(), &mut found);
        found
    }
}

fn compare(place: &str, is: &Value, expected: &Value, found: &mut Vec<String>) {
    let nothing = Value::Null;
    let inside = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    match (is, expected) {
        _ if found.len() >= MAX_DIFFERENCES => {}
        (Value::Object(fields), Value::Object(wanted)) => {
            let names = wanted.keys().chain(fields.keys().filter(|name| !wanted.contains_key(*name)));
            for name in names {
                let (is, expected) = (fields.get(name), wanted.get(name));
                compare(&inside(name), is.unwrap_or(&nothing), expected.unwrap_or(&nothing), found);
            }
        }
        (Value::Array(items), Value::Array(wanted)) => {
            for index in 0..items.len().max(wanted.len()) {
                let (is, expected) = (items.get(index), wanted.get(index));
                let place = format!("{place}[{index}]");
                compare(&place, is.unwrap_or(&nothing), expected.unwrap_or(&nothing), found);
            }
        }
        // 1 and 1.0 are the same number.
        (Value::Number(is), Value::Number(expected)) if is.as_f64() == expected.as_f64() => {}
        _ if is == expected => {}
        (Value::Null, _) => found.push(format!("{place} is missing; {expected} was expected")),
        (_, Value::Null) => found.push(format!("{place} is {is}, and nothing was expected")),
        _ => found.push(format!("{place} is {is}, and {expected} was expected")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INFO: &str = r#"{"id":"s","startedAt":"2026-01-05T09:30:00Z","duration":9,"userAgent":"","landingUrl":"","visitor":""}"#;

    fn manifest() -> Manifest {
        Manifest::parse(
            "[plugin]\nid = \"a\"\nname = \"A\"\nversion = \"1\"\napi = \"0.1\"\n[analyzer]\nevents = [\"click\"]\n\
             kinds = [{ id = \"rage\", title = \"Rage\", severity = \"high\" }]\n",
        )
        .expect("right")
    }

    fn complaint(json: &str) -> String {
        Input::parse(json).expect_err(json)
    }

    #[test]
    fn what_it_holds_says_what_is_asked() {
        let rows = [
            (format!(r#"{{"session":{INFO},"events":[],"settings":{{"a":1}}}}"#), "analyzer"),
            (
                r#"{"spans":[{"text":"a","place":"text","tag":"p","name":"","selector":""}]}"#.to_owned(),
                "masker",
            ),
            (r#"{"period":{"from":"","to":"","sessions":1},"rows":[]}"#.to_owned(), "reporter"),
        ];
        for (json, capability) in rows {
            let input = Input::parse(&json).expect("right");
            assert_eq!(input.given.capability(), capability);
            assert_eq!(input.settings.is_some(), capability == "analyzer");
        }
    }

    #[test]
    fn complaints_name_the_place_and_the_remedy() {
        let with_events = |events: &str| format!(r#"{{"session":{INFO},"events":[{events}]}}"#);
        let rows = [
            ("{".to_owned(), "at line 1 column 1; write {\"session\""),
            ("{}".to_owned(), "none or several of events, spans and rows; write {"),
            (r#"{"events":[]}"#.to_owned(), "session is missing; write {"),
            (r#"{"evnts":[]}"#.to_owned(), "unknown field `evnts`"),
            (with_events(r#"{"at":1,"page":0,"kind":"clik"}"#), "events[0]: unknown variant `clik`"),
            (with_events(r#"{"at":1,"page":0,"kind":"pointer","x":1}"#), "events[0]: missing field `y`"),
            (
                with_events(r#"{"at":5,"page":0,"kind":"hidden"},{"at":4,"page":0,"kind":"visible"}"#),
                "events[1].at is 4, before that of the event before it (5); put them in the order of time",
            ),
        ];
        for (json, expected) in rows {
            let complaint = complaint(&json);
            assert!(complaint.contains(expected), "{complaint} lacks {expected}");
        }
    }

    #[test]
    fn what_is_left_out_is_as_the_manifest_has_it() {
        let given = Input::parse(&format!(r#"{{"session":{INFO},"events":[]}}"#)).expect("right").given;
        let read = |json| given.expected(json, &manifest());
        let short = read(r#"{"findings":[{"kind":"rage","at":3.0}]}"#).expect("right");
        let long = r#"{"findings":[{"kind":"rage","at":3,"until":null,"severity":"high","title":"Rage","fields":{}}],"facts":[]}"#;
        assert_eq!(short.differences(&read(long).expect("right")), [""; 0]);
        let other = read(r#"{"findings":[{"kind":"rage","at":4},{"kind":"rage","at":5}]}"#).expect("right");
        let told = short.differences(&other);
        assert_eq!(told[0], "findings[0].at is 3, and 4 was expected");
        assert!(told[1].starts_with("findings[1] is missing; {"), "{told:?}");
        assert_eq!(read("{\n\"findings\" []").expect_err("no JSON"), "expected `:` at line 2 column 12");
        let undeclared = read(r#"{"findings":[{"kind":"rag","at":4}]}"#).expect_err("undeclared");
        assert!(undeclared.starts_with("findings[0].kind is \"rag\""), "{undeclared}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*", name in "session|events|spans|period|rows|settings") {
            let _ = Input::parse(&text);
            let _ = Input::parse(&format!("{{\"{name}\":[{text:?}]}}"));
        }

        #[test]
        fn what_was_returned_is_what_was_expected_once_it_was_written_down(
            at in 0u32..10, title in "[a-z]{0,20}", points in 0u32..=100, number in -1e9f64..1e9,
        ) {
            let given = Input::parse(&format!(r#"{{"session":{INFO},"events":[]}}"#)).expect("right").given;
            let json = serde_json::json!({
                "findings": [{ "kind": "rage", "at": at, "title": title, "fields": { "n": number } }],
                "score": { "points": points },
            });
            let first = given.expected(&json.to_string(), &manifest()).expect("right");
            let again = given.expected(&first.json().to_string(), &manifest()).expect("right");
            prop_assert_eq!(first.differences(&again), Vec::<String>::new());
        }
    }
}

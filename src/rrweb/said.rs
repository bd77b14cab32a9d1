//! What pages say through the recorder, as far as lists show it the moment it arrives:
//! who the visitor is, and what is asked and answered.
//!
//! An event that is none of this costs one comparison of its type.

use super::event::{Event, MAX_URL_CHARS};
use super::fields::{Fields, cut};
use super::text;
use crate::model::said::cut as cut_text;
use crate::model::{Identity, Said, TimestampMs, Words};

/// Longer names of visitors are cut: nothing honest is longer.
const MAX_VISITOR_CHARS: usize = 256;

/// As the timeline has them.
const MOST_NAME_CHARS: usize = 200;
const MOST_TRAITS: usize = 50;
const MOST_SOURCES: usize = 50;

/// Of one batch no more is told: a visitor cannot type that much.
const MOST_SAID: usize = 100;

/// What `browser/recorder` says of what lists show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Identify,
    Navigate,
    Prompt,
    Reply,
    Feedback,
}

impl Tag {
    /// Reads the JSON of a custom event's tag.
    pub fn of(json: &str) -> Option<Self> {
        Some(match json.strip_prefix("\"hindsight.")?.strip_suffix('"')? {
            "identify" => Self::Identify,
            "navigate" => Self::Navigate,
            "prompt" => Self::Prompt,
            "reply" => Self::Reply,
            "feedback" => Self::Feedback,
            _ => return None,
        })
    }
}

/// Whom the page said the visitor is, if this event is where it said so.
pub fn identity(event: &Event<'_>) -> Option<Identity> {
    let (Tag::Identify, payload) = event.told? else { return None };
    let fields = Fields::of(payload);
    let id = fields.text("id", MAX_VISITOR_CHARS);
    (!id.is_empty()).then(|| Identity { at: event.timestamp, id, traits: traits(&fields) })
}

/// What the page said of the visitor: names with values, each as text.
fn traits(fields: &Fields<'_>) -> Vec<(String, String)> {
    let traits = Fields::of(fields.json("traits").unwrap_or("null"));
    let value = |json: &str| text::text_of(json).unwrap_or_else(|| json.to_owned());
    let one = |(name, json): (&str, &str)| {
        (cut(name.to_owned(), MOST_NAME_CHARS), cut(value(json), MOST_NAME_CHARS))
    };
    traits.iter().take(MOST_TRAITS).map(one).collect()
}

/// Whom the page said the visitor is, the last time it did.
pub fn last_identity(events: &[Event<'_>]) -> Option<Identity> {
    events.iter().filter_map(identity).max_by_key(|identity| identity.at)
}

/// The address of the last page, with the time from which on it was shown.
pub fn last_page(events: &[Event<'_>]) -> Option<(TimestampMs, String)> {
    events.iter().rev().find_map(|event| Some((event.timestamp, page(event)?)))
}

/// The address of the page that begins with an event: a load, or a change by the page's own script.
fn page(event: &Event<'_>) -> Option<String> {
    match event.told {
        Some((Tag::Navigate, payload)) => {
            Some(Fields::of(payload).text("href", MAX_URL_CHARS)).filter(|href| !href.is_empty())
        }
        _ => event.page_url(),
    }
}

/// What was said in a batch, each prompt with the page that the batch tells of before it.
pub fn all(events: &[Event<'_>]) -> Vec<Said> {
    if events.iter().all(|event| event.told.is_none()) {
        return Vec::new();
    }
    let mut page_shown = String::new();
    let mut said = Vec::new();
    for event in events {
        if let Some(url) = page(event) {
            page_shown = url;
        }
        said.extend(
            event.told.and_then(|(tag, payload)| words(tag, payload, &page_shown)).map(|(id, words)| Said {
                at: event.timestamp,
                words,
                id,
            }),
        );
        if said.len() == MOST_SAID {
            break;
        }
    }
    said
}

fn words(tag: Tag, payload: &str, page: &str) -> Option<(String, Words)> {
    let fields = Fields::of(payload);
    let name = |key| fields.text(key, MOST_NAME_CHARS);
    let text = || cut_text(fields.text("text", usize::MAX));
    let words = match tag {
        Tag::Prompt => {
            Words::Prompt { conversation: name("conversation"), text: text(), page: page.to_owned() }
        }
        Tag::Reply => {
            let sources = fields.list("sources");
            let sources = sources.iter().take(MOST_SOURCES).filter_map(|json| text::text_of(json));
            Words::Reply {
                to: name("to"),
                text: text(),
                answered: fields.flag("answered"),
                sources: sources.map(|source| cut(source, MAX_URL_CHARS)).collect(),
            }
        }
        Tag::Feedback => Words::Feedback { good: fields.number("value").unwrap_or_default() >= 0.0 },
        Tag::Identify | Tag::Navigate => return None,
    };
    Some((name("id"), words))
}

#[cfg(test)]
mod tests {
    use super::super::event::{Limits, events, facts};
    use super::*;

    fn said(batch: &str) -> crate::model::BatchFacts {
        let limits = Limits { depth: 64, events: 1000, event_bytes: 100_000 };
        facts(&events(batch, &limits).expect("a good batch"))
    }

    fn custom(at: i64, tag: &str, payload: &str) -> String {
        format!(r#"{{"type":5,"data":{{"tag":"hindsight.{tag}","payload":{payload}}},"timestamp":{at}}}"#)
    }

    #[test]
    fn what_is_said_is_read_with_its_page() {
        let batch = [
            custom(1, "prompt", r#"{"id":"a","text":"Wo?","conversation":"c"}"#),
            r#"{"type":4,"data":{"href":"https://x/1","width":1,"height":1},"timestamp":2}"#.to_owned(),
            custom(3, "navigate", r#"{"href":"https://x/2","kind":"push"}"#),
            custom(4, "prompt", r#"{"id":7,"text":"é"}"#),
            custom(5, "reply", r#"{"id":"r","to":"a","text":"No","answered":false,"sources":["FAQ",3]}"#),
            custom(6, "feedback", r#"{"id":"r","value":-1}"#),
            custom(6, "track", r#"{"name":"sold"}"#),
        ];
        let facts = said(&format!("[{}]", batch.join(",")));
        let pages = facts.said.iter().map(|said| match &said.words {
            Words::Prompt { page, text, .. } => format!("{} {} {text} {page}", said.at, said.id),
            other => format!("{} {} {other:?}", said.at, said.id),
        });
        let pages: Vec<String> = pages.collect();
        assert_eq!(pages[..2], ["1 a Wo? ", "4 7 é https://x/2"]);
        assert!(pages[2].contains("answered: Some(false), sources: [\"FAQ\"]"), "{}", pages[2]);
        assert_eq!(pages[3..], ["6 r Feedback { good: false }"]);
        assert_eq!(facts.last_page, Some((3, "https://x/2".to_owned())));
    }

    #[test]
    fn traits_are_told_with_the_visitor() {
        let batch = [
            custom(2, "identify", r#"{"id":"ada","traits":{"plan":"pro","seats":3}}"#),
            custom(1, "identify", r#"{"id":"bob"}"#),
            custom(3, "identify", r#"{"traits":{}}"#),
        ];
        let identity = said(&format!("[{}]", batch.join(","))).identity.expect("a visitor");
        assert_eq!((identity.at, identity.id.as_str()), (2, "ada"));
        assert_eq!(
            identity.traits,
            [("plan".to_owned(), "pro".to_owned()), ("seats".to_owned(), "3".to_owned())]
        );
    }

    #[test]
    fn a_batch_says_so_much_and_no_more() {
        let prompt = custom(1, "prompt", r#"{"text":"again"}"#);
        assert_eq!(said(&format!("[{}]", vec![prompt; 200].join(","))).said.len(), MOST_SAID);
    }
}

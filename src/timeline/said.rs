//! What recorders, plugins of rrweb and pages say beside the page itself.
//!
//! Whatever is not understood stays a custom event, so that nothing is lost.

use crate::rrweb::text;

use super::event::{Attr, Kind, Level};
use crate::rrweb::fields::{Fields, cut};

/// Longer URLs are cut.
pub const MOST_URL_CHARS: usize = 2048;

const MOST_NAME_CHARS: usize = 200;
const MOST_LINE_CHARS: usize = 2_000;
const MOST_STACK_CHARS: usize = 4_000;
const MOST_TALK_CHARS: usize = 20_000;
const MOST_COPIED_CHARS: usize = 200;
const MOST_SOURCES: usize = 50;
const MOST_TRAITS: usize = 50;

/// Larger JSON is not kept: cut, it would be none.
const MOST_JSON_BYTES: usize = 16 * 1024;

/// A request that took longer is slow, as for the recorder.
const SLOW_MS: u32 = 1_000;

/// What a custom event says.
pub fn custom(tag: &str, payload: &str) -> Option<Kind> {
    let fields = Fields::of(payload);
    Some(match tag {
        "hindsight.prompt" => Kind::Prompt {
            id: fields.text("id", MOST_NAME_CHARS),
            conversation: fields.text("conversation", MOST_NAME_CHARS),
            text: fields.text("text", MOST_TALK_CHARS),
        },
        "hindsight.reply" => Kind::Reply {
            id: fields.text("id", MOST_NAME_CHARS),
            to: fields.text("to", MOST_NAME_CHARS),
            text: fields.text("text", MOST_TALK_CHARS),
            answered: fields.flag("answered"),
            sources: texts(&fields.list("sources"), MOST_SOURCES),
            took: 0,
        },
        "hindsight.feedback" => Kind::Feedback {
            id: fields.text("id", MOST_NAME_CHARS),
            value: if fields.number("value").unwrap_or_default() < 0.0 { -1 } else { 1 },
        },
        "hindsight.identify" => {
            Kind::Identify { id: fields.text("id", MOST_NAME_CHARS), traits: traits(fields.json("traits")) }
        }
        "hindsight.track" => Kind::Custom {
            name: fields.text("name", MOST_NAME_CHARS),
            json: json(fields.json("props").unwrap_or("null")),
        },
        "hindsight.console" => Kind::Console {
            level: level(&fields.text("level", MOST_NAME_CHARS)),
            text: fields.text("text", MOST_LINE_CHARS),
            stack: fields.text("stack", MOST_STACK_CHARS),
        },
        "hindsight.error" => Kind::Error {
            text: fields.text("text", MOST_LINE_CHARS),
            stack: fields.text("stack", MOST_STACK_CHARS),
        },
        "hindsight.request" => Kind::Request {
            method: fields.text("method", MOST_NAME_CHARS),
            url: fields.text("url", MOST_URL_CHARS),
            status: fields.count("status"),
            took: fields.count("took"),
        },
        "hindsight.copy" => Kind::Copy { text: fields.text("text", MOST_COPIED_CHARS) },
        "hindsight.visibility" => match &*fields.text("state", MOST_NAME_CHARS) {
            "hidden" => Kind::Hidden,
            _ => Kind::Visible,
        },
        // The stream says that it is over by ending.
        "hindsight.end" => return None,
        other => Kind::Custom { name: cut(other.to_owned(), MOST_NAME_CHARS), json: json(payload) },
    })
}

/// What a plugin of rrweb says: a line of the console, or some requests.
pub fn plugin(name: &str, payload: &str, mut say: impl FnMut(Kind)) {
    let fields = Fields::of(payload);
    match name {
        "rrweb/console@1" => say(console(&fields)),
        "rrweb/network@1" => fields.list("requests").into_iter().filter_map(request).for_each(say),
        _ => say(Kind::Custom { name: cut(name.to_owned(), MOST_NAME_CHARS), json: json(payload) }),
    }
}

/// rrweb keeps each argument as JSON within a string, and tells what nothing caught as an
/// error of the console.
fn console(fields: &Fields<'_>) -> Kind {
    let argument = |json: &str| {
        let written = text::text_of(json)?;
        Some(text::text_of(&written).unwrap_or(written))
    };
    let words: Vec<String> = fields.list("payload").into_iter().filter_map(argument).collect();
    let text = cut(words.join(" "), MOST_LINE_CHARS);
    let stack = cut(texts(&fields.list("trace"), usize::MAX).join("\n"), MOST_STACK_CHARS);
    let level = level(&fields.text("level", MOST_NAME_CHARS));
    if level == Level::Error && text.starts_with("Uncaught ") {
        Kind::Error { text, stack }
    } else {
        Kind::Console { level, text, stack }
    }
}

/// A request of the network plugin: those of scripts, which may be what a click did, and
/// others if they failed or were slow. Browsers give no status of resources of other
/// sites, so having none is a failure of a script's requests only.
fn request(json: &str) -> Option<Kind> {
    let fields = Fields::of(json);
    let is_of_script = matches!(&*fields.text("initiatorType", MOST_NAME_CHARS), "fetch" | "xmlhttprequest");
    let status = fields.count("status");
    let took = fields.count("duration");
    let is_bad = status >= 400 || took >= SLOW_MS;
    let method = fields.text("method", MOST_NAME_CHARS);
    (is_bad || is_of_script).then(|| Kind::Request {
        method: if method.is_empty() { "GET".to_owned() } else { method },
        url: without_query(fields.text("name", MOST_URL_CHARS)),
        status,
        took,
    })
}

/// Queries of requests hold what recorders leave out.
fn without_query(mut url: String) -> String {
    if let Some(end) = url.find(['?', '#']) {
        url.truncate(end);
    }
    url
}

fn level(word: &str) -> Level {
    match word {
        "error" | "assert" => Level::Error,
        "warn" => Level::Warn,
        "debug" | "trace" => Level::Debug,
        _ => Level::Info,
    }
}

fn traits(json: Option<&str>) -> Vec<Attr> {
    let fields = Fields::of(json.unwrap_or("null"));
    let value = |json: &str| text::text_of(json).unwrap_or_else(|| json.to_owned());
    fields
        .iter()
        .take(MOST_TRAITS)
        .map(|(name, json)| Attr {
            name: cut(name.to_owned(), MOST_NAME_CHARS),
            value: cut(value(json), MOST_NAME_CHARS),
        })
        .collect()
}

fn texts(list: &[&str], most: usize) -> Vec<String> {
    let texts = list.iter().take(most).filter_map(|json| text::text_of(json));
    texts.map(|text| cut(text, MOST_URL_CHARS)).collect()
}

fn json(json: &str) -> String {
    if json.len() > MOST_JSON_BYTES { "null".to_owned() } else { json.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_recorders_say_is_understood() {
        let reply = custom(
            "hindsight.reply",
            r#"{"id":7,"text":"No.","to":"p","answered":false,"sources":["FAQ",3]}"#,
        );
        assert_eq!(
            reply,
            Some(Kind::Reply {
                id: "7".to_owned(),
                to: "p".to_owned(),
                text: "No.".to_owned(),
                answered: Some(false),
                sources: vec!["FAQ".to_owned()],
                took: 0
            })
        );
        let tracked = custom("hindsight.track", r#"{"name":"sold","props":{"eur":3}}"#);
        assert_eq!(tracked, Some(Kind::Custom { name: "sold".to_owned(), json: r#"{"eur":3}"#.to_owned() }));
        assert_eq!(custom("hindsight.visibility", r#"{"state":"hidden"}"#), Some(Kind::Hidden));
        assert_eq!(custom("hindsight.end", "{}"), None);
    }

    #[test]
    fn what_is_not_understood_is_kept() {
        let kept = |name: &str, json: &str| Kind::Custom { name: name.to_owned(), json: json.to_owned() };
        assert_eq!(custom("pageview", "[1]"), Some(kept("pageview", "[1]")));
        let odd = custom("hindsight.prompt", r#"{"text":[],"text":{},"id":null}"#);
        assert_eq!(
            odd,
            Some(Kind::Prompt { id: String::new(), conversation: String::new(), text: String::new() })
        );
        let large = format!("\"{}\"", "x".repeat(MOST_JSON_BYTES));
        assert_eq!(custom("pageview", &large), Some(kept("pageview", "null")));
    }

    fn from_plugin(name: &str, payload: &str) -> Vec<Kind> {
        let mut kinds = Vec::new();
        plugin(name, payload, |kind| kinds.push(kind));
        kinds
    }

    #[test]
    fn lines_of_the_console_are_unpacked() {
        let line = r#"{"level":"warn","payload":["\"a \\\"b\\\"\"","{\"c\":1}"],"trace":["x:1","y:2"]}"#;
        let text = r#"a "b" {"c":1}"#.to_owned();
        let stack = "x:1\ny:2".to_owned();
        assert_eq!(from_plugin("rrweb/console@1", line), [Kind::Console { level: Level::Warn, text, stack }]);
        let uncaught = r#"{"level":"error","payload":["\"Uncaught Error: no\""],"trace":[]}"#;
        let text = "Uncaught Error: no".to_owned();
        assert_eq!(from_plugin("rrweb/console@1", uncaught), [Kind::Error { text, stack: String::new() }]);
    }

    #[test]
    fn of_requests_those_of_scripts_and_bad_ones_are_told() {
        let requests = r#"{"requests":[
            {"name":"https://a/ok","status":200,"duration":3.5,"initiatorType":"fetch"},
            {"name":"https://cdn/x.png","status":0,"duration":3.5,"initiatorType":"img"},
            {"name":"https://a/slow","status":200,"duration":3500.4,"initiatorType":"script"},
            {"name":"https://a/gone?token=1","status":404,"duration":2,"initiatorType":"fetch","method":"POST"}]}"#;
        let told: Vec<String> = from_plugin("rrweb/network@1", requests)
            .into_iter()
            .map(|kind| match kind {
                Kind::Request { method, url, status, took } => format!("{method} {url} {status} {took}"),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(
            told,
            ["GET https://a/ok 200 4", "GET https://a/slow 200 3500", "POST https://a/gone 404 2"]
        );
    }
}

//! What stands beside the page: what a site says through the recorder, and what the
//! recorder notes, such as errors and requests.

use std::borrow::Cow;

use super::marks::Exposure;
use super::pass::Pass;
use super::urls;
use super::words::asterisks;
use crate::model::text_rules::Kind;
use crate::rrweb::Event;
use crate::rrweb::event::kind;
use crate::rrweb::skim::{self, Leaf};
use crate::rrweb::tokens::unescaped;

/// Longer strings without a space are files, not words, in bytes.
const LONGEST_WORD: usize = 512;

/// Whose words they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaker {
    /// The site says on purpose who its visitor is.
    Introduction,
    /// The site says on purpose what it wants to have recorded.
    Site,
    /// The recorder notes what happens.
    Recorder,
}

/// What a value is, by its key.
enum Value {
    Name,
    Address,
    Stack,
    /// One of a few words that are known beforehand.
    Term,
    Words,
}

impl Pass<'_> {
    /// Hides in what is no page.
    pub(super) fn hide_said(&mut self, event: &Event<'_>, data: usize) {
        let json = event.json;
        let text_of = |name: &str| {
            skim::value_of(json, data, name)
                .map(|at| unescaped(skim::text_at(json, at).of(json)).into_owned())
        };
        let (speaker, from) = match event.kind {
            kind::CUSTOM => {
                (speaker_of(&text_of("tag").unwrap_or_default()), skim::value_of(json, data, "payload"))
            }
            kind::PLUGIN => (Speaker::Recorder, skim::value_of(json, data, "payload")),
            _ => (Speaker::Recorder, Some(data)),
        };
        let (Some(from), false) = (from, speaker == Speaker::Introduction && !self.rules.is_everywhere)
        else {
            return;
        };
        self.skim.read_loose(json, from);
        for index in 0..self.skim.loose.len() {
            let loose = self.skim.loose[index];
            if !loose.is_key {
                let key = unescaped(loose.key.of(json));
                self.hide_value(json, &key, loose.leaf, speaker);
            }
        }
    }

    fn hide_value(&mut self, json: &str, key: &str, leaf: Leaf, speaker: Speaker) {
        let (Leaf::Text(part) | Leaf::Number(part)) = leaf;
        let text = unescaped(part.of(json));
        if urls::is_inline(&text) || (text.len() > LONGEST_WORD && !text.contains(' ')) {
            return;
        }
        let is_strict = self.rules.base > Exposure::Shown;
        let shown = match (value_of(key), leaf) {
            (Value::Name, _) if !self.rules.is_everywhere => return,
            (Value::Name, _) => self.precisely(&text),
            // Counts, times and sizes are numbers as well.
            (_, Leaf::Number(_)) => self.card(&text),
            (Value::Address, _) => self.address(&text, Exposure::Shown),
            (Value::Stack, _) => self.stack(&text),
            (Value::Term, _) if speaker == Speaker::Recorder && is_strict => return,
            (Value::Term | Value::Words, _) if speaker != Speaker::Recorder => self.precisely(&text),
            (Value::Term | Value::Words, _) => self.text(&text, Exposure::Shown),
        };
        self.put(json, leaf, &shown);
    }

    fn card<'t>(&mut self, digits: &'t str) -> Cow<'t, str> {
        let words = self.rules.words.only(&[Kind::Card]);
        let counts = &mut self.counts;
        words.hide(digits, |found| *counts.entry(found.name()).or_default() += 1)
    }

    /// Places in scripts: their lines and columns are long numbers.
    fn stack<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        if self.rules.base > Exposure::Shown {
            return asterisks(text).into();
        }
        let words = self.rules.words.only(&[Kind::Email]);
        let counts = &mut self.counts;
        words.hide(text, |found| *counts.entry(found.name()).or_default() += 1)
    }
}

fn speaker_of(tag: &str) -> Speaker {
    match tag.strip_prefix("hindsight.") {
        Some("identify") => Speaker::Introduction,
        Some("prompt" | "reply" | "feedback" | "track") | None => Speaker::Site,
        Some(_) => Speaker::Recorder,
    }
}

fn value_of(key: &str) -> Value {
    match key {
        "id" | "to" | "conversation" => Value::Name,
        "href" | "url" | "src" | "referrer" | "location" | "sources" | "page" => Value::Address,
        "stack" | "trace" => Value::Stack,
        "kind" | "state" | "level" | "method" | "reason" | "type" | "property" | "name" => Value::Term,
        _ => Value::Words,
    }
}

//! What is said beside a page: prompts to an assistant, its replies, and verdicts on both.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::TimestampMs;

/// Longer texts are cut for lists; the recording keeps them whole.
pub const MOST_TEXT_CHARS: usize = 4000;

/// Something that was said, as it is stored (JSON) for lists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Said {
    /// When, by the visitor's clock.
    pub at: TimestampMs,
    /// What.
    pub words: Words,
    /// The page's own id for it; of feedback, what it is about. May be "".
    pub id: String,
}

/// What was said. Prompts come first among what was said at the same time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Words {
    /// The visitor asked something.
    Prompt {
        /// Which conversation it belongs to, if the page says so.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        conversation: String,
        /// What was asked.
        text: String,
        /// The page it was asked on; "" where that is not known yet.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        page: String,
    },
    /// The assistant answered.
    Reply {
        /// The id of the prompt it answers; "" for the last one.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        to: String,
        /// What it said.
        text: String,
        /// Whether it could answer the question, if the page says so.
        answered: Option<bool>,
        /// What the answer rests on: titles or URLs.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sources: Vec<String>,
    },
    /// The visitor's verdict.
    Feedback {
        /// Whether it is a good one.
        good: bool,
    },
}

/// Whom the page said the visitor is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// When it said so, by the visitor's clock.
    pub at: TimestampMs,
    /// What it calls the visitor.
    pub id: String,
    /// What it told of the visitor.
    pub traits: Vec<(String, String)>,
}

/// A prompt with what came of it. The numbers are places in what was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// The prompt.
    pub prompt: usize,
    /// The last reply to it.
    pub reply: Option<usize>,
    /// Whether it was answered, if the reply says so.
    pub answered: Option<bool>,
    /// The last verdict: -1, or 1; 0 while there is none.
    pub feedback: i64,
}

/// Finds the prompts in what was said, whatever order that is in, with what came of each:
/// the last reply counts, and the last verdict. A prompt that is told again under the
/// same id is the same one. Of what is the same in all the first in the list counts.
pub fn exchanges(said: &[&Said]) -> Vec<Exchange> {
    let mut order: Vec<usize> = (0..said.len()).collect();
    order.sort_by_key(|place| said[*place]);
    let mut found: Vec<Exchange> = Vec::new();
    let mut by_prompt: HashMap<&str, usize> = HashMap::new();
    let mut by_reply: HashMap<&str, usize> = HashMap::new();
    for place in order {
        let Said { words, id, .. } = said[place];
        let id = id.as_str();
        match words {
            Words::Prompt { .. } => {
                if id.is_empty() || !by_prompt.contains_key(id) {
                    by_prompt.insert(id, found.len());
                    found.push(Exchange { prompt: place, ..Exchange::default() });
                }
            }
            Words::Reply { to, answered, .. } => {
                let last = found.len().checked_sub(1);
                let meant = if to.is_empty() { last } else { by_prompt.get(to.as_str()).copied() };
                if let Some(exchange) = meant.and_then(|meant| found.get_mut(meant)) {
                    (exchange.reply, exchange.answered) = (Some(place), *answered);
                    by_reply.extend(meant.map(|meant| (id, meant)));
                }
            }
            Words::Feedback { good } => {
                let meant = by_prompt.get(id).or_else(|| by_reply.get(id)).copied();
                if let Some(exchange) = meant.and_then(|meant| found.get_mut(meant)) {
                    exchange.feedback = if *good { 1 } else { -1 };
                }
            }
        }
    }
    found
}

/// A text as lists show it: what is too long ends in an ellipsis.
pub fn cut(text: String) -> String {
    match text.char_indices().nth(MOST_TEXT_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(at: TimestampMs, id: &str) -> Said {
        let words =
            Words::Prompt { conversation: String::new(), text: format!("{id}?"), page: String::new() };
        Said { at, words, id: id.to_owned() }
    }

    fn reply(at: TimestampMs, id: &str, to: &str, answered: Option<bool>) -> Said {
        let words = Words::Reply { to: to.to_owned(), text: "!".to_owned(), answered, sources: Vec::new() };
        Said { at, words, id: id.to_owned() }
    }

    fn feedback(at: TimestampMs, id: &str, good: bool) -> Said {
        Said { at, words: Words::Feedback { good }, id: id.to_owned() }
    }

    fn told(said: &[Said]) -> Vec<(usize, Option<usize>, Option<bool>, i64)> {
        let said: Vec<&Said> = said.iter().collect();
        let tell = |found: Exchange| (found.prompt, found.reply, found.answered, found.feedback);
        exchanges(&said).into_iter().map(tell).collect()
    }

    #[test]
    fn replies_and_verdicts_find_their_prompts_whatever_comes_first() {
        let said = [
            feedback(9, "r1", false),
            reply(3, "r1", "a", Some(true)),
            prompt(1, "a"),
            prompt(4, "b"),
            reply(5, "r2", "", Some(false)),
            feedback(6, "b", true),
            feedback(7, "nobody", true),
            reply(8, "r3", "gone", None),
        ];
        assert_eq!(told(&said), [(2, Some(1), Some(true), -1), (3, Some(4), Some(false), 1)]);
    }

    #[test]
    fn the_last_word_counts_and_a_prompt_told_twice_is_one() {
        let said = [
            prompt(1, "a"),
            reply(2, "r1", "a", Some(false)),
            reply(3, "r2", "a", None),
            feedback(4, "a", true),
            feedback(5, "r1", false),
            prompt(6, "a"),
            prompt(7, ""),
            prompt(8, ""),
        ];
        assert_eq!(told(&said), [(0, Some(2), None, -1), (6, None, None, 0), (7, None, None, 0)]);
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(cut("é".repeat(MOST_TEXT_CHARS)).chars().count(), MOST_TEXT_CHARS);
        assert!(cut("é".repeat(MOST_TEXT_CHARS + 1)).ends_with("é…"));
    }
}

//! What was said beside the page, as lists show it.

use std::collections::HashMap;

use super::event::{Attr, Event, Kind};
use crate::model::said::cut;
use crate::model::{Said, TimestampMs, Words};

/// Of one session no more is kept for lists; the timeline has it all.
const MOST_SAID: usize = 1000;

/// Pages are told to prompts; of one session no more are remembered.
const MOST_PAGES: usize = 10_000;

/// Collects prompts, replies and verdicts, and what the page told of the visitor.
#[derive(Clone, Debug, Default)]
pub struct Talk {
    started_at: TimestampMs,
    pages: HashMap<u32, String>,
    /// What was said.
    pub said: Vec<Said>,
    /// What the page told of the visitor the last time, names with values.
    pub traits: Vec<(String, String)>,
}

impl Talk {
    /// Begins a session whose first event was at this time, by the visitor's clock.
    pub fn of_session(started_at: TimestampMs) -> Self {
        Self { started_at, ..Self::default() }
    }

    /// Takes the next event in.
    pub fn add(&mut self, event: &Event) {
        let (id, words) = match &event.kind {
            Kind::PageView { url, .. } => {
                if self.pages.len() < MOST_PAGES {
                    self.pages.insert(event.page, url.clone());
                }
                return;
            }
            Kind::Identify { traits, .. } => {
                let pair = |Attr { name, value }: &Attr| (name.clone(), value.clone());
                self.traits = traits.iter().map(pair).collect();
                return;
            }
            Kind::Prompt { id, conversation, text } => {
                let page = self.pages.get(&event.page).cloned().unwrap_or_default();
                let words =
                    Words::Prompt { conversation: conversation.clone(), text: cut(text.clone()), page };
                (id, words)
            }
            Kind::Reply { id, to, text, answered, sources, .. } => {
                let (to, sources) = (to.clone(), sources.clone());
                (id, Words::Reply { to, text: cut(text.clone()), answered: *answered, sources })
            }
            Kind::Feedback { id, value } => (id, Words::Feedback { good: *value >= 0 }),
            _ => return,
        };
        if self.said.len() < MOST_SAID {
            let at = self.started_at + i64::from(event.at);
            self.said.push(Said { at, words, id: id.clone() });
        }
    }
}

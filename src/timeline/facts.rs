//! What lists and searches say of a session.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::event::{Attr, Event, Kind, Level};
use crate::rrweb::fields::cut;

/// So many pages are named.
const MOST_PAGES: usize = 200;

/// The text to be searched is no longer than this, in bytes.
const MOST_SEARCH_BYTES: usize = 32 * 1024;

/// One entry of it is no longer than this.
const MOST_ENTRY_CHARS: usize = 500;

/// What is counted and collected.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Pages that were shown.
    pub pages: u32,
    /// Clicks and taps.
    pub clicks: u32,
    /// Runs of edits.
    pub inputs: u32,
    /// Questions to an assistant.
    pub prompts: u32,
    /// Errors that nothing caught, lines of the console that are errors, and requests that failed.
    pub errors: u32,
    /// Different URLs with the titles they had first, in the order of their visit.
    pub visited: Vec<Visited>,
    /// The URL of the last page.
    pub last_page: String,
    /// Prompts that had no reply, or one that says it is no answer.
    pub unanswered: u32,
    /// What a search finds it by, an entry a line: titles, labels of what was clicked,
    /// prompts, replies, errors, and who the visitor is.
    pub search_text: String,
    /// Prompts that wait for a reply.
    waiting: Vec<u64>,
    hasher: RandomState,
    seen: HashSet<u64>,
}

/// A page that was visited.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Visited {
    pub url: String,
    pub title: String,
}

impl Facts {
    /// Takes the next event in.
    pub fn add(&mut self, event: &Event) {
        let count = |number: &mut u32| *number = number.saturating_add(1);
        match &event.kind {
            Kind::PageView { url, title, .. } => {
                count(&mut self.pages);
                self.visit(url, title);
                self.last_page.clone_from(url);
            }
            Kind::Click { target, .. } => {
                count(&mut self.clicks);
                self.find_by(&target.label);
            }
            Kind::Input { .. } => count(&mut self.inputs),
            Kind::Prompt { id, text, .. } => {
                count(&mut self.prompts);
                count(&mut self.unanswered);
                self.waiting.push(self.hasher.hash_one(id));
                self.find_by(text);
            }
            Kind::Reply { to, text, answered, .. } => {
                if *answered != Some(false) {
                    self.answer(to);
                }
                self.find_by(text);
            }
            Kind::Error { text, .. } | Kind::Console { level: Level::Error, text, .. } => {
                count(&mut self.errors);
                self.find_by(text);
            }
            Kind::Request { status: 0 | 400.., .. } => count(&mut self.errors),
            Kind::Identify { id, traits } => {
                self.find_by(id);
                for Attr { value, .. } in traits {
                    self.find_by(value);
                }
            }
            _ => {}
        }
    }

    /// A reply came to the prompt of this id; to the one before it when it does not say.
    fn answer(&mut self, to: &str) {
        let to_last = to.is_empty();
        let prompt = self.hasher.hash_one(to);
        let at = self.waiting.iter().rposition(|waiting| to_last || *waiting == prompt);
        if let Some(at) = at {
            self.waiting.remove(at);
            self.unanswered -= 1;
        }
    }

    /// The URLs of its pages, one a line.
    pub fn urls(&self) -> String {
        let mut urls = String::new();
        for visited in &self.visited {
            let url = cut(visited.url.clone(), MOST_ENTRY_CHARS);
            if urls.len() + url.len() < MOST_SEARCH_BYTES {
                urls.push_str(&url);
                urls.push('\n');
            }
        }
        urls
    }

    fn visit(&mut self, url: &str, title: &str) {
        if let Some(known) = self.visited.iter_mut().find(|visited| visited.url == url) {
            if known.title.is_empty() {
                title.clone_into(&mut known.title);
            }
        } else if self.visited.len() < MOST_PAGES {
            self.visited.push(Visited { url: url.to_owned(), title: title.to_owned() });
        }
        self.find_by(title);
    }

    /// Adds an entry to what is searched, unless it is there already or there is no room.
    fn find_by(&mut self, text: &str) {
        let room = MOST_SEARCH_BYTES - self.search_text.len();
        if text.is_empty() || room == 0 {
            return;
        }
        let entry = cut(text.split_whitespace().collect::<Vec<_>>().join(" "), MOST_ENTRY_CHARS);
        if entry.len() < room && self.seen.insert(self.hasher.hash_one(&entry)) {
            self.search_text.push_str(&entry);
            self.search_text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(kinds: Vec<Kind>) -> Facts {
        let mut facts = Facts::default();
        kinds.into_iter().for_each(|kind| facts.add(&Event { at: 0, page: 0, kind }));
        facts
    }

    fn prompt(text: String) -> Kind {
        Kind::Prompt { id: String::new(), conversation: String::new(), text }
    }

    #[test]
    fn a_session_is_found_by_what_was_said_once() {
        let facts = facts(vec![prompt("Where is\n my order?".to_owned()); 3]);
        assert_eq!((facts.prompts, &*facts.search_text), (3, "Where is my order?\n"));
    }

    #[test]
    fn the_text_to_be_searched_is_bounded() {
        let facts = facts((0..1000).map(|number| prompt(format!("{number}{}", "é".repeat(300)))).collect());
        assert_eq!(facts.prompts, 1000);
        assert!((MOST_SEARCH_BYTES - 700..=MOST_SEARCH_BYTES).contains(&facts.search_text.len()));
    }
}

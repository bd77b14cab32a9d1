//! What was said to the assistant in a session: a page of its own, which the replay shows
//! beside the stage.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use url::Url;
use warp::http::Method;

use super::held_back::find_watched;
use super::page::Frame;
use super::problem::Problem;
use super::replay::{PAGE, playback};
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::row::{Beside, Row};
use super::timeline::Timeline;
use super::{App, Response, format};
use crate::timeline::{Kind, KindName, Kinds};

/// So much is shown of what was said.
const MOST_TURNS: usize = 2000;

const SAID: [KindName; 3] = [KindName::Prompt, KindName::Reply, KindName::Feedback];

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::GET, format!("{PAGE}/conversation"), Access::Viewer, Surface::Page, page)]
}

#[derive(Serialize)]
struct ConversationPage {
    #[serde(flatten)]
    frame: Frame,
    session: Row,
    turns: Vec<Turn>,
    /// Whether more was said than is shown.
    is_cut: bool,
}

/// A prompt or a reply.
#[derive(Debug, Default, Serialize)]
struct Turn {
    is_prompt: bool,
    /// Plain text of a prompt, Markdown of a reply.
    text: String,
    at_ms: i64,
    at: String,
    /// Without script it leads to the moment.
    url: String,
    /// Whether another conversation begins with it.
    begins: bool,
    /// What became of it, if that is worth a word.
    outcome: Option<Outcome>,
    /// How long the visitor waited for a reply.
    took: Option<String>,
    sources: Vec<Source>,
    /// The visitor's verdict.
    verdict: Option<&'static str>,
}

/// What became of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// Nothing was said to it.
    Ignored,
    /// Nothing was said to it yet.
    Waiting,
    /// The assistant said that it does not know.
    Unanswered,
}

/// What a reply rests on.
#[derive(Debug, Serialize)]
struct Source {
    text: String,
    /// Where it is on the web, if it says so.
    url: Option<String>,
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let session = find_watched(&app, &request).await?;
    let playback = playback(&app, &session).await?;
    let timeline = Timeline::of(&app, &session).await?;
    let mut conversation = Conversation::default();
    for number in timeline.numbers() {
        for event in timeline.events(number, Kinds::from_iter(SAID)).await? {
            let at_ms = playback.place(session.first_event_at + i64::from(event.at));
            conversation.add(event.kind, at_ms);
        }
    }
    let is_cut = conversation.turns.len() > MOST_TURNS;
    let page = ConversationPage {
        frame: Frame::about(&app, "conversation", session.connection).await?,
        turns: conversation.finish(timeline.is_final()),
        is_cut,
        session: Row::of(session, Beside::default(), app.clock.now()),
    };
    app.templates.page("pages/conversation.html", &page)
}

/// What was said, as it is read.
#[derive(Default)]
struct Conversation {
    turns: Vec<Turn>,
    /// The turns of prompts and replies, by their ids.
    by_id: HashMap<String, usize>,
    /// The prompts that were replied to, by their turns.
    replied_to: HashSet<usize>,
    /// The prompt that was asked last.
    last_prompt: Option<usize>,
    /// The page's own name for the conversation.
    name: String,
}

impl Conversation {
    fn add(&mut self, kind: Kind, at_ms: i64) {
        let turn = Turn {
            at_ms,
            at: format::duration(at_ms),
            url: format!("?t={}.{:03}&panel=conversation", at_ms / 1000, at_ms % 1000),
            ..Turn::default()
        };
        match kind {
            Kind::Prompt { id, conversation, text } => {
                let begins = !self.turns.is_empty() && conversation != self.name;
                self.name = conversation;
                self.last_prompt = Some(self.turns.len());
                self.put(id, Turn { is_prompt: true, text, begins, ..turn });
            }
            Kind::Reply { id, to, text, answered, sources, took } => {
                let prompt = if to.is_empty() { self.last_prompt } else { self.by_id.get(&to).copied() };
                self.replied_to.extend(prompt);
                let outcome = (answered == Some(false)).then_some(Outcome::Unanswered);
                let took = (took > 0).then(|| seconds(took));
                let sources = sources.into_iter().map(Source::of).collect();
                self.put(id, Turn { text, outcome, took, sources, ..turn });
            }
            Kind::Feedback { id, value } => {
                let about = self.by_id.get(&id).copied().and_then(|place| self.turns.get_mut(place));
                if let Some(turn) = about {
                    turn.verdict = Some(if value < 0 { "bad" } else { "good" });
                }
            }
            _ => {}
        }
    }

    fn put(&mut self, id: String, turn: Turn) {
        if !id.is_empty() {
            self.by_id.insert(id, self.turns.len());
        }
        self.turns.push(turn);
    }

    /// All of it, with what became of each prompt.
    fn finish(mut self, is_final: bool) -> Vec<Turn> {
        for (place, turn) in self.turns.iter_mut().enumerate() {
            if turn.is_prompt && !self.replied_to.contains(&place) {
                turn.outcome = Some(if is_final { Outcome::Ignored } else { Outcome::Waiting });
            }
        }
        self.turns.truncate(MOST_TURNS);
        self.turns
    }
}

impl Source {
    fn of(text: String) -> Self {
        let url = Url::parse(&text).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
        Self { url: url.map(String::from), text }
    }
}

fn seconds(took_ms: u32) -> String {
    format!("{}.{} s", took_ms / 1000, took_ms % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(id: &str, conversation: &str) -> Kind {
        Kind::Prompt { id: id.to_owned(), conversation: conversation.to_owned(), text: id.to_owned() }
    }

    fn reply(to: &str, answered: Option<bool>) -> Kind {
        let sources = vec!["FAQ".to_owned(), "https://a.example/x".to_owned(), "javascript:x".to_owned()];
        let (id, to) = (format!("re {to}"), to.to_owned());
        Kind::Reply { id, to, text: String::new(), answered, sources, took: 1250 }
    }

    fn turns(kinds: Vec<Kind>, is_final: bool) -> Vec<Turn> {
        let mut conversation = Conversation::default();
        kinds.into_iter().for_each(|kind| conversation.add(kind, 61_500));
        conversation.finish(is_final)
    }

    #[test]
    fn a_prompt_says_what_became_of_it() {
        let said = || vec![prompt("a", ""), reply("a", Some(true)), prompt("b", ""), reply("", None)];
        let outcomes = |kinds, is_final| -> Vec<Option<Outcome>> {
            turns(kinds, is_final).into_iter().map(|turn| turn.outcome).collect()
        };
        assert_eq!(outcomes(said(), true), [None; 4]);
        let mut more = said();
        more.extend([prompt("c", ""), reply("c", Some(false)), prompt("d", "")]);
        assert_eq!(outcomes(more, true)[4..], [None, Some(Outcome::Unanswered), Some(Outcome::Ignored)]);
        assert_eq!(outcomes(vec![prompt("d", "")], false), [Some(Outcome::Waiting)]);
    }

    #[test]
    fn verdicts_stand_with_what_they_are_about() {
        let feedback = |id: &str, value| Kind::Feedback { id: id.to_owned(), value };
        let turns =
            turns(vec![prompt("a", ""), reply("a", None), feedback("re a", -1), feedback("nobody", 1)], true);
        assert_eq!((turns[0].verdict, turns[1].verdict), (None, Some("bad")));
        assert_eq!((turns[1].took.as_deref(), turns[1].at.as_str()), (Some("1.2 s"), "1:01"));
        assert_eq!(turns[1].url, "?t=61.500&panel=conversation");
    }

    #[test]
    fn only_addresses_on_the_web_are_links() {
        let turns = turns(vec![reply("", None)], true);
        let urls: Vec<Option<&str>> = turns[0].sources.iter().map(|source| source.url.as_deref()).collect();
        assert_eq!(urls, [None, Some("https://a.example/x"), None]);
    }

    #[test]
    fn another_conversation_begins_where_the_page_says_so() {
        let turns = turns(vec![prompt("a", "one"), prompt("b", "one"), prompt("c", "two")], true);
        assert_eq!(turns.iter().map(|turn| turn.begins).collect::<Vec<_>>(), [false, false, true]);
    }
}

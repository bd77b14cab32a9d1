//! What was said to the assistant in a session.

use schemars::JsonSchema;
use serde::Serialize;
use warp::http::Method;

use super::endpoint::Endpoint;
use super::session::watched;
use super::shapes::{List, Time};
use crate::model::TokenScope;
use crate::timeline::{Kind, KindName, Kinds};
use crate::web::problem::Problem;
use crate::web::replay::playback;
use crate::web::request::Request;
use crate::web::router::Access;
use crate::web::timeline::Timeline;
use crate::web::{App, kinds};

/// So much is told of what was said.
const MOST: usize = 2000;

const SAID: [KindName; 3] = [KindName::Prompt, KindName::Reply, KindName::Feedback];

pub fn endpoints() -> Vec<Endpoint> {
    let place = (
        Method::GET,
        "/connections/{connection}/sessions/{session}/conversation",
        Access::Viewer,
        TokenScope::ReadPrompts,
    );
    vec![
        Endpoint::json(place, "List what was said to the assistant", list)
            .about("Prompts, replies and verdicts in the order of time, 2,000 at most.")
            .problems([kinds::HELD_BACK]),
    ]
}

/// A prompt, a reply, or a verdict.
#[derive(Serialize, JsonSchema)]
struct Turn {
    kind: TurnKind,
    /// When, by the visitor's clock.
    at: Time,
    /// Where it plays in the replay.
    at_ms: i64,
    /// The page's own id of a prompt or reply; of a verdict, what it is about. May be empty.
    id: String,
    /// Of a prompt: which conversation it belongs to, if the page says so.
    conversation: Option<String>,
    /// Of a prompt, as it was written; of a reply, Markdown.
    text: Option<String>,
    /// Of a reply: the id of its prompt; empty for the last one before it.
    to: Option<String>,
    /// Of a reply: whether it answers, if it says so.
    answered: Option<bool>,
    /// Of a reply: what it rests on.
    sources: Vec<String>,
    /// Of a reply: how long it took.
    took_ms: Option<u32>,
    /// Of a verdict: whether it is a good one.
    good: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum TurnKind {
    Prompt,
    Reply,
    Verdict,
}

impl Turn {
    fn of(kind: Kind, at: Time, at_ms: i64) -> Option<Self> {
        let turn = |kind, id| Self {
            kind,
            at,
            at_ms,
            id,
            conversation: None,
            text: None,
            to: None,
            answered: None,
            sources: Vec::new(),
            took_ms: None,
            good: None,
        };
        Some(match kind {
            Kind::Prompt { id, conversation, text } => {
                Self { conversation: Some(conversation), text: Some(text), ..turn(TurnKind::Prompt, id) }
            }
            Kind::Reply { id, to, text, answered, sources, took } => Self {
                text: Some(text),
                to: Some(to),
                answered,
                sources,
                took_ms: Some(took),
                ..turn(TurnKind::Reply, id)
            },
            Kind::Feedback { id, value } => Self { good: Some(value > 0), ..turn(TurnKind::Verdict, id) },
            _ => return None,
        })
    }
}

async fn list(app: App, request: Request) -> Result<List<Turn>, Problem> {
    let session = watched(&app, &request).await?;
    let playback = playback(&app, &session).await?;
    let timeline = Timeline::of(&app, &session).await?;
    let mut turns = Vec::new();
    for number in timeline.numbers() {
        for event in timeline.events(number, Kinds::from_iter(SAID)).await? {
            let at = session.first_event_at + i64::from(event.at);
            turns.extend(Turn::of(event.kind, Time(at), playback.place(at)));
        }
    }
    turns.truncate(MOST);
    Ok(List::whole(turns))
}

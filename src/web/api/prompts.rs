//! What visitors asked, over all sessions of a connection.

use schemars::JsonSchema;
use serde::Serialize;
use warp::http::Method;

use super::endpoint::Endpoint;
use super::param::{self, BEFORE, Kind as ParamKind, LIMIT, Param};
use super::shapes::{List, Time};
use crate::model::{ConnectionId, Session, TokenScope};
use crate::store::feed::{self, Entry, Kind};
use crate::store::prompts::Prompt;
use crate::store::{Db, choices};
use crate::web::App;
use crate::web::activity::asked::{Asked, step_of, written};
use crate::web::activity::entry::watch_url;
use crate::web::filter;
use crate::web::held_back::Rule;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Access;

const PARAMS: &[Param] = &[
    Param {
        name: "show",
        kind: ParamKind::OneOf(|| vec!["prompts", "unanswered", "disliked"]),
        about: "All prompts, those that were not answered, or those whose answer was found bad.",
    },
    Param { name: "from", kind: ParamKind::Moment, about: "When they arrived at the earliest." },
    Param {
        name: "to",
        kind: ParamKind::Moment,
        about: "When they arrived at the latest; a day is meant with its end.",
    },
    LIMIT,
    BEFORE,
];

pub fn endpoints() -> Vec<Endpoint> {
    let place = (Method::GET, "/connections/{connection}/prompts", Access::Viewer, TokenScope::ReadPrompts);
    vec![Endpoint::json(place, "List prompts", list).params(PARAMS).about("The newest first.")]
}

/// A prompt with what came of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Prompt")]
struct Shown {
    /// The page's own id for it; may be empty.
    id: String,
    session_id: String,
    /// The replay at its moment in the dashboard, where there is anything to see.
    url: Option<String>,
    /// When it arrived.
    asked_at: Time,
    /// Which conversation it belongs to, if the page says so.
    conversation: String,
    /// What was asked; null while it waits to be masked.
    text: Option<String>,
    /// The page it was asked on.
    page: String,
    /// Whom the page said the visitor is.
    visitor: Option<String>,
    /// The last reply.
    reply: Option<Reply>,
    /// Whether that answers it, if it says so.
    answered: Option<bool>,
    /// The visitor's verdict: whether it is a good one.
    found_good: Option<bool>,
    /// Whether it waits to be masked.
    held_back: bool,
}

/// What an assistant said.
#[derive(Serialize, JsonSchema)]
struct Reply {
    /// When, by the visitor's clock.
    at: Time,
    /// Markdown.
    text: String,
    /// What it rests on.
    sources: Vec<String>,
}

impl Shown {
    fn of(app: &App, prompt: Prompt, session: &Session) -> Self {
        let hidden = session.held_back;
        let url = watch_url(&prompt, session).map(|url| format!("{}{url}", app.public_url));
        let reply = prompt.reply.filter(|_| !hidden);
        Self {
            id: prompt.id,
            session_id: session.id.to_string(),
            url,
            asked_at: Time(prompt.asked_at),
            conversation: prompt.conversation,
            text: (!hidden).then_some(prompt.text),
            page: if hidden { session.landing_url.clone() } else { prompt.page },
            visitor: session.visitor.clone(),
            reply: reply.map(|reply| Reply { at: Time(reply.at), text: reply.text, sources: reply.sources }),
            answered: prompt.answered,
            found_good: (prompt.feedback != 0).then_some(prompt.feedback > 0),
            held_back: hidden,
        }
    }
}

async fn list(app: App, request: Request) -> Result<List<Shown>, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let asked = Asked::of(&request)?;
    let (step, limit) = (step_of(&request)?, param::limit(&request)?);
    let mut filter = asked.filter();
    match filter.kind {
        Kind::All => filter.kind = Kind::Prompts,
        Kind::Sessions => return Err(Problem::bad_query("show is one of prompts, unanswered and disliked.")),
        _ => {}
    }
    let (scope, viewing) = (app.scope(), app.clone());
    let read = move |conn: &Db| {
        let rule = Rule::of(&viewing, connection, &choices::of_connection(conn, connection)?);
        Ok((feed::list(conn, &scope, connection, &filter, step, limit)?, rule))
    };
    let (listing, rule) = app.store.read(read).await?;
    let last = listing.entries.last().filter(|_| listing.older).map(Entry::place);
    let next = last.map(|place| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for name in ["show", "from", "to", "limit"] {
            query.extend_pairs(request.query(name).ok().flatten().map(|value| (name, value)));
        }
        query.append_pair("before", &written(place));
        filter::address(&request.path, &query.finish())
    });
    let shown = |entry| match entry {
        Entry::Prompt(prompt, session) => Some(Shown::of(&app, *prompt, &rule.apply(*session))),
        Entry::Session(..) => None,
    };
    Ok(List { items: listing.entries.into_iter().filter_map(shown).collect(), next })
}

//! The prompts of a filter as CSV.

use std::io::Write;

use serde_json::json;

use super::asked::Asked;
use super::entry::watch_url;
use crate::clock;
use crate::model::{ConnectionId, Session};
use crate::store::audit::What;
use crate::store::feed::{self, Entry, Kind, Step};
use crate::store::prompts::Prompt;
use crate::store::{Db, choices};
use crate::web::held_back::Rule;
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, csv, download};

/// Prompts that are read at once.
const AT_ONCE: usize = 200;

const COLUMNS: [&str; 11] = [
    "asked at",
    "prompt",
    "reply",
    "answered",
    "feedback",
    "page",
    "visitor",
    "conversation",
    "prompt id",
    "session",
    "link",
];

/// The prompts that the page lists for the same filter, newest first, without those that
/// wait to be masked.
pub async fn csv(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let asked = Asked::of(&request)?;
    Frame::about(&app, "activity", connection).await?;
    app.looked(app.entry(What::DataExported, Some(connection), "prompts.csv", json!({})));
    let name =
        format!("prompts-{}.csv", clock::rfc3339(app.clock.now()).split('T').next().unwrap_or_default());
    download::file("text/csv; charset=utf-8; header=present", &name, move |out, runtime| {
        let mut text = String::new();
        csv::line(&mut text, &COLUMNS.map(csv::text));
        let mut filter = asked.filter();
        if matches!(filter.kind, Kind::All | Kind::Sessions) {
            filter.kind = Kind::Prompts;
        }
        let mut step = Step::First;
        loop {
            let (viewing, scope) = (app.clone(), app.scope());
            let read = app.store.read(move |conn: &Db| {
                let rule = Rule::of(&viewing, connection, &choices::of_connection(conn, connection)?);
                Ok((feed::list(conn, &scope, connection, &filter, step, AT_ONCE)?, rule))
            });
            let (listing, rule) = runtime.block_on(read)?;
            for entry in &listing.entries {
                if let Entry::Prompt(prompt, session) = entry {
                    let session = rule.apply((**session).clone());
                    if !session.held_back {
                        csv::line(&mut text, &fields(&app, prompt, &session));
                    }
                }
            }
            out.write_all(text.as_bytes())?;
            text.clear();
            match listing.entries.last() {
                Some(last) if listing.older => step = Step::OlderThan(last.place()),
                _ => return Ok(()),
            }
        }
    })
}

fn fields(app: &App, prompt: &Prompt, session: &Session) -> Vec<String> {
    let reply = prompt.reply.as_ref().map(|reply| reply.text.as_str()).unwrap_or_default();
    let answered = prompt.answered.map(|answered| if answered { "yes" } else { "no" }).unwrap_or_default();
    let link = watch_url(prompt, session).map(|url| format!("{}{url}", app.public_url)).unwrap_or_default();
    let texts = [
        &clock::rfc3339(prompt.asked_at),
        &prompt.text,
        reply,
        answered,
        ["bad", "", "good"][usize::try_from(prompt.feedback.signum() + 1).unwrap_or(1)],
        &prompt.page,
        session.visitor.as_deref().unwrap_or_default(),
        &prompt.conversation,
        &prompt.id,
        session.id.as_str(),
        &link,
    ];
    texts.into_iter().map(csv::text).collect()
}

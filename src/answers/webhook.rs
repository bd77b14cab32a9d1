//! Asking the team's own agent: one signed request, answered whole or as it comes.

use hyper::body::Bytes;
use serde::{Deserialize, Serialize};

use super::lines::{Form, Messages};
use super::outgoing::{Outgoing, Reply};
use super::{Ask, Failure, Out, Piece, Plan, Source, plan, signature};
use crate::clock::Clock;
use crate::model::Connection;

/// What the agent is sent.
#[derive(Serialize)]
struct Question<'a> {
    connection: &'a str,
    session: &'a str,
    conversation: &'a str,
    prompt: &'a str,
    text: &'a str,
    page: &'a str,
    history: Vec<Turn<'a>>,
}

#[derive(Serialize)]
struct Turn<'a> {
    from: &'static str,
    text: &'a str,
}

/// An answer that comes whole.
#[derive(Deserialize)]
struct Whole {
    #[serde(default)]
    text: String,
    answered: Option<bool>,
    #[serde(default)]
    sources: Vec<Source>,
}

/// Asks, and hands on what comes.
pub async fn answer(
    outgoing: &Outgoing,
    clock: &Clock,
    (connection, plan, ask): (&Connection, &Plan, &Ask),
    out: &Out,
) -> Result<Piece, Failure> {
    let url = plan::address(&plan.webhook.url).map_err(Failure::Address)?;
    let body = Bytes::from(question(connection, ask));
    let signed = || signature::headers(&plan.webhook.secret, clock.now(), &body);
    let reply = outgoing.post_twice(&url, signed, body.clone()).await?;
    match &*reply.media_type {
        "application/x-ndjson" | "application/jsonl" | "application/ndjson" => {
            streamed(Messages::of(reply, Form::Lines), plan, out).await
        }
        "text/event-stream" => streamed(Messages::of(reply, Form::Events), plan, out).await,
        "application/json" => whole(reply, plan, out).await,
        other => {
            let problem = format!(
                "its content type is {:?}; send application/json, application/x-ndjson or text/event-stream",
                other.chars().take(80).collect::<String>()
            );
            Err(Failure::NotUnderstood(problem))
        }
    }
}

fn question(connection: &Connection, ask: &Ask) -> String {
    let question = Question {
        connection: &connection.name,
        session: &ask.session,
        conversation: &ask.conversation,
        prompt: &ask.prompt,
        text: &ask.text,
        page: &ask.page,
        history: ask.history.iter().map(|said| Turn { from: said.from.name(), text: &said.text }).collect(),
    };
    serde_json::to_string(&question).expect("a struct of texts is always JSON")
}

async fn whole(reply: Reply, plan: &Plan, out: &Out) -> Result<Piece, Failure> {
    let body = reply.whole().await?;
    let whole: Whole = serde_json::from_slice(&body).map_err(|_| {
        Failure::NotUnderstood("it is not JSON with `text`, `answered` and `sources`".to_owned())
    })?;
    let answered = whole.answered.unwrap_or(true);
    if whole.text.trim().is_empty() && answered {
        return Err(Failure::NotUnderstood("its `text` is empty".to_owned()));
    }
    let text = if whole.text.trim().is_empty() { plan.unanswered().to_owned() } else { whole.text };
    out.text(text).await;
    Ok(Piece::Done { answered, sources: Source::fit_to_show(whole.sources) })
}

async fn streamed(mut messages: Messages, plan: &Plan, out: &Out) -> Result<Piece, Failure> {
    let mut has_text = false;
    let (answered, sources) = loop {
        let message = match messages.next().await? {
            Some(message) if message == "[DONE]" => continue,
            Some(message) => message,
            None if has_text => break (true, Vec::new()),
            None => return Err(Failure::NotUnderstood("it says nothing".to_owned())),
        };
        match serde_json::from_str(&message) {
            Ok(Piece::Text { text }) => {
                has_text |= !text.trim().is_empty();
                out.text(text).await;
            }
            Ok(Piece::Done { answered, sources }) => break (answered, sources),
            Ok(Piece::Failed { text }) => return Err(Failure::Said { text }),
            Err(_) => {
                let problem = "a message is none of {\"type\":\"text\"…}, {\"type\":\"done\"…} and {\"type\":\"failed\"…}";
                return Err(Failure::NotUnderstood(problem.to_owned()));
            }
        }
    };
    if !has_text {
        if answered {
            return Err(Failure::NotUnderstood("it is done without a text".to_owned()));
        }
        out.text(plan.unanswered()).await;
    }
    Ok(Piece::Done { answered, sources: Source::fit_to_show(sources) })
}

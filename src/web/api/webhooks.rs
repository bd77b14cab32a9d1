//! Webhooks: listing, adding, changing and removing them, and what came of what they were sent.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use warp::http::{Method, StatusCode};

use super::endpoint::{Endpoint, Nothing};
use super::shapes::{List, Time};
use crate::answers::plan;
use crate::model::{ConnectionId, Severity, TokenScope};
use crate::store::Db;
use crate::store::webhooks::{self, Attempt, Wanted, Webhook};
use crate::web::audited::changed;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Access;
use crate::web::{App, kinds, webhook_changes};

const ALL: &str = "/connections/{connection}/webhooks";
const ONE: &str = "/connections/{connection}/webhooks/{webhook}";

pub fn endpoints() -> Vec<Endpoint> {
    let admin = |method, path| (method, path, Access::Admin, TokenScope::Admin);
    vec![
        Endpoint::json(admin(Method::GET, ALL), "List webhooks", list),
        Endpoint::taking(admin(Method::POST, ALL), StatusCode::CREATED, "Add a webhook", add)
            .about("The answer has the secret that requests are signed with: it is told this once.")
            .problems([kinds::LIMIT_REACHED]),
        Endpoint::json(admin(Method::GET, ONE), "Get a webhook", get),
        Endpoint::taking(admin(Method::PATCH, ONE), StatusCode::OK, "Change a webhook", change)
            .about("What is left out stays as it is. `active` sends nothing until it is true again."),
        Endpoint::silent(admin(Method::DELETE, ONE), "Delete a webhook", delete)
            .about("What it was not told yet is not told any more, and its list of deliveries goes."),
        Endpoint::json(
            admin(Method::POST, "/connections/{connection}/webhooks/{webhook}/secret"),
            "Make another secret",
            renew,
        )
        .about("It holds at once. The answer has it: it is told this once."),
        Endpoint::json(
            admin(Method::GET, "/connections/{connection}/webhooks/{webhook}/deliveries"),
            "List deliveries",
            deliveries,
        )
        .about("The last 50 requests, newest first, and what came of each."),
        Endpoint::json(
            admin(Method::POST, "/connections/{connection}/webhooks/{webhook}/redeliveries"),
            "Send again what was given up",
            send_again,
        ),
    ]
}

/// Where a connection tells of what happens.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
struct Shown {
    id: i64,
    /// Where events are posted.
    url: String,
    /// Whether anything is sent for now.
    active: bool,
    /// Whether it hears of sessions that are finished.
    sessions: bool,
    /// The least severity of findings that it hears of. Null: of none.
    findings: Option<Severity>,
    /// Whether it hears of prompts that were not answered.
    prompts: bool,
    made_at: Time,
    /// How many events are still to be taken.
    waiting: i64,
    /// How many were given up, and can be sent again.
    given_up: usize,
}

/// A webhook with its secret.
#[derive(Serialize, JsonSchema)]
struct WebhookWithSecret {
    webhook: Shown,
    /// What requests are signed with.
    secret: String,
}

/// A webhook that is added.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Where events are posted: https, or http to a private address that the server may ask.
    #[schemars(length(min = 1, max = 2048))]
    url: String,
    /// Whether anything is sent for now.
    #[serde(default = "yes")]
    active: bool,
    /// Whether it hears of sessions that are finished.
    #[serde(default = "yes")]
    sessions: bool,
    /// The least severity of findings that it hears of; null for none.
    findings: Option<Severity>,
    /// Whether it hears of prompts that were not answered.
    #[serde(default)]
    prompts: bool,
}

/// What changes about a webhook.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookChanges {
    /// Where events are posted.
    #[schemars(length(min = 1, max = 2048))]
    url: Option<String>,
    /// Whether anything is sent from now on.
    active: Option<bool>,
    /// Whether it hears of sessions that are finished.
    sessions: Option<bool>,
    /// The least severity of findings that it hears of; null for none.
    #[serde(default, deserialize_with = "some")]
    #[schemars(with = "Option<Severity>")]
    findings: Option<Option<Severity>>,
    /// Whether it hears of prompts that were not answered.
    prompts: Option<bool>,
}

/// A request that was sent.
#[derive(Serialize, JsonSchema)]
struct Delivery {
    /// The id of the event: the same however often it is sent.
    event: String,
    kind: String,
    at: Time,
    /// The status that it was answered with. Null: there was no answer.
    status: Option<u16>,
    took_ms: i64,
    /// Why it counts as not taken. Null: it was taken.
    problem: Option<String>,
}

/// What is sent again.
#[derive(Serialize, JsonSchema)]
struct Redelivery {
    /// How many events.
    events: usize,
}

fn yes() -> bool {
    true
}

/// A null that was written is told from a field that was left out.
fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Severity>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn read(conn: &Db, webhook: Webhook) -> crate::store::Result<Shown> {
    Ok(Shown {
        id: webhook.id,
        url: webhook.wanted.url,
        active: webhook.wanted.active,
        sessions: webhook.wanted.sessions,
        findings: webhook.wanted.findings,
        prompts: webhook.wanted.prompts,
        made_at: Time(webhook.made_at),
        waiting: webhooks::waiting(conn, webhook.id)?,
        given_up: webhooks::dead(conn, webhook.id)?.len(),
    })
}

async fn shown(app: &App, webhook: Webhook) -> Result<Shown, Problem> {
    Ok(app.store.read(move |conn| read(conn, webhook)).await?)
}

/// Where it is, if anything may be sent there.
fn checked(url: &str) -> Result<String, Problem> {
    let url = url.trim().to_owned();
    plan::address(&url).map_err(|why| Problem::bad_body(&format!("url: {why}")))?;
    Ok(url)
}

async fn list(app: App, request: Request) -> Result<List<Shown>, Problem> {
    let (connection, scope): (ConnectionId, _) = (request.param("connection")?, app.scope());
    let all = move |conn: &Db| {
        let found = webhooks::of_connection(conn, &scope, connection)?;
        found.into_iter().map(|webhook| read(conn, webhook)).collect()
    };
    Ok(List::whole(app.store.read(all).await?))
}

async fn get(app: App, request: Request) -> Result<Shown, Problem> {
    let webhook = webhook_changes::find(&app, &request).await?;
    shown(&app, webhook).await
}

async fn add(app: App, request: Request, new: NewWebhook) -> Result<WebhookWithSecret, Problem> {
    let wanted = Wanted {
        url: checked(&new.url)?,
        active: new.active,
        sessions: new.sessions,
        findings: new.findings,
        prompts: new.prompts,
    };
    let (webhook, secret) = webhook_changes::added(&app, request.param("connection")?, wanted).await?;
    Ok(WebhookWithSecret { webhook: shown(&app, webhook).await?, secret })
}

async fn change(app: App, request: Request, changes: WebhookChanges) -> Result<Shown, Problem> {
    let webhook = webhook_changes::find(&app, &request).await?;
    let before = webhook.wanted.clone();
    let wanted = Wanted {
        url: changes.url.as_deref().map(checked).transpose()?.unwrap_or_else(|| before.url.clone()),
        active: changes.active.unwrap_or(before.active),
        sessions: changes.sessions.unwrap_or(before.sessions),
        findings: changes.findings.unwrap_or(before.findings),
        prompts: changes.prompts.unwrap_or(before.prompts),
    };
    let fields = changed(&before, &wanted);
    if !fields.is_empty() {
        webhook_changes::change_to(&app, &webhook, wanted, &fields).await?;
    }
    get(app, request).await
}

async fn delete(app: App, request: Request) -> Result<Nothing, Problem> {
    let webhook = webhook_changes::find(&app, &request).await?;
    webhook_changes::removed(&app, &webhook).await?;
    Ok(Nothing)
}

async fn renew(app: App, request: Request) -> Result<WebhookWithSecret, Problem> {
    let webhook = webhook_changes::find(&app, &request).await?;
    let secret = webhook_changes::with_another_secret(&app, &webhook).await?;
    Ok(WebhookWithSecret { webhook: shown(&app, webhook).await?, secret })
}

async fn deliveries(app: App, request: Request) -> Result<List<Delivery>, Problem> {
    let webhook = webhook_changes::find(&app, &request).await?;
    let attempts = app.store.read(move |conn| webhooks::attempts(conn, webhook.id)).await?;
    let delivery = |attempt: Attempt| Delivery {
        event: attempt.id,
        kind: attempt.kind,
        at: Time(attempt.at),
        status: attempt.status,
        took_ms: attempt.took_ms,
        problem: attempt.problem,
    };
    Ok(List::whole(attempts.into_iter().map(delivery).collect()))
}

async fn send_again(app: App, request: Request) -> Result<Redelivery, Problem> {
    let webhook = webhook_changes::find(&app, &request).await?;
    let now = app.clock.now();
    let events = app.store.write(move |conn| webhooks::send_again(conn, webhook.id, None, now)).await?;
    Ok(Redelivery { events })
}

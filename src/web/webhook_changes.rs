//! Adding, changing and removing webhooks, for pages and for programs, and what is noted of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::App;
use super::problem::Problem;
use super::request::Request;
use crate::model::ConnectionId;
use crate::store::Db;
use crate::store::audit::{self, Entry, What};
use crate::store::webhooks::{self, MOST, Wanted, Webhook};

/// The webhook that a request is about.
pub async fn find(app: &App, request: &Request) -> Result<Webhook, Problem> {
    find_by_id(app, request.param("connection")?, request.param("webhook")?).await
}

/// Adds one; answers it with its secret.
pub async fn added(
    app: &App,
    connection: ConnectionId,
    wanted: Wanted,
) -> Result<(Webhook, String), Problem> {
    let (secret, now) = (new_secret(), app.clock.now());
    let written = secret.clone();
    let entry = entry(app, connection, "added", &[]);
    let add = move |conn: &Db| {
        let added = webhooks::add(conn, connection, &wanted, &written, now)?;
        if let Some(id) = added {
            audit::append(conn, &Entry { subject: id.to_string(), ..entry })?;
        }
        Ok(added)
    };
    let added = app.store.write(add).await?;
    let full = || Problem::limit_reached(&format!("A connection has at most {MOST} webhooks."));
    Ok((find_by_id(app, connection, added.ok_or_else(full)?).await?, secret))
}

/// Changes what one hears of, and where; `fields` are those that are other ones then.
pub async fn change_to(
    app: &App,
    webhook: &Webhook,
    wanted: Wanted,
    fields: &[String],
) -> Result<(), Problem> {
    let (connection, id) = (webhook.connection, webhook.id);
    let entry = entry(app, connection, "changed", fields);
    change(app, webhook, entry, move |conn| webhooks::change(conn, connection, id, &wanted)).await
}

/// Gives one another secret, and answers that.
pub async fn with_another_secret(app: &App, webhook: &Webhook) -> Result<String, Problem> {
    let (secret, connection, id) = (new_secret(), webhook.connection, webhook.id);
    let written = secret.clone();
    let entry = entry(app, connection, "another secret", &[]);
    change(app, webhook, entry, move |conn| webhooks::set_secret(conn, connection, id, &written)).await?;
    Ok(secret)
}

/// Deletes one.
pub async fn removed(app: &App, webhook: &Webhook) -> Result<(), Problem> {
    let (connection, id) = (webhook.connection, webhook.id);
    let entry = entry(app, connection, "deleted", &[]);
    change(app, webhook, entry, move |conn| webhooks::delete(conn, connection, id)).await
}

/// An entry for the audit log. An address may hold a secret, so the number stands for the webhook.
fn entry(app: &App, connection: ConnectionId, done: &str, fields: &[String]) -> Entry {
    let detail = json!({ "done": done, "fields": fields });
    app.entry(What::WebhookChanged, Some(connection), "", detail)
}

/// Does something to a webhook and notes it, if the webhook is still there.
async fn change<F>(app: &App, webhook: &Webhook, entry: Entry, work: F) -> Result<(), Problem>
where
    F: FnOnce(&Db) -> crate::store::Result<bool> + Send + 'static,
{
    let entry = Entry { subject: webhook.id.to_string(), ..entry };
    let change = move |conn: &Db| if work(conn)? { audit::append(conn, &entry) } else { Ok(()) };
    Ok(app.store.write(change).await?)
}

async fn find_by_id(app: &App, connection: ConnectionId, id: i64) -> Result<Webhook, Problem> {
    let scope = app.scope();
    let found = app.store.read(move |conn| webhooks::find(conn, &scope, connection, id)).await?;
    found.ok_or_else(Problem::not_found)
}

fn new_secret() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    format!("whsec_{}", URL_SAFE_NO_PAD.encode(bytes))
}

//! A connection's write keys: the present one, and those that it had before.

use serde::Serialize;
use serde_json::json;
use warp::http::Method;

use super::{route, saved, url};
use crate::ingest;
use crate::model::{Connection, ConnectionId, TimestampMs};
use crate::store::audit::{self, What};
use crate::store::write_keys::{self, Former};
use crate::web::form::Form;
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Route;
use crate::web::{App, Response, format};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How long a replaced key may go on working, in days, with its name on the page.
const OVERLAPS: [(i64, &str); 4] =
    [(1, "for a day"), (7, "for a week"), (30, "for 30 days"), (0, "no longer: it stops at once")];

/// What the form offers: long enough for a site to be deployed and caches to run out.
const USUAL_DAYS: i64 = 7;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![route(Method::POST, "/key", replace), route(Method::POST, "/key/end", end)]
}

/// The keys as the page shows them.
#[derive(Serialize)]
pub struct Keys {
    present: String,
    former: Vec<FormerKey>,
    /// Whether one of the former still works.
    overlaps: bool,
    choices: Vec<Overlap>,
    replace_url: String,
    end_url: String,
}

#[derive(Serialize)]
struct FormerKey {
    /// The key without its middle: what is over is not to be copied.
    short: String,
    works: bool,
    /// When it stops, or stopped, to work.
    until_exact: String,
    until: String,
}

#[derive(Serialize)]
struct Overlap {
    days: i64,
    label: &'static str,
    chosen: bool,
}

impl Keys {
    /// Writes the keys out, as of `now`.
    pub fn of(connection: &Connection, former: Vec<Former>, now: TimestampMs) -> Self {
        let written = |key: Former| {
            let works = key.works_until > now;
            let end = key.works_until.max(key.replaced_at);
            FormerKey {
                short: short(&key.write_key),
                works,
                until: if works { format::exact(end) } else { format::relative(end, now) },
                until_exact: format::exact(end),
            }
        };
        let former: Vec<FormerKey> = former.into_iter().map(written).collect();
        Self {
            present: connection.write_key.clone(),
            overlaps: former.iter().any(|key| key.works),
            former,
            choices: OVERLAPS
                .map(|(days, label)| Overlap { days, label, chosen: days == USUAL_DAYS })
                .into_iter()
                .collect(),
            replace_url: format!("{}/key", url(connection.id)),
            end_url: format!("{}/key/end", url(connection.id)),
        }
    }
}

fn short(key: &str) -> String {
    match (key.get(..6), key.len().checked_sub(4).and_then(|end| key.get(end..))) {
        (Some(start), Some(end)) if key.len() > 12 => format!("{start}…{end}"),
        _ => key.to_owned(),
    }
}

async fn replace(app: App, mut request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "settings", connection).await?;
    let form = Form::read(&app, &mut request).await?;
    let days = form.text("days").parse().ok().filter(|days| OVERLAPS.iter().any(|(known, _)| known == days));
    let days: i64 = days.ok_or_else(|| Problem::bad_query("days is one of 1, 7, 30 and 0."))?;
    let (key, now) = (ingest::new_key(), app.clock.now());
    let detail = json!({ "former_works_days": days });
    let entry = app.entry(What::KeyReplaced, Some(connection), "", detail);
    let replaced = move |conn: &crate::store::Db| {
        write_keys::replace(conn, connection, &key, now, now + days * DAY_MS)?;
        audit::append(conn, &entry)
    };
    app.store.write(replaced).await?;
    Ok(saved(&format!("{}/install", url(connection)), "key"))
}

async fn end(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "settings", connection).await?;
    let now = app.clock.now();
    let entry = app.entry(What::KeysEnded, Some(connection), "", json!({}));
    app.store
        .write(move |conn| {
            write_keys::end_former(conn, connection, now)?;
            audit::append(conn, &entry)
        })
        .await?;
    Ok(saved(&url(connection), "ended"))
}

//! The page with all links to sessions of a connection.

use serde::Serialize;
use warp::http::Method;

use super::super::page::{Frame, sessions_url};
use super::super::problem::Problem;
use super::super::request::Request;
use super::super::router::{Access, Route, Surface};
use super::super::settings::{self, Tab};
use super::super::{App, Response, format};
use crate::model::{ConnectionId, TimestampMs};
use crate::store::choices;
use crate::store::sessions;
use crate::store::shares::{self, Share};

use super::super::held_back::Rule;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::GET, "/connections/{connection}/shares", Access::Editor, Surface::Page, page)]
}

/// Where all links of a connection are.
pub fn url_of_all(connection: ConnectionId) -> String {
    format!("/connections/{connection}/shares")
}

#[derive(Serialize)]
struct SharesPage {
    #[serde(flatten)]
    frame: Frame,
    /// What was done on the page before.
    done: Option<&'static str>,
    /// Takes that back.
    undo_url: Option<String>,
    tabs: Vec<Tab>,
    sessions_url: String,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    domain: String,
    path: String,
    landing_url: String,
    session_url: String,
    author: String,
    made: Time,
    /// When it ends, or why it has ended.
    state: &'static str,
    expires: Time,
    opened: String,
    opened_last: Option<Time>,
    locked: bool,
    story: bool,
    revoke_url: String,
    restore_url: String,
}

/// A time that the page's script writes in the reader's own words.
#[derive(Serialize)]
struct Time {
    exact: String,
    words: String,
}

impl Time {
    fn past(at: TimestampMs, now: TimestampMs) -> Self {
        Self { exact: format::exact(at), words: format::relative(at, now) }
    }

    fn to_come(at: TimestampMs, now: TimestampMs) -> Self {
        const HOUR_MS: i64 = 60 * 60 * 1000;
        let hours = ((at - now).max(0) + HOUR_MS / 2) / HOUR_MS;
        let words = match hours {
            0 => "within an hour".to_owned(),
            1..48 => format!("in {}", format::count(hours, "hour")),
            _ => format!("in {}", format::count(hours / 24, "day")),
        };
        Self { exact: format::exact(at), words }
    }
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let (revoked, restored) = (request.query("revoked")?, request.query("restored")?);
    let scope = app.scope();
    let (found, choices) = app
        .store
        .read(move |conn| {
            let mut shown = Vec::new();
            for share in shares::of_connection(conn, &scope, connection)? {
                let session = sessions::find(conn, &scope, connection, &share.session)?;
                shown.extend(session.map(|session| (share, session)));
            }
            Ok((shown, choices::of_connection(conn, connection)?))
        })
        .await?;
    let now = app.clock.now();
    let rule = Rule::of(&app, connection, &choices);
    let row =
        |(share, session)| Row::of(Share { landing_url: rule.apply(session).landing_url, ..share }, now);
    let undo = |id: String| id.parse::<i64>().ok().map(|id| action(connection, id, "restore"));
    let page = SharesPage {
        frame: Frame::about(&app, "settings", connection).await?,
        tabs: settings::tabs(connection, "Shared links"),
        done: match (&revoked, &restored) {
            (Some(_), _) => Some("The link works no more."),
            (_, Some(_)) => Some("The link works again."),
            _ => None,
        },
        undo_url: revoked.and_then(undo),
        sessions_url: sessions_url(connection),
        rows: found.into_iter().map(row).collect(),
    };
    app.templates.page("pages/shares.html", &page)
}

fn action(connection: ConnectionId, id: i64, work: &str) -> String {
    format!("{}/{id}/{work}", url_of_all(connection))
}

impl Row {
    fn of(share: Share, now: TimestampMs) -> Self {
        let (domain, path) = format::domain_and_path(&share.landing_url);
        Self {
            domain,
            path,
            session_url: format!("{}/{}", sessions_url(share.connection), share.session),
            state: match (share.revoked_at, share.expires_at <= now) {
                (Some(_), _) => "ended",
                (None, true) => "expired",
                (None, false) => "works",
            },
            made: Time::past(share.made_at, now),
            expires: if share.expires_at > now {
                Time::to_come(share.expires_at, now)
            } else {
                Time::past(share.expires_at, now)
            },
            opened: match share.opened {
                0 => "Not yet".to_owned(),
                _ => format::count(share.opened, "time"),
            },
            opened_last: share.opened_at.map(|at| Time::past(at, now)),
            locked: share.password.is_some(),
            story: share.story,
            revoke_url: action(share.connection, share.id, "revoke"),
            restore_url: action(share.connection, share.id, "restore"),
            landing_url: share.landing_url,
            author: share.author,
        }
    }
}

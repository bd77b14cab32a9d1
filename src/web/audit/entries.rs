//! The list of entries.

use serde::Serialize;

use super::{Asked, detail};
use crate::model::{Connection, ConnectionId, TimestampMs};
use crate::store::audit::{self, Stored, What, chain};
use crate::store::connections;
use crate::web::filter::address;
use crate::web::moment::Moment;
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::settings::{self, Tab};
use crate::web::{App, Response, format, persons, privacy};

/// Entries on a page.
const ON_A_PAGE: usize = 50;

/// So many of the newest are verified when the page is shown; the command verifies all.
const VERIFIED: i64 = 20_000;

#[derive(Serialize)]
struct AuditPage {
    #[serde(flatten)]
    frame: Frame,
    tabs: Vec<Tab>,
    action: String,
    of_server: bool,
    everybody: Vec<Choice>,
    kinds: Vec<Choice>,
    connections_to_choose: Vec<Choice>,
    subject: String,
    from: String,
    to: String,
    clear_url: Option<String>,
    csv_url: String,
    verdict: String,
    is_broken: bool,
    kept: String,
    rows: Vec<Row>,
    newer_url: Option<String>,
    older_url: Option<String>,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Serialize)]
struct Row {
    id: i64,
    at_exact: String,
    at: String,
    who: String,
    what: String,
    connection: String,
    subject: String,
    subject_url: Option<String>,
    details: Vec<(String, String)>,
}

/// Answers the page of the server, or of a connection.
pub async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(&request)?;
    let before = match request.query("before")? {
        None => None,
        Some(text) => {
            Some(text.parse::<i64>().map_err(|_| Problem::bad_query("before is the number of an entry."))?)
        }
    };
    let (frame, tabs) = match asked.place {
        Some(connection) => {
            (Frame::about(&app, "settings", connection).await?, settings::tabs(connection, "Audit"))
        }
        None => (Frame::of_server(&app, "privacy"), privacy::tabs(&app, "Audit log")),
    };
    // What was just looked at is on the page.
    app.write_looks().await;
    let (filter, scope, place) = (asked.filter(&app).await?, app.scope(), asked.place);
    let (found, everybody, known, verdict) = app
        .store
        .read(move |conn| {
            Ok((
                audit::list(conn, &scope, &filter, before, ON_A_PAGE + 1)?,
                audit::everybody(conn, place)?,
                connections::all(conn, &scope)?,
                chain::verify(conn, Some(VERIFIED))?,
            ))
        })
        .await?;
    let is_more = found.len() > ON_A_PAGE;
    let (now, kept) = (app.clock.now(), app.settings.audit.keep_days);
    let rows: Vec<Row> = found.iter().take(ON_A_PAGE).map(|entry| row(entry, &known, now)).collect();
    let page = AuditPage {
        frame,
        tabs,
        action: asked.url(),
        of_server: place.is_none(),
        everybody: everybody.into_iter().map(|who| choice(who.clone(), who, &asked.who)).collect(),
        kinds: kinds(&asked),
        connections_to_choose: known.iter().map(|each| connection_choice(each, asked.connection)).collect(),
        subject: asked.subject.clone(),
        from: asked.from.map(Moment::field).unwrap_or_default(),
        to: asked.to.map(Moment::field).unwrap_or_default(),
        clear_url: asked.is_narrowed().then(|| asked.url()),
        csv_url: address(&format!("{}/audit.csv", asked.url()), &asked.query()),
        is_broken: verdict.broken.is_some(),
        verdict: said(&verdict),
        kept: match kept {
            0 => "Entries are kept for ever.".to_owned(),
            days => format!("Entries are kept for {}.", format::count(i64::from(days), "day")),
        },
        newer_url: before.map(|_| address(&asked.url(), &asked.query())),
        older_url: rows.last().filter(|_| is_more).map(|last| asked.url_before(last.id)),
        rows,
    };
    app.templates.page("pages/audit.html", &page)
}

fn said(verdict: &chain::Verdict) -> String {
    match &verdict.broken {
        Some(broken) => format!(
            "The log was changed from outside: entry {} does not verify, {}.",
            broken.id, broken.reason
        ),
        None if verdict.entries == 0 => "There is nothing to verify yet.".to_owned(),
        None if verdict.older => format!(
            "The newest {} verify. The command hindsight audit verify follows the chain through all of them.",
            format::count(verdict.entries, "entry").replace("entrys", "entries")
        ),
        None => "The chain verifies: no entry was changed, removed or put in.".to_owned(),
    }
}

fn choice(value: String, label: String, chosen: &str) -> Choice {
    Choice { chosen: value == chosen, value, label }
}

fn kinds(asked: &Asked) -> Vec<Choice> {
    let chosen = asked.what.map(What::name).unwrap_or_default();
    What::ALL.iter().map(|what| choice(what.name().to_owned(), what.words().to_owned(), chosen)).collect()
}

fn connection_choice(connection: &Connection, chosen: Option<ConnectionId>) -> Choice {
    let chosen = chosen == Some(connection.id);
    Choice { value: connection.id.to_string(), label: connection.name.clone(), chosen }
}

fn row(entry: &Stored, known: &[Connection], now: TimestampMs) -> Row {
    let connection = entry.connection.map(|id| {
        let found = known.iter().find(|each| each.id == id);
        found.map_or_else(|| format!("number {id}, deleted"), |found| found.name.clone())
    });
    let what = What::named(&entry.what);
    Row {
        id: entry.id,
        at_exact: format::exact(entry.at),
        at: format::relative(entry.at, now),
        who: entry.who.clone(),
        what: what.map_or_else(|| entry.what.clone(), |what| what.words().to_owned()),
        connection: connection.unwrap_or_default(),
        subject_url: what.and_then(|what| subject_url(what, entry)),
        subject: entry.subject.clone(),
        details: detail::words(&entry.detail),
    }
}

/// Where what it was done to can be looked at, if it is still there.
fn subject_url(what: What, entry: &Stored) -> Option<String> {
    let detail = || serde_json::from_str::<serde_json::Value>(&entry.detail).ok();
    match what {
        What::PersonErased | What::PersonExported => {
            let receipt = detail()?.get("receipt")?.as_i64()?;
            Some(persons::receipt_url(entry.connection, receipt))
        }
        What::SessionWatched
        | What::SessionDownloaded
        | What::SessionLookedAt
        | What::SessionPinned
        | What::ShareMade
        | What::ShareOpened
            if !entry.subject.is_empty() =>
        {
            Some(format!("{}/{}", crate::web::page::sessions_url(entry.connection?), entry.subject))
        }
        _ => None,
    }
}

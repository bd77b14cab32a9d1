//! The doctor: why a connection records nothing, or not well, and what to do.

mod checks;
mod network;
mod refusals;

use serde::Serialize;
use warp::http::Method;

use super::page::Frame;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::settings::{self, Tab};
use super::{App, Response, format};
use crate::disk::Room;
use crate::ingest::NO_CONNECTION;
use crate::model::checkup::{Check, Outcome, worst};
use crate::model::recording::Recording;
use crate::model::{ConnectionId, TimestampMs};
use crate::store::connections::{self, Rules};
use crate::store::health::{self, Health};
use crate::store::sightings::{self, Sighting};
use crate::store::{Db, connection_settings};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Clocks that are further apart are told.
const SKEW_MS: i64 = 5 * 60 * 1000;

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    let path = "/connections/{connection}/settings/doctor";
    vec![Route::new(Method::GET, path, Access::Admin, Surface::Page, page)]
}

/// Where the doctor of a connection is.
pub fn url(connection: ConnectionId) -> String {
    format!("{}/doctor", settings::url(connection))
}

/// What a site with a Content-Security-Policy adds to it.
pub fn csp_line(public_url: &str) -> String {
    format!("script-src {public_url}; connect-src {public_url}")
}

/// What the doctor goes by.
struct Patient {
    snippet: String,
    public_url: String,
    is_demo: bool,
    rules: Rules,
    recording: Recording,
    room: Room,
    /// Of the last day, with what is not written down yet.
    seen: Vec<Sighting>,
    /// The last time a page asked, if it was in the last days.
    asked_before: Option<TimestampMs>,
    /// What came with keys of no connection.
    strangers: Vec<Sighting>,
    health: Health,
    now: TimestampMs,
}

#[derive(Serialize)]
struct DoctorPage {
    #[serde(flatten)]
    frame: Frame,
    tabs: Vec<Tab>,
    verdict: String,
    outcome: Outcome,
    checks: Vec<Check>,
    command: String,
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let frame = Frame::about(&app, "settings", connection).await?;
    let present = frame.connection.clone().ok_or_else(Problem::not_found)?;
    let patient = examine(&app, connection, app.snippet(&present)).await?;
    let mut checks = patient.checks();
    checks.push(network::check(&app, &request));
    checks.sort_by_key(|check| std::cmp::Reverse(check.outcome));
    let outcome = worst(&checks).map_or(Outcome::Good, |check| check.outcome);
    let page = DoctorPage {
        tabs: settings::tabs(connection, "Doctor"),
        verdict: verdict(outcome, &checks, &patient),
        outcome,
        checks,
        command: format!("hindsight doctor https://your.site --connection {:?}", present.name),
        frame,
    };
    app.templates.page("pages/doctor.html", &page)
}

async fn examine(app: &App, connection: ConnectionId, snippet: String) -> Result<Patient, Problem> {
    let (scope, now) = (app.scope(), app.clock.now());
    let read = move |conn: &Db| {
        let rules = connections::rules(conn, connection)?.unwrap_or_default();
        let recording = connection_settings::find(conn, connection)?.unwrap_or_default().recording;
        let seen = sightings::since(conn, &scope, connection, now - DAY_MS)?;
        let earlier = sightings::since(conn, &scope, connection, now - 8 * DAY_MS)?;
        let strangers = sightings::since(conn, &scope, NO_CONNECTION, now - DAY_MS)?;
        let health = health::look(conn, &scope, connection, now - DAY_MS, SKEW_MS)?;
        Ok((rules, recording, seen, earlier, strangers, health))
    };
    let (rules, recording, seen, earlier, strangers, health) = app.store.read(read).await?;
    let asked = |list: &[Sighting]| {
        list.iter().filter(|one| one.kind == super::connection_settings::ASKED).map(|one| one.last_at).max()
    };
    Ok(Patient {
        snippet,
        public_url: app.public_url.clone(),
        is_demo: app.demo == Some(connection),
        rules,
        recording,
        room: app.store.disk().room(),
        asked_before: asked(&earlier),
        seen: merged(seen, app.sightings.unwritten(connection), now - DAY_MS),
        strangers: merged(strangers, app.sightings.unwritten(NO_CONNECTION), now - DAY_MS),
        health,
        now,
    })
}

/// Both as one list, the latest first.
fn merged(mut written: Vec<Sighting>, unwritten: Vec<Sighting>, since: TimestampMs) -> Vec<Sighting> {
    for new in unwritten.into_iter().filter(|new| new.last_at >= since) {
        let same = |known: &&mut Sighting| known.kind == new.kind && known.origin == new.origin;
        match written.iter_mut().find(same) {
            Some(known) => {
                known.times += new.times;
                known.last_at = known.last_at.max(new.last_at);
            }
            None => written.push(new),
        }
    }
    written.sort_by_key(|sighting| std::cmp::Reverse(sighting.last_at));
    written
}

/// All of it in a sentence.
fn verdict(outcome: Outcome, checks: &[Check], patient: &Patient) -> String {
    let of = |wanted| checks.iter().filter(|check| check.outcome == wanted).count() as i64;
    match outcome {
        Outcome::Bad if patient.health.sessions > 0 => {
            format!("It records, but {} in the way.", are(of(Outcome::Bad)))
        }
        Outcome::Bad => format!("Nothing is recorded: {} in the way.", are(of(Outcome::Bad))),
        Outcome::Weak => format!("It works. {} could be better.", capitalised(of(Outcome::Weak))),
        Outcome::Good | Outcome::Unknown => "All is well.".to_owned(),
    }
}

fn are(count: i64) -> String {
    if count == 1 { "one thing is".to_owned() } else { format!("{} are", format::count(count, "thing")) }
}

fn capitalised(count: i64) -> String {
    if count == 1 { "One thing".to_owned() } else { format::count(count, "thing") }
}

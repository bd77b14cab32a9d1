//! Webhooks of a connection: where it tells of what happens, and what came of that.

use std::time::Duration;

use serde::Serialize;
use warp::http::Method;

use super::{Field, FormPage, Group, Head, Problems, refused, route, saved, url};
use crate::answers::plan;
use crate::model::{ConnectionId, Severity, TimestampMs};
use crate::store::Db;
use crate::store::webhooks::{self, Attempt, Dead, MOST, Wanted, Webhook};
use crate::web::audited::changed;
use crate::web::confirm::Confirm;
use crate::web::form::Form;
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Route;
use crate::web::webhook_changes::{added, change_to, find, removed, with_another_secret};
use crate::web::{App, Response, format};

const TAB: &str = "Webhooks";
const MAX_URL_CHARS: usize = 2048;

/// A test is waited for this long, to show what came of it.
const TEST_WITHIN: Duration = Duration::from_secs(6);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        route(Method::GET, "/webhooks", list),
        route(Method::POST, "/webhooks", add),
        route(Method::GET, "/webhooks/{webhook}", show),
        route(Method::POST, "/webhooks/{webhook}", save),
        route(Method::POST, "/webhooks/{webhook}/test", test),
        route(Method::POST, "/webhooks/{webhook}/again", again),
        route(Method::POST, "/webhooks/{webhook}/secret", renew),
        route(Method::GET, "/webhooks/{webhook}/delete", ask),
        route(Method::POST, "/webhooks/{webhook}/delete", delete),
    ]
}

#[derive(Serialize)]
struct ListPage {
    #[serde(flatten)]
    form: FormPage,
    rows: Vec<Row>,
    /// Whether there is room for another one.
    has_room: bool,
}

#[derive(Serialize)]
struct Row {
    url: String,
    page_url: String,
    hears: String,
    active: bool,
    latest: Option<Line>,
    waiting: String,
    dead: usize,
}

#[derive(Serialize)]
struct OnePage {
    #[serde(flatten)]
    form: FormPage,
    address: String,
    list_url: String,
    /// The secret, where it was made by this very request.
    secret: Option<String>,
    test_url: String,
    again_url: String,
    secret_url: String,
    delete_url: String,
    waiting: String,
    is_waiting: bool,
    dead: Vec<DeadLine>,
    log: Vec<Line>,
}

/// An attempt.
#[derive(Serialize)]
struct Line {
    kind: String,
    exact: String,
    relative: String,
    good: bool,
    /// The status, or a dash.
    status: String,
    took: String,
    problem: Option<String>,
}

#[derive(Serialize)]
struct DeadLine {
    row: i64,
    kind: String,
    exact: String,
    relative: String,
    attempts: String,
}

/// What a form says.
struct Typed {
    url: String,
    active: bool,
    sessions: bool,
    findings: String,
    prompts: bool,
}

impl Typed {
    fn new() -> Self {
        Self { url: String::new(), active: true, sessions: true, findings: String::new(), prompts: false }
    }

    fn of(wanted: &Wanted) -> Self {
        Self {
            url: wanted.url.clone(),
            active: wanted.active,
            sessions: wanted.sessions,
            findings: wanted.findings.map(name).unwrap_or_default().to_owned(),
            prompts: wanted.prompts,
        }
    }

    fn from(form: &Form) -> Self {
        Self {
            url: form.text("url").trim().to_owned(),
            active: form.text("active") == "1",
            sessions: form.text("sessions") == "1",
            findings: form.text("findings").to_owned(),
            prompts: form.text("prompts") == "1",
        }
    }

    fn read(&self) -> Result<Wanted, Problems> {
        let mut problems = Problems::new();
        if let Err(problem) = plan::address(&self.url) {
            problems.push(("url", problem));
        }
        let findings = Severity::ALL.into_iter().find(|severity| name(*severity) == self.findings);
        if findings.is_none() && !self.findings.is_empty() {
            problems.push(("findings", "Choose one of those that are offered.".to_owned()));
        }
        let wanted = Wanted {
            url: self.url.clone(),
            active: self.active,
            sessions: self.sessions,
            findings,
            prompts: self.prompts,
        };
        if problems.is_empty() { Ok(wanted) } else { Err(problems) }
    }

    fn groups(&self, problems: &Problems) -> Vec<Group> {
        let levels = [
            ("", "No findings"),
            ("info", "All findings"),
            ("low", "Low or graver"),
            ("medium", "Medium or graver"),
            ("high", "High"),
        ];
        let fields = vec![
            Field::text("url", "Address", &self.url, MAX_URL_CHARS)
                .hint("Each event is posted there as signed JSON.")
                .placeholder("https://example.org/hindsight"),
            Field::switch("sessions", "Sessions that are finished", self.sessions),
            Field::choice("findings", "Findings", &levels, &self.findings),
            Field::switch("prompts", "Prompts that were not answered", self.prompts),
            Field::switch("active", "Send events", self.active),
        ];
        vec![Group::new("", "", fields, problems)]
    }
}

fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
    }
}

fn url_of_all(connection: ConnectionId) -> String {
    format!("{}/webhooks", url(connection))
}

fn url_of(webhook: &Webhook) -> String {
    format!("{}/{}", url_of_all(webhook.connection), webhook.id)
}

async fn list(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let head = Head::of(&app, &request, connection, TAB).await?;
    show_list(&app, head, connection, &Typed::new(), &Problems::new()).await
}

async fn show_list(
    app: &App,
    head: Head,
    connection: ConnectionId,
    typed: &Typed,
    problems: &Problems,
) -> Result<Response, Problem> {
    let (scope, now) = (app.scope(), app.clock.now());
    let read = move |conn: &Db| {
        let found = webhooks::of_connection(conn, &scope, connection)?;
        found.into_iter().map(|webhook| Row::of(conn, webhook, now)).collect::<crate::store::Result<Vec<_>>>()
    };
    let rows = app.store.read(read).await?;
    let wrong = !problems.is_empty();
    let page = ListPage {
        form: FormPage {
            head: Head { wrong, ..head },
            title: TAB,
            about: "",
            action: url_of_all(connection),
            groups: typed.groups(problems),
            preview_url: None,
        },
        has_room: i64::try_from(rows.len()).unwrap_or(MOST) < MOST,
        rows,
    };
    let answer = app.templates.page("pages/webhooks.html", &page)?;
    Ok(if wrong { refused(answer) } else { answer })
}

impl Row {
    fn of(conn: &Db, webhook: Webhook, now: TimestampMs) -> crate::store::Result<Self> {
        let latest = webhooks::attempts(conn, webhook.id)?.into_iter().next();
        Ok(Self {
            page_url: url_of(&webhook),
            hears: hears(&webhook.wanted),
            active: webhook.wanted.active,
            latest: latest.map(|attempt| Line::of(attempt, now)),
            waiting: format::grouped(webhooks::waiting(conn, webhook.id)?),
            dead: webhooks::dead(conn, webhook.id)?.len(),
            url: webhook.wanted.url,
        })
    }
}

fn hears(wanted: &Wanted) -> String {
    let findings = wanted.findings.map(|least| match least {
        Severity::Info => "findings".to_owned(),
        Severity::High => "high findings".to_owned(),
        least => format!("findings, {} or graver", name(least)),
    });
    let parts = [
        wanted.sessions.then(|| "finished sessions".to_owned()),
        wanted.prompts.then(|| "unanswered prompts".to_owned()),
        findings,
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

impl Line {
    fn of(attempt: Attempt, now: TimestampMs) -> Self {
        Self {
            kind: attempt.kind,
            exact: format::exact(attempt.at),
            relative: format::relative(attempt.at, now),
            good: attempt.problem.is_none(),
            status: attempt.status.map_or_else(|| "–".to_owned(), |status| status.to_string()),
            took: format!("{} ms", format::grouped(attempt.took_ms)),
            problem: attempt.problem,
        }
    }
}

async fn add(app: App, mut request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let head = Head::of(&app, &request, connection, TAB).await?;
    let typed = Typed::from(&Form::read(&app, &mut request).await?);
    let wanted = match typed.read() {
        Ok(wanted) => wanted,
        Err(problems) => return show_list(&app, head, connection, &typed, &problems).await,
    };
    let (webhook, secret) = added(&app, connection, wanted).await?;
    show_one(&app, head, webhook, Some(secret), None).await
}

async fn show(app: App, request: Request) -> Result<Response, Problem> {
    let webhook = find(&app, &request).await?;
    let head = Head::of(&app, &request, webhook.connection, TAB).await?;
    let done = match request.query("saved")?.as_deref() {
        Some("1") => Some("Saved."),
        Some("test") => Some("A test was sent. What came of it stands in the list below."),
        Some("again") => Some("Sent again. What came of it stands in the list below."),
        _ => None,
    };
    show_one(&app, Head { done, ..head }, webhook, None, None).await
}

async fn show_one(
    app: &App,
    head: Head,
    webhook: Webhook,
    secret: Option<String>,
    tried: Option<(Typed, Problems)>,
) -> Result<Response, Problem> {
    let (id, now) = (webhook.id, app.clock.now());
    let read = move |conn: &Db| {
        Ok((webhooks::attempts(conn, id)?, webhooks::dead(conn, id)?, webhooks::waiting(conn, id)?))
    };
    let (attempts, dead, waiting) = app.store.read(read).await?;
    let wrong = tried.is_some();
    let (typed, problems) = tried.unwrap_or_else(|| (Typed::of(&webhook.wanted), Problems::new()));
    let own = url_of(&webhook);
    let dead_line = |dead: Dead| DeadLine {
        row: dead.row,
        kind: dead.kind,
        exact: format::exact(dead.at),
        relative: format::relative(dead.at, now),
        attempts: format::count(dead.attempts, "time"),
    };
    let page = OnePage {
        address: webhook.wanted.url.clone(),
        list_url: url_of_all(webhook.connection),
        secret,
        test_url: format!("{own}/test"),
        again_url: format!("{own}/again"),
        secret_url: format!("{own}/secret"),
        delete_url: format!("{own}/delete"),
        waiting: format::count(waiting, "event"),
        is_waiting: waiting > 0,
        dead: dead.into_iter().map(dead_line).collect(),
        log: attempts.into_iter().map(|attempt| Line::of(attempt, now)).collect(),
        form: FormPage {
            head: Head { wrong, ..head },
            title: "Webhook",
            about: "",
            action: own,
            groups: typed.groups(&problems),
            preview_url: None,
        },
    };
    let answer = app.templates.page("pages/webhook.html", &page)?;
    Ok(if wrong { refused(answer) } else { answer })
}

async fn save(app: App, mut request: Request) -> Result<Response, Problem> {
    let webhook = find(&app, &request).await?;
    let head = Head::of(&app, &request, webhook.connection, TAB).await?;
    let typed = Typed::from(&Form::read(&app, &mut request).await?);
    let wanted = match typed.read() {
        Ok(wanted) => wanted,
        Err(problems) => return show_one(&app, head, webhook, None, Some((typed, problems))).await,
    };
    let fields = changed(&webhook.wanted, &wanted);
    if !fields.is_empty() {
        change_to(&app, &webhook, wanted, &fields).await?;
    }
    Ok(saved(&url_of(&webhook), "1"))
}

async fn test(app: App, request: Request) -> Result<Response, Problem> {
    let webhook = find(&app, &request).await?;
    let (id, now) = (webhook.id, app.clock.now());
    if !webhook.wanted.active {
        return Err(Problem::bad_form("Nothing is sent to this webhook: switch \"Send events\" on first."));
    }
    let before = latest(&app, id).await?;
    app.store.write(move |conn| webhooks::test(conn, id, now)).await?;
    wait_for_another(&app, id, before).await?;
    Ok(saved(&url_of(&webhook), "test"))
}

/// The id and time of the latest attempt.
async fn latest(app: &App, webhook: i64) -> Result<Option<Attempt>, Problem> {
    Ok(app.store.read(move |conn| webhooks::attempts(conn, webhook)).await?.into_iter().next())
}

/// Returns when there is another attempt, or it took too long.
async fn wait_for_another(app: &App, webhook: i64, before: Option<Attempt>) -> Result<(), Problem> {
    let deadline = tokio::time::Instant::now() + TEST_WITHIN;
    while latest(app, webhook).await? == before && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

async fn again(app: App, mut request: Request) -> Result<Response, Problem> {
    let webhook = find(&app, &request).await?;
    let form = Form::read(&app, &mut request).await?;
    let row = match form.text("event") {
        "" => None,
        text => Some(
            text.parse::<i64>().map_err(|_| Problem::bad_form("event is the number of one of the list."))?,
        ),
    };
    let (id, now) = (webhook.id, app.clock.now());
    let before = latest(&app, id).await?;
    let sent = app.store.write(move |conn| webhooks::send_again(conn, id, row, now)).await?;
    if sent > 0 && webhook.wanted.active {
        wait_for_another(&app, id, before).await?;
    }
    Ok(saved(&url_of(&webhook), "again"))
}

async fn renew(app: App, request: Request) -> Result<Response, Problem> {
    let webhook = find(&app, &request).await?;
    let head = Head::of(&app, &request, webhook.connection, TAB).await?;
    let secret = with_another_secret(&app, &webhook).await?;
    show_one(&app, head, webhook, Some(secret), None).await
}

async fn ask(app: App, request: Request) -> Result<Response, Problem> {
    let webhook = find(&app, &request).await?;
    let own = url_of(&webhook);
    Confirm {
        frame: Frame::about(&app, "settings", webhook.connection).await?,
        title: "Delete this webhook?".to_owned(),
        facts: vec![("Address", webhook.wanted.url.clone()), ("Hears of", hears(&webhook.wanted))],
        sentences: vec![
            "What it was not told yet is not told any more, and its list of deliveries goes.".to_owned(),
        ],
        action: format!("{own}/delete"),
        fields: Vec::new(),
        button: Some("Delete webhook".to_owned()),
        cancel_url: own,
    }
    .page(&app)
}

async fn delete(app: App, request: Request) -> Result<Response, Problem> {
    let webhook = find(&app, &request).await?;
    removed(&app, &webhook).await?;
    Ok(saved(&url_of_all(webhook.connection), "webhook-deleted"))
}

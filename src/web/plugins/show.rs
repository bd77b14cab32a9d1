//! The page of one plugin.

use serde::Serialize;
use serde_json::{Map, Value};

use super::field::{self, Field, Values};
use super::list::{HeldBackText, Known, Row, done};
use super::recent::RecentText;
use super::rerun::{RerunText, SHOWN, version};
use super::{Asked, figures};
use crate::model::{Severity, TimestampMs};
use crate::plugins::settings::{Problem as Wrong, Settings};
use crate::plugins::{Entry, Plugin};
use crate::store::held_back;
use crate::store::reruns;
use crate::store::runs::Run;
use crate::web::form::Form;
use crate::web::moment::Moment;
use crate::web::page::{Frame, plugins_url, sessions_url};
use crate::web::problem::Problem;
use crate::web::reports::period;
use crate::web::request::Request;
use crate::web::{App, Response, format};

/// So many runs are listed.
const LISTED: usize = 20;

/// What the page says beside what it always does.
pub enum Said {
    /// What was done on the page before, if anything.
    Done(Option<&'static str>),
    /// The settings that were sent do not fit.
    Wrong(Form, Vec<Wrong>),
}

#[derive(Serialize)]
struct PluginPage {
    #[serde(flatten)]
    frame: Frame,
    done: Option<&'static str>,
    plugin: Row,
    homepage: String,
    facts: Vec<(&'static str, String)>,
    kinds: Vec<KindText>,
    held_back: Option<HeldBackText>,
    fields: Vec<Field>,
    /// What is wrong with the settings and belongs to none of the fields.
    problems: Vec<String>,
    /// Whether the connection has settings of its own.
    has_own: bool,
    runs: Vec<RunText>,
    /// Maskings and reports.
    recent: Vec<RecentText>,
    reruns: Vec<RerunText>,
    /// Which work can be started over past sessions, and what the button says.
    work: Option<(&'static str, &'static str)>,
    periods: Vec<period::Choice>,
    today: String,
    version: String,
    list_url: String,
}

#[derive(Serialize)]
struct KindText {
    title: String,
    severity: Severity,
    description: String,
}

#[derive(Serialize)]
struct RunText {
    session: String,
    session_url: String,
    ran_exact: String,
    ran_relative: String,
    took: String,
    memory: String,
    events: String,
    findings: String,
    failure: Option<String>,
    attempts: Option<String>,
    log: String,
    input_url: String,
}

/// Shows the plugin that the path names.
pub async fn show(app: App, request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let said = Said::Done(done(&request)?);
    page(&app, asked, said).await
}

/// The page with what is to be said on it.
pub async fn page(app: &App, asked: Asked, said: Said) -> Result<Response, Problem> {
    let entry = asked.entry()?.clone();
    let (name, connection, choice) = (asked.name.clone(), asked.connection, asked.choice.clone());
    let read = app.store.read(move |conn| {
        let reruns = reruns::latest(conn, &name, connection, SHOWN)?;
        let held = held_back::of_connection(conn, connection)?;
        Ok((Known::read(conn, connection, &name, Some(entry), choice)?, reruns, held))
    });
    let (known, reruns, held) = read.await?;
    let row = Row::of(connection, asked.name.clone(), &known);
    let now = app.clock.now();
    let entry = asked.entry()?;
    let (done, form, wrong) = match said {
        Said::Done(done) => (done, None, Vec::new()),
        Said::Wrong(form, wrong) => (None, Some(form), wrong),
    };
    let own = own_settings(asked.choice.settings.as_deref());
    let (fields, problems) = draw(entry, &own, form.as_ref(), wrong);
    let masks = row.masks && row.is_on == Some(true);
    let plugin = entry.plugin.as_deref();
    let page = PluginPage {
        done,
        homepage: plugin.map(homepage).unwrap_or_default(),
        facts: plugin.map(facts).unwrap_or_default(),
        kinds: plugin.map(kinds).unwrap_or_default(),
        held_back: HeldBackText::of(held).filter(|_| row.masks),
        fields,
        problems,
        has_own: asked.choice.settings.is_some(),
        runs: known.runs.iter().take(LISTED).map(|run| run_text(run, &asked, now)).collect(),
        recent: plugin.map(|plugin| RecentText::latest(plugin, asked.connection, now)).unwrap_or_default(),
        reruns: reruns.iter().map(|rerun| RerunText::of(rerun, masks, now)).collect(),
        work: plugin.and_then(work),
        periods: period::choices(),
        today: Moment::Day(now).address(),
        version: version(&reruns),
        list_url: plugins_url(connection),
        plugin: row,
        frame: asked.frame,
    };
    app.templates.page("pages/plugin.html", &page)
}

fn own_settings(json: Option<&str>) -> Value {
    let own = json.and_then(|json| serde_json::from_str(json).ok());
    own.unwrap_or_else(|| Value::Object(Map::new()))
}

fn draw(entry: &Entry, own: &Value, sent: Option<&Form>, mut wrong: Vec<Wrong>) -> (Vec<Field>, Vec<String>) {
    let Some(plugin) = &entry.plugin else { return (Vec::new(), Vec::new()) };
    if sent.is_none() {
        // What was saved may not fit a newer version of the plugin.
        wrong = entry.settings(own).err().unwrap_or_default();
    }
    let below = plugin.settings(&[&entry.server_settings]).or_else(|_| plugin.settings(&[]));
    let below = below.map(|Settings { json, .. }| own_settings(Some(&json))).unwrap_or_default();
    let values = Values { own, server: &entry.server_settings, below: &below, sent, problems: &wrong };
    field::draw(plugin.manifest.schema.json(), &values)
}

fn homepage(plugin: &Plugin) -> String {
    let homepage = &plugin.manifest.plugin.homepage;
    if homepage.starts_with("https://") { homepage.clone() } else { String::new() }
}

fn facts(plugin: &Plugin) -> Vec<(&'static str, String)> {
    let limits = &plugin.limits;
    let mut facts = vec![
        ("Interface", plugin.manifest.plugin.api.clone()),
        ("Size", format::bytes(i64::try_from(plugin.bytes).unwrap_or(i64::MAX))),
        ("Memory at most", format!("{} MiB", limits.memory_bytes >> 20)),
    ];
    let seconds = |time: std::time::Duration| format::number(time.as_secs_f64());
    if plugin.manifest.analyzer.is_some() || plugin.manifest.masker.is_some() {
        let (any, each) = (seconds(limits.cpu), seconds(limits.cpu_per_mb));
        facts.push(("Time at most", format!("{any} s, and {each} s for each MB of a recording")));
    }
    if plugin.manifest.reporter.is_some() {
        facts.push(("Time for a report", format!("{} s", seconds(limits.report_cpu))));
    }
    facts
}

fn kinds(plugin: &Plugin) -> Vec<KindText> {
    let kinds = plugin.manifest.analyzer.iter().flat_map(|analyzer| &analyzer.kinds);
    kinds
        .map(|kind| KindText {
            title: kind.title.clone(),
            severity: kind.severity,
            description: kind.description.clone(),
        })
        .collect()
}

/// What can be done with past sessions.
fn work(plugin: &Plugin) -> Option<(&'static str, &'static str)> {
    match (&plugin.manifest.masker, &plugin.manifest.analyzer) {
        (Some(_), _) => Some(("try", "Try it, without changing anything")),
        (None, Some(_)) => Some(("analyze", "Run")),
        (None, None) => None,
    }
}

fn run_text(run: &Run, asked: &Asked, now: TimestampMs) -> RunText {
    RunText {
        session: run.session.to_string(),
        session_url: format!("{}/{}", sessions_url(run.connection), run.session),
        ran_exact: format::exact(run.ran_at),
        ran_relative: format::relative(run.ran_at, now),
        took: figures::milliseconds(run.cost.cpu_us),
        memory: format::bytes(run.cost.memory),
        events: format::grouped(run.cost.events),
        findings: format::grouped(run.findings),
        failure: run.failure.clone(),
        attempts: (run.attempts > 1).then(|| format!("tried {} times", run.attempts)),
        log: run.log.clone(),
        input_url: format!("{}/runs/{}/input.json", asked.url(), run.session),
    }
}

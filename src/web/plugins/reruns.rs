//! Running a plugin over past sessions: started, paused, resumed, cancelled.
//!
//! Masking for good follows a trial over the same sessions, and asks first.

use serde_json::json;

use super::{Asked, rerun};
use crate::finish::chosen;
use crate::model::TimestampMs;
use crate::plugins::Plugin;
use crate::store::audit::{self, What};
use crate::store::reruns::{self, Rerun, State, Work};
use crate::web::confirm::Confirm;
use crate::web::form::Form;
use crate::web::problem::Problem;
use crate::web::reports::period::Period;
use crate::web::request::Request;
use crate::web::{App, Response, format, see_other};

/// Starts to run an analyzer, or a trial of masking, or masking after a trial.
pub async fn start(app: App, mut request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let form = Form::read(&app, &mut request).await?;
    let plugin = plugin(&asked)?;
    let (work, (from, to)) = match form.text("work") {
        "analyze" if plugin.manifest.analyzer.is_some() => (Work::Analyze, period(&form, app.clock.now())?),
        "try" if plugin.manifest.masker.is_some() => (Work::Try, period(&form, app.clock.now())?),
        "mask" if plugin.manifest.masker.is_some() => {
            (Work::Mask, trial(&app, &asked, form.text("after")).await?.period())
        }
        _ => {
            return Err(Problem::bad_query(
                "work is analyze, for what looks at sessions, or try and then mask, for what masks them.",
            ));
        }
    };
    let (name, connection, now) = (asked.name.clone(), asked.connection, app.clock.now());
    let detail = json!({ "work": form.text("work"), "from": from, "to": to });
    let entry = app.entry(What::PluginRerun, Some(connection), name.clone(), detail);
    app.store
        .write(move |conn| {
            reruns::start(conn, &name, connection, work, (from, to), now)?;
            audit::append(conn, &entry)
        })
        .await?;
    Ok(see_other(&format!("{}#past", asked.url())))
}

fn plugin(asked: &Asked) -> Result<&Plugin, Problem> {
    asked.entry()?.plugin.as_deref().ok_or_else(Problem::no_plugin)
}

fn period(form: &Form, now: TimestampMs) -> Result<(TimestampMs, TimestampMs), Problem> {
    if form.text("period") == "all" {
        return Ok((0, now));
    }
    let period = Period::of(form, now)?;
    Ok((period.from, period.to))
}

/// A trial of masking that came to its end, by its number.
async fn trial(app: &App, asked: &Asked, number: &str) -> Result<Rerun, Problem> {
    let rerun = find(app, asked, number).await?;
    if !chosen::is_on(plugin(asked)?, &asked.choice) {
        return Err(Problem::bad_query("Switch the plugin on first: only maskers that work mask for good."));
    }
    let is_trial = rerun.work == Work::Try && rerun.state == State::Done;
    let bad = || Problem::bad_query("after is the number of a trial that came to its end.");
    is_trial.then_some(rerun).ok_or_else(bad)
}

/// A run of the plugin for the connection, by its number.
async fn find(app: &App, asked: &Asked, number: &str) -> Result<Rerun, Problem> {
    let id = number.parse().map_err(|_| Problem::not_found())?;
    let found = app.store.read(move |conn| reruns::find(conn, id)).await?;
    let is_its = |rerun: &Rerun| rerun.plugin == asked.name && rerun.connection == asked.connection;
    found.filter(is_its).ok_or_else(Problem::not_found)
}

/// Asks before recordings are changed for good.
pub async fn ask_to_mask(app: App, request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let trial = trial(&app, &asked, &request.query("after")?.unwrap_or_default()).await?;
    let url = asked.url();
    let sessions = format::count(trial.sessions, "session");
    Confirm {
        title: format!("Mask {sessions} for good?"),
        facts: vec![("Plugin", asked.name.clone()), ("Sessions of", rerun::period(&trial))],
        sentences: vec![
            "Every recording is written anew through all maskers of this connection, with its timeline and the \
             search; plugins look at it again. Nobody sees a session while that is done."
                .to_owned(),
            "This cannot be undone: what is hidden is overwritten on the disk. Copies that were made before, such \
             as backups, keep it; so do reports, which may quote visitors: delete those on the Reports page."
                .to_owned(),
        ],
        action: format!("{url}/reruns"),
        fields: vec![("work", "mask".to_owned()), ("after", trial.id.to_string())],
        button: Some(format!("Mask {sessions}")),
        cancel_url: url,
        frame: asked.frame,
    }
    .page(&app)
}

/// Pauses, resumes or cancels a run.
pub async fn change(app: App, mut request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let form = Form::read(&app, &mut request).await?;
    let rerun = find(&app, &asked, request.param_text("rerun")).await?;
    let state = match form.text("state") {
        "paused" => State::Paused,
        "running" => State::Running,
        "cancelled" => State::Cancelled,
        _ => return Err(Problem::bad_query("state is one of running, paused and cancelled.")),
    };
    let now = app.clock.now();
    let detail = json!({ "run": rerun.id, "state": state.as_str() });
    let entry = app.entry(What::PluginRerun, Some(asked.connection), asked.name.clone(), detail);
    app.store
        .write(move |conn| {
            reruns::set_state(conn, rerun.id, state, now)?;
            audit::append(conn, &entry)
        })
        .await?;
    Ok(see_other(&format!("{}#past", asked.url())))
}

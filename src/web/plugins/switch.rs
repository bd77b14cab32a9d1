//! Switching a plugin on and off for a connection, and trying again what failed.

use serde_json::json;

use super::Asked;
use crate::store::audit::{self, What};
use crate::store::reruns::{self, Work};
use crate::store::{choices, held_back, runs};
use crate::web::form::Form;
use crate::web::page::plugins_url;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, see_other};

/// Switches a plugin on or off.
pub async fn switch(app: App, mut request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let form = Form::read(&app, &mut request).await?;
    let enabled = match form.text("on") {
        "1" => true,
        "0" => false,
        _ => return Err(Problem::bad_query("on is 1, to let the plugin work for this connection, or 0.")),
    };
    if enabled {
        asked.entry()?;
    }
    let (name, connection) = (asked.name.clone(), asked.connection);
    let detail = json!({ "enabled": enabled });
    let entry = app.entry(What::PluginSwitched, Some(connection), name.clone(), detail);
    app.store
        .write(move |conn| {
            audit::append(conn, &entry)?;
            choices::enable(conn, &name, connection, enabled)?;
            // Without this masker, or with this one, sessions may pass that did not.
            held_back::retry(conn, Some(connection)).map(drop)
        })
        .await?;
    let done = if enabled { "on" } else { "off" };
    Ok(see_other(&back(&form, &asked, done)))
}

/// Lets a paused plugin run again, over what it missed as well, and sessions that could not
/// be masked be tried again.
pub async fn try_again(app: App, mut request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let form = Form::read(&app, &mut request).await?;
    let (name, connection, now) = (asked.name.clone(), asked.connection, app.clock.now());
    let plugin = asked.entry.as_ref().and_then(|entry| entry.plugin.as_ref());
    let masks = plugin.is_some_and(|plugin| plugin.manifest.masker.is_some());
    let analyzes = plugin.is_some_and(|plugin| plugin.manifest.analyzer.is_some());
    app.store
        .write(move |conn| {
            choices::note_success(conn, &name)?;
            let missed = if analyzes { runs::forgive(conn, &name, connection)? } else { None };
            if let Some(since) = missed {
                reruns::start(conn, &name, connection, Work::Analyze, (since, now), now)?;
            }
            held_back::retry(conn, Some(connection)).map(drop)
        })
        .await?;
    Ok(see_other(&back(&form, &asked, if masks { "masked" } else { "again" })))
}

/// The page that the form stands on.
fn back(form: &Form, asked: &Asked, done: &str) -> String {
    match form.text("from") {
        "plugin" if asked.entry.is_some() => format!("{}?done={done}", asked.url()),
        _ => format!("{}?done={done}", plugins_url(asked.connection)),
    }
}

//! Letting plugins look at one session again, and the words that say when this is worth it.

use serde::Serialize;
use serde_json::json;
use warp::http::Method;

use super::findings::PANEL_OF_FINDINGS;
use super::held_back::find;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::row::url_of;
use super::{App, Response, format, neighbours, see_other};
use crate::finish::outdated::Outdated;
use crate::store::audit::{self, What};
use crate::store::{Db, runs};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let path = "/connections/{connection}/sessions/{session}/look-again";
    vec![Route::new(Method::POST, path, Access::Editor, Surface::Page, look_again)]
}

/// What a replay says above its findings.
#[derive(Serialize)]
pub struct Note {
    sentences: Vec<String>,
    /// Where a look is asked for. `None`: it is under way.
    action: Option<String>,
}

impl Note {
    /// Of plugins whose word is not their latest. `None`: there are none.
    pub fn of(outdated: &[Outdated], session_url: &str, list: &str) -> Option<Self> {
        let names = |has_looked: bool| -> Vec<String> {
            let such = outdated.iter().filter(|plugin| plugin.has_looked == has_looked);
            such.map(|plugin| plugin.name.clone()).collect()
        };
        let mut sentences = Vec::new();
        let (changed, missing) = (names(true), names(false));
        if !changed.is_empty() {
            let names = format::all(&changed);
            sentences
                .push(format!("{names} looked at this session in an older version, or with other settings."));
        }
        if !missing.is_empty() {
            let have = if missing.len() == 1 { "has" } else { "have" };
            sentences.push(format!("{} {have} not looked at this session.", format::all(&missing)));
        }
        let action = Some(neighbours::with_list(&format!("{session_url}/look-again"), list));
        (!sentences.is_empty()).then_some(Self { sentences, action })
    }

    /// While plugins look at a session of which they have said something before.
    pub fn under_way() -> Self {
        let sentence =
            "Plugins look at this session again. What they find takes the place of this in a moment.";
        Self { sentences: vec![sentence.to_owned()], action: None }
    }
}

async fn look_again(app: App, request: Request) -> Result<Response, Problem> {
    let session = find(&app, &request).await?;
    let list = neighbours::list_query(&request, session.connection)?;
    let entry = app.entry(What::SessionLookedAt, Some(session.connection), session.id.to_string(), json!({}));
    let (url, row, now) = (url_of(&session), session.row, app.clock.now());
    let look = move |conn: &Db| {
        // One that is not finished is looked at anyway, once it is.
        if runs::look_again(conn, row, now)? {
            audit::append(conn, &entry)?;
        }
        Ok(())
    };
    app.store.write(look).await?;
    let mark = if list.is_empty() { '?' } else { '&' };
    Ok(see_other(&format!("{}{mark}{PANEL_OF_FINDINGS}", neighbours::with_list(&url, &list))))
}

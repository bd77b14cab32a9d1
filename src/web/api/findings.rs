//! What plugins found in a session.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use warp::http::Method;

use super::endpoint::Endpoint;
use super::session::shown;
use super::shapes::List;
use crate::model::{Severity, TokenScope, Value};
use crate::playback::Playback;
use crate::store::findings::{self, Found};
use crate::web::problem::Problem;
use crate::web::replay::playback;
use crate::web::request::Request;
use crate::web::router::Access;
use crate::web::{App, kinds};

pub fn endpoints() -> Vec<Endpoint> {
    let place = (
        Method::GET,
        "/connections/{connection}/sessions/{session}/findings",
        Access::Member,
        TokenScope::Read,
    );
    vec![
        Endpoint::json(place, "List what plugins found", list)
            .about(
                "In the order of time. A session in which the visitor wrote to the widget needs `read:prompts`.",
            )
            .problems([kinds::HELD_BACK]),
    ]
}

/// Something that a plugin found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
struct Shown {
    plugin: String,
    /// As the plugin names it.
    kind: String,
    severity: Severity,
    /// One line.
    title: String,
    /// Markdown.
    detail: String,
    /// Where it plays in the replay.
    at_ms: i64,
    /// Where it is over, if it took a while.
    until_ms: Option<i64>,
    /// The element that it is about.
    selector: Option<String>,
    /// What else the plugin says of it.
    fields: BTreeMap<String, Value>,
}

impl Shown {
    fn of(found: Found, first_event_at: i64, playback: &Playback) -> Self {
        let Found { plugin, finding } = found;
        let place = |at: u32| playback.place(first_event_at + i64::from(at));
        Self {
            plugin,
            kind: finding.kind,
            severity: finding.severity,
            title: finding.title,
            detail: finding.detail,
            at_ms: place(finding.at),
            until_ms: finding.until.map(place),
            selector: finding.selector,
            fields: finding.fields,
        }
    }
}

async fn list(app: App, request: Request) -> Result<List<Shown>, Problem> {
    let session = shown(&app, &request).await?;
    let playback = playback(&app, &session).await?;
    let row = session.row;
    let found = app.store.read(move |conn| findings::findings(conn, row)).await?;
    let shown = found.into_iter().map(|found| Shown::of(found, session.first_event_at, &playback));
    Ok(List::whole(shown.collect()))
}

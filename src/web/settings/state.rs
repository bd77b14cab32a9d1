//! Pausing a connection, and deleting it.

use serde_json::json;
use warp::http::Method;

use super::{route, saved, url};
use crate::model::ConnectionId;
use crate::store::audit::{self, Entry, What};
use crate::store::{connections, erasing};
use crate::web::confirm::Confirm;
use crate::web::form::Form;
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Route;
use crate::web::{App, Response, connection_list, format, see_other};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        route(Method::POST, "/state", change),
        route(Method::GET, "/delete", ask),
        route(Method::POST, "/delete", delete),
    ]
}

async fn change(app: App, mut request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "settings", connection).await?;
    let form = Form::read(&app, &mut request).await?;
    let paused = match form.text("paused") {
        "1" => true,
        "0" => false,
        _ => return Err(Problem::bad_query("paused is 1 or 0.")),
    };
    let from_list = form.text("from") == "list";
    let detail = json!({ "fields": ["paused"], "paused": paused });
    let entry = app.entry(What::SettingsChanged, Some(connection), "state", detail);
    app.store
        .write(move |conn| {
            let Some(rules) = connections::rules(conn, connection)? else { return Ok(()) };
            connections::set_rules(conn, connection, &connections::Rules { paused, ..rules })?;
            audit::append(conn, &entry)
        })
        .await?;
    let back = if from_list { connection_list::URL.to_owned() } else { url(connection) };
    Ok(saved(&back, if paused { "paused" } else { "resumed" }))
}

async fn ask(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let frame = Frame::about(&app, "settings", connection).await?;
    let scope = app.scope();
    let totals = app.store.read(move |conn| connections::totals(conn, &scope, connection)).await?;
    let name = frame.connection.as_ref().map(|connection| connection.name.clone()).unwrap_or_default();
    Confirm {
        title: format!("Delete the connection {name}?"),
        facts: vec![("Sessions", format::grouped(totals.total)), ("Events", format::grouped(totals.events))],
        sentences: vec![
            "All of its recordings go, pinned ones as well, with its reports, its settings and its write keys. Pages \
             that still have its snippet are told to stop."
                .to_owned(),
            "This cannot be undone: what is deleted is overwritten on the disk.".to_owned(),
        ],
        action: format!("{}/delete", url(connection)),
        fields: Vec::new(),
        button: Some(match totals.total {
            0 => "Delete connection".to_owned(),
            total => format!("Delete connection and {}", format::count(total, "session")),
        }),
        cancel_url: url(connection),
        frame,
    }
    .page(&app)
}

async fn delete(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let frame = Frame::about(&app, "settings", connection).await?;
    let (now, scope) = (app.clock.now(), app.scope());
    let name = frame.connection.map(|connection| connection.name).unwrap_or_default();
    let entry = app.entry(What::ConnectionDeleted, Some(connection), name, json!({}));
    app.store
        .write(move |conn| {
            let sessions = connections::totals(conn, &scope, connection)?.total;
            audit::append(conn, &Entry { detail: json!({ "sessions": sessions }), ..entry })?;
            erasing::delete_connection(conn, connection, now)
        })
        .await?;
    Ok(see_other(&format!("{}?saved=deleted", connection_list::URL)))
}

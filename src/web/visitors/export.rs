//! All that is stored of a visitor in a connection, as one file.

use serde_json::json;

use super::visitor_of;
use crate::model::ConnectionId;
use crate::store::audit::What;
use crate::store::sessions::Filter;
use crate::store::{choices, pseudonym, visitors};
use crate::web::held_back::Rule;
use crate::web::page::Frame;
use crate::web::persons::{Whose, write_zip, zip_name};
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, download};

/// Answers the file.
pub async fn export(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let visitor = visitor_of(&request)?;
    let frame = Frame::about(&app, "visitor", connection).await?;
    let (viewing, scope, id) = (app.clone(), app.scope(), visitor.clone());
    let known = app.store.read(move |conn| {
        let rule = Rule::of(&viewing, connection, &choices::of_connection(conn, connection)?);
        let wanted = rule.narrow(Filter { visitor: Some(id.clone()), ..Filter::default() });
        let known = visitors::find(conn, &scope, connection, &id, &wanted)?;
        Ok(known.map(|known| known.sessions).zip(Some(pseudonym::of(conn, &id)?)))
    });
    let (sessions, person) = known.await?.ok_or_else(Problem::no_visitor)?;
    app.looked(app.entry(What::PersonExported, Some(connection), person, json!({ "sessions": sessions })));
    let name = frame.connection.map(|connection| connection.name).unwrap_or_default();
    download::file("application/zip", &zip_name(&visitor), move |out, runtime| {
        let whose = Whose { visitor, connections: vec![(connection.0, name)] };
        write_zip(app, runtime, whose, out).map(drop)
    })
}

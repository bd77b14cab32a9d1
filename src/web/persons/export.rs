//! All that is stored of a person as one file, with a receipt.

use super::zip::{Whose, file_name, write};
use crate::store::{persons, receipts};
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, audited, download};

/// Answers the file. The receipt is done when all of it was written.
pub async fn export(app: App, mut request: Request) -> Result<Response, Problem> {
    let (person, _) = super::person_of(&app, &mut request).await?;
    let (scope, now, who) = (app.scope(), app.clock.now(), audited::name_of(&app.asker().asker));
    let meant = person.clone();
    let begun = app
        .store
        .write(move |conn| {
            let counted = persons::count(conn, &scope, &meant)?;
            if counted.is_empty() {
                return Ok(None);
            }
            let receipt = persons::begin_exporting(conn, &meant, &counted, &who, now)?;
            Ok(Some((receipt, counted)))
        })
        .await?;
    let (receipt, counted) = begun.ok_or_else(Problem::no_visitor)?;
    let name = file_name(&person.id);
    download::file("application/zip", &name, move |out, runtime| {
        let (store, clock) = (app.store.clone(), app.clock.clone());
        let connections = counted.into_iter().map(|each| (each.connection, each.name)).collect();
        let sessions = write(app, runtime, Whose { visitor: person.id, connections }, out)?;
        let now = clock.now();
        runtime.block_on(store.write(move |conn| {
            receipts::count_sessions(conn, receipt, sessions)?;
            receipts::finish(conn, receipt, now)
        }))?;
        Ok(())
    })
}

//! All of a connection as one archive, written while it is sent.

use serde_json::json;

use crate::clock;
use crate::finish::chosen;
use crate::model::ConnectionId;
use crate::moving::{Exporting, Tarball};
use crate::store::audit::What;
use crate::store::{choices, connections};
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, download};

/// So much of the connection's name stands in the file's.
const MOST_NAME_CHARS: usize = 40;

/// Answers the archive.
pub async fn archive(app: App, request: Request) -> Result<Response, Problem> {
    let id: ConnectionId = request.param("connection")?;
    let scope = app.scope();
    let (all, choices) = app
        .store
        .read(move |conn| Ok((connections::all(conn, &scope)?, choices::of_connection(conn, id)?)))
        .await?;
    let connection = all.into_iter().find(|each| each.id == id).ok_or_else(Problem::not_found)?;
    app.looked(app.entry(What::SessionDownloaded, Some(id), "", json!({ "file": "all sessions" })));
    let now = app.clock.now();
    let name = file_name(&connection.name, &clock::rfc3339(now));
    let over_before = now - i64::from(app.settings.sessions.idle_after_seconds) * 1000;
    let holds_back = chosen::holds_back(&app.plugins, &choices);
    download::file("application/x-tar", &name, move |out, runtime| {
        let exporting = Exporting {
            store: app.store.clone(),
            runtime: runtime.clone(),
            scope: app.scope(),
            connection,
            holds_back,
            over_before,
        };
        let mut tarball = Tarball::new(out);
        tarball.add(&exporting, || {})?;
        tarball.finish()?;
        Ok(())
    })
}

/// What the browser calls it, in plain ASCII.
fn file_name(connection: &str, now: &str) -> String {
    let plain: String =
        connection.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' }).collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").to_lowercase().chars().take(MOST_NAME_CHARS).collect();
    let day: String = now.chars().take(10).collect();
    let parts = ["hindsight", &name, &day];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{}.tar", parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_connection_and_day() {
        assert_eq!(file_name("My \"Shop\"", "2026-01-01T00:00:00Z"), "hindsight-my-shop-2026-01-01.tar");
        assert_eq!(file_name("店", "2026-01-01T00:00:00Z"), "hindsight-2026-01-01.tar");
    }
}

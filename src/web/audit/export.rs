//! Entries as CSV.

use std::io::Write;

use serde_json::json;

use super::Asked;
use crate::clock;
use crate::store::Db;
use crate::store::audit::{self, Stored, What};
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, csv, download};

/// Entries that are read at once.
const AT_ONCE: usize = 500;

const COLUMNS: [&str; 8] = ["number", "at", "who", "what", "connection", "subject", "detail", "hash"];

/// The entries that the page lists for the same filter, newest first.
pub async fn csv(app: App, request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(&request)?;
    let filter = asked.filter(&app).await?;
    app.write_looks().await;
    app.looked(app.entry(What::LogExported, asked.place, "audit.csv", json!({})));
    let day = clock::rfc3339(app.clock.now()).split('T').next().unwrap_or_default().to_owned();
    let name = format!("audit-{day}.csv");
    download::file("text/csv; charset=utf-8; header=present", &name, move |out, runtime| {
        out.write_all(csv_head().as_bytes())?;
        let mut before = None;
        loop {
            let (filter, scope) = (filter.clone(), app.scope());
            let read = app.store.read(move |conn: &Db| audit::list(conn, &scope, &filter, before, AT_ONCE));
            let entries = runtime.block_on(read)?;
            for entry in &entries {
                out.write_all(csv_line(entry).as_bytes())?;
            }
            match entries.last() {
                Some(last) => before = Some(last.id),
                None => return Ok(()),
            }
        }
    })
}

/// The names of the columns.
pub fn csv_head() -> String {
    let mut line = String::new();
    csv::line(&mut line, &COLUMNS.map(csv::text));
    line
}

/// An entry as a line.
pub fn csv_line(entry: &Stored) -> String {
    let hash: String = entry.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut line = String::new();
    let fields = [
        entry.id.to_string(),
        csv::text(&clock::rfc3339(entry.at)),
        csv::text(&entry.who),
        csv::text(&entry.what),
        entry.connection.map(|connection| connection.to_string()).unwrap_or_default(),
        csv::text(&entry.subject),
        csv::text(&entry.detail),
        csv::text(&hash),
    ];
    csv::line(&mut line, &fields);
    line
}

//! The page that says what is stored of a person, and erases it.

use serde::Serialize;

use super::{place_of, place_url, receipt_url};
use crate::model::ConnectionId;
use crate::store::persons::{self, Counted, Counts, Person};
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::settings::Tab;
use crate::web::visitors;
use crate::web::{App, Response, audited, format, privacy, see_other};

#[derive(Serialize)]
struct ErasePage {
    #[serde(flatten)]
    frame: Frame,
    tabs: Vec<Tab>,
    person: String,
    /// The only connection that is meant.
    only: Option<String>,
    action: String,
    export_action: String,
    back_url: Option<String>,
    /// Ids that begin like the one that nobody has.
    like: Vec<Like>,
    rows: Vec<Row>,
    total: Option<Row>,
    button: String,
    backups: String,
}

#[derive(Serialize)]
struct Like {
    id: String,
    url: String,
}

/// What there is in a connection, or in all.
#[derive(Serialize)]
pub struct Row {
    /// The connection.
    pub name: String,
    /// The person there.
    pub url: String,
    /// Each figure with its name.
    pub figures: Vec<(&'static str, String)>,
}

/// Figures with their names, in the order of the columns.
pub fn figures(counts: &Counts) -> Vec<(&'static str, String)> {
    vec![
        ("Sessions", format::grouped(counts.sessions)),
        ("Events", format::grouped(counts.events)),
        ("Size", format::bytes(counts.bytes)),
        ("Prompts", format::grouped(counts.prompts)),
        ("Findings", format::grouped(counts.findings)),
        ("Notes", format::grouped(counts.notes)),
        ("Links", format::grouped(counts.shares)),
        ("Reports", format::grouped(counts.reports)),
        ("Views", format::grouped(counts.views)),
    ]
}

/// All connections together, where there are several.
pub fn total(counted: &[Counted]) -> Counts {
    counted.iter().fold(Counts::default(), |sum, each| sum.plus(&each.counts))
}

/// Says what there is. Nothing is changed.
pub async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let connection = place_of(&request)?;
    let id = request.query("person")?.unwrap_or_default();
    if id.chars().count() > super::MOST_CHARS {
        return Err(Problem::bad_query(&format!("person is at most {} characters long.", super::MOST_CHARS)));
    }
    let (frame, tabs) = match connection {
        Some(connection) => (Frame::about(&app, "activity", connection).await?, Vec::new()),
        None => (Frame::of_server(&app, "privacy"), privacy::tabs(&app, "Erase or export")),
    };
    let person = Person { id: id.clone(), connection };
    let scope = app.scope();
    let (counted, like) = app
        .store
        .read(move |conn| {
            if person.id.is_empty() {
                return Ok((Vec::new(), Vec::new()));
            }
            let counted = persons::count(conn, &scope, &person)?;
            let like = if counted.is_empty() { persons::like(conn, &scope, &person)? } else { Vec::new() };
            Ok((counted, like))
        })
        .await?;
    let all = total(&counted);
    let page = ErasePage {
        only: frame.connection.as_ref().map(|connection| connection.name.clone()),
        frame,
        tabs,
        action: format!("{}/erase", place_url(connection)),
        export_action: format!("{}/erase/export", place_url(connection)),
        back_url: connection.map(|connection| visitors::url_of(connection, &id)),
        like: like.into_iter().map(|id| Like { url: super::url_of(connection, &id), id }).collect(),
        rows: counted.iter().map(|each| row(each, &id)).collect(),
        total: (counted.len() > 1).then(|| Row {
            name: "All".to_owned(),
            url: String::new(),
            figures: figures(&all),
        }),
        button: match all.sessions {
            0 => "Erase".to_owned(),
            sessions => format!("Erase {}", format::count(sessions, "session")),
        },
        backups: backups(&app),
        person: id,
    };
    app.templates.page("pages/erase.html", &page)
}

fn row(counted: &Counted, person: &str) -> Row {
    Row {
        name: counted.name.clone(),
        url: visitors::url_of(ConnectionId(counted.connection), person),
        figures: figures(&counted.counts),
    }
}

/// What is known of backups, as a sentence.
pub fn backups(app: &App) -> String {
    match app.settings.privacy.backups_keep_days {
        0 => "Backups that were made before still hold it, until whoever runs the server deletes them."
            .to_owned(),
        days => format!(
            "Backups that were made before still hold it; they are kept for {}.",
            format::count(i64::from(days), "day")
        ),
    }
}

/// Begins to erase, and leads to the receipt.
pub async fn erase(app: App, mut request: Request) -> Result<Response, Problem> {
    let (person, form) = super::person_of(&app, &mut request).await?;
    if form.text("confirmed") != "1" {
        return Ok(see_other(&super::url_of(person.connection, &person.id)));
    }
    let (scope, now, who) = (app.scope(), app.clock.now(), audited::name_of(&app.asker().asker));
    let (connection, id) = (person.connection, person.id.clone());
    let begun = app
        .store
        .write(move |conn| {
            let counted = persons::count(conn, &scope, &person)?;
            if counted.is_empty() {
                return Ok(None);
            }
            persons::begin_erasing(conn, &person, &counted, &who, now).map(Some)
        })
        .await?;
    match begun {
        Some(receipt) => Ok(see_other(&receipt_url(connection, receipt))),
        None => Ok(see_other(&super::url_of(connection, &id))),
    }
}

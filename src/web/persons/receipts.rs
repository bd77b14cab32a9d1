//! Receipts: the list, and one to be read, printed and kept.

use serde::Serialize;
use warp::http::{HeaderValue, header};

use super::paper::{Paper, as_json};
use super::{place_of, place_url, receipt_url};
use crate::store::pseudonym;
use crate::store::receipts::{self, Kind, Receipt};
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::settings::Tab;
use crate::web::{App, Response, format, privacy};

/// Receipts on a page.
const ON_A_PAGE: usize = 50;

#[derive(Serialize)]
struct ReceiptsPage {
    #[serde(flatten)]
    frame: Frame,
    tabs: Vec<Tab>,
    person: String,
    rows: Vec<Listed>,
    newer_url: Option<String>,
    older_url: Option<String>,
}

#[derive(Serialize)]
struct Listed {
    id: i64,
    url: String,
    kind: &'static str,
    at_exact: String,
    at: String,
    who: String,
    person: String,
    sessions: String,
    state: &'static str,
}

/// Answers the list, of one person if one is sought.
pub async fn list(app: App, request: Request) -> Result<Response, Problem> {
    let person = request.query("person")?.unwrap_or_default();
    let before = match request.query("before")? {
        None => None,
        Some(text) => {
            Some(text.parse::<i64>().map_err(|_| Problem::bad_query("before is the number of a receipt."))?)
        }
    };
    let sought = person.clone();
    let found = app
        .store
        .read(move |conn| {
            let named = match sought.as_str() {
                "" => None,
                // What stands on a receipt is sought as it is.
                name if name.starts_with("person-") => Some(name.to_owned()),
                id => Some(pseudonym::of(conn, id)?),
            };
            receipts::list(conn, named.as_deref(), before, ON_A_PAGE + 1)
        })
        .await?;
    let is_more = found.len() > ON_A_PAGE;
    let now = app.clock.now();
    let rows: Vec<Listed> = found.iter().take(ON_A_PAGE).map(|receipt| listed(receipt, now)).collect();
    let address = |before: Option<i64>| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(Some(("person", &person)).filter(|(_, person)| !person.is_empty()));
        query.extend_pairs(before.map(|before| ("before", before.to_string())));
        crate::web::filter::address("/receipts", &query.finish())
    };
    let page = ReceiptsPage {
        frame: Frame::of_server(&app, "privacy"),
        tabs: privacy::tabs(&app, "Receipts"),
        newer_url: before.map(|_| address(None)),
        older_url: rows.last().filter(|_| is_more).map(|last| address(Some(last.id))),
        rows,
        person,
    };
    app.templates.page("pages/receipts.html", &page)
}

fn listed(receipt: &Receipt, now: i64) -> Listed {
    let of = &receipt.of;
    Listed {
        id: receipt.id,
        url: receipt_url(None, receipt.id),
        kind: if of.kind == Kind::Erasure { "Erasure" } else { "Export" },
        at_exact: format::exact(of.at),
        at: format::relative(of.at, now),
        who: of.who.clone(),
        person: of.person.clone(),
        sessions: format::grouped(receipt.total().sessions),
        state: match (receipt.done_at, of.kind) {
            (Some(_), _) => "Done",
            (None, Kind::Erasure) => "Going on",
            (None, Kind::Export) => "Cut off",
        },
    }
}

#[derive(Serialize)]
struct ReceiptPage {
    #[serde(flatten)]
    frame: Frame,
    tabs: Vec<Tab>,
    paper: Paper,
    url: String,
    version: String,
    back_url: String,
}

/// Answers one.
pub async fn show(app: App, request: Request) -> Result<Response, Problem> {
    let place = place_of(&request)?;
    let receipt = find(&app, &request).await?;
    let (frame, tabs) = match place {
        Some(connection) => (Frame::about(&app, "activity", connection).await?, Vec::new()),
        None => (Frame::of_server(&app, "privacy"), privacy::tabs(&app, "Receipts")),
    };
    let page = ReceiptPage {
        frame,
        tabs,
        url: receipt_url(place, receipt.id),
        version: format!("{}-{}", receipt.sessions, receipt.done_at.unwrap_or_default()),
        paper: Paper::of(&app, &receipt),
        back_url: place.map_or_else(|| "/receipts".to_owned(), |_| format!("{}/activity", place_url(place))),
    };
    app.templates.page("pages/receipt.html", &page)
}

/// The same as Markdown.
pub async fn markdown(app: App, request: Request) -> Result<Response, Problem> {
    let receipt = find(&app, &request).await?;
    let text = Paper::of(&app, &receipt).markdown();
    Ok(file(&receipt, text, "text/markdown; charset=utf-8", "md"))
}

/// The same for programs.
pub async fn json(app: App, request: Request) -> Result<Response, Problem> {
    let receipt = find(&app, &request).await?;
    Ok(file(&receipt, format!("{:#}\n", as_json(&receipt)), "application/json", "json"))
}

fn file(receipt: &Receipt, text: String, kind: &'static str, extension: &str) -> Response {
    let mut response = Response::new(text.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let name = format!("{}-receipt-{}.{extension}", receipt.of.kind.name(), receipt.id);
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.insert(header::CONTENT_DISPOSITION, disposition.expect("a file's name is plain ASCII"));
    response
}

/// The receipt that the path names. In a connection only its own are there.
async fn find(app: &App, request: &Request) -> Result<Receipt, Problem> {
    let place = place_of(request)?;
    let id: i64 = request.param("receipt")?;
    let found = app.store.read(move |conn| receipts::find(conn, id)).await?;
    found.filter(|receipt| place.is_none() || receipt.of.connection == place).ok_or_else(Problem::not_found)
}

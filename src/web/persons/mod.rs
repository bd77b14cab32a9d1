//! A person in all connections, or in one: what is stored of them is counted, handed out, or
//! erased in one step, each with a receipt.

mod erase;
mod export;
mod paper;
mod reader;
mod receipts;
mod zip;

use warp::http::Method;

use super::App;
use super::form::Form;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use crate::model::ConnectionId;
use crate::store::persons::Person;

pub use erase::backups;
pub use zip::{Whose, file_name as zip_name, write as write_zip};

/// The longest id that a recorder sends.
const MOST_CHARS: usize = 256;

const ALL: &str = "";
const OF_CONNECTION: &str = "/connections/{connection}";

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    let (get, post) = (Method::GET, Method::POST);
    let (page, data) = (Surface::Page, Surface::Data);
    let mut routes = vec![Route::new(get.clone(), "/receipts", Access::Server, page, receipts::list)];
    for (place, who) in [(ALL, Access::Server), (OF_CONNECTION, Access::Editor)] {
        let at = |path: &str| format!("{place}{path}");
        routes.extend([
            Route::new(get.clone(), at("/erase"), who, page, erase::page),
            Route::new(post.clone(), at("/erase"), who, page, erase::erase),
            Route::new(post.clone(), at("/erase/export"), who, data, export::export),
            Route::new(get.clone(), at("/receipts/{receipt}"), who, page, receipts::show),
            Route::new(get.clone(), at("/receipts/{receipt}/receipt.md"), who, data, receipts::markdown),
            Route::new(get.clone(), at("/receipts/{receipt}/receipt.json"), who, data, receipts::json),
        ]);
    }
    routes
}

/// What addresses of a connection begin with, or those of all.
fn place_url(connection: Option<ConnectionId>) -> String {
    connection.map(|connection| format!("/connections/{connection}")).unwrap_or_default()
}

/// Where a person is erased from a connection, or from all.
pub fn url_of(connection: Option<ConnectionId>, person: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("person", person).finish();
    format!("{}/erase?{query}", place_url(connection))
}

/// Where a receipt is.
pub fn receipt_url(connection: Option<ConnectionId>, receipt: i64) -> String {
    format!("{}/receipts/{receipt}", place_url(connection))
}

/// The connection that the path names, if it names one.
fn place_of(request: &Request) -> Result<Option<ConnectionId>, Problem> {
    match request.param_text("connection") {
        "" => Ok(None),
        _ => request.param("connection").map(Some),
    }
}

/// The person that a form names.
async fn person_of(app: &App, request: &mut Request) -> Result<(Person, Form), Problem> {
    let connection = place_of(request)?;
    let form = Form::read(app, request).await?;
    let id = form.text("person").to_owned();
    if id.is_empty() || id.chars().count() > MOST_CHARS {
        let detail =
            format!("person is the id that the site gives somebody, of 1 to {MOST_CHARS} characters.");
        return Err(Problem::bad_form(&detail));
    }
    Ok((Person { id, connection }, form))
}

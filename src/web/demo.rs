//! The demo shop, served only when asked for: pages to be recorded on.

use serde::{Deserialize, Serialize};
use warp::http::{HeaderValue, Method, StatusCode, header};

use super::body::Pace;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response};
use crate::embedded::{ASSETS, Asset};
use crate::store::connections;

/// Where the shop starts.
pub const HOME: &str = "/demo/";

/// What stands in its pages for the connection's write key and the widget's path.
const WRITE_KEY: &str = "__WRITE_KEY__";
const WIDGET_PATH: &str = "/widget.js";

/// The card that the shop's bank declines, by its last four digits.
const DECLINED_CARD: &str = "0002";

/// The largest order that is read.
const MAX_ORDER_BYTES: usize = 64 * 1024;

/// The lowest number of an order.
const FIRST_ORDER: i64 = 1042;

/// The routes of this file: one for each page of the shop, and its till.
pub fn routes() -> Vec<Route> {
    let page = |path: &'static str, asset: &'static Asset| {
        let serve = move |app: App, _: Request| async move { page(&app, asset).await };
        Route::new(Method::GET, path, Access::Public, Surface::Demo, serve)
    };
    let pages = ASSETS.iter().filter(|asset| asset.path.starts_with(HOME) && asset.name.ends_with(".html"));
    let mut routes: Vec<Route> = pages.clone().map(|asset| page(asset.path, asset)).collect();
    routes.extend(pages.filter(|asset| asset.name == "demo/index.html").map(|asset| page(HOME, asset)));
    routes.push(Route::new(Method::POST, "/demo/api/orders", Access::Public, Surface::Demo, order));
    routes
}

async fn page(app: &App, asset: &'static Asset) -> Result<Response, Problem> {
    let connection = app.demo.ok_or_else(Problem::not_found)?;
    let key = app.store.read(move |conn| connections::write_key(conn, connection)).await?;
    let html = asset
        .content
        .text()
        .replace(WIDGET_PATH, &app.settings.recorder.widget_path)
        .replace(WRITE_KEY, &key.unwrap_or_default());
    let mut response = Response::new(html.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    Ok(response)
}

/// What the till reads of an order.
#[derive(Deserialize)]
struct Order {
    email: String,
    card_last4: String,
}

#[derive(Serialize)]
struct Confirmation {
    order: String,
}

/// Takes every order, but for one card.
async fn order(app: App, mut request: Request) -> Result<Response, Problem> {
    let body = request.body.read(MAX_ORDER_BYTES, Pace::from(&app.settings.ingest)).await?;
    let order: Order = serde_json::from_slice(&body).map_err(|_| {
        Problem::bad_request("An order is JSON with `email`, `items`, `total` and `card_last4`.")
    })?;
    if order.card_last4 == DECLINED_CARD {
        return Err(Problem::card_declined());
    }
    let number = FIRST_ORDER + (app.clock.now() / 1000 + order.email.len() as i64) % 1000;
    let confirmation = Confirmation { order: format!("A-{number}") };
    let text = serde_json::to_string(&confirmation).expect("a struct of text is always JSON");
    let mut response = Response::new(text.into());
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

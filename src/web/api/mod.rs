//! The REST API: one table of endpoints, of which routes and the OpenAPI document are made.
//!
//! Each endpoint says which scope of a token it needs, what it takes and what it answers;
//! what it answers with is a type, and the document has the schema of that very type.
//! Nothing is looked for or decided here that pages do not do in the same way.

mod connections;
mod conversation;
mod document;
mod endpoint;
mod erasures;
mod events;
mod findings;
mod health;
mod notes;
mod page;
mod param;
mod prompts;
mod reports;
mod session;
mod sessions;
mod shapes;
mod visitors;
mod webhooks;

use super::router::Route;
use endpoint::Endpoint;

/// Where the API is.
pub const ROOT: &str = "/api/v1";

/// Where the document is that describes it.
pub const DOCUMENT: &str = "/api/v1/openapi.json";

/// All endpoints, in the order in which they are documented.
pub fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = connections::endpoints();
    endpoints.extend(health::endpoints());
    endpoints.extend(sessions::endpoints());
    endpoints.extend(session::endpoints());
    endpoints.extend(events::endpoints());
    endpoints.extend(conversation::endpoints());
    endpoints.extend(findings::endpoints());
    endpoints.extend(notes::endpoints());
    endpoints.extend(prompts::endpoints());
    endpoints.extend(visitors::endpoints());
    endpoints.extend(reports::endpoints());
    endpoints.extend(erasures::endpoints());
    endpoints.extend(webhooks::endpoints());
    endpoints
}

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    let mut routes: Vec<Route> = endpoints().into_iter().map(Endpoint::into_route).collect();
    routes.push(document::route());
    routes.extend(page::routes());
    routes
}

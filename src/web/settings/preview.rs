//! A small page with the widget on it, as its form has it: shown beside the form in a frame.

use serde::Serialize;
use warp::http::{HeaderValue, Method, header};

use super::{route, widget};
use crate::model::ConnectionId;
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Route;
use crate::web::{App, Response};

/// The frame is ours, and so is the widget, which styles itself.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; object-src 'none'; \
    frame-ancestors 'self'";

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![route(Method::GET, "/widget/preview", page)]
}

#[derive(Serialize)]
struct PreviewPage {
    script_url: String,
    write_key: String,
    /// Of the script element, beside the key.
    attributes: Vec<(&'static str, String)>,
    /// What is wrong with the form; the widget is shown without it.
    problems: Vec<String>,
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let frame = Frame::about(&app, "settings", connection).await?;
    request.query("title")?;
    let asked = widget::read(|name| request.query(name).ok().flatten().unwrap_or_default());
    let wrong = asked.problems();
    let fine = |name: &str| !wrong.iter().any(|(field, _)| *field == name);
    let suggestions = serde_json::to_string(&asked.suggestions).expect("texts are always JSON");
    let attributes = [
        ("title", "title", asked.title.clone()),
        ("greeting", "greeting", asked.greeting.clone()),
        ("placeholder", "placeholder", asked.placeholder.clone()),
        ("suggestions", "suggestions", suggestions),
        ("accent", "accent", asked.accent.clone()),
        ("theme", "theme", asked.theme.clone()),
        ("position", "position", asked.position.clone()),
        ("language", "language", asked.language.clone()),
        ("consent", "consent", asked.consent.clone()),
        ("privacy_url", "privacy-url", asked.privacy_url.clone()),
    ];
    let page = PreviewPage {
        script_url: app.settings.recorder.widget_path.clone(),
        write_key: frame.connection.map(|connection| connection.write_key).unwrap_or_default(),
        attributes: attributes
            .into_iter()
            .filter(|(name, ..)| fine(name))
            .map(|(_, attribute, value)| (attribute, value))
            .collect(),
        problems: wrong.iter().map(|(_, problem)| problem.clone()).collect(),
    };
    let mut response = app.templates.page("pages/widget_preview.html", &page)?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

//! What a site puts into its pages, for each kind of site; and whether it works yet.

use serde::Serialize;
use warp::http::Method;

use super::{Head, route, url};
use crate::model::{Connection, ConnectionId};
use crate::store::connections;
use crate::web::page::sessions_url;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Route;
use crate::web::{App, Response, demo, doctor};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![route(Method::GET, "/install", page)]
}

/// Where a connection's snippet is.
pub fn url_of(connection: ConnectionId) -> String {
    format!("{}/install", url(connection))
}

#[derive(Serialize)]
struct InstallPage {
    #[serde(flatten)]
    head: Head,
    /// The recorder alone, and the recorder with the chat.
    ways: Vec<Way>,
    /// For sites with a Content-Security-Policy.
    csp: String,
    waiting: bool,
    sessions_url: String,
    live_url: String,
    doctor_url: String,
    demo_url: Option<&'static str>,
}

#[derive(Serialize)]
struct Way {
    title: &'static str,
    about: &'static str,
    snippets: Vec<Snippet>,
}

#[derive(Serialize)]
struct Snippet {
    name: &'static str,
    about: &'static str,
    text: String,
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let head = Head::of(&app, &request, connection, "Install").await?;
    let present = head.frame.connection.clone().ok_or_else(Problem::not_found)?;
    let scope = app.scope();
    let totals = app.store.read(move |conn| connections::totals(conn, &scope, connection)).await?;
    let page = InstallPage {
        ways: vec![
            Way {
                title: "Recorder",
                about: "Records visits. Your own chat widget can tell it what was asked with hindsight.prompt() and \
                        hindsight.reply().",
                snippets: snippets(&app, &present, &app.settings.recorder.script_path),
            },
            Way {
                title: "Recorder and widget",
                about: "The chat of Hindsight on your pages; it brings the recorder along, so one line is enough.",
                snippets: snippets(&app, &present, &app.settings.recorder.widget_path),
            },
        ],
        csp: doctor::csp_line(&app.public_url),
        waiting: totals.total == 0,
        sessions_url: sessions_url(connection),
        live_url: format!("/connections/{connection}/live"),
        doctor_url: doctor::url(connection),
        demo_url: app.demo.filter(|demo| *demo == connection).map(|_| demo::HOME),
        head,
    };
    app.templates.page("pages/settings_install.html", &page)
}

/// The same script for each kind of site.
fn snippets(app: &App, connection: &Connection, path: &str) -> Vec<Snippet> {
    let src = format!("{}{path}", app.public_url);
    let key = &connection.write_key;
    let tag = format!("<script async src=\"{src}\" data-connection=\"{key}\"></script>");
    let snippet = |name, about, text| Snippet { name, about, text };
    vec![
        snippet("HTML", "Into the <head> of every page.", tag.clone()),
        snippet("React", "Into the <head> of index.html, with Vite or Create React App.", tag.clone()),
        snippet(
            "Next.js",
            "Into app/layout.tsx, inside <body>.",
            format!(
                "import Script from \"next/script\";\n\n<Script src=\"{src}\" data-connection=\"{key}\" \
                 strategy=\"afterInteractive\" />"
            ),
        ),
        snippet("Vue", "Into the <head> of index.html.", tag.clone()),
        snippet(
            "Nuxt",
            "Into nuxt.config.ts.",
            format!(
                "export default defineNuxtConfig({{\n  app: {{ head: {{ script: [{{ src: \"{src}\", async: true, \
                 \"data-connection\": \"{key}\" }}] }} }},\n}});"
            ),
        ),
        snippet(
            "WordPress",
            "Into functions.php of the theme, or with a plugin that adds code to the <head>.",
            format!("add_action('wp_head', function () {{ ?>\n{tag}\n<?php }});"),
        ),
        snippet(
            "Google Tag Manager",
            "A tag of the kind Custom HTML, on all pages. Tag Manager drops attributes, so the key stands in the address.",
            format!("<script async src=\"{src}?connection={key}\"></script>"),
        ),
    ]
}

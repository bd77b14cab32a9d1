//! How a connection's widget looks and speaks.

use url::form_urlencoded;
use warp::http::Method;

use super::{Field, FormPage, Group, Head, Problems, append_if_any, route, saved, settings_entry, url};
use crate::model::ConnectionId;
use crate::model::widget::{
    CONSENTS, MAX_GREETING, MAX_LINE, MAX_TITLE, MAX_URL, OfferedWidget, POSITIONS, STARTS, THEMES, Widget,
};
use crate::store::connection_settings;
use crate::web::audited::changed;
use crate::web::form::Form;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Route;
use crate::web::{App, Response};

const ABOUT: &str = "A chat on your pages, whose conversations are part of the recording. Attributes of the script \
    element win over what is said here.";

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![route(Method::GET, "/widget", page), route(Method::POST, "/widget", save)]
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let head = Head::of(&app, &request, connection, "Widget").await?;
    let settings = app.store.read(move |conn| connection_settings::find(conn, connection)).await?;
    let widget = settings.ok_or_else(Problem::not_found)?.widget;
    show(&app, head, connection, &widget, &Problems::new())
}

fn show(
    app: &App,
    head: Head,
    connection: ConnectionId,
    offered: &OfferedWidget,
    problems: &Problems,
) -> Result<Response, Problem> {
    let preview =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs(&offered.widget)).finish();
    FormPage {
        head: Head { wrong: !problems.is_empty(), ..head },
        title: "Widget",
        about: ABOUT,
        action: format!("{}/widget", url(connection)),
        groups: groups(offered, problems),
        preview_url: Some(format!("{}/widget/preview?{preview}", url(connection))),
    }
    .show(app)
}

fn groups(offered: &OfferedWidget, problems: &Problems) -> Vec<Group> {
    let widget = &offered.widget;
    let texts = vec![
        Field::text("title", "Title", &widget.title, MAX_TITLE),
        Field::lines("greeting", "Greeting", &widget.greeting, 3)
            .hint(format!("At most {MAX_GREETING} characters.")),
        Field::text("placeholder", "In the empty field", &widget.placeholder, MAX_LINE),
        Field::lines("suggestions", "Questions to begin with", widget.suggestions.join("\n"), 4)
            .hint("One a line, at most six."),
        Field::text("language", "Language", &widget.language, 35)
            .hint("A tag such as de or pt-BR. Empty: the language of the page.")
            .placeholder("as the page"),
    ];
    let looks = vec![
        Field::colour("accent", "Accent", &widget.accent),
        Field::choice("theme", "Theme", &THEMES, &widget.theme),
        Field::choice("position", "Place", &POSITIONS, &widget.position),
    ];
    let rules = vec![
        Field::choice("start", "Recording starts", &STARTS, &widget.start),
        Field::choice("consent", "Visitors are told", &CONSENTS, &widget.consent),
        Field::text("privacy_url", "Privacy page", &widget.privacy_url, MAX_URL)
            .hint("Where the notice leads to. Empty: nowhere.")
            .placeholder("https://shop.example/privacy"),
    ];
    vec![
        Group::new(
            "",
            "",
            vec![Field::switch("offered", "Offer the widget to pages", offered.offered)],
            problems,
        ),
        Group::new("Words", "What is left empty is the widget's own, in its language.", texts, problems),
        Group::new("Looks", "", looks, problems),
        Group::new("Recording", "", rules, problems),
    ]
}

async fn save(app: App, mut request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let head = Head::of(&app, &request, connection, "Widget").await?;
    let form = Form::read(&app, &mut request).await?;
    let offered = OfferedWidget {
        offered: form.text("offered") == "1",
        widget: read(|name| form.text(name).to_owned()),
    };
    let problems = offered.widget.problems();
    if !problems.is_empty() {
        return show(&app, head, connection, &offered, &problems);
    }
    let before = app.store.read(move |conn| connection_settings::find(conn, connection)).await?;
    let before = before.ok_or_else(Problem::not_found)?.widget;
    let entry = settings_entry(&app, connection, "widget", changed(&before, &offered));
    app.store
        .write(move |conn| {
            connection_settings::set_widget(conn, connection, &offered)?;
            append_if_any(conn, entry)
        })
        .await?;
    Ok(saved(&format!("{}/widget", url(connection)), "1"))
}

/// The widget that fields of these names describe.
pub fn read(text: impl Fn(&str) -> String) -> Widget {
    let line = |name| text(name).trim().to_owned();
    let lines = text("suggestions");
    Widget {
        title: line("title"),
        greeting: line("greeting").replace("\r\n", "\n"),
        placeholder: line("placeholder"),
        suggestions: lines
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect(),
        accent: line("accent").to_ascii_lowercase(),
        theme: line("theme"),
        position: line("position"),
        language: line("language"),
        start: line("start"),
        consent: line("consent"),
        privacy_url: line("privacy_url"),
    }
}

/// The fields of a widget by name.
fn pairs(widget: &Widget) -> Vec<(&'static str, String)> {
    vec![
        ("title", widget.title.clone()),
        ("greeting", widget.greeting.clone()),
        ("placeholder", widget.placeholder.clone()),
        ("suggestions", widget.suggestions.join("\n")),
        ("accent", widget.accent.clone()),
        ("theme", widget.theme.clone()),
        ("position", widget.position.clone()),
        ("language", widget.language.clone()),
        ("start", widget.start.clone()),
        ("consent", widget.consent.clone()),
        ("privacy_url", widget.privacy_url.clone()),
    ]
}

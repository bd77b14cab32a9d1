//! The page of a visitor.

use serde::Serialize;

use super::{url_of, visitor_of};
use crate::model::{ConnectionId, user_agent};
use crate::store::listing::{Filter as Wanted, Listing, Page, Place};
use crate::store::{choices, feed, prompts, sessions, visitors};
use crate::web::activity::entry::{Entry, entries};
use crate::web::filter::Filter;
use crate::web::held_back::Rule;
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, format, persons, see_other};

#[derive(Serialize)]
struct VisitorPage {
    #[serde(flatten)]
    frame: Frame,
    visitor: String,
    figures: Vec<(&'static str, String)>,
    first_seen: Time,
    last_seen: Time,
    traits: Vec<(String, String)>,
    browsers: Vec<String>,
    entries: Vec<Entry>,
    newer_url: Option<String>,
    older_url: Option<String>,
    list_url: String,
    export_url: String,
    delete_url: String,
}

#[derive(Serialize)]
struct Time {
    exact: String,
    relative: String,
}

/// What the store says.
struct Found {
    visitor: visitors::Visitor,
    listing: Listing,
    entries: Vec<feed::Entry>,
    rule: Rule,
}

/// Answers the page.
pub async fn show(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let name = visitor_of(&request)?;
    let page = page_of(&request)?;
    let frame = Frame::about(&app, "visitor", connection).await?;
    let found = find(&app, connection, &name, page).await?.ok_or_else(Problem::no_visitor)?;
    if found.entries.is_empty() && page != Page::First {
        // An old link into the list whose sessions are gone.
        return Ok(see_other(&url_of(connection, &name)));
    }
    app.templates.page("pages/visitor.html", &visitor_page(&app, frame, connection, name, found))
}

async fn find(
    app: &App,
    connection: ConnectionId,
    visitor: &str,
    page: Page,
) -> Result<Option<Found>, Problem> {
    let (scope, limit) = (app.scope(), app.settings.pages.sessions_per_page);
    let (viewing, visitor) = (app.clone(), visitor.to_owned());
    let read = app.store.read(move |conn| {
        let rule = Rule::of(&viewing, connection, &choices::of_connection(conn, connection)?);
        let wanted = rule.narrow(Wanted { visitor: Some(visitor.clone()), ..Wanted::default() });
        let Some(known) = visitors::find(conn, &scope, connection, &visitor, &wanted)? else {
            return Ok(None);
        };
        let mut listing = sessions::list(conn, &scope, connection, &wanted, page, limit)?;
        let mut entries = Vec::with_capacity(listing.sessions.len());
        for session in std::mem::take(&mut listing.sessions) {
            let prompts = prompts::of_session(conn, &scope, session.row)?;
            entries.push(feed::Entry::Session(Box::new(session), prompts));
        }
        Ok(Some(Found { visitor: known, listing, entries, rule }))
    });
    Ok(read.await?)
}

fn visitor_page(
    app: &App,
    frame: Frame,
    connection: ConnectionId,
    name: String,
    found: Found,
) -> VisitorPage {
    let Found { visitor, listing, entries: listed, rule } = found;
    let (now, url) = (app.clock.now(), url_of(connection, &name));
    let place = |entry: Option<&feed::Entry>, side: &str, more: bool| {
        let row = entry.filter(|_| more).map(|entry| entry.place().row);
        row.map(|row| format!("{url}?{side}={row}"))
    };
    let time = |at| Time { exact: format::exact(at), relative: format::relative(at, now) };
    let mut browsers: Vec<String> = Vec::new();
    for agent in &visitor.user_agents {
        let browser = user_agent::read(agent);
        let parts = [browser.browser.as_str(), browser.os, browser.device];
        let words: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let words = words.join(" · ");
        if !words.is_empty() && !browsers.contains(&words) {
            browsers.push(words);
        }
    }
    let filter = Filter { visitor: name.clone(), ..Filter::default() };
    let mut figures = vec![
        ("Sessions", format::grouped(visitor.sessions)),
        ("Page views", format::grouped(visitor.pages)),
        ("Prompts", format::grouped(visitor.prompts)),
        ("Errors", format::grouped(visitor.errors)),
        ("Stored size", format::bytes(visitor.bytes)),
    ];
    figures.retain(|(name, _)| frame.may.read_prompts || *name != "Prompts");
    VisitorPage {
        figures,
        first_seen: time(visitor.first_seen),
        last_seen: time(visitor.last_seen),
        traits: visitor.traits,
        browsers,
        newer_url: place(listed.first(), "after", listing.newer.is_some()),
        older_url: place(listed.last(), "before", listing.older.is_some()),
        entries: entries(listed, rule, now),
        list_url: filter.list_url(connection, Default::default()),
        export_url: format!("{url}/export.zip"),
        delete_url: persons::url_of(Some(connection), &name),
        visitor: name,
        frame,
    }
}

fn page_of(request: &Request) -> Result<Page, Problem> {
    let bad = || Problem::bad_query("before and after are places in the list, as its own links have them.");
    let place = |text: String| text.parse::<i64>().map(Place::at).map_err(|_| bad());
    match (request.query("before")?, request.query("after")?) {
        (None, None) => Ok(Page::First),
        (Some(text), None) => place(text).map(Page::OlderThan),
        (None, Some(text)) => place(text).map(Page::NewerThan),
        (Some(_), Some(_)) => Err(bad()),
    }
}

//! The sessions before and after one, in the list that the viewer came from.

use serde::Serialize;
use url::{Url, form_urlencoded};
use warp::http::{Method, header};

use super::filter::{Filter, address};
use super::held_back::{Rule, find};
use super::page::sessions_url;
use super::problem::Problem;
use super::replay::{PAGE, json};
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::row::url_of;
use super::viewer::Viewer;
use super::{App, Response, format};
use crate::model::{ConnectionId, Session};
use crate::store::listing::{self, Page, Place};
use crate::store::{self, Db, Scope, choices};

/// Of so many neighbours the nearest that can be played is taken.
const LOOKED_AT: usize = 50;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let path = format!("{PAGE}/neighbours.json");
    vec![Route::new(Method::GET, path, Access::Member, Surface::Data, neighbours)]
}

/// See `browser/contracts/neighbours.ts`.
#[derive(Serialize)]
struct Neighbours {
    newer: Option<Neighbour>,
    older: Option<Neighbour>,
}

#[derive(Serialize)]
struct Neighbour {
    url: String,
    page: String,
    started_at: String,
}

/// What the list was narrowed to that the viewer came from: the query of its address. It
/// is said by the address of the replay, or else by the page that led to it.
pub fn list_query(request: &Request, connection: ConnectionId) -> Result<String, Problem> {
    let said = request.query("from")?;
    let query = said.or_else(|| came_from(request, connection)).unwrap_or_default();
    // Whatever it holds, what comes out is a query.
    let pairs = form_urlencoded::parse(query.as_bytes());
    Ok(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

fn came_from(request: &Request, connection: ConnectionId) -> Option<String> {
    let page = Url::parse(request.header(header::REFERER)).ok()?;
    (page.path() == sessions_url(connection)).then(|| page.query().unwrap_or_default().to_owned())
}

/// An address of a session that knows the list which its replay was opened from.
pub fn with_list(url: &str, list: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs((!list.is_empty()).then_some(("from", list)));
    address(url, &query.finish())
}

/// The query is the list's own.
async fn neighbours(app: App, request: Request) -> Result<Response, Problem> {
    let session = find(&app, &request).await?;
    let filter = Filter::of(&request)?;
    let scope = app.scope();
    let viewing = app.clone();
    let (now, viewer) = (app.clock.now(), Viewer::of(&app, &request));
    let (newer, older) = app
        .store
        .read(move |conn| {
            let rule =
                Rule::of(&viewing, session.connection, &choices::of_connection(conn, session.connection)?);
            let Some(wanted) = filter.wanted(now, &viewer).map(|wanted| rule.narrow(wanted)) else {
                return Ok((None, None));
            };
            let place = Place::of(&session, wanted.order);
            let list = List { conn, scope: &scope, connection: session.connection, wanted: &wanted, rule };
            Ok((list.nearest(Page::NewerThan(place))?, list.nearest(Page::OlderThan(place))?))
        })
        .await?;
    let list = list_of(&request);
    let neighbour = |session: Session| Neighbour {
        url: with_list(&url_of(&session), &list),
        started_at: format::exact(session.started_at),
        page: session.landing_url,
    };
    json(&Neighbours { newer: newer.map(neighbour), older: older.map(neighbour) })
}

/// The list's query as the address of a replay has it.
fn list_of(request: &Request) -> String {
    let pairs = form_urlencoded::parse(request.query.as_bytes());
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

struct List<'a> {
    conn: &'a Db,
    scope: &'a Scope,
    connection: ConnectionId,
    wanted: &'a listing::Filter,
    rule: Rule,
}

impl List<'_> {
    /// The nearest session on a side that can be played.
    fn nearest(&self, page: Page) -> store::Result<Option<Session>> {
        let listing = listing::list(self.conn, self.scope, self.connection, self.wanted, page, LOOKED_AT)?;
        let mut playable =
            listing.sessions.into_iter().map(|each| self.rule.apply(each)).filter(|each| each.playable);
        // A listing runs from newest to oldest, whichever way it was read.
        Ok(if matches!(page, Page::NewerThan(_)) { playable.next_back() } else { playable.next() })
    }
}

//! The list of sessions, with the filter of the page.

use warp::http::Method;

use super::endpoint::Endpoint;
use super::param::{self, BEFORE, Kind, LIMIT, Param};
use super::session::Shown;
use super::shapes::List;
use crate::model::{ConnectionId, Severity, TokenScope};
use crate::store::listing::{self, Order, Page, Place, Prompts};
use crate::store::{Db, choices, tags};
use crate::web::App;
use crate::web::filter::values::{Last, Word};
use crate::web::filter::{self, Filter, read_place};
use crate::web::held_back::Rule;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Access;
use crate::web::viewer::Viewer;

pub fn endpoints() -> Vec<Endpoint> {
    let place = (Method::GET, "/connections/{connection}/sessions", Access::Member, TokenScope::Read);
    vec![Endpoint::json(place, "List sessions", list).params(PARAMS).about(
        "The newest first, unless `sort` says otherwise. A page looks at 5,000 sessions at most: where a filter lets \
         few through, it may have fewer items than `limit`, or none, and still a `next`.",
    )]
}

fn words<W: Word>() -> Vec<&'static str> {
    W::ALL.iter().map(|(_, word, _)| *word).collect()
}

const fn param(name: &'static str, kind: Kind, about: &'static str) -> Param {
    Param { name, kind, about }
}

/// A number that no count of a session reaches.
const MANY: u32 = u32::MAX;

const PARAMS: &[Param] = &[
    param("status", Kind::OneOf(|| vec!["all", "active", "completed"]), "Whether more of them is expected."),
    param(
        "q",
        Kind::Text,
        "Words, and \"phrases\", of what was seen, clicked, said and visited. Needs `read:prompts`.",
    ),
    param("url", Kind::Part, "A part of the URL of their first page."),
    param("page", Kind::Text, "Words of the URL of a page that was visited, one after the other."),
    param("visitor", Kind::Text, "Whom the page said the visitor is: all of it."),
    param("last", Kind::OneOf(words::<Last>), "When they started at the earliest, counted back from now."),
    param("from", Kind::Moment, "When they started at the earliest."),
    param("to", Kind::Moment, "When they started at the latest; a day is meant with its end."),
    param("browser", Kind::Text, "The browser, as `browser` names it."),
    param("os", Kind::Text, "The system, as `os` names it."),
    param("device", Kind::Text, "The kind of device, as `device` names it."),
    param("country", Kind::Text, "The country, in two letters."),
    param("min_duration", Kind::Length, "They lasted as long, or longer."),
    param("max_duration", Kind::Length, "They lasted as long, or less."),
    param("min_events", Kind::Number(0, MANY), "They have as many rrweb events, or more."),
    param("max_events", Kind::Number(0, MANY), "They have as many rrweb events, or fewer."),
    param("prompts", Kind::OneOf(words::<Prompts>), "They have prompts, or unanswered ones."),
    param("errors", Kind::OneOf(|| vec!["any"]), "They have errors."),
    param("findings", Kind::OneOf(words::<Severity>), "They have findings as grave as this."),
    param("kind", Kind::Text, "They have a finding of this kind."),
    param("score", Kind::Number(0, MANY), "Their score is as high, or higher."),
    param("tag", Kind::Text, "They have this tag."),
    param("pinned", Kind::OneOf(|| vec!["yes"]), "They are pinned."),
    param("sort", Kind::OneOf(words::<Order>), "What comes first."),
    LIMIT,
    BEFORE,
];

async fn list(app: App, request: Request) -> Result<List<Shown>, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let filter = Filter::of(&request)?;
    let limit = param::limit(&request)?;
    let bad = || Problem::bad_query("before is a place in the list, as `next` of the page before has it.");
    let place = request.query("before")?.map(|text| read_place(&text).ok_or_else(bad)).transpose()?;
    let problems =
        [("q", filter.words_problem()), ("url", filter.url_problem()), ("page", filter.page_problem())];
    for (name, problem) in problems {
        if let Some(problem) = problem {
            return Err(Problem::bad_query(&format!("{name}: {problem}")));
        }
    }
    let scope = app.scope();
    if !filter.words.is_empty() && !scope.shows_prompts(connection) {
        // What visitors wrote is found by it as well.
        return Err(Problem::token_scope(TokenScope::ReadPrompts));
    }
    let nobody = Viewer { id: String::new(), known: true };
    let wanted = filter.wanted(app.clock.now(), &nobody).ok_or_else(Problem::internal)?;
    let viewing = app.clone();
    let read = move |conn: &Db| {
        let rule = Rule::of(&viewing, connection, &choices::of_connection(conn, connection)?);
        let page = place.map_or(Page::First, Page::OlderThan);
        let listing = listing::list(conn, &scope, connection, &rule.narrow(wanted), page, limit)?;
        let mut items = Vec::with_capacity(listing.sessions.len());
        for session in listing.sessions {
            let tags = tags::of_session(conn, session.row)?;
            items.push(Shown::of(&viewing, rule.apply(session), tags));
        }
        Ok((items, listing.older.or(listing.stopped)))
    };
    let (items, older) = app.store.read(read).await?;
    Ok(List { items, next: older.map(|place| next(&request, &filter, place)) })
}

/// The address of the page that goes on from a place.
fn next(request: &Request, filter: &Filter, place: Place) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(filter.fields());
    query.extend_pairs(request.query("limit").ok().flatten().map(|limit| ("limit", limit)));
    query.append_pair("before", &filter.write(place));
    filter::address(&request.path, &query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_has_the_filter_of_the_page() {
        // Who has watched what is a matter of people.
        let of_page: Vec<&str> = filter::NAMES.into_iter().filter(|name| *name != "watched").collect();
        let here: Vec<&str> = PARAMS.iter().map(|param| param.name).collect();
        assert_eq!(here[..of_page.len()], of_page);
        assert_eq!(here[of_page.len()..], ["limit", "before"]);
    }
}

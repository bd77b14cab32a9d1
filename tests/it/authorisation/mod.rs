//! Who may do what, for every row of the table of routes: nobody, all roles in this
//! connection and in another one, roles in all connections, and the holder of a write key.

mod documented;
mod dump;
mod offered;
mod own;
mod people;
mod programs;
mod sent_file;
mod withheld;
mod world;

use std::collections::BTreeMap;

use hindsight::model::{ConnectionId, Role};
use hindsight::store::Scope;
use hindsight::web::{Access, Asker, Route, Router, Who};
use warp::http::Method;

use crate::server::TestServer;
use dump::dump;
use world::{ASKER, Answer, Ids, absent, body, names, populate, query, send};

/// Somebody who asks.
pub struct Person {
    pub name: &'static str,
    /// `None` has not logged in.
    pub who: Option<Who>,
}

fn user(scope: Scope) -> Option<Who> {
    Some(Who { asker: Asker::User { id: ASKER, name: "asker".to_owned() }, scope })
}

/// Somebody with a role in one connection.
pub fn person(role: Role, connection: ConnectionId) -> Person {
    Person { name: role.name(), who: user(Scope::of(BTreeMap::from([(connection, role)]))) }
}

/// Everybody there is, for a connection and another one.
fn everybody(own: ConnectionId, other: ConnectionId) -> Vec<Person> {
    let mut people = Vec::from(Role::ALL.map(|role| person(role, own)));
    people.extend([
        // A write key, which every request here carries, is no reason to know anybody.
        Person { name: "nobody but for a write key", who: None },
        Person { name: "viewer of another connection", ..person(Role::Viewer, other) },
        Person { name: "admin of another connection", ..person(Role::Admin, other) },
        Person { name: "viewer of everything", who: user(Scope::everywhere(Role::Viewer)) },
        Person { name: "admin of everything", who: user(Scope::everything()) },
    ]);
    people
}

/// What is to come of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    LetIn,
    LogInFirst,
    NotAllowed,
    NotFound,
}

/// Told from the row alone.
fn expected(access: Access, person: &Person, connection: ConnectionId) -> Expected {
    let least = match access {
        Access::Public | Access::WriteKey | Access::Share => return Expected::LetIn,
        Access::LoggedIn | Access::Server => None,
        Access::Member => Some(Role::ViewerWithoutPrompts),
        Access::Viewer => Some(Role::Viewer),
        Access::Editor => Some(Role::Editor),
        Access::Admin => Some(Role::Admin),
    };
    let Some(who) = &person.who else { return Expected::LogInFirst };
    match (least, who.scope.role_in(connection)) {
        (None, _) if access == Access::Server && !who.scope.is_everything() => Expected::NotAllowed,
        (None, _) => Expected::LetIn,
        (Some(_), None) => Expected::NotFound,
        (Some(least), Some(role)) if role < least => Expected::NotAllowed,
        (Some(_), Some(_)) => Expected::LetIn,
    }
}

/// The same for a row. A short link names its connection by the key.
fn wanted(route: &Route, person: &Person, connection: ConnectionId) -> Expected {
    match expected(route.access, person, connection) {
        Expected::LetIn if route.path.starts_with("/go/") => expected(Access::Member, person, connection),
        wanted => wanted,
    }
}

fn came_of(answer: &Answer) -> Expected {
    match answer.status {
        // A page leads whoever has to log in to where they can.
        303 if answer
            .leads_to
            .as_deref()
            .is_some_and(|to| to == "/login" || to.starts_with("/login?next=")) =>
        {
            Expected::LogInFirst
        }
        401 => Expected::LogInFirst,
        403 => Expected::NotAllowed,
        404 => Expected::NotFound,
        _ => Expected::LetIn,
    }
}

/// Rows whose own access says nothing of who asks: keys and links are tested with them.
fn is_for_people(route: &Route) -> bool {
    !matches!(route.access, Access::Public | Access::WriteKey | Access::Share)
}

/// A server, two connections that know nothing of each other, and the table.
async fn two_worlds() -> (TestServer, Router, Ids, Ids) {
    let server = world::start().await;
    // What is finished for the second would end the visit that still lasts in the first.
    let blog = populate(&server, "blog", true).await;
    let shop = populate(&server, "shop", true).await;
    let router = Router::new(server.app.clone()).expect("routes");
    (server, router, shop, blog)
}

async fn ask(router: &Router, person: &Person, route: &Route, ids: &Ids, number: usize) -> world::Answer {
    let path = ids.fill(&route.path) + &query(route, ids);
    send(router, person.who.as_ref(), &route.method, &path, body(route, ids, number)).await
}

#[tokio::test]
async fn whoever_may_not_is_refused_by_every_route_and_changes_nothing() {
    let (server, router, shop, blog) = two_worlds().await;
    let before = dump(&server).await;
    let (people, mut refused, mut wrong) = (everybody(shop.connection, blog.connection), 0, Vec::new());
    for route in router.routes().iter().filter(|route| is_for_people(route)) {
        for person in &people {
            let wanted = wanted(route, person, shop.connection);
            if wanted == Expected::LetIn && route.method != Method::GET {
                continue;
            }
            let answer = ask(&router, person, route, &shop, 0).await;
            let what = format!(
                "{} {} for {}: {} {}",
                route.method,
                route.path,
                person.name,
                answer.status,
                answer.told()
            );
            if came_of(&answer) != wanted || answer.status >= 500 {
                wrong.push(what);
            }
            refused += usize::from(wanted != Expected::LetIn);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused > 300, "{refused} were refused");
    println!("{refused} were refused, on {} routes", router.routes().len());
    assert_eq!(dump(&server).await, before);
}

#[tokio::test]
async fn whoever_may_does_what_the_route_is_for() {
    let (server, router, shop, blog) = two_worlds().await;
    let (mut number, mut wrong) = (0, Vec::new());
    for route in router.routes().iter().filter(|route| is_for_people(route)) {
        if route.method == Method::GET {
            continue;
        }
        for place in 0..everybody(shop.connection, blog.connection).len() {
            let people = everybody(shop.connection, blog.connection);
            if expected(route.access, &people[place], shop.connection) != Expected::LetIn {
                continue;
            }
            // What it changes or takes away is nobody else's.
            number += 1;
            let own = populate(&server, &format!("own{number:04}"), false).await;
            let person = everybody(own.connection, blog.connection).remove(place);
            if let Some(before) = route.path.strip_suffix("/restore") {
                // There is something to be taken back.
                let end = if before.contains("{share}") { "revoke" } else { "delete" };
                let path = own.fill(&format!("{before}/{end}"));
                send(&router, person.who.as_ref(), &Method::POST, &path, String::new()).await;
            }
            let answer = ask(&router, &person, route, &own, number).await;
            let what = format!(
                "{} {} for {}: {} {}",
                route.method,
                route.path,
                person.name,
                answer.status,
                answer.told()
            );
            let is_done = answer.status < 400;
            // Nobody makes reports here, these forms want more, and to this webhook nothing is sent.
            let is_let_in = matches!(answer.status, 400 | 422);
            let asks_more = [
                "/reports",
                "/answers",
                "/answers/try",
                "/widget",
                "/recording",
                "/second-factor",
                "/webhooks/{webhook}/test",
            ];
            let may_fail = is_let_in && asks_more.iter().any(|end| route.path.ends_with(end));
            if !is_done && !may_fail {
                wrong.push(what);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(number > 100, "{number} were let in");
    println!("{number} were let in");
}

#[tokio::test]
async fn what_is_foreign_is_answered_like_what_is_absent() {
    let (server, router, shop, blog) = two_worlds().await;
    let before = dump(&server).await;
    let nowhere = shop.with("connection", absent("connection"));
    for route in router.routes() {
        for person in everybody(shop.connection, blog.connection) {
            if expected(route.access, &person, shop.connection) == Expected::NotFound {
                let [foreign, absent] = [
                    ask(&router, &person, route, &shop, 0).await,
                    ask(&router, &person, route, &nowhere, 0).await,
                ];
                let what = format!("{} {} for {}", route.method, route.path, person.name);
                assert_eq!((foreign.status, absent.status), (404, 404), "{what}");
                assert_eq!(foreign.without_id(), absent.without_id(), "{what}");
            }
        }
        for name in names(&route.path) {
            below(&router, route, name, &shop, &blog).await;
        }
    }
    assert_eq!(dump(&server).await, before);
}

/// An id below a connection leads nowhere in another connection.
async fn below(router: &Router, route: &Route, name: &str, shop: &Ids, blog: &Ids) {
    // These are the same in all connections, or no ids; and the short link leads on to where it is looked up.
    let is_no_id =
        ["connection", "plugin", "kind", "seq", "table", "hash", "*name", "*address", "token", "key"];
    // What is of one's own account, or of the whole server, is below no connection: `own` is about it.
    let is_below_none = !names(&route.path).contains(&"connection") && !route.path.starts_with("/share/");
    if is_no_id.contains(&name) || is_below_none {
        return;
    }
    let admin = person(Role::Admin, shop.connection);
    let other = blog.get(name).to_owned();
    let [foreign, absent] = [
        ask(router, &admin, route, &shop.with(name, &other), 0).await,
        ask(router, &admin, route, &shop.with(name, absent(name)), 0).await,
    ];
    let what = format!("{} {} with another's {name}: {}", route.method, route.path, foreign.text());
    assert_eq!((foreign.status, absent.status), (404, 404), "{what}");
    assert_eq!(foreign.without_id(), absent.without_id(), "{what}");
}

#[tokio::test]
async fn ids_in_forms_reach_nothing_of_another_connection() {
    let (server, router, shop, blog) = two_worlds().await;
    let before = dump(&server).await;
    let admin = person(Role::Admin, shop.connection);
    let sessions = format!("/connections/{}/sessions", shop.connection);
    let foreign = format!("session={}", blog.get("session"));
    for (path, form) in [
        ("chosen", format!("do=pin&{foreign}")),
        ("chosen", format!("do=tag&tag=mine&{foreign}")),
        ("chosen", format!("do=untag&tag=seen&{foreign}")),
        ("chosen", format!("do=delete&{foreign}")),
        ("delete", foreign.clone()),
        ("delete", format!("visitor={}", blog.get("visitor"))),
    ] {
        let path = format!("{sessions}/{path}");
        let answer = send(&router, admin.who.as_ref(), &Method::POST, &path, form.clone()).await;
        assert!(answer.status < 400, "{form}: {}", answer.text());
        assert!(!answer.text().contains(blog.get("session")), "{form}");
    }
    assert_eq!(dump(&server).await, before);
}

#[tokio::test]
async fn a_key_opens_its_connection_to_uploads_and_a_link_one_session() {
    let (_server, router, shop, blog) = two_worlds().await;
    let get = async |path: String| send(&router, None, &Method::GET, &path, String::new()).await;
    assert_eq!(get(format!("/ingest/{}", shop.get("key"))).await.status, 200);
    for path in ["", "/manifest.json", "/story.json", "/stage"] {
        assert_eq!(get(format!("/share/{}{path}", shop.get("token"))).await.status, 200, "{path}");
    }
    let segment = |ids: &Ids| format!("/share/{}/segments/{}", shop.get("token"), ids.get("segment"));
    assert_eq!((get(segment(&shop)).await.status, get(segment(&blog)).await.status), (200, 404));
    let style = format!("/share/{}/styles/{}", shop.get("token"), blog.get("style"));
    assert_eq!(get(style).await.status, 404);
}

#[tokio::test]
async fn lists_and_ways_in_lead_to_what_one_may_see() {
    let (_server, router, shop, blog) = two_worlds().await;
    let viewer = person(Role::Viewer, shop.connection);
    let stranger = Person { name: "stranger", who: user(Scope::nothing()) };
    let get = async |person: &Person, path: &str| {
        send(&router, person.who.as_ref(), &Method::GET, path, String::new()).await
    };
    let list = get(&viewer, "/connections").await.text();
    assert!(
        list.contains(">shop<") && !list.contains("blog") && !list.contains("Add a connection"),
        "{list}"
    );
    let sessions = get(&viewer, &shop.fill("/connections/{connection}/sessions")).await.text();
    assert!(!sessions.contains("blog"), "{sessions}");
    let none = get(&stranger, "/connections").await.text();
    assert!(none.contains("No connection is open to you") && !none.contains(">shop<"), "{none}");
    let go = |ids: &Ids| ids.fill("/go/{key}/{session}");
    let [own, foreign] = [get(&viewer, &go(&shop)).await, get(&viewer, &go(&blog)).await];
    let absent = get(&viewer, &shop.with("key", absent("key")).fill("/go/{key}/{session}")).await;
    assert_eq!((own.status, foreign.status, foreign.text()), (303, 404, absent.text()));
}

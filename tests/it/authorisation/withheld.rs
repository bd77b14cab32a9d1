//! Whoever is not to see prompts sees nothing of what a visitor wrote, anywhere.

use hindsight::model::{Analysis, Role, Severity};
use hindsight::store::{Db, Scope, sessions};
use hindsight::web::Router;
use warp::http::Method;

use super::world::{Answer, Ids, MARKER, ask as say, query, send};
use super::{Expected, Person, expected, is_for_people, person, two_worlds};
use crate::said::{analysed, finding};
use crate::server::TestServer;

async fn get(router: &Router, person: &Person, path: &str) -> Answer {
    send(router, person.who.as_ref(), &Method::GET, path, String::new()).await
}

/// Every address below the connection that a role may open, with some that search.
fn addresses(router: &Router, person: &Person, ids: &Ids) -> Vec<String> {
    let rows = router.routes().iter().filter(|route| {
        let may = expected(route.access, person, ids.connection) == Expected::LetIn;
        is_for_people(route) && route.method == Method::GET && !route.path.ends_with("/live") && may
    });
    let mut paths: Vec<String> = rows.map(|route| ids.fill(&route.path) + &query(route, ids)).collect();
    let (sessions, activity) =
        (ids.fill("/connections/{connection}/sessions"), ids.fill("/connections/{connection}/activity"));
    paths.extend(
        ["q=zebrafish", "q=zebra", "q=zebrafish&sort=longest", "prompts=any", "kind=asked"]
            .map(|query| format!("{sessions}?{query}")),
    );
    paths.extend(["prompts", "unanswered", "all", "sessions"].map(|show| format!("{activity}?show={show}")));
    paths.push(format!(
        "{}?q=zebrafish",
        ids.fill("/connections/{connection}/sessions/{session}/neighbours.json")
    ));
    paths
}

/// A visitor asks in both sessions, and a plugin quotes it.
async fn with_talk(server: &TestServer, ids: &Ids, finished: bool) {
    let live = ids.get("session").replace("-0000000", "-live000");
    for session in [ids.get("session"), &live] {
        say(server, ids, session).await;
    }
    if !finished {
        return;
    }
    server.clock.advance(server.settings.sessions.idle_after() + std::time::Duration::from_secs(1));
    server.finish().await;
    let (connection, id) = (ids.connection, ids.get("session").parse().expect("an id"));
    let find = move |conn: &Db| sessions::find(conn, &Scope::everything(), connection, &id);
    let row = server.store.read(find).await.expect("read").expect("it is there").row;
    let quoted = finding("asked", Severity::High, 0, MARKER, MARKER);
    analysed(server, row, Analysis { findings: vec![quoted], ..Analysis::default() }).await;
}

#[tokio::test]
async fn what_a_visitor_wrote_is_in_no_answer_for_whom_it_is_not() {
    for finished in [false, true] {
        let (server, router, shop, _) = two_worlds().await;
        with_talk(&server, &shop, finished).await;
        let [without, viewer] =
            [Role::ViewerWithoutPrompts, Role::Viewer].map(|role| person(role, shop.connection));
        for path in addresses(&router, &without, &shop) {
            let answer = get(&router, &without, &path).await;
            // What was sought may stand in the field that it was typed into.
            let text = answer.text();
            let sought = if path.contains("zebra") { text.matches(MARKER).count() } else { 0 };
            let said = text.matches("my zebrafish").count() + text.matches("No zebrafish").count();
            assert!(said == 0 && (sought > 0 || !text.contains(MARKER)), "{path} ({finished}): {text}");
        }
        // The same is there for whom it is: the test would see it.
        let mut seen = 0;
        for path in addresses(&router, &viewer, &shop) {
            seen += usize::from(get(&router, &viewer, &path).await.text().contains(MARKER));
        }
        assert!(seen >= 8, "{seen} answers of a viewer have it ({finished})");
    }
}

#[tokio::test]
async fn a_search_does_not_tell_what_was_said() {
    let (server, router, shop, _) = two_worlds().await;
    with_talk(&server, &shop, true).await;
    let rows = async |person: &Person, query: &str| {
        let path = format!("{}?{query}", shop.fill("/connections/{connection}/sessions"));
        get(&router, person, &path).await.text().matches("data-session=").count()
    };
    let [without, viewer] =
        [Role::ViewerWithoutPrompts, Role::Viewer].map(|role| person(role, shop.connection));
    assert_eq!((rows(&without, "").await, rows(&viewer, "").await), (2, 2));
    for query in ["q=zebrafish", "q=zebra", "prompts=any", "kind=asked", "findings=high"] {
        assert_eq!(rows(&without, query).await, 0, "{query}");
        assert!(rows(&viewer, query).await > 0, "{query}");
    }
}

#[tokio::test]
async fn a_session_in_which_something_was_said_is_not_replayed_and_says_why() {
    let (server, router, shop, _) = two_worlds().await;
    let without = person(Role::ViewerWithoutPrompts, shop.connection);
    let session = "/connections/{connection}/sessions/{session}";
    let below = ["/manifest.json", "/events.json", "/stage", "/streams/{stream}/batches/{seq}"];
    for path in below {
        let path = shop.fill(&format!("{session}{path}"));
        assert_eq!(get(&router, &without, &path).await.status, 200, "{path} before anything is said");
    }
    with_talk(&server, &shop, false).await;
    for path in below.into_iter().chain(["/segments/{segment}"]) {
        let answer = get(&router, &without, &shop.fill(&format!("{session}{path}"))).await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
        assert!(
            answer.text().contains("What was said is not for your role")
                || answer.text().contains("prompts-withheld"),
            "{path}: {}",
            answer.text()
        );
    }
    let page = get(&router, &without, &shop.fill(session)).await;
    assert!(page.status == 200 && page.text().contains("is not replayed for you"), "{}", page.text());
    let watched = shop.fill(&format!("{session}/watched"));
    let noted = send(&router, without.who.as_ref(), &Method::POST, &watched, String::new()).await;
    assert_eq!(noted.status, 403);
}

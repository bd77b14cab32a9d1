//! What a page offers, its reader may do.

use hindsight::model::{ConnectionId, Role};
use hindsight::store::{Scope, connections};
use hindsight::web::{Route, Router};
use warp::http::Method;

use super::world::{ask as say, query, send};
use super::{Expected, Person, came_of, everybody, is_for_people, two_worlds, user, wanted};

/// The row that a method and a path lead to, as the router finds it: fixed words go before names.
fn row<'a>(router: &'a Router, method: &Method, path: &str) -> Option<&'a Route> {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |route: &&Route| {
        let wanted: Vec<&str> = route.path.split('/').collect();
        let same = |(wanted, part): (&&str, &&str)| wanted.starts_with('{') || wanted == part;
        route.method == *method && wanted.len() == parts.len() && wanted.iter().zip(&parts).all(same)
    };
    let names = |route: &&Route| route.path.matches('{').count();
    router.routes().iter().filter(fits).min_by_key(names)
}

/// The connection that an address is about.
fn connection_of(path: &str) -> Option<ConnectionId> {
    path.strip_prefix("/connections/")?.split('/').next()?.parse().ok()
}

/// Where the links and forms of a page lead: method and path.
fn offers(page: &str, here: &str) -> Vec<(Method, String)> {
    let mut found = Vec::new();
    for tag in page.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let value = |name: &str| tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next();
        let (method, address) = if tag.starts_with("form ") {
            let is_post = value("method") == Some("post");
            (if is_post { Method::POST } else { Method::GET }, value("action").unwrap_or(here))
        } else if tag.starts_with("a ") {
            (Method::GET, value("href").unwrap_or_default())
        } else {
            continue;
        };
        let address = address.replace("&#x2F;", "/");
        let path = address.split(['?', '#']).next().unwrap_or_default();
        if path.starts_with('/') && !path.starts_with("//") {
            found.push((method, path.to_owned()));
        }
    }
    found
}

#[tokio::test]
async fn no_page_offers_what_its_reader_may_not_do() {
    let (server, router, shop, blog) = two_worlds().await;
    say(&server, &shop, shop.get("session")).await;
    let mut followed = 0;
    for person in everybody(shop.connection, blog.connection) {
        for route in router.routes().iter().filter(|route| is_for_people(route)) {
            let may = wanted(route, &person, shop.connection) == Expected::LetIn;
            if !may || route.method != Method::GET || route.path.ends_with("/live") {
                continue;
            }
            let path = shop.fill(&route.path) + &query(route, &shop);
            let page = send(&router, person.who.as_ref(), &Method::GET, &path, String::new()).await.text();
            if !page.starts_with("<!doctype html>") || route.path.ends_with("replay.html") {
                continue;
            }
            for (method, address) in offers(&page, &path) {
                let Some(offered) = row(&router, &method, &address) else {
                    panic!("{path} leads to {method} {address}, which is nowhere");
                };
                let about = connection_of(&address).unwrap_or(shop.connection);
                let wanted = wanted(offered, &person, about);
                let what = format!("{path} offers {method} {address} to {}", person.name);
                assert_eq!(wanted, Expected::LetIn, "{what}");
                followed += 1;
            }
        }
    }
    assert!(followed > 1000, "{followed} were followed");
}

#[tokio::test]
async fn an_empty_connection_offers_each_role_its_own_next_step() {
    let (server, router, shop, blog) = two_worlds().await;
    let added = server.store.write(|conn| connections::add(conn, "empty", "hk_empty", 0)).await;
    let empty = added.expect("written").expect("a new name").id;
    for role in Role::ALL {
        let who = user(Scope::of([(empty, role), (shop.connection, role)].into()));
        let person = Person { name: role.name(), who };
        let path = format!("/connections/{empty}/sessions");
        let page = send(&router, person.who.as_ref(), &Method::GET, &path, String::new()).await;
        assert_eq!(came_of(&page), Expected::LetIn);
        assert_eq!(page.text().contains("hk_empty"), role == Role::Admin, "{}", role.name());
        assert!(!page.text().contains(&format!("/connections/{}/", blog.connection)));
    }
}

//! What programs may do: each endpoint of the API asks for one scope of the token, and no other does.

use hindsight::model::{TokenScope, TokenScopes};
use hindsight::store::Scope;
use hindsight::web::{Asker, Route, Router, Surface, Who};
use warp::http::Method;

use super::dump::dump;
use super::world::{ASKER, Answer, Ids, body, populate, query, send, send_as};
use super::{is_for_people, two_worlds};

/// A program of somebody who may do everything.
fn program(scopes: TokenScopes) -> Who {
    let asker = Asker::Token { id: 1, name: "program".to_owned(), user: Some(ASKER), scopes };
    Who { asker, scope: Scope::everything() }
}

async fn ask(router: &Router, scopes: TokenScopes, route: &Route, ids: &Ids, number: usize) -> Answer {
    let path = ids.fill(&route.path) + &query(route, ids);
    send(router, Some(&program(scopes)), &route.method, &path, body(route, ids, number)).await
}

/// The scope that the document of the API names for a route.
async fn documented(router: &Router, route: &Route) -> TokenScope {
    let answer = send(router, None, &Method::GET, "/api/v1/openapi.json", String::new()).await;
    let document: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    let operation = &document["paths"][&route.path][route.method.as_str().to_lowercase()];
    let name =
        operation["security"][0]["token"][0].as_str().unwrap_or_else(|| panic!("{} has none", route.path));
    name.parse().expect("a scope")
}

#[tokio::test]
async fn each_endpoint_asks_for_the_one_scope_that_its_document_names() {
    let (server, router, shop, _) = two_worlds().await;
    let of_programs = |route: &&Route| is_for_people(route) && route.surface == Surface::Api;
    let (mut asked, before) = (0, dump(&server).await);
    for route in router.routes().iter().filter(of_programs) {
        let needed = documented(&router, route).await;
        // All the others together, and each alone.
        let others = TokenScope::ALL.into_iter().filter(|scope| *scope != needed);
        let mut too_few: Vec<TokenScopes> =
            others.clone().map(|scope| [scope].into_iter().collect()).collect();
        too_few.push(others.collect());
        too_few.push([].into_iter().collect());
        for scopes in too_few {
            let answer = ask(&router, scopes, route, &shop, 0).await;
            let what = format!("{} {} with {}: {}", route.method, route.path, scopes.names(), answer.text());
            assert!(answer.status == 403 && answer.text().contains("token-scope"), "{what}");
            assert!(answer.text().contains(needed.name()), "{what}");
            asked += 1;
        }
    }
    assert!(asked > 60, "{asked} were refused");
    assert_eq!(dump(&server).await, before);
    for (number, route) in router.routes().iter().filter(of_programs).enumerate() {
        let own = populate(&server, &format!("program{number:03}"), false).await;
        let scopes = [documented(&router, route).await].into_iter().collect();
        let answer = ask(&router, scopes, route, &own, number).await;
        // Nobody makes reports here; by `read` alone a session without prompts is seen, as this one is.
        let may_fail = route.path.ends_with("/reports") && answer.status == 422;
        let what = format!("{} {}: {}", route.method, route.path, answer.text());
        assert!(answer.status < 400 || may_fail, "{what}");
    }
}

#[tokio::test]
async fn whoever_has_logged_in_is_no_program() {
    let (_server, router, shop, _) = two_worlds().await;
    for route in router.routes().iter().filter(|route| is_for_people(route) && route.surface == Surface::Api)
    {
        let who =
            Who { asker: Asker::User { id: ASKER, name: "asker".to_owned() }, scope: Scope::everything() };
        let path = shop.fill(&route.path);
        let answer = send_as(&router, Some(who), &route.method, &path, body(route, &shop, 0)).await;
        assert_eq!(answer.status, 401, "{} {path}", route.method);
    }
}

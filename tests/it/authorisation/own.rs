//! What is below no connection: one's own logins and tokens, and what is the whole server's.

use hindsight::model::Role;
use hindsight::store::Scope;
use hindsight::store::members::{self, Actor};
use warp::http::Method;

use super::dump::dump;
use super::world::{Ids, absent, body, names, query, send};
use super::{Person, is_for_people, person, two_worlds, user};
use crate::server::TestServer;

/// Gives what the ids name to another account than the one that asks.
async fn give_away(server: &TestServer, ids: &Ids) {
    let [to, token, login] = ["user", "token_id", "login"].map(|name| ids.get(name).to_owned());
    let given = server.store.write(move |conn| {
        conn.execute("UPDATE token SET user_id = ?1 WHERE id = ?2", [&to, &token])?;
        conn.execute("UPDATE user_session SET user_id = ?1 WHERE id = ?2", [&to, &login])?;
        Ok(())
    });
    given.await.expect("the store writes");
}

#[tokio::test]
async fn what_is_somebody_elses_is_answered_like_what_is_absent() {
    let (server, router, shop, blog) = two_worlds().await;
    give_away(&server, &blog).await;
    let before = dump(&server).await;
    let admin = person(Role::Admin, shop.connection);
    let mut asked = 0;
    for route in router.routes().iter().filter(|route| is_for_people(route)) {
        for name in names(&route.path).into_iter().filter(|name| ["token_id", "login"].contains(name)) {
            let mut answers = Vec::new();
            for id in [blog.get(name), absent(name)] {
                let path = shop.with(name, id).fill(&route.path);
                let answer = send(&router, admin.who.as_ref(), &route.method, &path, String::new()).await;
                // Ending a login that is over already is no mistake.
                let wanted = if name == "login" { 303 } else { 404 };
                assert_eq!(answer.status, wanted, "{} {path}", route.method);
                answers.push((answer.leads_to.clone(), answer.text()));
            }
            assert_eq!(answers[0], answers[1], "{} {}", route.method, route.path);
            asked += 1;
        }
    }
    assert!(asked >= 3, "{asked} routes");
    assert_eq!(dump(&server).await, before);
}

#[tokio::test]
async fn whoever_administers_everything_revokes_the_tokens_of_others() {
    let (server, router, _, blog) = two_worlds().await;
    give_away(&server, &blog).await;
    let path = blog.fill("/tokens/{token_id}/revoke");
    for (scope, status) in [(Scope::everywhere(Role::Editor), 404), (Scope::everything(), 303)] {
        let somebody = Person { name: "somebody", who: user(scope) };
        let answer = send(&router, somebody.who.as_ref(), &Method::POST, &path, String::new()).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

#[tokio::test]
async fn what_the_server_has_not_is_not_there() {
    let (server, router, shop, _) = two_worlds().await;
    let before = dump(&server).await;
    let admin = Person { name: "admin of everything", who: user(Scope::everything()) };
    for route in router.routes().iter().filter(|route| is_for_people(route)) {
        for name in names(&route.path).into_iter().filter(|name| ["user", "receipt"].contains(name)) {
            let path = shop.with(name, absent(name)).fill(&route.path) + &query(route, &shop);
            let form = body(route, &shop, 0);
            let answer = send(&router, admin.who.as_ref(), &route.method, &path, form).await;
            assert_eq!(answer.status, 404, "{} {path}: {}", route.method, answer.text());
        }
    }
    assert_eq!(dump(&server).await, before);
}

#[tokio::test]
async fn no_role_in_all_connections_but_an_admins_is_everything() {
    for role in Role::ALL {
        let server = super::world::start().await;
        let read = server.store.write(move |conn| {
            conn.execute(
                "INSERT INTO user (name, known_as, role, created_at) VALUES ('x', 'x', ?1, 0)",
                [role.name()],
            )?;
            let id = conn.last_insert_rowid();
            let connection =
                hindsight::store::connections::add(conn, "a", "hk_a", 0)?.expect("a new name").id;
            // Administering each single connection is not administering the server.
            members::set(conn, Actor::Server, connection, id, Role::Admin)?;
            members::scope_of(conn, id, Some(role))
        });
        let scope = read.await.expect("read");
        assert_eq!(scope.is_everything(), role == Role::Admin, "{}", role.name());
    }
}

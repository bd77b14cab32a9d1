//! What administrators decide about others.

use std::time::Duration;

use hindsight::config::Login;
use hindsight::model::Role;
use hindsight::store::accounts;

use super::{PASSWORD, add, cookie_of, get, login, send, start};
use crate::server::{Answer, TestServer};

/// The link that a page shows.
pub fn link_in(answer: &Answer) -> String {
    let text = answer.text();
    let link = text.split("http://test").nth(1).and_then(|rest| rest.split('<').next()).expect("a link");
    link.replace("&#x2F;", "/").replace("&#x3D;", "=")
}

pub async fn choose(server: &TestServer, link: &str, password: &str) -> Answer {
    let token = link.split_once('=').expect("a token").1;
    let fields = [("token", token), ("name", ""), ("password", password), ("again", password)];
    send(server, "/invitation", "", &fields).await
}

#[tokio::test]
async fn who_is_added_chooses_a_password_by_a_link() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let ada = login(&server, "Ada").await;
    let added = send(&server, "/users", &ada, &[("name", "Bob"), ("role", "viewer")]).await;
    assert_eq!(added.status, 200, "{}", added.text());
    let link = link_in(&added);
    assert!(get(&server, "/users", &ada).await.text().contains("Invited"));
    for (fields, says) in [
        ([("name", "BOB"), ("role", "viewer")], "Somebody else is called this"),
        ([("name", " "), ("role", "viewer")], "1 to 100 characters"),
        ([("name", "Eve"), ("role", "root")], "role is one of"),
        ([("name", "Eve"), ("password", "x")], "another was sent"),
    ] {
        let answer = send(&server, "/users", &ada, &fields).await;
        assert!(answer.status == 422 && answer.text().contains(says), "{says}: {}", answer.text());
    }

    assert!(get(&server, &link, "").await.text().contains("Welcome, Bob"));
    assert_eq!(choose(&server, &link, "password1234").await.status, 422);
    let answer = choose(&server, &link, PASSWORD).await;
    let bob = cookie_of(&answer).expect("logged in at once");
    assert_eq!(get(&server, &link, "").await.status, 404, "it works once");
    assert_eq!(get(&server, &server.sessions_path(), &bob).await.status, 200);
    // A viewer administers nothing, and does not learn who else there is.
    for path in ["/users", "/users/1"] {
        assert_eq!(get(&server, path, &bob).await.status, 403, "{path}");
    }
    assert_eq!(send(&server, "/users", &bob, &[("name", "Eve"), ("role", "admin")]).await.status, 403);
    assert_eq!(send(&server, "/users/2/role", &bob, &[("role", "admin")]).await.status, 403);
    assert!(!get(&server, "/account", &bob).await.text().contains("href=\"/users\""));

    // Another link, and after three days none.
    let first = link_in(&send(&server, "/users/2/link", &ada, &[]).await);
    let second = link_in(&send(&server, "/users/2/link", &ada, &[]).await);
    assert_eq!(get(&server, &first, "").await.status, 404);
    assert_eq!(get(&server, &second, "").await.status, 200);
    server.clock.advance(Duration::from_secs(3 * 24 * 60 * 60));
    assert_eq!(get(&server, &second, "").await.status, 404);
}

#[tokio::test]
async fn a_change_ends_the_logins_and_is_shown() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let bob_id = add(&server, "Bob", Some(Role::Viewer)).await;
    let ada = login(&server, "Ada").await;
    let url = format!("/users/{bob_id}");
    let change = async |path: &str, fields: &[(&str, &str)]| {
        send(&server, &format!("{url}{path}"), &ada, fields).await
    };
    let bob = login(&server, "Bob").await;
    assert_eq!(change("/role", &[("role", "editor")]).await.status, 303);
    assert_eq!(get(&server, "/connections", &bob).await.status, 303);
    let bob = login(&server, "Bob").await;
    assert_eq!(change("/role", &[("role", "editor")]).await.status, 303);
    assert_eq!(get(&server, "/connections", &bob).await.status, 200, "the same role ends nothing");
    change("/state", &[("disabled", "1")]).await;
    assert_eq!(get(&server, "/connections", &bob).await.status, 303);
    assert!(get(&server, &url, &ada).await.text().contains("Shut out"));
    assert_eq!(change("/link", &[]).await.status, 422);
    change("/state", &[("disabled", "0")]).await;
    login(&server, "Bob").await;
    assert!(get(&server, &format!("{url}/remove"), &ada).await.text().contains("Remove Bob?"));
    assert_eq!(change("/remove", &[]).await.header("location"), Some("/users?done=removed"));
    assert_eq!(get(&server, &url, &ada).await.status, 404);
}

#[tokio::test]
async fn of_two_administrators_who_remove_each_other_one_stays() {
    let server = start().await;
    let (ada, bob) =
        (add(&server, "Ada", Some(Role::Admin)).await, add(&server, "Bob", Some(Role::Admin)).await);
    let (as_ada, as_bob) = (login(&server, "Ada").await, login(&server, "Bob").await);
    assert_eq!(send(&server, &format!("/users/{ada}/remove"), &as_ada, &[]).await.status, 409, "not oneself");
    let (remove_ada, remove_bob) = (format!("/users/{ada}/remove"), format!("/users/{bob}/remove"));
    let (one, other) =
        tokio::join!(send(&server, &remove_bob, &as_ada, &[]), send(&server, &remove_ada, &as_bob, &[]));
    let left = server.store.read(accounts::all).await.expect("read");
    assert_eq!(left.len(), 1, "{} {}", one.status, other.status);
}

#[tokio::test]
async fn the_head_of_a_page_says_who_is_logged_in() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let ada = login(&server, "Ada").await;
    for path in ["/connections", "/account", "/storage", "/users/99"] {
        let page = get(&server, path, &ada).await.text();
        assert!(
            page.contains("Log out") && page.contains("href=\"/users\"") && page.contains(">Ada<"),
            "{path}: {page}"
        );
    }
    let open = TestServer::start_with(|settings| settings.accounts.login = Login::None).await;
    assert!(!open.get("/connections").await.text().contains("Log out"));
}

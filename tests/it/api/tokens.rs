//! Who may use the API, for how long and how often; and the page and the command that make tokens.

use std::time::Duration;

use hindsight::model::TokenScope;
use hindsight::store::tokens::{self as stored, Whose};

use super::client::{ALL, Client, kind, token};
use crate::command_line::{folder, run, stdout};
use crate::pages::words;
use crate::server::{Answer, TestServer, request};

async fn ask(server: &TestServer, headers: &[&str]) -> Answer {
    server.send(&request("GET", "/api/v1/connections", headers, b"")).await
}

#[tokio::test]
async fn only_a_token_that_works_is_let_in() {
    let server = TestServer::start().await;
    let token = token(&server, &ALL, None).await;
    let bearer = format!("Authorization: Bearer {token}");
    assert_eq!(ask(&server, &[&bearer]).await.status, 200);
    let flipped = if token.ends_with('A') { "B" } else { "A" };
    let wrong = format!("{bearer:.len$}{flipped}", len = bearer.len() - 1);
    for (headers, expected) in [
        (vec![], "no-token"),
        (vec!["Cookie: sid=x"], "no-token"),
        (vec!["Authorization: Basic YTpi"], "no-token"),
        (vec!["Authorization: Bearer"], "no-token"),
        (vec![&*bearer, &*bearer], "no-token"),
        (vec!["Authorization: Bearer hs_pat_1_x"], "bad-token"),
        (vec![&*wrong], "bad-token"),
    ] {
        let answer = ask(&server, &headers).await;
        assert_eq!((kind(&answer).0, &*kind(&answer).1), (401, expected), "{headers:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"Hindsight\""));
        assert!(!answer.text().contains(&token));
    }
    // Behind what the requests left to be written, which no answer waited for.
    let used = server.store.write(|conn| stored::list(conn, Whose::Everybody)).await.expect("read").remove(0);
    assert_eq!(used.used_at, Some(server.clock.now()));
    server.clock.advance(Duration::from_secs(91 * 24 * 60 * 60));
    assert_eq!(kind(&ask(&server, &[&bearer]).await).1, "bad-token", "expired");
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let server = TestServer::start().await;
    let bearer = format!("Authorization: Bearer {}", token(&server, &ALL, None).await);
    assert_eq!(ask(&server, &[&bearer]).await.status, 200);
    let page = server.get("/tokens/1/revoke").await;
    assert!(words(&page).contains("Revoke the token A test?"), "{}", words(&page));
    let from_page = ["Sec-Fetch-Site: same-origin"];
    let revoked = server.send(&request("POST", "/tokens/1/revoke", &from_page, b"")).await;
    assert_eq!(revoked.status, 303);
    assert_eq!(kind(&ask(&server, &[&bearer]).await).1, "bad-token");
    assert!(words(&server.get("/tokens").await).contains("Revoked"));
}

#[tokio::test]
async fn a_token_has_a_rate() {
    let server = TestServer::start().await;
    let client = Client::with(&server, &[TokenScope::Read]).await;
    for left in (0..60).rev() {
        let answer = client.get("/connections").await;
        assert_eq!(answer.header("ratelimit"), Some(&*format!("\"token\";r={left};t=1")));
    }
    let refused = client.get("/connections").await;
    assert_eq!((&*kind(&refused).1, refused.header("retry-after")), ("too-often", Some("1")));
    let other = Client::with(&server, &[TokenScope::Read]).await;
    assert_eq!(other.get("/connections").await.status, 200);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(client.get("/connections").await.status, 200);
}

#[tokio::test]
async fn the_page_makes_a_token_and_shows_it_once() {
    let server = TestServer::start().await;
    let from_page = ["Sec-Fetch-Site: same-origin"];
    let post = async |body: &str| server.send(&request("POST", "/tokens", &from_page, body.as_bytes())).await;
    let wrong = post("name=&every=1&days=30").await;
    assert_eq!(wrong.status, 422);
    assert!(words(&wrong).contains("Choose one or more."), "{}", words(&wrong));
    let made = post("name=Nightly+export&scope=read&scope=write&every=0&connection=1&days=30").await;
    let text = made.text();
    let start = text.find("hs_pat_").expect("the token");
    let token: String = text[start..]
        .chars()
        .take_while(|char| char.is_ascii_alphanumeric() || "_-".contains(*char))
        .collect();
    assert_eq!(ask(&server, &[&format!("Authorization: Bearer {token}")]).await.status, 200);
    let listed = server.get("/tokens").await;
    assert!(!listed.text().contains(&token));
    assert!(words(&listed).contains("Nightly export hs_pat_1_… read, write Shop"), "{}", words(&listed));
}

#[test]
fn the_command_line_makes_lists_and_revokes_tokens() {
    let folder = folder();
    assert!(run(folder.path(), &["connection", "add", "Shop"]).status.success());
    let made = run(folder.path(), &["token", "create", "Nightly", "--scope", "read", "--connection", "Shop"]);
    let token = stdout(&made);
    assert!(token.starts_with("hs_pat_1_") && token.trim().lines().count() == 1, "{token}");
    let listed = stdout(&run(folder.path(), &["token", "list"]));
    assert!(listed.starts_with("1\tNightly\tread\tShop\tworks until "), "{listed}");
    assert!(run(folder.path(), &["token", "revoke", token.trim()]).status.success());
    assert!(stdout(&run(folder.path(), &["token", "list"])).contains("revoked"));
    for wrong in [
        &["token", "create", "x", "--scope", "everything"][..],
        &["token", "create", "x"],
        &["token", "create", "x", "--scope", "read", "--expires-days", "366"],
        &["token", "create", "x", "--scope", "read", "--connection", "Nobody"],
        &["token", "revoke", "9"],
    ] {
        assert!(!run(folder.path(), wrong).status.success(), "{wrong:?}");
    }
}

//! Logins: how long they last, and what ends them.

use std::time::Duration;

use hindsight::model::Role;
use hindsight::store::{Db, accounts};

use super::{PASSWORD, add, cookie_of, get, login, send, start, start_with};
use crate::server::{TestServer, request};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn is_in(server: &TestServer, cookie: &str) -> bool {
    match get(server, "/connections", cookie).await {
        answer if answer.status == 200 => true,
        answer => {
            assert_eq!(answer.status, 303, "{}", answer.text());
            false
        }
    }
}

#[tokio::test]
async fn a_token_of_before_the_login_is_worth_nothing_after() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let planted = format!("sid={}", "A".repeat(43));
    let answer = send(&server, "/login", &planted, &[("name", "Ada"), ("password", PASSWORD)]).await;
    let cookie = cookie_of(&answer).expect("a cookie");
    assert_ne!(cookie, planted);
    assert!(is_in(&server, &cookie).await && !is_in(&server, &planted).await);
    // Logging in again is another login, and ends the one before in this browser.
    let again = send(&server, "/login", &cookie, &[("name", "Ada"), ("password", PASSWORD)]).await;
    assert!(is_in(&server, &cookie_of(&again).expect("a cookie")).await && !is_in(&server, &cookie).await);
}

#[tokio::test]
async fn two_cookies_are_refused() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let cookie = login(&server, "Ada").await;
    let other = format!("sid={}", "A".repeat(43));
    let header = format!("Cookie: {cookie}");
    let more = format!("Cookie: {other}");
    for headers in [
        vec![format!("Cookie: {cookie}; {other}")],
        vec![format!("Cookie: {other}; {cookie}")],
        vec![header, more],
    ] {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        assert_eq!(server.send(&request("GET", "/connections", &headers, b"")).await.status, 400);
    }
}

#[tokio::test]
async fn a_login_ends_when_it_is_not_used_and_in_any_case() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let idle = login(&server, "Ada").await;
    server.clock.advance(7 * DAY);
    assert!(!is_in(&server, &idle).await, "a week without use");
    let mut cookie = login(&server, "Ada").await;
    for day in 1..30 {
        server.clock.advance(DAY + Duration::from_secs(1));
        let page = get(&server, "/connections", &cookie).await;
        assert_eq!(page.status, 200, "day {day}");
        cookie = cookie_of(&page).unwrap_or(cookie);
    }
    server.clock.advance(DAY);
    assert!(!is_in(&server, &cookie).await, "thirty days are the most");
}

#[tokio::test]
async fn a_token_is_replaced_after_a_day_and_nobody_is_thrown_out_by_it() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let first = login(&server, "Ada").await;
    assert_eq!(get(&server, "/connections", &first).await.header("set-cookie"), None, "not yet");
    server.clock.advance(DAY + Duration::from_secs(1));
    let (one, other) =
        tokio::join!(get(&server, "/connections", &first), get(&server, "/connections", &first));
    let cookies: Vec<String> = [&one, &other].into_iter().filter_map(cookie_of).collect();
    let [second] = &cookies[..] else { panic!("one of two at once gets another: {cookies:?}") };
    assert!(is_in(&server, &first).await, "what was under way still gets through");
    // The answer with the new one was lost: the browser gets another.
    server.clock.advance(Duration::from_secs(61));
    let third = cookie_of(&get(&server, "/connections", &first).await).expect("another");
    assert!(!is_in(&server, second).await);
    server.clock.advance(Duration::from_secs(61));
    assert!(is_in(&server, &third).await);
    assert!(!is_in(&server, &first).await, "once the new one was shown, the old one is void");
}

#[tokio::test]
async fn what_changes_who_somebody_is_ends_their_logins_at_once() {
    type Work = fn(&Db, i64) -> hindsight::store::Result<()>;
    let changes: [(&str, Work); 4] = [
        ("another role", |conn, id| accounts::set_role(conn, id, Some(Role::Viewer)).map(drop)),
        ("another password", |conn, id| accounts::set_password(conn, id, "hash").map(drop)),
        ("shut out", |conn, id| accounts::set_disabled(conn, id, Some(1)).map(drop)),
        ("removed", |conn, id| accounts::remove(conn, id).map(drop)),
    ];
    let server = start().await;
    add(&server, "Root", Some(Role::Admin)).await;
    for (row, (what, change)) in changes.into_iter().enumerate() {
        let name = ["Ada", "Bob", "Cyn", "Dan"][row];
        let id = add(&server, name, Some(Role::Editor)).await;
        let cookie = login(&server, name).await;
        assert!(is_in(&server, &cookie).await);
        server.store.write(move |conn| change(conn, id)).await.expect("written");
        assert!(!is_in(&server, &cookie).await, "{what}");
    }
}

#[tokio::test]
async fn logging_out_ends_the_login_here_and_in_the_browser() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let cookie = login(&server, "Ada").await;
    let answer = send(&server, "/logout", &cookie, &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/login?out=1")));
    assert!(
        answer.header("set-cookie").is_some_and(|set| set.starts_with("sid=;") && set.contains("Max-Age=0"))
    );
    assert_eq!(answer.header("clear-site-data"), Some("\"cache\", \"storage\""));
    assert!(!is_in(&server, &cookie).await);
    let foreign = request("POST", "/logout", &["Sec-Fetch-Site: cross-site"], b"");
    assert_eq!(server.send(&foreign).await.status, 403);
}

#[tokio::test]
async fn how_long_is_a_setting() {
    let server = start_with(|settings| settings.accounts.session_idle_days = 1).await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let cookie = login(&server, "Ada").await;
    server.clock.advance(DAY);
    assert!(!is_in(&server, &cookie).await);
}

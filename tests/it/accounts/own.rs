//! What everybody decides about their own account: password, logins, second factor.

use std::time::Duration;

use hindsight::accounts::totp;
use hindsight::model::Role;
use hindsight::store::{accounts, logins};

use super::{PASSWORD, add, cookie_of, get, login, send, start, start_with, try_login};
use crate::server::{Answer, NOW, TestServer};

const OTHER: &str = "kettle tea whistles loud";

async fn is_in(server: &TestServer, cookie: &str) -> bool {
    get(server, "/connections", cookie).await.status == 200
}

#[tokio::test]
async fn another_password_ends_the_other_logins_and_keeps_this_one() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Viewer)).await;
    let (here, elsewhere) = (login(&server, "Ada").await, login(&server, "Ada").await);
    let change = async |current: &str, password: &str, again: &str| {
        let fields = [("name", "Ada"), ("current", current), ("password", password), ("again", again)];
        send(&server, "/account/password", &here, &fields).await
    };
    for (answer, says) in [
        (change("not the password", OTHER, OTHER).await, "not your password"),
        (change(PASSWORD, "password1234", "password1234").await, "first that anybody would try"),
        (change(PASSWORD, OTHER, "another").await, "not the same"),
    ] {
        assert!(answer.status == 422 && answer.text().contains(says), "{says}: {}", answer.text());
    }
    let role = [("current", PASSWORD), ("password", OTHER), ("again", OTHER), ("role", "admin")];
    assert_eq!(send(&server, "/account/password", &here, &role).await.status, 422, "no other fields");
    assert!(is_in(&server, &elsewhere).await);

    let answer = change(PASSWORD, OTHER, OTHER).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/account?done=password")));
    let renewed = cookie_of(&answer).expect("another token");
    assert!(is_in(&server, &renewed).await);
    assert!(!is_in(&server, &here).await && !is_in(&server, &elsewhere).await);
    assert_eq!(try_login(&server, "Ada", PASSWORD).await.status, 403);
    assert_eq!(try_login(&server, "Ada", OTHER).await.status, 303);
}

#[tokio::test]
async fn logins_are_listed_and_ended() {
    let server = start().await;
    let ada = add(&server, "Ada", None).await;
    add(&server, "Eve", None).await;
    let (here, elsewhere, eve) =
        (login(&server, "Ada").await, login(&server, "Ada").await, login(&server, "Eve").await);
    let page = get(&server, "/account", &here).await.text();
    assert!(page.contains("127.0.0.0/24") && page.contains("This browser"), "{page}");
    let listed = server.store.read(move |conn| logins::of_user(conn, ada)).await.expect("read");
    assert_eq!(listed.len(), 2);
    // Nobody ends the logins of others.
    for one in &listed {
        send(&server, &format!("/account/logins/{}/end", one.id), &eve, &[]).await;
    }
    assert!(is_in(&server, &elsewhere).await);
    send(&server, "/account/logins/others/end", &here, &[]).await;
    assert!(is_in(&server, &here).await && !is_in(&server, &elsewhere).await && is_in(&server, &eve).await);
    let own = format!("/account/logins/{}/end", listed.iter().map(|one| one.id).min().expect("two"));
    assert_eq!(send(&server, &own, &here, &[]).await.header("location"), Some("/login?out=1"));
    assert!(!is_in(&server, &here).await);
}

/// The key that the page shows.
fn key_in(page: &Answer) -> (String, Vec<u8>) {
    let text = page.text();
    let key =
        text.split("name=\"key\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a key");
    let bytes = (0..40).step_by(2).map(|at| u8::from_str_radix(&key[at..at + 2], 16).expect("hex")).collect();
    (key.to_owned(), bytes)
}

/// Turns the second factor on; returns its key and the recovery codes.
pub async fn turn_on(server: &TestServer, cookie: &mut String) -> (Vec<u8>, Vec<String>) {
    let page = get(server, "/account/second-factor", cookie).await;
    assert!(page.text().contains("<svg class=\"qr\"") && page.text().contains("otpauth:"), "{}", page.text());
    let (text, key) = key_in(&page);
    let code = totp::code_at(&key, server.clock.now());
    for (code, password) in [("000000", PASSWORD), (code.as_str(), "not the password")] {
        let wrong = [("key", text.as_str()), ("code", code), ("password", password)];
        let answer = send(server, "/account/second-factor", cookie, &wrong).await;
        assert_eq!((answer.status, key_in(&answer).0 == text), (422, true), "{}", answer.text());
    }
    let fields = [("key", text.as_str()), ("code", &code), ("password", PASSWORD)];
    let answer = send(server, "/account/second-factor", cookie, &fields).await;
    let page = answer.text();
    let codes = page.split("<code>").nth(1).and_then(|rest| rest.split("</code>").next()).expect("codes");
    let codes: Vec<String> = codes.lines().map(str::to_owned).collect();
    assert_eq!(codes.len(), 10, "{page}");
    assert!(!is_in(server, cookie).await);
    *cookie = cookie_of(&answer).expect("another token");
    (key, codes)
}

/// Enters the password and then the code.
async fn log_in_with(server: &TestServer, code: &str) -> Answer {
    let asked = try_login(server, "Ada", PASSWORD).await;
    assert_eq!((asked.status, asked.header("set-cookie")), (200, None), "a password alone lets nobody in");
    let page = asked.text();
    let step =
        page.split("name=\"step\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a step");
    send(server, "/login/code", "", &[("step", step), ("code", code), ("next", "/storage")]).await
}

#[tokio::test]
async fn a_code_is_asked_for_and_works_once() {
    let server = start().await;
    let id = add(&server, "Ada", Some(Role::Admin)).await;
    let mut cookie = login(&server, "Ada").await;
    let (key, codes) = turn_on(&server, &mut cookie).await;
    let used = totp::code_at(&key, server.clock.now());
    assert_eq!(log_in_with(&server, &used).await.status, 403, "the code that turned it on is used");
    server.clock.advance(Duration::from_secs(30));
    let next = totp::code_at(&key, server.clock.now());
    let answer = log_in_with(&server, &next).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/storage")));
    assert_eq!(log_in_with(&server, &next).await.status, 403, "a replay");
    assert_eq!(log_in_with(&server, &codes[3].to_uppercase()).await.status, 303, "a recovery code");
    assert_eq!(log_in_with(&server, &codes[3]).await.status, 403, "works once as well");
    assert!(get(&server, "/account", &cookie).await.text().contains("9 recovery codes"));

    // Codes are guessed as slowly as passwords.
    for _ in 0..4 {
        assert_eq!(log_in_with(&server, "000000").await.status, 403);
    }
    let answer = log_in_with(&server, &codes[4]).await;
    assert!(answer.status == 429 && answer.header("retry-after").is_some(), "{}", answer.text());
    server.clock.advance(Duration::from_secs(16 * 60));
    assert_eq!(log_in_with(&server, &codes[4]).await.status, 303);

    // Half a login is over when the user changes, and after a while.
    let asked = try_login(&server, "Ada", PASSWORD).await.text();
    let step =
        asked.split("name=\"step\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a step");
    server.clock.advance(Duration::from_secs(11 * 60));
    let late = send(&server, "/login/code", "", &[("step", step), ("code", &codes[5])]).await;
    assert_eq!(late.header("location"), Some("/login?out=late"));
    let asked = try_login(&server, "Ada", PASSWORD).await.text();
    let step =
        asked.split("name=\"step\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a step");
    let hash = hindsight::accounts::password::hash(OTHER.to_owned()).await.expect("hashed");
    server.store.write(move |conn| accounts::set_password(conn, id, &hash)).await.expect("written");
    let void = send(&server, "/login/code", "", &[("step", step), ("code", &codes[5])]).await;
    assert_eq!((void.status, void.header("set-cookie")), (303, None));
}

#[tokio::test]
async fn the_second_factor_is_turned_off_with_the_password() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let mut cookie = login(&server, "Ada").await;
    let (_, codes) = turn_on(&server, &mut cookie).await;
    let renewed =
        send(&server, "/account/second-factor/recovery-codes", &cookie, &[("password", PASSWORD)]).await;
    assert!(renewed.status == 200 && !renewed.text().contains(&codes[0]), "{}", renewed.text());
    assert_eq!(log_in_with(&server, &codes[0]).await.status, 403, "those before are void");
    let off = async |password: &str| {
        send(&server, "/account/second-factor/off", &cookie, &[("password", password)]).await
    };
    assert_eq!(off("not the password").await.status, 422);
    assert_eq!(off(PASSWORD).await.status, 303);
    assert_eq!(try_login(&server, "Ada", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn where_everybody_needs_a_second_factor_nothing_comes_before_it() {
    let server = start_with(|settings| settings.accounts.require_totp = true).await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let mut cookie = login(&server, "Ada").await;
    for path in ["/connections", "/account", "/users", "/storage"] {
        let answer = get(&server, path, &cookie).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("/account/second-factor")),
            "{path}"
        );
    }
    let change = [("current", PASSWORD), ("password", OTHER), ("again", OTHER)];
    assert_eq!(send(&server, "/account/password", &cookie, &change).await.status, 403);
    turn_on(&server, &mut cookie).await;
    assert!(is_in(&server, &cookie).await);
}

#[tokio::test]
async fn what_is_typed_is_shown_as_text() {
    let server = start().await;
    let hash = hindsight::accounts::password::hash(PASSWORD.to_owned()).await.expect("hashed");
    let name = "<img src=x onerror=alert(1)>";
    server
        .store
        .write(move |conn| accounts::add(conn, name, Some(Role::Admin), Some(&hash), NOW))
        .await
        .expect("written");
    let answer = try_login(&server, name, PASSWORD).await;
    let cookie = cookie_of(&answer).expect("a cookie");
    for path in ["/account", "/users", "/connections", "/account/second-factor"] {
        let page = get(&server, path, &cookie).await.text();
        assert!(page.contains("&lt;img") && !page.contains("<img src=x"), "{path}");
    }
    assert!(!try_login(&server, name, "wrong").await.text().contains("<img src=x"));
}

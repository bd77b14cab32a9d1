//! Accounts: setting up, logging in and out, and who is let in how far.

mod command_line;
mod doors;
mod listening;
mod noted;
mod own;
mod proxied;
mod sessions;
mod users;

use hindsight::accounts::{password, secret::Secret};
use hindsight::config::{Login, Settings};
use hindsight::model::Role;
use hindsight::store::{accounts, login_links};

use crate::server::{Answer, NOW, TestServer, request};

/// What most users of the tests log in with.
pub const PASSWORD: &str = "tea kettle whistles";

/// A server that asks who one is.
pub async fn start() -> TestServer {
    start_with(|_| {}).await
}

pub async fn start_with(change: impl FnOnce(&mut Settings)) -> TestServer {
    TestServer::start_with(|settings| {
        settings.accounts.login = Login::Required;
        change(settings);
    })
    .await
}

/// Adds a user who has chosen [`PASSWORD`].
pub async fn add(server: &TestServer, name: &'static str, role: Option<Role>) -> i64 {
    let hash = password::hash(PASSWORD.to_owned()).await.expect("hashed");
    let added = server.store.write(move |conn| accounts::add(conn, name, role, Some(&hash), NOW)).await;
    added.expect("the store writes").expect("a new name")
}

/// Makes the link that sets up the server, and returns its token.
pub async fn setup_token(server: &TestServer) -> String {
    let secret = Secret::new();
    server.store.write(move |conn| login_links::set_setup(conn, &secret.hash, NOW)).await.expect("written");
    secret.token
}

/// A form sent from a page of ours, with this cookie.
pub async fn send(server: &TestServer, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let cookie = format!("Cookie: {cookie}");
    let headers = ["Sec-Fetch-Site: same-origin", "Accept: text/html", &cookie];
    server.send(&request("POST", path, &headers, body.as_bytes())).await
}

/// A page, asked for with this cookie.
pub async fn get(server: &TestServer, path: &str, cookie: &str) -> Answer {
    let cookie = format!("Cookie: {cookie}");
    server.send(&request("GET", path, &["Accept: text/html", &cookie], b"")).await
}

/// Tries to log in.
pub async fn try_login(server: &TestServer, name: &str, password: &str) -> Answer {
    send(server, "/login", "", &[("name", name), ("password", password), ("next", "/")]).await
}

/// Logs in and returns the cookie.
pub async fn login(server: &TestServer, name: &str) -> String {
    let answer = try_login(server, name, PASSWORD).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    cookie_of(&answer).expect("a cookie")
}

/// The cookie that an answer sets, as it is sent back.
pub fn cookie_of(answer: &Answer) -> Option<String> {
    let set = answer.header("set-cookie")?;
    Some(set.split(';').next()?.to_owned())
}

//! Whom a proxy names: believed from those that are trusted, for as long as it says so.

use hindsight::config::Settings;
use hindsight::model::Role;
use hindsight::store::accounts;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use super::{add, get, login, start_with};
use crate::server::{Answer, TestServer, parse, request};

/// A server behind a proxy on this machine that names users.
async fn start(change: impl FnOnce(&mut Settings)) -> TestServer {
    start_with(|settings| {
        settings.server.trusted_proxies = "127.0.0.1".parse().expect("an address");
        settings.accounts.proxy_header = "Remote-User".to_owned();
        settings.accounts.proxy_email_header = "Remote-Email".to_owned();
        settings.accounts.proxy_groups_header = "Remote-Groups".to_owned();
        change(settings);
    })
    .await
}

/// A page, as the proxy asks for it with these headers.
async fn page(server: &TestServer, path: &str, headers: &[&str]) -> Answer {
    let headers: Vec<&str> = headers.iter().copied().chain(["Accept: text/html"]).collect();
    server.send(&request("GET", path, &headers, b"")).await
}

/// The same from another machine.
async fn from_elsewhere(server: &TestServer, path: &str, headers: &[&str]) -> Answer {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 2], 0).into()).expect("bound");
    let mut socket = socket.connect(server.address).await.expect("connected");
    let headers: Vec<&str> = headers.iter().copied().chain(["Accept: text/html"]).collect();
    socket.write_all(&request("GET", path, &headers, b"")).await.expect("sent");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.expect("answered");
    parse(&answer)
}

async fn role_of(server: &TestServer, name: &'static str) -> Option<Role> {
    let all = server.store.read(accounts::all).await.expect("read");
    all.into_iter().find(|user| user.name == name).expect("a user").role
}

#[tokio::test]
async fn whom_a_trusted_proxy_names_is_in_without_a_cookie() {
    let server = start(|settings| settings.accounts.external.role.0 = Some(Role::Admin)).await;
    let answer = page(&server, "/storage", &["Remote-User: Ada"]).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (200, None), "{}", answer.text());
    assert!(answer.text().contains("<span>Ada</span>") && !answer.text().contains("Log out"));
    assert_eq!(
        page(&server, "/login?next=/storage", &["Remote-User: ada"]).await.header("location"),
        Some("/storage")
    );
    assert_eq!(page(&server, "/storage", &[]).await.status, 303, "without the header nobody is named");
    let users = page(&server, "/users", &["Remote-User: ADA"]).await.text();
    assert_eq!(
        users.matches("data-label=\"Role\"").count(),
        1,
        "one user, however they are written: {users}"
    );
    assert!(users.contains("Proxy"));
    let account = page(&server, "/account", &["Remote-User: ada"]).await.text();
    assert!(!account.contains("type=\"password\"") && !account.contains("Second factor"), "{account}");

    // Forms of other sites are refused as ever.
    let foreign = ["Remote-User: ada", "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"];
    assert_eq!(server.send(&request("POST", "/account/logins/others/end", &foreign, b"")).await.status, 403);
    let id = server.store.read(accounts::all).await.expect("read")[0].id;
    add(&server, "Bob", Some(Role::Admin)).await;
    server.store.write(move |conn| accounts::set_disabled(conn, id, Some(1))).await.expect("written");
    let answer = page(&server, "/storage", &["Remote-User: ada"]).await;
    assert!(answer.status == 403 && answer.text().contains("is shut out"), "{}", answer.text());
}

#[tokio::test]
async fn the_header_of_anybody_else_is_a_claim() {
    let server = start(|settings| settings.accounts.external.role.0 = Some(Role::Admin)).await;
    for headers in [&["Remote-User: ada"][..], &["Remote-User: ada", "X-Forwarded-For: 127.0.0.1"]] {
        assert_eq!(from_elsewhere(&server, "/storage", headers).await.status, 303);
    }
    assert!(!server.store.read(accounts::any).await.expect("read"), "nobody was added");
    // A proxy that adds its header to a forged one is no proxy to trust.
    let twice = ["Remote-User: ada", "Remote-User: eve"];
    assert_eq!(page(&server, "/storage", &twice).await.status, 400);
    let off = start(|settings| settings.accounts.proxy_header = String::new()).await;
    assert_eq!(page(&off, "/storage", &["Remote-User: ada"]).await.status, 303);
}

#[tokio::test]
async fn groups_and_addresses_decide_who_comes_in_and_as_what() {
    let server = start(|settings| {
        let external = &mut settings.accounts.external;
        external.allowed_domains = "shop.example".to_owned();
        external.allowed_groups = "staff; ops".to_owned().into();
        external.group_roles = "ops: admin; staff: viewer".to_owned().try_into().expect("roles");
    })
    .await;
    let ask = |groups: &'static str, email: &'static str| {
        let server = &server;
        async move {
            let (groups, email) = (format!("Remote-Groups: {groups}"), format!("Remote-Email: {email}"));
            page(server, "/storage", &["Remote-User: Ada", &groups, &email]).await
        }
    };
    assert_eq!(ask("guests", "ada@shop.example").await.status, 403);
    assert_eq!(ask("ops", "ada@evil.example").await.status, 403);
    assert!(!server.store.read(accounts::any).await.expect("read"));
    assert_eq!(ask("staff", "ada@shop.example").await.status, 403, "a viewer sees no storage");
    assert_eq!(role_of(&server, "Ada").await, Some(Role::Viewer));
    assert_eq!(ask("staff,ops", "ada@shop.example").await.status, 200);
    assert_eq!(role_of(&server, "Ada").await, Some(Role::Admin));
    add(&server, "Bob", Some(Role::Admin)).await;
    assert_eq!(ask("staff", "ada@shop.example").await.status, 403);
    assert_eq!(role_of(&server, "Ada").await, Some(Role::Viewer), "at once");
}

#[tokio::test]
async fn without_passwords_nobody_comes_in_by_one() {
    let server = start(|settings| settings.accounts.password = false).await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let answer = super::try_login(&server, "Ada", super::PASSWORD).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (404, None));
    assert!(!get(&server, "/login", "").await.text().contains("type=\"password\""));
    assert_eq!(get(&server, "/setup?token=x", "").await.status, 404);
    let closed = start(|settings| settings.accounts.external.create = false).await;
    assert_eq!(page(&closed, "/storage", &["Remote-User: ada"]).await.status, 403);
    // Whoever has an account under that name is let in by the proxy, and by their password.
    add(&closed, "Ada", Some(Role::Admin)).await;
    assert_eq!(page(&closed, "/storage", &["Remote-User: ada"]).await.status, 200);
    let cookie = login(&closed, "Ada").await;
    assert_eq!(get(&closed, "/storage", &cookie).await.status, 200);
}

#[test]
fn settings_that_would_let_nobody_or_anybody_in_stop_the_start() {
    let load = |pairs: &[(&str, &str)]| {
        let variable = |(key, value): &(&str, &str)| (format!("HINDSIGHT_{key}"), (*value).to_owned());
        Settings::load(None, pairs.iter().map(variable).collect())
            .map(drop)
            .map_err(|error| error.to_string())
    };
    let issuer = ("ACCOUNTS__OIDC__ISSUER", "https://auth.example.org");
    let client = ("ACCOUNTS__OIDC__CLIENT_ID", "hindsight");
    for (pairs, says) in [
        (&[("ACCOUNTS__PROXY_HEADER", "Remote-User")][..], "no proxy is trusted"),
        (&[("ACCOUNTS__PROXY_HEADER", "Remote User")], "is no name of a header"),
        (&[issuer], "`accounts.oidc.client_id` is empty"),
        (&[("ACCOUNTS__OIDC__ISSUER", "auth.example.org"), client], "is not an address"),
        (&[issuer, client, ("ACCOUNTS__OIDC__SCOPES", "email")], "lacks \"openid\""),
        (
            &[
                issuer,
                client,
                ("ACCOUNTS__OIDC__CLIENT_SECRET", "s"),
                ("ACCOUNTS__OIDC__CLIENT_SECRET_FILE", "/s"),
            ],
            "set one of them",
        ),
        (&[("ACCOUNTS__PASSWORD", "false")], "nothing else says who people are"),
        (&[("ACCOUNTS__EXTERNAL__ROLE", "chief")], "\"chief\""),
        (&[("ACCOUNTS__EXTERNAL__GROUP_ROLES", "ops=admin")], "GROUP: ROLE"),
    ] {
        let error = load(pairs).expect_err(says);
        assert!(error.contains(says) && error.contains("accounts."), "{error}");
    }
    assert_eq!(load(&[issuer, client, ("ACCOUNTS__PASSWORD", "false")]), Ok(()));
}

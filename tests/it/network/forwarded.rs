//! What proxies say of a request: believed of those that are trusted, and of nobody else.

use hindsight::config::Settings;

use crate::command_line::{Process, folder, hindsight};
use crate::pages::{assert_reads, submit, words};
use crate::said::{SESSION, finished_session};
use crate::server::{TestServer, request};

const FORGED: [&str; 3] =
    ["X-Forwarded-For: 198.51.100.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example"];

async fn server(trusted: &str, change: impl FnOnce(&mut Settings)) -> TestServer {
    let trusted = trusted.parse().expect("networks");
    TestServer::start_with(|settings| {
        settings.server.trusted_proxies = trusted;
        change(settings);
    })
    .await
}

#[tokio::test]
async fn the_doctor_says_whom_the_server_takes_one_for() {
    for (trusted, headers, found) in [
        ("", &[][..], "You look like 127.0.0.1 over http, with no proxy in between."),
        ("", &FORGED[..], "by way of a proxy at 127.0.0.1 that config.toml does not name"),
        ("127.0.0.1", &FORGED, "You look like 198.51.100.7 over https, by way of the proxy at 127.0.0.1."),
        (
            "127.0.0.1",
            &[],
            "You come from 127.0.0.1, which is trusted as a proxy and does not say whom this request is from.",
        ),
        ("10.0.0.0/8", &FORGED, "by way of a proxy at 127.0.0.1 that config.toml does not name"),
    ] {
        let server = server(trusted, |_| {}).await;
        let path = format!("/connections/{}/settings/doctor", server.connection.id);
        let page = server.send(&request("GET", &path, headers, b"")).await;
        assert_reads(&page, &[found]);
    }
}

#[tokio::test]
async fn limits_go_by_the_visitor_behind_a_trusted_proxy_only() {
    for (trusted, last) in [("", 429), ("127.0.0.1", 404)] {
        let server = server(trusted, |settings| {
            settings.server.limit_private_addresses = true;
            settings.server.requests_per_second_per_address = 1;
            settings.server.request_burst_per_address = 2;
        })
        .await;
        let mut statuses = Vec::new();
        for visitor in 1..=3 {
            let header = format!("X-Forwarded-For: 198.51.100.{visitor}");
            statuses.push(server.send(&request("GET", "/nothing", &[&header], b"")).await.status);
        }
        assert_eq!(statuses, [404, 404, last], "trusted: {trusted:?}");
        let forged: Vec<u16> = {
            let mut statuses = Vec::new();
            for made_up in 1..=3 {
                // The visitor writes the first, the proxy adds the second.
                let header = format!("X-Forwarded-For: 203.0.113.{made_up}, 198.51.100.9");
                statuses.push(server.send(&request("GET", "/nothing", &[&header], b"")).await.status);
            }
            statuses
        };
        assert_eq!(forged[2], 429, "trusted: {trusted:?}");
    }
}

#[tokio::test]
async fn cookies_and_links_do_not_follow_forged_headers() {
    for (trusted, is_secure) in [("", false), ("127.0.0.1", true)] {
        let server = server(trusted, |_| {}).await;
        finished_session(&server).await;
        let made =
            submit(&server, &format!("{}/{SESSION}/share", server.sessions_path()), "password=sword").await;
        let url = made.json()["url"].as_str().expect("a link").to_owned();
        let public = &server.app.public_url;
        assert!(url.starts_with(&format!("{public}/share/")), "{url}");
        let path = url.split_once("/share/").map(|(_, token)| format!("/share/{token}")).expect("a link");
        let opened = server.send(&request("POST", &path, &FORGED, b"password=sword")).await;
        assert_eq!(opened.status, 303, "{}", opened.text());
        let cookie = opened.header("set-cookie").expect("a cookie");
        assert_eq!(cookie.contains("; Secure"), is_secure, "trusted: {trusted:?}: {cookie}");
        let install = format!("/connections/{}/settings/install", server.connection.id);
        let page = server.send(&request("GET", &install, &FORGED, b"")).await;
        assert!(!page.text().contains("evil.example") && words(&page).contains(public));
    }
}

#[test]
fn the_log_tells_once_of_a_proxy_that_is_not_named_and_never_whole_addresses() {
    let data = folder();
    let log = data.path().join("log");
    let mut command = hindsight(data.path());
    command.args(["serve", "--listen", "127.0.0.1:0"]).env("HINDSIGHT_LOG__LEVEL", "debug");
    let server = Process::spawn_with_log(&mut command, std::fs::File::create(&log).expect("a file").into());
    for _ in 0..3 {
        let upload = request("POST", "/ingest/hk_none", &FORGED, b"[]");
        let address = server.url.trim_start_matches("http://").parse().expect("an address");
        super::sockets::exchange(address, &upload);
    }
    server.stop();
    let log = std::fs::read_to_string(&log).expect("a log");
    assert_eq!(log.matches("trusted_proxies").count(), 1, "{log}");
    assert!(!log.contains("198.51.100"), "a forged address is not logged: {log}");
}

//! Addresses that lead to where nothing is asked.

use serde_json::json;

use super::agent::Agent;
use super::{ask, decide, read};
use crate::server::{TestServer, request};

/// Asks an address, on the page that says why it failed.
async fn tried(server: &TestServer, url: &str) -> String {
    decide(server, json!({ "kind": "webhook", "webhook": { "url": url } })).await;
    let path = format!("/connections/{}/settings/answers/try", server.connection.id);
    let headers = ["Sec-Fetch-Site: same-origin", "Accept: text/html"];
    server.send(&request("POST", &path, &headers, b"question=Open%3F")).await.text()
}

#[tokio::test]
async fn private_and_reserved_addresses_are_refused_however_they_are_written() {
    let agent = Agent::saying(200, "application/json", r#"{"text":"inside"}"#).await;
    let port = agent.address.port();
    let server = TestServer::start().await;
    let private = [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "10.0.0.1",
        "[::ffff:10.0.0.1]",
        "192.168.0.1",
        "172.16.0.1",
        "100.64.0.1",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
        "①②⑦.0.0.1",
    ];
    let never = [
        "169.254.169.254",
        "0.0.0.0",
        "[::]",
        "[fe80::1]",
        "2852039166",
        "[::ffff:169.254.169.254]",
        "255.255.255.255",
        "224.0.0.1",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "192.0.2.1",
    ];
    for (hosts, why) in [(&private[..], "in a private network"), (&never[..], "never asked")] {
        for host in hosts {
            for scheme in ["http", "https"] {
                let page = tried(&server, &format!("{scheme}://{host}:{port}/ask")).await;
                assert!(page.contains(why), "{scheme}://{host} is not refused as one {why}");
                assert!(!page.contains("inside"), "{host}");
            }
        }
    }
    assert!(agent.asked().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn what_is_allowed_is_the_named_host_and_never_metadata() {
    let agent = Agent::saying(200, "application/json", r#"{"text":"inside"}"#).await;
    let port = agent.address.port();
    let here = format!("127.0.0.1:{port}");
    let server = TestServer::start_with(|settings| settings.answers.private_hosts.clone_from(&here)).await;
    assert!(tried(&server, &format!("http://{here}/ask")).await.contains("inside"));
    assert!(tried(&server, &format!("http://localhost:{port}/ask")).await.contains("in a private network"));
    assert!(tried(&server, "http://127.0.0.1:1/ask").await.contains("in a private network"), "another port");

    let server = TestServer::start_with(|settings| settings.answers.allow_private = true).await;
    assert!(tried(&server, &format!("http://localhost:{port}/ask")).await.contains("inside"));
    for never in ["169.254.169.254", "0.0.0.0", "[fe80::1]"] {
        let page = tried(&server, &format!("http://{never}:{port}/ask")).await;
        assert!(page.contains("never asked"), "{never}");
    }
    assert!(tried(&server, "http://1.1.1.1/ask").await.contains("write https"), "in clear over the internet");
    assert_eq!(agent.asked().len(), 2);
}

#[tokio::test]
async fn visitors_do_not_learn_what_is_inside() {
    let server = TestServer::start().await;
    decide(&server, json!({ "kind": "webhook", "webhook": { "url": "http://10.0.0.1/" } })).await;
    let (text, last) = read(&ask(&server, "Open?").await);
    assert_eq!((text.as_str(), &last["text"]), ("", &json!(hindsight::answers::FAILED)));
}

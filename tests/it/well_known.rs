//! What machines ask of every server.

use hindsight::store::connections::{self, Rules};

use crate::server::TestServer;

#[tokio::test]
async fn whom_to_tell_of_a_weakness_is_said_if_there_is_somebody() {
    let server = TestServer::start().await;
    assert_eq!(server.get("/.well-known/security.txt").await.status, 404);
    let contact = "mailto:security@example.org";
    let server =
        TestServer::start_with(|settings| settings.server.security_contact = contact.to_owned()).await;
    let answer = server.get("/.well-known/security.txt").await;
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    let url = &server.app.public_url;
    assert_eq!(
        answer.text(),
        format!(
            "Contact: {contact}\nExpires: 2026-06-30T00:00:00Z\nPreferred-Languages: en\n\
            Canonical: {url}/.well-known/security.txt\n"
        )
    );
}

#[tokio::test]
async fn privacy_control_is_honoured_when_every_connection_does() {
    let server = TestServer::start().await;
    let id = server.connection.id;
    for honour_gpc in [true, false] {
        let rules = Rules { honour_gpc, ..Rules::default() };
        server.store.write(move |conn| connections::set_rules(conn, id, &rules)).await.expect("set");
        let answer = server.get("/.well-known/gpc.json").await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.json(), serde_json::json!({ "gpc": honour_gpc }));
    }
}

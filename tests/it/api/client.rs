//! A program that uses the API, and holds each answer against the document.

use std::collections::BTreeSet;

use hindsight::model::{ConnectionId, TokenScope};
use hindsight::store::tokens::{self, Draft};
use hindsight::web::{Secret, Written};
use serde_json::Value;

use crate::server::{Answer, NOW, TestServer, request};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

pub const ALL: [TokenScope; 5] = TokenScope::ALL;

/// A token that works for 90 days from the start of the test.
pub async fn token(
    server: &TestServer,
    scopes: &[TokenScope],
    connections: Option<&[ConnectionId]>,
) -> String {
    let secret = Secret::new();
    let draft = Draft {
        name: "A test".to_owned(),
        hash: secret.hash(),
        scopes: scopes.iter().copied().collect(),
        connections: connections.map(|named| named.iter().copied().collect::<BTreeSet<_>>()),
        user: None,
        expires_at: NOW + 90 * DAY_MS,
    };
    let added = server.store.write(move |conn| tokens::add(conn, &draft, NOW)).await;
    Written { id: added.expect("written").expect("there is room"), secret }.text()
}

pub struct Client<'a> {
    pub server: &'a TestServer,
    pub token: String,
    document: Value,
}

impl<'a> Client<'a> {
    pub async fn with(server: &'a TestServer, scopes: &[TokenScope]) -> Self {
        Self { server, token: token(server, scopes, None).await, document: document(server).await }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], None).await
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        self.call(method, path, &[], Some(body)).await
    }

    /// Asks, and checks that the answer is one that the document has.
    pub async fn call(&self, method: &str, path: &str, headers: &[&str], body: Option<Value>) -> Answer {
        let bearer = format!("Authorization: Bearer {}", self.token);
        let mut headers = [headers, &[bearer.as_str()]].concat();
        let body = body.map(|body| body.to_string());
        if body.is_some() {
            headers.push("Content-Type: application/json");
        }
        let path = format!("/api/v1{path}");
        let sent = request(method, &path, &headers, body.unwrap_or_default().as_bytes());
        let answer = self.server.send(&sent).await;
        self.check(method, &path, &answer);
        answer
    }

    fn check(&self, method: &str, path: &str, answer: &Answer) {
        let what = format!("{method} {path} ({}): {}", answer.status, answer.text());
        let operation = self.operation(method, path);
        let documented = &operation["responses"][answer.status.to_string()];
        assert!(documented.is_object(), "not documented: {what}");
        let Some(contents) = documented["content"].as_object() else {
            assert!(answer.body.is_empty(), "{what}");
            return;
        };
        let kind = answer.header("content-type").expect("a content type");
        let content = contents.get(kind).unwrap_or_else(|| panic!("{kind} is not documented: {what}"));
        let mut schema = content["schema"].clone();
        schema["components"] = self.document["components"].clone();
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let json = answer.json();
        let wrong: Vec<String> =
            validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{what}\n{}", wrong.join("\n"));
    }

    fn operation(&self, method: &str, path: &str) -> &Value {
        let path = path.split('?').next().unwrap_or_default();
        let fits = |template: &str| {
            template.split('/').count() == path.split('/').count()
                && template.split('/').zip(path.split('/')).all(|(a, b)| a == b || a.starts_with('{'))
        };
        let paths = self.document["paths"].as_object().expect("paths");
        let (_, found) = paths.iter().find(|(template, _)| fits(template)).expect(path);
        &found[method.to_lowercase()]
    }
}

pub async fn document(server: &TestServer) -> Value {
    let answer = server.send(&request("GET", "/api/v1/openapi.json", &[], b"")).await;
    assert_eq!(answer.status, 200);
    answer.json()
}

/// What a problem is, in short.
pub fn kind(answer: &Answer) -> (u16, String, String) {
    let json = answer.json();
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("type").trim_start_matches("/problems/").to_owned(), text("detail"))
}

/// A list's items, one field of each.
pub fn column(answer: &Answer, field: &str) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    json["items"].as_array().expect("items").iter().map(|item| item[field].clone()).collect()
}

//! The OpenAPI document, made of the table of endpoints.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};
use warp::http::{HeaderValue, Method, header};

use super::endpoint::{Answers, Endpoint, answer_settings, body_settings};
use super::{DOCUMENT, endpoints};
use crate::model::TokenScope;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::{Access, Route, Surface};
use crate::web::{App, Response};

const ABOUT: &str = "Sessions, what happened in them, prompts, findings and reports of a Hindsight server. Requests \
    carry a token: `Authorization: Bearer hs_pat_…`, made on the page `/tokens` or with `hindsight token create`. A \
    token has scopes, and none holds another. Unknown parameters and fields are refused. Lists go on at `next`. A \
    token may send 10 requests a second, and 60 at once after a rest; `RateLimit` says how many are left. What is not \
    in the asker's sight is answered with 404.";

/// The route of this file.
pub fn route() -> Route {
    Route::new(Method::GET, DOCUMENT, Access::Public, Surface::Api, answer)
}

async fn answer(_: App, _: Request) -> Result<Response, Problem> {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| serde_json::to_string(&document()).expect("a tree is always JSON"));
    let mut response = Response::new(text.as_str().into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// The document.
pub fn document() -> Value {
    let mut answers = answer_settings().into_generator();
    let mut bodies = body_settings().into_generator();
    let mut paths = Map::new();
    for endpoint in endpoints() {
        let path = paths.entry(endpoint.path.clone()).or_insert_with(|| json!({}));
        let method = endpoint.method.as_str().to_lowercase();
        path[method] = operation(&endpoint, &mut answers, &mut bodies);
    }
    let mut schemas = answers.take_definitions(true);
    schemas.extend(bodies.take_definitions(true));
    schemas.insert("Problem".to_owned(), problem_schema());
    let scopes: Vec<String> =
        TokenScope::ALL.into_iter().map(|scope| format!("`{}`: {}", scope.name(), scope.meaning())).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Hindsight",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": format!("The scopes: {}", scopes.join(" ")),
                },
            },
        },
    })
}

fn operation(endpoint: &Endpoint, answers: &mut SchemaGenerator, bodies: &mut SchemaGenerator) -> Value {
    let needed = format!("Needs the scope `{}`.", endpoint.scope);
    let about = if endpoint.about.is_empty() { needed } else { format!("{} {needed}", endpoint.about) };
    let mut operation = json!({
        "operationId": operation_id(endpoint),
        "summary": endpoint.summary,
        "description": about,
        "tags": [tag(endpoint)],
        "parameters": parameters(endpoint),
        "responses": responses(endpoint, answers),
        "security": [{ "token": [endpoint.scope] }],
    });
    if let Some(body) = endpoint.body {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": body(bodies) } },
        });
    }
    operation
}

/// `List sessions` as programs name it: `list_sessions`.
fn operation_id(endpoint: &Endpoint) -> String {
    endpoint.summary.to_lowercase().replace(['\'', '’'], "").replace(' ', "_")
}

/// What it is about: the last segment of its path that is a word.
fn tag(endpoint: &Endpoint) -> &str {
    let mut words =
        endpoint.path.split('/').filter(|segment| !segment.is_empty() && !segment.starts_with('{'));
    words.nth(3).or_else(|| words.next_back()).unwrap_or("connections")
}

fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let in_path = endpoint.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(|name| {
        let schema = match name {
            "session" => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$" }),
            "visitor" => json!({ "type": "string", "minLength": 1 }),
            _ => json!({ "type": "integer", "minimum": 1 }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    });
    let in_query = endpoint.params.iter().map(|param| {
        json!({
            "name": param.name,
            "in": "query",
            "required": false,
            "description": param.about,
            "schema": param.kind.schema(),
        })
    });
    in_path.chain(in_query).collect()
}

fn responses(endpoint: &Endpoint, answers: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    let rates = json!({
        "RateLimit": {
            "description": "How many requests are left, and in how many seconds there is another.",
            "schema": { "type": "string" },
        },
    });
    let mut answer = json!({ "description": endpoint.summary, "headers": rates });
    match endpoint.answers {
        Answers::Json(schema) => {
            answer["content"] = json!({ "application/json": { "schema": schema(answers) } });
        }
        Answers::Events => {
            let events = json!({ "type": "array", "items": { "type": "object" } });
            answer["content"] = json!({ "application/json": { "schema": events } });
        }
        Answers::Nothing => {}
    }
    responses.insert(endpoint.status.as_str().to_owned(), answer);
    if endpoint.method == Method::GET && matches!(endpoint.answers, Answers::Json(_)) {
        let same = "The same as before: `If-None-Match` has its `ETag`.";
        responses.insert("304".to_owned(), json!({ "description": same }));
    }
    let mut problems: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for kind in endpoint.all_problems() {
        let meaning = format!("`{}`: {}", kind.name, kind.meaning);
        problems.entry(kind.status.as_u16()).or_default().push(meaning);
    }
    for (status, meanings) in problems {
        responses.insert(
            status.to_string(),
            json!({
                "description": meanings.join("\n\n"),
                "content": {
                    "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
                },
            }),
        );
    }
    Value::Object(responses)
}

/// What every problem is, as `Problem::to_json` writes it (RFC 9457).
fn problem_schema() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": { "type": "string", "description": "Leads to what this kind of problem means." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What is wrong with this request, and what to do." },
            "retry": { "type": "string", "enum": ["never", "later", "split", "resnapshot"] },
            "request_id": { "type": "string" },
        },
    })
}

//! The API for people who read: one page, made of the document.

use serde::Serialize;
use serde_json::Value;
use warp::http::Method;

use super::document::document;
use super::{DOCUMENT, ROOT};
use crate::model::TokenScope;
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::{Access, Route, Surface};
use crate::web::{App, Response};

/// Schemas within schemas are written out down to here.
const DEEPEST: usize = 3;

pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::GET, "/api", Access::LoggedIn, Surface::Page, show)]
}

#[derive(Serialize)]
struct ApiPage {
    #[serde(flatten)]
    frame: Frame,
    document_url: &'static str,
    example: String,
    scopes: Vec<(&'static str, &'static str)>,
    operations: Vec<Operation>,
}

#[derive(Serialize)]
struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    about: String,
    parameters: Vec<Field>,
    body: Vec<Field>,
    status: String,
    answer: Vec<Field>,
}

#[derive(Serialize)]
struct Field {
    name: String,
    kind: String,
    required: bool,
    about: String,
    depth: usize,
}

async fn show(app: App, _: Request) -> Result<Response, Problem> {
    let document = document();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            operations.push(Operation::of(&document, path, method, operation));
        }
    }
    let page = ApiPage {
        frame: Frame::of_server(&app, "api"),
        document_url: DOCUMENT,
        example: format!("curl -H \"Authorization: Bearer $TOKEN\" {}{ROOT}/connections", app.public_url),
        scopes: TokenScope::ALL.map(|scope| (scope.name(), scope.meaning())).to_vec(),
        operations,
    };
    app.templates.page("pages/api.html", &page)
}

impl Operation {
    fn of(document: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let parameters = operation["parameters"].as_array().into_iter().flatten().map(|parameter| Field {
            name: text(&parameter["name"]),
            kind: kind(document, &parameter["schema"]),
            required: parameter["required"] == true,
            about: text(&parameter["description"]),
            depth: 0,
        });
        let good = operation["responses"].as_object().into_iter().flatten();
        let (status, answer) = good
            .into_iter()
            .find(|(status, _)| status.starts_with('2'))
            .map_or((String::new(), &Value::Null), |(status, answer)| {
                (status.clone(), &answer["content"]["application/json"]["schema"])
            });
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        Self {
            id: text(&operation["operationId"]),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]),
            about: text(&operation["description"]),
            parameters: parameters.collect(),
            body: fields(document, body, 0),
            status,
            answer: fields(document, answer, 0),
        }
    }
}

/// What a schema refers to, past references and what may be null.
fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(name) = schema["$ref"].as_str() {
        return document.pointer(name.trim_start_matches('#')).unwrap_or(&Value::Null);
    }
    let choices = schema["anyOf"].as_array().into_iter().flatten();
    let mut choices = choices.filter(|choice| choice["type"] != "null");
    match (choices.next(), choices.next()) {
        (Some(only), None) => resolve(document, only),
        _ => schema,
    }
}

fn fields(document: &Value, schema: &Value, depth: usize) -> Vec<Field> {
    let schema = resolve(document, schema);
    let schema = if schema["type"] == "array" { resolve(document, &schema["items"]) } else { schema };
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|each| each == name));
    let mut found = Vec::new();
    if depth > DEEPEST {
        return found;
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let target = resolve(document, property);
        let about = property["description"].as_str().or(target["description"].as_str());
        found.push(Field {
            name: name.clone(),
            kind: kind(document, property),
            required: required(name),
            about: about.unwrap_or_default().to_owned(),
            depth,
        });
        found.extend(fields(document, property, depth + 1));
    }
    found
}

/// A schema in a word or two.
fn kind(document: &Value, schema: &Value) -> String {
    let target = resolve(document, schema);
    if let Some(words) = target["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return words.join(" | ");
    }
    let words =
        target["oneOf"].as_array().into_iter().flatten().filter_map(|choice| choice["const"].as_str());
    let words: Vec<&str> = words.collect();
    if !words.is_empty() {
        return words.join(" | ");
    }
    if target["format"] == "date-time" {
        return "time".to_owned();
    }
    match &target["type"] {
        Value::String(word) if word == "array" => format!("list of {}", kind(document, &target["items"])),
        Value::String(word) => word.clone(),
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "object".to_owned(),
    }
}

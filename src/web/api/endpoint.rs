//! One row of the API: where it is, what it needs, takes and answers, and who does it.

use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jsonschema::Validator;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use warp::http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::param::{self, Param};
use crate::model::{ConnectionId, TokenScope};
use crate::web::body::Pace;
use crate::web::kinds::{self, Kind};
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::{Access, Route, Surface};
use crate::web::who::{Asker, Who};
use crate::web::{App, Response, tokens};

/// The largest body of a request: a few short fields.
const MAX_BODY_BYTES: usize = 64 * 1024;

type Handler = Arc<dyn Fn(App, Request) -> BoxFuture<'static, Result<Response, Problem>> + Send + Sync>;

/// Writes the schema of a type, with those that it is made of, into a generator.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What an endpoint answers with.
#[derive(Clone, Copy)]
pub enum Answers {
    /// JSON of this schema.
    Json(SchemaOf),
    /// No body.
    Nothing,
    /// A JSON array of rrweb events that is written while it is sent.
    Events,
}

/// A row of the API.
pub struct Endpoint {
    /// Its method.
    pub method: Method,
    /// Its path, with `{name}` for one segment.
    pub path: String,
    /// The role that is needed.
    pub access: Access,
    /// The scope that a token needs.
    pub scope: TokenScope,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What more there is to know.
    pub about: &'static str,
    /// Query parameters.
    pub params: &'static [Param],
    /// What the body is, if it takes one.
    pub body: Option<SchemaOf>,
    /// What it answers with.
    pub answers: Answers,
    /// The status when all is well.
    pub status: StatusCode,
    /// The problems that are its own, beside those that all have.
    pub problems: Vec<&'static Kind>,
    handler: Handler,
}

/// Nothing to be said.
pub struct Nothing;

/// Where an endpoint is, and who may use it: method, path below the root, role, scope.
pub type Place = (Method, &'static str, Access, TokenScope);

impl Endpoint {
    fn new((method, path, access, scope): Place, summary: &'static str, answers: Answers) -> Self {
        Self {
            method,
            path: format!("{}{path}", super::ROOT),
            access,
            scope,
            summary,
            about: "",
            params: &[],
            body: None,
            answers,
            status: StatusCode::OK,
            problems: Vec::new(),
            handler: Arc::new(|_, _| Box::pin(async { Err(Problem::internal()) })),
        }
    }

    /// One that answers JSON.
    pub fn json<T, F, Fut>(place: Place, summary: &'static str, handler: F) -> Self
    where
        T: Serialize + JsonSchema + 'static,
        F: Fn(App, Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        let new = Self::new(place, summary, Answers::Json(|generator| generator.subschema_for::<T>()));
        let status = StatusCode::OK;
        Self {
            handler: Arc::new(move |app, request| Box::pin(answered(handler(app, request), status))),
            ..new
        }
    }

    /// One that takes JSON and answers JSON, with a status.
    pub fn taking<B, T, F, Fut>(place: Place, status: StatusCode, summary: &'static str, handler: F) -> Self
    where
        B: DeserializeOwned + JsonSchema + Send + 'static,
        T: Serialize + JsonSchema + 'static,
        F: Fn(App, Request, B) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        let new = Self::new(place, summary, Answers::Json(|generator| generator.subschema_for::<T>()));
        let validator = Arc::new(validator::<B>());
        let work = move |app: App, mut request: Request| {
            let (handler, validator) = (handler.clone(), Arc::clone(&validator));
            let whole = async move {
                let body = read_body(&app, &mut request, &validator).await?;
                handler(app, request, body).await
            };
            answered(whole, status).boxed()
        };
        let body: SchemaOf = |generator| generator.subschema_for::<B>();
        Self { body: Some(body), status, handler: Arc::new(work), ..new }
    }

    /// One that has nothing to say.
    pub fn silent<F, Fut>(place: Place, summary: &'static str, handler: F) -> Self
    where
        F: Fn(App, Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Nothing, Problem>> + Send + 'static,
    {
        let work = move |app, request| {
            let done = handler(app, request);
            let answer = async move {
                done.await?;
                let mut response = Response::default();
                *response.status_mut() = StatusCode::NO_CONTENT;
                Ok(response)
            };
            answer.boxed()
        };
        let new = Self::new(place, summary, Answers::Nothing);
        Self { status: StatusCode::NO_CONTENT, handler: Arc::new(work), ..new }
    }

    /// One that writes rrweb events while they are sent.
    pub fn events<F, Fut>(place: Place, summary: &'static str, handler: F) -> Self
    where
        F: Fn(App, Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        let new = Self::new(place, summary, Answers::Events);
        Self { handler: Arc::new(move |app, request| handler(app, request).boxed()), ..new }
    }

    /// The same with more to know.
    pub fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// The same with query parameters.
    pub fn params(self, params: &'static [Param]) -> Self {
        Self { params, ..self }
    }

    /// The same with problems of its own.
    pub fn problems(self, problems: impl IntoIterator<Item = &'static Kind>) -> Self {
        Self { problems: problems.into_iter().collect(), ..self }
    }

    /// Each kind of problem that it may answer with.
    pub fn all_problems(&self) -> Vec<&'static Kind> {
        let mut all = vec![
            kinds::NO_TOKEN,
            kinds::BAD_TOKEN,
            kinds::TOKEN_SCOPE,
            kinds::NOT_ALLOWED,
            kinds::BAD_REQUEST,
            kinds::BAD_QUERY,
            kinds::TOO_OFTEN,
            kinds::INTERNAL,
            kinds::BUSY,
            kinds::STORAGE_ERROR,
        ];
        if self.path.contains('{') {
            all.push(kinds::NOT_FOUND);
        }
        if self.body.is_some() {
            all.extend([kinds::BAD_BODY, kinds::BODY_TOO_LARGE, kinds::BODY_TIMEOUT]);
        }
        all.extend(&self.problems);
        all
    }

    /// The row of the table of routes.
    pub fn into_route(self) -> Route {
        let Self { method, path, access, scope, params, handler, .. } = self;
        Route::new(method, path, access, Surface::Api, move |app, request| {
            run(app, request, scope, params, Arc::clone(&handler))
        })
    }
}

async fn run(
    app: App,
    mut request: Request,
    needed: TokenScope,
    params: &'static [Param],
    handler: Handler,
) -> Result<Response, Problem> {
    let Asker::Token { id, scopes, .. } = app.asker().asker.clone() else { return Err(Problem::no_token()) };
    if !scopes.has(needed) {
        return Err(Problem::token_scope(needed));
    }
    param::check(&request, params)?;
    let scope = tokens::narrowed(&app, scopes, needed).await?;
    if let Ok(connection) = request.param::<ConnectionId>("connection")
        && !scope.allows(connection)
    {
        // Who may see all connections, those to come included, may name one that is not there.
        return Err(Problem::not_found());
    }
    let app = app.asked_by(Who { asker: app.asker().asker.clone(), scope });
    let tag = request.headers.remove(header::IF_NONE_MATCH);
    let is_read = matches!(request.method, Method::GET | Method::HEAD);
    let mut response = handler(app.clone(), request).await?;
    if is_read && matches_tag(tag, response.headers()) {
        let tag = response.headers_mut().remove(header::ETAG);
        response = Response::default();
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().extend(tag.map(|tag| (header::ETAG, tag)));
    }
    app.token_rates.tell(id, app.clock.uptime(), response.headers_mut());
    Ok(response)
}

fn matches_tag(asked: Option<HeaderValue>, headers: &HeaderMap) -> bool {
    let Some((asked, tag)) = asked.zip(headers.get(header::ETAG)) else { return false };
    let Ok((asked, tag)) = asked.to_str().and_then(|asked| Ok((asked, tag.to_str()?))) else { return false };
    asked.split(',').map(|each| each.trim().trim_start_matches("W/")).any(|each| each == tag || each == "*")
}

async fn answered<T: Serialize>(
    answer: impl Future<Output = Result<T, Problem>>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let text = serde_json::to_vec(&answer.await?).map_err(|error| {
        tracing::error!(%error, "an answer was not written");
        Problem::internal()
    })?;
    let hash = Sha256::digest(&text);
    let tag: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status == StatusCode::OK {
        let tag = HeaderValue::from_str(&format!("\"{tag}\"")).expect("hexadecimal digits are plain ASCII");
        headers.insert(header::ETAG, tag);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    Ok(response)
}

/// How the schema of what is sent is written.
pub fn body_settings() -> SchemaSettings {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    settings.with(|settings| settings.definitions_path = "/components/schemas".into())
}

/// How the schema of what is answered is written.
pub fn answer_settings() -> SchemaSettings {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.with(|settings| settings.definitions_path = "/components/schemas".into())
}

fn validator<B: JsonSchema>() -> Validator {
    let schema =
        SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<B>();
    jsonschema::options().build(schema.as_value()).expect("the schema of a type of ours is one")
}

/// The body as its type; what is wrong with it names the field.
async fn read_body<B: DeserializeOwned>(
    app: &App,
    request: &mut Request,
    validator: &Validator,
) -> Result<B, Problem> {
    let kind = request.header(header::CONTENT_TYPE);
    let media_type = kind.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        let mut problem = Problem::bad_body("The body is JSON: send it with Content-Type: application/json.");
        request.let_go(&mut problem).await;
        return Err(problem);
    }
    let body = match request.body.read(MAX_BODY_BYTES, Pace::from(&app.settings.ingest)).await {
        Ok(body) => body,
        Err(refused) => {
            let mut problem = refused.into();
            request.let_go(&mut problem).await;
            return Err(problem);
        }
    };
    let json: serde_json::Value = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_body(&format!("The body is no JSON: {error}.")))?;
    if let Some(error) = validator.iter_errors(&json).next() {
        let field = error.instance_path().to_string().trim_start_matches('/').replace('/', ".");
        let what = error.masked_with("what was sent").to_string();
        let what: String = what.chars().filter(|char| !char.is_control()).take(300).collect();
        let field = if field.is_empty() { "The body".to_owned() } else { field };
        return Err(Problem::bad_body(&format!("{field}: {what}.")));
    }
    // A list or a text that is right by its schema may still be none to its type.
    serde_json::from_value(json).map_err(|error| Problem::bad_body(&format!("{error}.")))
}

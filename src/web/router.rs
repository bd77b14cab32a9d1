//! The table of routes, kept as data: method, path, who may, what surface, handler.
//!
//! One warp filter takes every request and dispatches it through the table, so that
//! what is routed, what is protected and what tests walk over cannot differ, and so
//! that `Allow` lists and 404s come from one place.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::timeout;
use tracing::Instrument;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::http::{HeaderMap, HeaderValue, Method, header};

use super::body::Body;
use super::forwarded::Sender;
use super::problem::Problem;
use super::refusal::{Followed, NamedKey};
use super::request::{Arrival, Request};
use super::shrink::shrink;
use super::traffic::tell;
use super::who::{self, Asking, Who};
use super::{
    App, Response, accounts, activity, answers, api, assets, audit, audited, bulk, clients, connection_list,
    connections as ways, conversation, delete, demo, doctor, downloads, events, headers, health, ingest,
    kinds, leaks, live, look_again, neighbours, next, notes, operations, origin, part, persons, pin, plugins,
    privacy, replay, reports, retention, see_other, sessions, settings, share, storage, strangers, tokens,
    views, visitors, watched, well_known,
};
use crate::config::Settings;
use crate::model::{ConnectionId, Role};
use crate::store::connections;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever holds a write key.
    WriteKey,
    /// Whoever has logged in.
    LoggedIn,
    /// Whoever has any role in the connection that the path names.
    Member,
    /// Whoever has this role in it, or one that may more.
    Viewer,
    /// See there.
    Editor,
    /// See there.
    Admin,
    /// Whoever may do everything, in all connections.
    Server,
    /// Whoever holds a link to the session.
    Share,
}

/// What kind of answer a route gives, which decides its headers and how it says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// A page of the dashboard.
    Page,
    /// A page for whoever holds a link.
    Share,
    /// The player's document.
    Stage,
    /// JSON, recordings and live updates for the dashboard.
    Data,
    /// Uploads, from any site.
    Ingest,
    /// Scripts, styles and fonts, for any site.
    Asset,
    /// The demo shop.
    Demo,
    /// JSON for programs, which say who they are with a token.
    Api,
}

type Handler = Arc<dyn Fn(App, Request) -> BoxFuture<'static, Result<Response, Problem>> + Send + Sync>;

/// One row of the table.
pub struct Route {
    /// HEAD is answered wherever GET is.
    pub method: Method,
    /// The path, with `{name}` for one segment and `{*name}` for the rest.
    pub path: String,
    /// Who may use it.
    pub access: Access,
    /// What kind of answer it gives.
    pub surface: Surface,
    /// Whether each step of it has a limit of its own.
    has_own_time: bool,
    handler: Handler,
}

impl Access {
    /// The least role in the connection that will do; `None`: it is not about one.
    fn role(self) -> Option<Role> {
        match self {
            Self::Public | Self::WriteKey | Self::Share | Self::LoggedIn | Self::Server => None,
            Self::Member => Some(Role::ViewerWithoutPrompts),
            Self::Viewer => Some(Role::Viewer),
            Self::Editor => Some(Role::Editor),
            Self::Admin => Some(Role::Admin),
        }
    }

    /// Whether anybody must say who they are.
    pub fn needs_login(self) -> bool {
        !matches!(self, Self::Public | Self::WriteKey | Self::Share)
    }
}

impl Route {
    /// A row of the table.
    pub fn new<F, Fut>(
        method: Method,
        path: impl Into<String>,
        access: Access,
        surface: Surface,
        handler: F,
    ) -> Self
    where
        F: Fn(App, Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |app, request| Box::pin(handler(app, request)));
        Self { method, path: path.into(), access, surface, has_own_time: false, handler }
    }

    /// The same for what may take long, and sees itself to how long.
    pub fn in_its_own_time(self) -> Self {
        Self { has_own_time: true, ..self }
    }

    /// Whether it changes something in the name of whoever looks at a page: then only our own pages may ask.
    pub fn is_for_our_pages_only(&self) -> bool {
        self.method != Method::GET && matches!(self.surface, Surface::Page | Surface::Data)
    }
}

/// All routes of the server.
pub fn routes(app: &App) -> Vec<Route> {
    let mut routes = ways::routes();
    routes.extend(accounts::routes());
    routes.extend(connection_list::routes());
    routes.extend(sessions::routes());
    routes.extend(settings::routes());
    routes.extend(doctor::routes());
    routes.extend(activity::routes());
    routes.extend(visitors::routes());
    routes.extend(replay::routes());
    routes.extend(events::routes());
    routes.extend(conversation::routes());
    routes.extend(neighbours::routes());
    routes.extend(pin::routes());
    routes.extend(look_again::routes());
    routes.extend(notes::routes());
    routes.extend(share::routes());
    routes.extend(downloads::routes());
    routes.extend(delete::routes());
    routes.extend(bulk::routes());
    routes.extend(views::routes());
    routes.extend(watched::routes());
    routes.extend(storage::routes());
    routes.extend(retention::routes());
    routes.extend(audit::routes());
    routes.extend(persons::routes());
    routes.extend(privacy::routes());
    routes.extend(leaks::routes());
    routes.extend(part::routes());
    routes.extend(live::routes());
    routes.extend(reports::routes());
    routes.extend(plugins::routes());
    routes.extend(answers::routes());
    routes.extend(tokens::routes());
    routes.extend(api::routes());
    routes.extend(ingest::routes(&app.settings.recorder.ingest_path));
    routes.extend(clients::routes());
    routes.extend(kinds::routes());
    routes.extend(well_known::routes());
    routes.extend(health::routes());
    routes.extend(operations::routes());
    routes.extend(assets::routes(app));
    if app.demo.is_some() {
        routes.extend(demo::routes());
    }
    routes
}

/// The table, ready to answer requests.
pub struct Router {
    app: App,
    routes: Vec<Route>,
    /// For each path, the rows that have it.
    by_path: matchit::Router<Vec<usize>>,
}

/// A request on its way to an answer.
struct Answered {
    /// The server as it works for whoever asked.
    app: App,
    result: Result<Response, Problem>,
    surface: Surface,
    /// The row of the table; `None`: there is none for it.
    row: Option<usize>,
}

impl Router {
    /// The table of a server.
    pub fn new(app: App) -> anyhow::Result<Self> {
        let routes = routes(&app);
        Self::of(app, routes)
    }

    /// A table of these rows.
    pub fn of(app: App, routes: Vec<Route>) -> anyhow::Result<Self> {
        let mut rows: Vec<(&str, Vec<usize>)> = Vec::new();
        for (row, route) in routes.iter().enumerate() {
            match rows.iter_mut().find(|(path, _)| *path == route.path) {
                Some((_, same_path)) => same_path.push(row),
                None => rows.push((&route.path, vec![row])),
            }
        }
        let mut by_path = matchit::Router::new();
        for (path, rows) in rows {
            by_path.insert(path, rows)?;
        }
        app.traffic.begin(routes.iter().map(|route| (&route.method, route.path.as_str())));
        Ok(Self { app, routes, by_path })
    }

    /// Its rows.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request) -> Response {
        self.respond(request, Asking::Unknown).await
    }

    /// Answers it as if it were from `who`, whatever it says itself; `None` has not logged in.
    pub async fn answer_as(&self, who: Option<Who>, request: Request) -> Response {
        self.respond(request, Asking::Known(who)).await
    }

    /// The route, with its path parameters put into the request.
    fn find(&self, request: &mut Request) -> Result<usize, (Problem, Surface)> {
        let path = request.path.clone();
        let Ok(found) = self.by_path.at(&path) else {
            let surface = if path.starts_with(api::ROOT) { Surface::Api } else { Surface::Page };
            return Err((Problem::not_found(), surface));
        };
        request.params =
            found.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let asked = if request.method == Method::HEAD { &Method::GET } else { &request.method };
        let rows = || found.value.iter().map(|row| &self.routes[*row]);
        found.value.iter().copied().find(|row| self.routes[*row].method == *asked).ok_or_else(|| {
            let allow = rows().map(|route| allowed(&route.method)).collect::<Vec<_>>().join(", ");
            let surface = rows().next().map_or(Surface::Page, |route| route.surface);
            (Problem::method_not_allowed(allow), surface)
        })
    }

    async fn respond(&self, request: Request, asking: Asking) -> Response {
        let start = Instant::now();
        let wants_html = request.wants_html();
        // What follows on the connection could not be watched (`framing`).
        let is_last = request.headers.contains_key(header::TRANSFER_ENCODING);
        let is_guest = request.path.starts_with(share::BELOW);
        let takes_gzip = request.accepts("gzip");
        let login_url = (wants_html && request.method == Method::GET)
            .then(|| next::login_url(&request.path, &request.query));
        let Answered { app, result, surface, row } = self.find_answer(request, asking).await;
        let problem = result.as_ref().err().map(|problem| problem.kind.name);
        let mut response = match (result, surface) {
            (Ok(response), _) => response,
            (Err(problem), Surface::Page) if let Some(url) = leads_on(&problem, login_url.as_deref()) => {
                see_other(url)
            }
            // Whatever was asked for, what a person gets to read is a page of ours.
            (Err(problem), Surface::Page | Surface::Share | Surface::Stage | Surface::Demo) if wants_html => {
                if is_guest {
                    app.templates.guest_problem(&problem)
                } else {
                    app.templates.problem(&app, &problem)
                }
            }
            (Err(problem), _) => problem.to_json(),
        };
        if is_guest {
            share::keep_private(&mut response);
        }
        headers::add(&mut response, surface);
        if app.public_url.starts_with("https://") {
            headers::add_hsts(response.headers_mut());
        }
        if is_last {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        self.app.traffic.note(row, &response, start.elapsed());
        tell(row.map(|row| &self.routes[row]), problem, &response, start.elapsed());
        if takes_gzip { shrink(response).await } else { response }
    }

    async fn find_answer(&self, mut request: Request, asking: Asking) -> Answered {
        let now = self.app.now();
        let (found, surface) = match self.find(&mut request) {
            Ok(row) => (Ok(row), self.routes[row].surface),
            Err((problem, surface)) => (Err(problem), surface),
        };
        let row = found.as_ref().ok().copied();
        let found = found.map(|row| &self.routes[row]);
        let followed = (surface == Surface::Ingest).then(|| Followed::new(&now, &request));
        let is_asked = matches!(asking, Asking::Unknown);
        let who = in_time(&now, who::asks(&now, found.as_ref().ok().copied(), asking, &request)).await;
        let app = now.asked_by(who.clone().unwrap_or_else(|_| Who::nobody()));
        let admitted = match found {
            Ok(route) => in_time(&app, admit(route, &app, who, &request)).await.map(|()| route),
            Err(problem) => Err(strangers::count(&app, &request).err().unwrap_or(problem)),
        };
        let cookie = match &admitted {
            Ok(route) if is_asked => renewed(route, &app, &request).await,
            _ => None,
        };
        let id = if surface == Surface::Ingest { String::new() } else { app.refusals.request_id() };
        let mut result = match admitted {
            Ok(route) if surface == Surface::Ingest => run(route, app.clone(), request).await,
            Ok(route) => {
                let span = tracing::info_span!("request", id, route = route.path);
                run(route, app.clone(), request).instrument(span).await
            }
            Err(mut problem) => {
                request.let_go(&mut problem).await;
                Err(problem)
            }
        };
        match (followed, result.as_mut().err()) {
            (Some(followed), problem) => followed.answered(problem),
            (None, Some(problem)) => problem.request_id = Some(id),
            (None, None) => {}
        }
        if let (Ok(response), Some(cookie)) = (&mut result, cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Answered { app, result, surface, row }
    }
}

/// How a route's method stands in an `Allow` header.
fn allowed(method: &Method) -> &str {
    if method == Method::GET { "GET, HEAD" } else { method.as_str() }
}

/// The whole server as one warp filter.
pub fn filter(app: App) -> anyhow::Result<BoxedFilter<(Response,)>> {
    let router = Arc::new(Router::new(app.clone())?);
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    let filter = warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::ext::get::<Arrival>())
        .and(warp::body::stream())
        .then(move |method, path: warp::path::FullPath, query, headers: HeaderMap, arrival, body| {
            let settings = app.live.now();
            let trusted = &settings.server.trusted_proxies;
            let request = Request {
                sender: Sender::of(&arrival, &headers, trusted, &app.public_url),
                method,
                path: path.as_str().to_owned(),
                params: Vec::new(),
                query,
                headers,
                arrival,
                body: Body::new(body),
                key: NamedKey::default(),
            };
            let router = Arc::clone(&router);
            async move { router.answer(request).await }
        });
    Ok(filter.boxed())
}

/// Where somebody is led who has to do something else before the page that they asked for.
fn leads_on<'a>(problem: &Problem, login_url: Option<&'a str>) -> Option<&'a str> {
    let login_url = login_url?;
    if problem.kind == kinds::LOGIN_NEEDED {
        return Some(login_url);
    }
    (problem.kind == kinds::SECOND_FACTOR_NEEDED).then_some(accounts::second_factor::URL)
}

/// The cookie of whoever looks at a page, with another token when that is due.
async fn renewed(route: &Route, app: &App, request: &Request) -> Option<HeaderValue> {
    let is_page = route.surface == Surface::Page && route.method == Method::GET;
    if is_page && app.asker().user().is_some() {
        accounts::session::renewed(app, request).await
    } else {
        None
    }
}

/// The last resort: a handler that panics, or does not end, costs its own request, and no other.
async fn run(route: &Route, app: App, request: Request) -> Result<Response, Problem> {
    let patience = patience(route, &app.settings);
    let work = AssertUnwindSafe((route.handler)(app, request)).catch_unwind();
    let answer = match timeout(patience, work).await {
        Ok(answer) => answer,
        Err(_) => {
            tracing::warn!(path = route.path, "a request took too long");
            return Err(Problem::took_too_long());
        }
    };
    answer.unwrap_or_else(|_| {
        tracing::error!(path = route.path, "a request handler panicked");
        Err(Problem::internal())
    })
}

/// Whoever asks does not wait for ever to be let in either.
async fn in_time<T>(app: &App, work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    timeout(app.settings.server.handler_timeout(), work)
        .await
        .unwrap_or_else(|_| Err(Problem::took_too_long()))
}

/// How long a handler may work. What it streams then is not counted.
fn patience(route: &Route, settings: &Settings) -> Duration {
    match route.surface {
        _ if route.has_own_time => Duration::MAX,
        // Each step of an upload and of a question has a limit of its own.
        Surface::Ingest => Duration::MAX,
        _ if route.method == Method::GET => settings.server.handler_timeout(),
        // A form may come slowly.
        _ => settings.server.handler_timeout() + settings.ingest.body_timeout(),
    }
}

/// Finds out whether whoever asks may.
async fn admit(
    route: &Route,
    app: &App,
    who: Result<Who, Problem>,
    request: &Request,
) -> Result<(), Problem> {
    check(route, app, request)?;
    // How often uploads come is limited by what they are.
    if who.is_err() || !route.access.needs_login() && route.surface != Surface::Ingest {
        strangers::count(app, request)?;
    }
    let scope = who?.scope;
    if route.access == Access::Server && !scope.is_everything() {
        return Err(not_allowed(route, app));
    }
    let Some(least) = route.access.role() else { return Ok(()) };
    // Who has no part in a connection is told what is told of one that does not exist.
    let connection: ConnectionId = request.param("connection")?;
    let role = scope.role_in(connection).ok_or_else(Problem::not_found)?;
    if !app.store.read(move |conn| connections::exists(conn, connection)).await? {
        return Err(Problem::not_found());
    }
    if role < least { Err(not_allowed(route, app)) } else { Ok(()) }
}

/// Somebody asks for more than they may, which the log hears of.
fn not_allowed(route: &Route, app: &App) -> Problem {
    let who = audited::name_of(&app.asker().asker);
    tracing::info!(path = route.path, who, "somebody asked for what their role does not allow");
    Problem::not_allowed()
}

/// What is asked of a request whatever its route.
fn check(route: &Route, app: &App, request: &Request) -> Result<(), Problem> {
    check_framing(request)?;
    if route.is_for_our_pages_only() { origin::check(request, &app.public_url) } else { Ok(()) }
}

/// What hyper lets pass and a proxy in front might read in another way.
fn check_framing(request: &Request) -> Result<(), Problem> {
    if request.headers.get_all(header::HOST).iter().count() != 1 {
        return Err(Problem::bad_request("A request has exactly one Host header."));
    }
    if request.arrival.ambiguous.get() {
        return Err(Problem::bad_request("A request has either a length or a transfer coding."));
    }
    let codings = request.headers.get_all(header::TRANSFER_ENCODING);
    if codings.iter().count() > 1 {
        return Err(Problem::bad_request("A request has one transfer coding at most."));
    }
    if codings.iter().any(|coding| !coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked")) {
        return Err(Problem::bad_request("The only transfer coding is `chunked`."));
    }
    Ok(())
}

//! The table of routes, kept as data: method, path, who may, what surface, handler.
//!
//! One warp filter takes every request and dispatches it through the table, so that
//! what is routed, what is protected and what tests walk over cannot differ, and so
//! that `Allow` lists and 404s come from one place.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::http::{HeaderMap, HeaderValue, Method, header};

use super::body::Body;
use super::problem::Problem;
use super::refusal::Followed;
use super::request::{Arrival, Request};
use super::who::{self, Who};
use super::{
    App, Response, activity, answers, assets, bulk, connection_list, connections, conversation, delete, demo,
    doctor, downloads, events, headers, ingest, kinds, leaks, live, neighbours, notes, origin, part, pin,
    plugins, replay, reports, retention, sessions, settings, share, storage, views, visitors, watched,
};
use crate::model::{ConnectionId, Role};

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
    fn needs_login(self) -> bool {
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
        Self { method, path: path.into(), access, surface, handler }
    }

    /// Whether it changes something in the name of whoever looks at a page: then only our own pages may ask.
    pub fn is_for_our_pages_only(&self) -> bool {
        self.method != Method::GET && matches!(self.surface, Surface::Page | Surface::Data)
    }
}

/// All routes of the server.
pub fn routes(app: &App) -> Vec<Route> {
    let mut routes = connections::routes();
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
    routes.extend(notes::routes());
    routes.extend(share::routes());
    routes.extend(downloads::routes());
    routes.extend(delete::routes());
    routes.extend(bulk::routes());
    routes.extend(views::routes());
    routes.extend(watched::routes());
    routes.extend(storage::routes());
    routes.extend(retention::routes());
    routes.extend(leaks::routes());
    routes.extend(part::routes());
    routes.extend(live::routes());
    routes.extend(reports::routes());
    routes.extend(plugins::routes());
    routes.extend(answers::routes());
    routes.extend(ingest::routes(&app.settings.recorder.ingest_path));
    routes.extend(kinds::routes());
    routes.extend(assets::routes(app));
    if app.demo.is_some() {
        routes.extend(demo::routes());
    }
    routes
}

/// Finds the route of a request.
struct Router {
    routes: Vec<Route>,
    /// For each path, the rows that have it.
    by_path: matchit::Router<Vec<usize>>,
}

impl Router {
    fn new(routes: Vec<Route>) -> anyhow::Result<Self> {
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
        Ok(Self { routes, by_path })
    }

    /// The route, with its path parameters put into the request.
    fn find(&self, request: &mut Request) -> Result<&Route, (Problem, Surface)> {
        let path = request.path.clone();
        let Ok(found) = self.by_path.at(&path) else {
            return Err((Problem::not_found(), Surface::Page));
        };
        request.params =
            found.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let asked = if request.method == Method::HEAD { &Method::GET } else { &request.method };
        let rows = || found.value.iter().map(|row| &self.routes[*row]);
        rows().find(|route| route.method == *asked).ok_or_else(|| {
            let allow = rows().map(|route| allowed(&route.method)).collect::<Vec<_>>().join(", ");
            let surface = rows().next().map_or(Surface::Page, |route| route.surface);
            (Problem::method_not_allowed(allow), surface)
        })
    }
}

/// How a route's method stands in an `Allow` header.
fn allowed(method: &Method) -> &str {
    if method == Method::GET { "GET, HEAD" } else { method.as_str() }
}

/// The whole server as one warp filter.
pub fn filter(app: App) -> anyhow::Result<BoxedFilter<(Response,)>> {
    let router = Arc::new(Router::new(routes(&app))?);
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    let filter = warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::ext::get::<Arrival>())
        .and(warp::body::stream())
        .then(move |method, path: warp::path::FullPath, query, headers: HeaderMap, arrival, body| {
            let request = Request {
                method,
                path: path.as_str().to_owned(),
                params: Vec::new(),
                query,
                headers,
                arrival,
                body: Body::new(body),
            };
            dispatch(app.clone(), Arc::clone(&router), request)
        });
    Ok(filter.boxed())
}

async fn dispatch(app: App, router: Arc<Router>, request: Request) -> Response {
    let wants_html = request.wants_html();
    // What follows on the connection could not be watched (`framing`).
    let is_last = request.headers.contains_key(header::TRANSFER_ENCODING);
    let is_guest = request.path.starts_with(share::BELOW);
    let (answer, surface) = answer(&app, &router, request).await;
    let mut response = match (answer, surface) {
        (Ok(response), _) => response,
        // Whatever was asked for, what a person gets to read is a page of ours.
        (Err(problem), Surface::Page | Surface::Share | Surface::Stage | Surface::Demo) if wants_html => {
            if is_guest {
                app.templates.guest_problem(&problem)
            } else {
                app.templates.problem(&problem)
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
    response
}

async fn answer(app: &App, router: &Router, mut request: Request) -> (Result<Response, Problem>, Surface) {
    let (found, surface) = match router.find(&mut request) {
        Ok(route) => (admit(route, app, &request).await.map(|asker| (route, asker)), route.surface),
        Err((problem, surface)) => (Err(problem), surface),
    };
    let followed = (surface == Surface::Ingest).then(|| Followed::new(app, &request));
    let mut answer = match found {
        Ok((route, asker)) => run(route, app.asked_by(asker), request).await,
        Err(mut problem) => {
            request.let_go(&mut problem).await;
            Err(problem)
        }
    };
    if let Some(followed) = followed {
        followed.answered(answer.as_mut().err());
    }
    (answer, surface)
}

/// The last resort: a handler that panics costs its own request, and no other.
async fn run(route: &Route, app: App, request: Request) -> Result<Response, Problem> {
    let answer = AssertUnwindSafe((route.handler)(app, request)).catch_unwind().await;
    answer.unwrap_or_else(|_| {
        tracing::error!(path = route.path, "a request handler panicked");
        Err(Problem::internal())
    })
}

/// Finds out who asks, and whether they may.
async fn admit(route: &Route, app: &App, request: &Request) -> Result<Who, Problem> {
    check(route, app, request)?;
    if !route.access.needs_login() {
        // The handler checks the key or the link by itself.
        return Ok(Who::everyone());
    }
    let asker = who::authenticate(app, request).await?;
    allow(route, &asker, request)?;
    Ok(asker)
}

/// Who has no part in a connection is told what is told of one that does not exist.
fn allow(route: &Route, asker: &Who, request: &Request) -> Result<(), Problem> {
    if route.access == Access::Server && !asker.scope.is_everything() {
        return Err(Problem::not_allowed());
    }
    let Some(least) = route.access.role() else { return Ok(()) };
    let connection: ConnectionId = request.param("connection")?;
    let role = asker.scope.role_in(connection).ok_or_else(Problem::not_found)?;
    if role < least { Err(Problem::not_allowed()) } else { Ok(()) }
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
    if codings.iter().any(|coding| !coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked")) {
        return Err(Problem::bad_request("The only transfer coding is `chunked`."));
    }
    Ok(())
}

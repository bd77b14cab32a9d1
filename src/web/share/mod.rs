//! Links to single sessions, for people who cannot see the dashboard.
//!
//! `making` makes and ends them, `list` shows those of a connection, `guest` is what
//! stands behind a link, and `password` what guards it. Whoever holds a link reaches the
//! session of that link and nothing else: all that its page needs stands below the link.

mod guest;
mod list;
mod making;
mod password;

use sha2::{Digest, Sha256};
use warp::http::{HeaderValue, header};

use super::held_back::find_shared;
use super::problem::Problem;
use super::request::Request;
use super::router::Route;
use super::who::Who;
use super::{App, Response};
use crate::model::Session;
use crate::store::shares::{self, Share};

pub use list::url_of_all;
pub use password::attempts;

/// The address of a link.
pub const LINK: &str = "/share/{token}";

/// What every link begins with.
pub const BELOW: &str = "/share/";

/// 192 bits, written as 32 characters.
const TOKEN_BYTES: usize = 24;

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    let mut routes = making::routes();
    routes.extend(list::routes());
    routes.extend(guest::routes());
    routes
}

/// A link and what it leads to.
struct Opened {
    /// The server as it works for whoever holds the link.
    app: App,
    share: Share,
    session: Session,
    /// The link's own address.
    url: String,
    /// Proves to the next request that the password was entered.
    proof: Option<String>,
}

/// What the request's link leads to, for whoever may see it.
async fn open(app: &App, request: &Request) -> Result<Opened, Problem> {
    let opened = open_locked(app, request).await?;
    let is_open = opened.proof.as_deref().is_none_or(|proof| password::is_proven(request, proof));
    if is_open { Ok(opened) } else { Err(Problem::share_locked()) }
}

/// The same, whether its password was entered or not.
async fn open_locked(app: &App, request: &Request) -> Result<Opened, Problem> {
    let token = request.param_text("token");
    // Found by its hash, of which nobody can choose the first bytes: the time tells nothing.
    let hash: [u8; 32] = Sha256::digest(token).into();
    let found = app.store.read(move |conn| shares::with_hash(conn, &hash)).await?;
    let share = found.ok_or_else(Problem::no_share)?;
    if !share.works(app.clock.now()) {
        return Err(Problem::share_over());
    }
    let app = app.asked_by(Who::guest(share.connection));
    let session = find_shared(&app, share.connection, share.session.clone()).await?;
    let proof = share.password.as_deref().map(|hash| password::proof(token, hash));
    Ok(Opened { app, url: format!("/share/{token}"), share, session, proof })
}

/// What every answer behind a link carries: it is in nobody's index and nobody's history.
pub fn keep_private(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow, noarchive"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

//! Logging in, one's own account, and the users of the server.
//!
//! `login`, `code`, `setup` and `openid` are the doors; `session` knows who has come through one,
//! `proxied` whom a proxy lets through all of them, `vouched` who may come in when others vouch
//! for them, and `refused` who may not;
//! `own` and `second_factor` are what everybody decides for themselves, and `users` and
//! `user` what administrators decide.

mod code;
mod cookie;
mod login;
mod openid;
mod own;
mod problems;
pub mod proxied;
mod refused;
pub mod second_factor;
pub mod session;
pub mod setup;
pub mod tried;
mod user;
mod users;
mod vouched;

use crate::accounts::Attempts;

use super::problem::Problem;
use super::router::Route;
use super::{App, request};
use crate::config::Login;
use crate::model::Role;

/// Passwords of one user may be wrong so often in a while, wherever they are tried from...
const MOST_BY_NAME: u32 = 5;

/// ...and those of all users from one network.
const MOST_BY_NETWORK: u32 = 20;

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    let mut routes = login::routes();
    routes.extend(code::routes());
    routes.extend(setup::routes());
    routes.extend(openid::routes());
    routes.extend(own::routes());
    routes.extend(second_factor::routes());
    routes.extend(users::routes());
    routes.extend(user::routes());
    routes
}

/// What the doors remember, in memory.
pub struct Doors {
    /// Wrong passwords and codes by the name that was tried.
    by_name: Attempts,
    /// The same by the network that they came from.
    by_network: Attempts,
    /// Wrong codes by the number of the user.
    codes: Attempts,
    /// Logins between their two steps.
    steps: code::Steps,
    /// Whom an OpenID provider vouched for, before their user has agreed.
    pending: openid::Pending,
    /// Who was not let in lately.
    refused: refused::Refused,
    /// When logins were used, until it is written down.
    pub seen: session::Seen,
}

impl Default for Doors {
    fn default() -> Self {
        Self {
            by_name: Attempts::new("name", MOST_BY_NAME),
            by_network: Attempts::new("network", MOST_BY_NETWORK),
            codes: Attempts::new("code", MOST_BY_NAME),
            steps: code::Steps::default(),
            pending: openid::Pending::default(),
            refused: refused::Refused::default(),
            seen: session::Seen::default(),
        }
    }
}

impl Doors {
    /// Counts an attempt to log in. Through a proxy that we do not know all come from one
    /// private address, which therefore counts as no network.
    fn count(&self, app: &App, request: &request::Request, name: &str) -> Result<(), crate::accounts::Wait> {
        let (peer, now) = (request.peer(), app.clock.now());
        if !peer.is_private() || app.settings.server.limit_private_addresses {
            self.by_network.count(peer.network().to_be_bytes(), now)?;
        }
        self.by_name.count(crate::model::known_as(name), now)
    }

    /// The attempt was right.
    fn forget(&self, request: &request::Request, name: &str) {
        self.by_network.take_back(request.peer().network().to_be_bytes());
        self.by_name.forget(crate::model::known_as(name));
    }
}

/// A role in all connections, as people call it.
fn role_words(role: Option<Role>) -> &'static str {
    match role {
        Some(Role::Admin) => "Administrator",
        Some(Role::Editor) => "Editor",
        Some(Role::Viewer) => "Viewer",
        Some(Role::ViewerWithoutPrompts) => "Viewer without prompts",
        None => "No role in all connections",
    }
}

/// Without passwords nobody chooses or shows one.
fn check_passwords(app: &App) -> Result<(), Problem> {
    check_accounts(app)?;
    if app.settings.accounts.password { Ok(()) } else { Err(Problem::no_passwords()) }
}

/// Without accounts none of these pages is there.
fn check_accounts(app: &App) -> Result<(), Problem> {
    match app.settings.accounts.login {
        Login::Required => Ok(()),
        Login::None => Err(Problem::not_found()),
    }
}

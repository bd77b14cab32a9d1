//! Who asks, as far as a request says.

use std::collections::BTreeMap;

use super::accounts::{proxied, second_factor, session};
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, host, tokens};
use crate::config::Login;
use crate::model::{ConnectionId, Role, TokenScopes, User};
use crate::store::Scope;
use crate::store::logins::Found;

/// Whoever sent a request.
#[derive(Clone, Debug)]
pub struct Who {
    /// By which name they are known.
    pub asker: Asker,
    /// What they may see and do.
    pub scope: Scope,
}

/// How somebody is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Not at all: the server asks nobody who they are, or the route does not.
    Anyone,
    /// Somebody who has logged in.
    User {
        /// The number of the account.
        id: i64,
        /// Its name.
        name: String,
    },
    /// Somebody whom a proxy in front names in each request.
    Proxied {
        /// The number of the account.
        id: i64,
        /// Its name.
        name: String,
    },
    /// A program, by its token.
    Token {
        /// Its number.
        id: i64,
        /// What people call it.
        name: String,
        /// Who made it, where somebody is known.
        user: Option<i64>,
        /// What it is for.
        scopes: TokenScopes,
    },
}

impl Who {
    /// The only one there is, or the server itself.
    pub fn everyone() -> Self {
        Self { asker: Asker::Anyone, scope: Scope::everything() }
    }

    /// Whoever does not say who they are: they see nothing.
    pub fn nobody() -> Self {
        Self { asker: Asker::Anyone, scope: Scope::nothing() }
    }

    /// Whoever holds a link to a session of this connection. Which session it is, is
    /// seen to by `share`.
    pub fn guest(connection: ConnectionId) -> Self {
        let scope = Scope::of(BTreeMap::from([(connection, Role::Viewer)]));
        Self { asker: Asker::Anyone, scope }
    }

    /// The user's number and name, if it is one.
    pub fn user(&self) -> Option<(i64, &str)> {
        match &self.asker {
            Asker::User { id, name } | Asker::Proxied { id, name } => Some((*id, name)),
            Asker::Anyone | Asker::Token { .. } => None,
        }
    }
}

/// Who sends a request.
pub enum Asking {
    /// What the request itself says.
    Unknown,
    /// Known already; `None` has not logged in.
    Known(Option<Who>),
}

/// Who asks, where that is of interest. Where anybody may, it only says what a page's
/// frame leads to.
pub async fn asks(
    app: &App,
    route: Option<&Route>,
    asking: Asking,
    request: &Request,
) -> Result<Who, Problem> {
    let needs_login = route.is_some_and(|route| route.access.needs_login());
    let has_frame =
        route.is_none_or(|route| route.access == Access::Public && route.surface == Surface::Page);
    let who = match asking {
        // The handler checks the key or the link by itself.
        _ if !needs_login && !has_frame => return Ok(Who::nobody()),
        Asking::Known(who) => who.ok_or_else(Problem::login_needed),
        // Programs never come with the cookie of whoever runs them.
        Asking::Unknown if route.is_some_and(|route| route.surface == Surface::Api) => {
            tokens::asker(app, request).await
        }
        Asking::Unknown => authenticate(app, request).await,
    };
    if needs_login { who } else { Ok(who.unwrap_or_else(|_| Who::nobody())) }
}

/// Finds out who sent the request, where it is asked for.
pub async fn authenticate(app: &App, request: &Request) -> Result<Who, Problem> {
    if app.settings.accounts.login == Login::None {
        host::check(app, request)?;
        return Ok(Who::everyone());
    }
    match proxied::user(app, request).await? {
        Some((user, scope)) => {
            proxied::note_seen(app, request, &user);
            Ok(named(user, scope))
        }
        None => logged_in(app, request, session::of(app, request).await?),
    }
}

/// The same for a request that came some time ago and is still being answered.
pub async fn still(app: &App, request: &Request) -> Result<Who, Problem> {
    if app.settings.accounts.login == Login::None {
        return Ok(Who::everyone());
    }
    match proxied::user(app, request).await? {
        Some((user, scope)) => Ok(named(user, scope)),
        None => logged_in(app, request, session::look_up(app, request).await?),
    }
}

fn named(user: User, scope: Scope) -> Who {
    Who { asker: Asker::Proxied { id: user.id, name: user.name }, scope }
}

fn logged_in(app: &App, request: &Request, found: Option<(Found, Scope)>) -> Result<Who, Problem> {
    match found {
        // Whoever must have a second factor can do nothing but set it up. An OpenID provider asks by itself.
        Some((found, _))
            if app.settings.accounts.require_totp
                && !found.user.has_totp
                && found.login.vouched_by.is_none()
                && request.path != second_factor::URL =>
        {
            Err(Problem::second_factor_needed())
        }
        Some((found, scope)) => {
            let asker = Asker::User { id: found.user.id, name: found.user.name };
            Ok(Who { asker, scope })
        }
        None => Err(Problem::login_needed()),
    }
}

//! Who asks, as far as a request says.

use std::collections::BTreeMap;

use super::App;
use super::problem::Problem;
use super::request::Request;
use crate::model::{ConnectionId, Role};
use crate::store::Scope;

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

    /// The number of their account, if they have logged in with one.
    pub fn user(&self) -> Option<i64> {
        match self.asker {
            Asker::User { id, .. } => Some(id),
            Asker::Anyone => None,
        }
    }
}

/// Finds out who sent the request. Until there are accounts, everybody may do everything.
pub async fn authenticate(_app: &App, _request: &Request) -> Result<Who, Problem> {
    Ok(Who::everyone())
}

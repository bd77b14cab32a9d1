//! Who asks, as far as a request says.

use super::App;
use super::problem::Problem;
use super::request::Request;
use crate::model::TokenScopes;
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
}

/// Finds out who sent the request. Until there are accounts, everybody may do everything.
pub async fn authenticate(_app: &App, _request: &Request) -> Result<Who, Problem> {
    Ok(Who::everyone())
}

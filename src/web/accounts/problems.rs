//! What can be wrong with logging in and with users.

use super::super::kinds;
use super::super::problem::Problem;
use crate::ingest::Refused;
use crate::{accounts, openid};

impl Problem {
    /// Nobody has said who they are.
    pub fn login_needed() -> Self {
        Self::new(kinds::LOGIN_NEEDED, kinds::LOGIN_NEEDED.meaning)
    }

    /// People do not log in with passwords here.
    pub fn no_passwords() -> Self {
        let detail = "Nobody logs in with a password here (`accounts.password` in config.toml). Log in on the login page.";
        Self { detail: detail.to_owned(), ..Self::not_found() }
    }

    /// The OpenID provider did not let somebody come to the end.
    pub fn not_vouched_for(error: &openid::Error) -> Self {
        let kind = if error.is_of_provider() { kinds::PROVIDER_FAILED } else { kinds::LOGIN_BROKEN_OFF };
        let mut detail = error.to_string();
        if let Some(first) = detail.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self::new(kind, format!("{detail}. {}", kind.meaning))
    }

    /// Somebody is who they say, and is not let in.
    pub fn not_let_in(detail: impl Into<String>) -> Self {
        Self::new(kinds::NOT_LET_IN, detail)
    }

    /// The link by which somebody chooses a password does not work.
    pub fn no_invitation() -> Self {
        Self::new(kinds::NO_INVITATION, kinds::NO_INVITATION.meaning)
    }

    /// The user has no second factor, and needs one.
    pub fn second_factor_needed() -> Self {
        Self::new(kinds::SECOND_FACTOR_NEEDED, kinds::SECOND_FACTOR_NEEDED.meaning)
    }

    /// There is no such user.
    pub fn no_user() -> Self {
        let detail = "There is no such user. They may have been removed.";
        Self { detail: detail.to_owned(), title: "No such user", ..Self::not_found() }
    }

    /// Somebody else has to do this.
    pub fn own_account() -> Self {
        Self::new(kinds::OWN_ACCOUNT, kinds::OWN_ACCOUNT.meaning)
    }

    /// Nobody could administer the server any more.
    pub fn last_admin() -> Self {
        Self::new(kinds::LAST_ADMIN, kinds::LAST_ADMIN.meaning)
    }

    /// Nobody says who they are, and the server was asked for by a name that is not its own.
    pub fn foreign_host() -> Self {
        Self::new(kinds::FOREIGN_HOST, kinds::FOREIGN_HOST.meaning)
    }
}

impl From<accounts::Error> for Problem {
    fn from(error: accounts::Error) -> Self {
        match error {
            accounts::Error::Stopping => Refused::ShuttingDown.into(),
            accounts::Error::Hash => {
                tracing::error!(%error, "a login could not be checked");
                Self::internal()
            }
        }
    }
}

impl From<accounts::Wait> for Problem {
    fn from(wait: accounts::Wait) -> Self {
        Self::too_many_attempts(wait.seconds)
    }
}

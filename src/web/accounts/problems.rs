//! What can be wrong with logging in and with users.

use super::super::kinds;
use super::super::problem::Problem;
use crate::accounts;
use crate::ingest::Refused;

impl Problem {
    /// Nobody has said who they are.
    pub fn login_needed() -> Self {
        Self::new(kinds::LOGIN_NEEDED, kinds::LOGIN_NEEDED.meaning)
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

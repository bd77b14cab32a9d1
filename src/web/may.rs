//! What whoever looks at a page may do, as templates ask it: what they may not do is not
//! offered to them. That it is refused as well is the router's business.

use serde::Serialize;

use crate::model::{ConnectionId, Role};
use crate::store::Scope;

/// What somebody may do, in the connection that a page is about and in the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct May {
    /// Read what visitors wrote to the widget, and write notes, take files along.
    pub read_prompts: bool,
    /// Tag, pin, share and delete sessions; ask for reports.
    pub edit: bool,
    /// Change the connection.
    pub administer: bool,
    /// Change the server.
    pub serve: bool,
}

impl May {
    /// What a scope lets somebody do in a connection.
    pub fn within(scope: &Scope, connection: ConnectionId) -> Self {
        let role = scope.role_in(connection);
        Self {
            read_prompts: role >= Some(Role::Viewer),
            edit: role >= Some(Role::Editor),
            administer: role >= Some(Role::Admin),
            serve: scope.is_everything(),
        }
    }

    /// What it lets them do on pages that are about no connection.
    pub fn in_server(scope: &Scope) -> Self {
        Self { serve: scope.is_everything(), ..Self::default() }
    }
}

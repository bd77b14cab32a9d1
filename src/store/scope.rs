//! Which connections somebody may see.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{ConnectionId, Role};

/// What the asker may see. Every read of recordings takes one, so that no page
/// can forget to ask.
#[derive(Clone, Debug)]
pub struct Scope(Seen);

#[derive(Clone, Debug)]
enum Seen {
    Everything,
    Some(Arc<BTreeMap<ConnectionId, Role>>),
}

impl Scope {
    /// All connections, and all that can be done in them.
    pub fn everything() -> Self {
        Self(Seen::Everything)
    }

    /// No connection.
    pub fn nothing() -> Self {
        Self::of(BTreeMap::new())
    }

    /// These connections, and what may be done in each.
    pub fn of(roles: BTreeMap<ConnectionId, Role>) -> Self {
        Self(Seen::Some(Arc::new(roles)))
    }

    /// What may be done in the connection; `None`: to the asker, it is not there.
    pub fn role_in(&self, connection: ConnectionId) -> Option<Role> {
        match &self.0 {
            Seen::Everything => Some(Role::Admin),
            Seen::Some(roles) => roles.get(&connection).copied(),
        }
    }

    /// Whether the connection may be seen.
    pub fn allows(&self, connection: ConnectionId) -> bool {
        self.role_in(connection).is_some()
    }

    /// Whether what visitors wrote in the connection may be read.
    pub fn shows_prompts(&self, connection: ConnectionId) -> bool {
        self.role_in(connection) >= Some(Role::Viewer)
    }

    /// Whether it is all connections, those to come included.
    pub fn is_everything(&self) -> bool {
        matches!(self.0, Seen::Everything)
    }
}

//! Which connections somebody may see.

use crate::model::ConnectionId;

/// What the asker may see. Every read of recordings takes one, so that no page
/// can forget to ask. Until there are accounts, everybody sees everything.
#[derive(Clone, Debug)]
pub struct Scope(Seen);

#[derive(Clone, Debug)]
enum Seen {
    Everything,
}

impl Scope {
    /// All connections.
    pub fn everything() -> Self {
        Self(Seen::Everything)
    }

    /// Whether the connection may be seen.
    pub fn allows(&self, _connection: ConnectionId) -> bool {
        match self.0 {
            Seen::Everything => true,
        }
    }
}

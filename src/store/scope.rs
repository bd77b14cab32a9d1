//! Which connections somebody may see.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{ConnectionId, Role};

/// What the asker may see. Every read of recordings takes one, so that no page
/// can forget to ask.
#[derive(Clone, Debug)]
pub struct Scope {
    /// What may be done in every connection, those to come included.
    everywhere: Option<Role>,
    /// What may be done in single ones. The higher of both holds.
    roles: Arc<BTreeMap<ConnectionId, Role>>,
}

impl Scope {
    /// All connections, and all that can be done in them and in the server.
    pub fn everything() -> Self {
        Self::everywhere(Role::Admin)
    }

    /// No connection.
    pub fn nothing() -> Self {
        Self::of(BTreeMap::new())
    }

    /// These connections, and what may be done in each.
    pub fn of(roles: BTreeMap<ConnectionId, Role>) -> Self {
        Self { everywhere: None, roles: Arc::new(roles) }
    }

    /// All connections, those to come included, with this role in each. For an admin that
    /// is everything.
    pub fn everywhere(role: Role) -> Self {
        Self { everywhere: Some(role), ..Self::nothing() }
    }

    /// The same, and these roles in single connections.
    pub fn with(self, roles: BTreeMap<ConnectionId, Role>) -> Self {
        Self { roles: Arc::new(roles), ..self }
    }

    /// What may be done in the connection; `None`: to the asker, it is not there.
    pub fn role_in(&self, connection: ConnectionId) -> Option<Role> {
        self.everywhere.max(self.roles.get(&connection).copied())
    }

    /// Whether the connection may be seen.
    pub fn allows(&self, connection: ConnectionId) -> bool {
        self.role_in(connection).is_some()
    }

    /// Whether what visitors wrote in the connection may be read.
    pub fn shows_prompts(&self, connection: ConnectionId) -> bool {
        self.role_in(connection) >= Some(Role::Viewer)
    }

    /// Whether all may be done in all connections, those to come included, and in the server.
    pub fn is_everything(&self) -> bool {
        self.everywhere == Some(Role::Admin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_higher_of_two_roles_holds() {
        let [shop, blog] = [ConnectionId(1), ConnectionId(2)];
        let only_shop = BTreeMap::from([(shop, Role::Editor)]);
        let scope = Scope::of(only_shop.clone());
        assert_eq!((scope.role_in(shop), scope.role_in(blog)), (Some(Role::Editor), None));
        let scope = Scope::everywhere(Role::Viewer).with(only_shop);
        assert_eq!((scope.role_in(shop), scope.role_in(blog)), (Some(Role::Editor), Some(Role::Viewer)));
        let lower = BTreeMap::from([(shop, Role::ViewerWithoutPrompts)]);
        assert!(Scope::everywhere(Role::Viewer).with(lower.clone()).shows_prompts(shop));
        assert!(!Scope::of(lower).shows_prompts(shop) && !Scope::nothing().shows_prompts(blog));
    }

    #[test]
    fn only_an_admin_of_everything_has_the_server() {
        let admin_here = Scope::of(BTreeMap::from([(ConnectionId(1), Role::Admin)]));
        assert!(Scope::everything().is_everything());
        assert!(!admin_here.is_everything() && !Scope::everywhere(Role::Editor).is_everything());
    }
}

//! What users may do in which connections.

use std::collections::BTreeMap;

use super::{Db, Result, Scope, connections};
use crate::model::Role;

/// What a user may see and do, with this role everywhere.
pub fn scope_of(conn: &Db, _user: i64, everywhere: Option<Role>) -> Result<Scope> {
    match everywhere {
        Some(Role::Admin) => Ok(Scope::everything()),
        Some(role) => {
            let all = connections::all(conn, &Scope::everything())?;
            Ok(Scope::of(all.into_iter().map(|connection| (connection.id, role)).collect()))
        }
        None => Ok(Scope::of(BTreeMap::new())),
    }
}

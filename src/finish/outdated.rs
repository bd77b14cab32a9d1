//! Which plugins would say something else of a session by now, as far as can be known
//! without asking them: they, their settings or what they are given changed since.

use super::chosen;
use crate::model::ConnectionId;
use crate::plugins::Host;
use crate::store::{self, Db, choices, runs};

/// A plugin whose word on a session is not its latest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outdated {
    /// Its name, for people.
    pub name: String,
    /// Whether it looked at the session at all.
    pub has_looked: bool,
}

/// The analyzers of a connection that have not looked at one of its sessions as they are
/// now. Those that are paused would not look, and are left out.
pub fn outdated(
    conn: &Db,
    plugins: &Host,
    connection: ConnectionId,
    session: i64,
) -> store::Result<Vec<Outdated>> {
    let Some(subject) = runs::subject(conn, session)? else { return Ok(Vec::new()) };
    let made = runs::made(conn, session)?;
    let mut outdated = Vec::new();
    for analyzer in chosen::analyzers(plugins, &choices::of_connection(conn, connection)?) {
        let plugin = &analyzer.plugin;
        let last = made.iter().find(|(name, _)| name == plugin.id());
        let is_current = last.is_some_and(|(_, digest)| *digest == analyzer.digest_over(&subject));
        if !is_current && choices::paused(conn, plugin.id(), &analyzer.digest(""))?.is_none() {
            let name = plugin.manifest.plugin.name.clone();
            outdated.push(Outdated { name, has_looked: last.is_some() });
        }
    }
    Ok(outdated)
}

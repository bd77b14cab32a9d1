//! Recordings that nobody may see before they are masked.
//!
//! While a masker works for a connection, what came in is shown only once it has gone
//! through it. Whoever reads what was recorded in a session asks [`find_shown`], or
//! [`find_watched`] where that is a way of watching it, for the audit log; whoever
//! only names the session asks [`find`], and gets nothing of its content.

use url::Url;

use super::App;
use super::problem::Problem;
use super::request::Request;
use crate::finish::chosen;
use crate::model::{ConnectionId, Session, SessionId};
use crate::store::choices::{self, Choice};
use crate::store::listing::Filter;
use crate::store::sessions;

/// The session that the path names. One that the asker may not see is not there.
pub async fn find(app: &App, request: &Request) -> Result<Session, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let id: SessionId = request.param("session").map_err(|_| Problem::no_session())?;
    find_by_id(app, connection, id).await
}

/// The session of this id.
async fn find_by_id(app: &App, connection: ConnectionId, id: SessionId) -> Result<Session, Problem> {
    let scope = app.scope();
    let (found, choices) = app
        .store
        .read(move |conn| {
            let found = sessions::find(conn, &scope, connection, &id)?;
            Ok((found, choices::of_connection(conn, connection)?))
        })
        .await?;
    let session = found.ok_or_else(Problem::no_session)?;
    Ok(Rule::of(app, &choices).apply(session))
}

/// The same for whoever is about to read what was recorded.
pub async fn find_shown(app: &App, request: &Request) -> Result<Session, Problem> {
    let session = find(app, request).await?;
    if session.held_back { Err(Problem::held_back()) } else { Ok(session) }
}

/// The same for whoever watches it, which the audit log notes.
pub async fn find_watched(app: &App, request: &Request) -> Result<Session, Problem> {
    let session = find_shown(app, request).await?;
    app.watches(&session);
    Ok(session)
}

/// The same for whoever was given a link to this session.
pub async fn find_shared(app: &App, connection: ConnectionId, id: SessionId) -> Result<Session, Problem> {
    let session = find_by_id(app, connection, id).await?;
    if session.held_back { Err(Problem::held_back()) } else { Ok(session) }
}

/// What holds for the sessions of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    holds_back: bool,
}

impl Rule {
    /// With what was decided about plugins for the connection.
    pub fn of(app: &App, choices: &[(String, Choice)]) -> Self {
        Self { holds_back: chosen::holds_back(&app.plugins, choices) }
    }

    /// Who looks for words, an address or a visitor does not find what is held back by it.
    pub fn narrow(self, filter: Filter) -> Filter {
        let would_tell = filter.words.is_some() || filter.url.is_some() || filter.visitor.is_some();
        Filter { finished: filter.finished || (self.holds_back && would_tell), ..filter }
    }

    /// A session that is held back says where it was recorded, and nothing more.
    pub fn apply(self, session: Session) -> Session {
        if session.finished || !self.holds_back {
            return session;
        }
        Session {
            landing_url: origin(&session.landing_url),
            visitor: None,
            playable: false,
            held_back: true,
            ..session
        }
    }
}

/// The scheme, host and port of an address; nothing of what is none.
fn origin(address: &str) -> String {
    let origin = Url::parse(address).map(|url| url.origin());
    origin.ok().filter(url::Origin::is_tuple).map(|origin| origin.ascii_serialization()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_nothing_of_the_path_and_of_who_asks() {
        for (address, expected) in [
            ("https://ada:secret@shop.example:8443/reset/ada@example.org?t=1#x", "https://shop.example:8443"),
            ("https://shop.example/", "https://shop.example"),
            ("data:text/html,ada@example.org", ""),
            ("no address of ada@example.org", ""),
        ] {
            assert_eq!(origin(address), expected);
        }
    }
}

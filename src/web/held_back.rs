//! Recordings that nobody may see before they are masked, and those that a role does not show.
//!
//! While a masker works for a connection, what came in is shown only once it has gone
//! through it. To whom prompts are not shown, a session in which something was said is
//! not shown at all: the recording holds the conversation, in events and in the page.
//! Whoever reads what was recorded in a session asks [`find_shown`], or [`find_watched`]
//! where that is a way of watching it, for the audit log; whoever only names the session
//! asks [`find`], and gets nothing of its content.

use url::Url;

use super::App;
use super::problem::Problem;
use super::request::Request;
use crate::finish::chosen;
use crate::model::{ConnectionId, Counts, FoundCounts, Session, SessionId};
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
    Ok(Rule::of(app, connection, &choices).apply(session))
}

/// The same for whoever is about to read what was recorded.
pub async fn find_shown(app: &App, request: &Request) -> Result<Session, Problem> {
    shown(find(app, request).await?)
}

fn shown(session: Session) -> Result<Session, Problem> {
    match session {
        Session { held_back: true, .. } => Err(Problem::held_back()),
        Session { withheld: true, .. } => Err(Problem::prompts_withheld()),
        session => Ok(session),
    }
}

/// The same for whoever watches it, which the audit log notes.
pub async fn find_watched(app: &App, request: &Request) -> Result<Session, Problem> {
    let session = find_shown(app, request).await?;
    app.watches(&session);
    Ok(session)
}

/// The same for whoever was given a link to this session.
pub async fn find_shared(app: &App, connection: ConnectionId, id: SessionId) -> Result<Session, Problem> {
    shown(find_by_id(app, connection, id).await?)
}

/// What holds for the sessions of a connection, when somebody looks at them.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What is not masked yet is not shown.
    holds_back: bool,
    /// What was said is not shown.
    withholds: bool,
}

impl Rule {
    /// With what was decided about plugins for the connection.
    pub fn of(app: &App, connection: ConnectionId, choices: &[(String, Choice)]) -> Self {
        Self {
            holds_back: chosen::holds_back(&app.plugins, choices),
            withholds: !app.scope().shows_prompts(connection),
        }
    }

    /// Who looks for words, an address or a visitor does not find what is held back by it; to
    /// whom prompts are not shown, words and findings do not tell which sessions have some.
    pub fn narrow(self, filter: Filter) -> Filter {
        let would_tell = filter.words.is_some() || filter.url.is_some() || filter.visitor.is_some();
        let found = filter.kind.is_some() || filter.severity.is_some() || filter.min_score.is_some();
        let would_quote = filter.words.is_some() || filter.prompts.is_some() || found;
        Filter {
            finished: filter.finished || (self.holds_back && would_tell),
            unsaid: filter.unsaid || (self.withholds && would_quote),
            ..filter
        }
    }

    /// A session that is held back says where it was recorded, and nothing more. One that is
    /// withheld says nothing of what was said, nor of what plugins made of it.
    pub fn apply(self, session: Session) -> Session {
        let withheld = self.withholds && session.said;
        let session = if withheld {
            Session {
                playable: false,
                withheld,
                counts: session.counts.map(|counts| Counts { prompts: 0, ..counts }),
                found: FoundCounts::default(),
                ..session
            }
        } else {
            session
        };
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

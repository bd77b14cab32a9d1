//! Where the moments of a report lead.

use crate::model::{ConnectionId, Moment, SessionId};
use crate::web::format;
use crate::web::page::sessions_url;

/// Makes addresses of the moments of one connection.
pub struct Links {
    /// How browsers reach the server.
    pub public_url: String,
    /// The connection that the report is about.
    pub connection: ConnectionId,
}

impl Links {
    /// The address on this server. `None` when the plugin named no session.
    pub fn local(&self, moment: &Moment) -> Option<String> {
        let session: SessionId = moment.session.parse().ok()?;
        Some(format!("{}/{session}?moment={}", sessions_url(self.connection), moment.at))
    }

    /// The whole address, for files.
    pub fn absolute(&self, moment: &Moment) -> Option<String> {
        Some(format!("{}{}", self.public_url, self.local(moment)?))
    }
}

/// What the link of a moment says.
pub fn label(moment: &Moment) -> String {
    match moment.label.trim() {
        "" => format!("at {}", format::duration(i64::from(moment.at))),
        label => label.to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn links() -> Links {
        Links { public_url: "https://replay.example".to_owned(), connection: ConnectionId(1) }
    }

    #[test]
    fn only_a_session_is_linked() {
        let moment =
            |session: &str| Moment { session: session.to_owned(), at: 61_000, label: " ".to_owned() };
        let good = moment("session-0000000001");
        assert_eq!(
            links().local(&good).as_deref(),
            Some("/connections/1/sessions/session-0000000001?moment=61000")
        );
        assert_eq!(label(&good), "at 1:01");
        for bad in ["", "../../storage", "javascript:alert(1)", "short"] {
            assert_eq!(links().local(&moment(bad)), None);
        }
    }
}

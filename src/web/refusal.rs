//! Following an upload to its answer: what is refused is counted, named and logged.

use std::sync::{Arc, OnceLock};

use super::App;
use super::body::Received;
use super::connection_settings::origin_of;
use super::peer::Peer;
use super::problem::Problem;
use super::request::Request;
use crate::ingest::{CLIENT_GONE, Details, NO_CONNECTION};

/// Shorter keys are no keys; their end would say all of them.
const SHORTEST_KEY: usize = 12;

/// The write key of an upload, once it is known: it may stand in the body.
#[derive(Clone, Default)]
pub struct NamedKey(Arc<OnceLock<String>>);

impl NamedKey {
    /// The upload names this key. What it named first counts.
    pub fn is(&self, key: &str) {
        self.0.get_or_init(|| key.to_owned());
    }

    fn text(&self) -> &str {
        self.0.get().map_or("", String::as_str)
    }
}

/// One upload on its way. Dropped without an answer, it counts as a client that went away.
pub struct Followed {
    app: App,
    key: NamedKey,
    /// Of the page that sends it.
    origin: String,
    peer: Peer,
    received: Received,
    is_answered: bool,
}

impl Followed {
    /// Remembers of the request what the log may say.
    pub fn new(app: &App, request: &Request) -> Self {
        let in_path = request.param_text("address").split('/').next().unwrap_or_default();
        if !in_path.is_empty() {
            request.key.is(in_path);
        }
        Self {
            app: app.clone(),
            key: request.key.clone(),
            origin: origin_of(request),
            peer: request.peer(),
            received: request.body.received(),
            is_answered: false,
        }
    }

    /// The upload has its answer.
    pub fn answered(mut self, problem: Option<&mut Problem>) {
        self.is_answered = true;
        if let Some(problem) = problem {
            problem.request_id = Some(self.note(problem.kind.name));
        }
    }

    fn note(&self, reason: &'static str) -> String {
        let request_id = self.app.refusals.request_id();
        let details = Details {
            request_id: request_id.clone(),
            key_last4: last4(self.key.text()).to_owned(),
            network: self.peer.truncated(),
            bytes: self.received.bytes(),
        };
        self.app.refusals.note(reason, &details);
        let holder = self.app.keys.remembered(self.key.text());
        let connection = holder.map_or(NO_CONNECTION, |holder| holder.connection);
        self.app.sightings.note(connection, reason, &self.origin);
        request_id
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        if !self.is_answered {
            self.note(CLIENT_GONE);
        }
    }
}

/// The end of a key. Nothing of what cannot be one, since anything may stand there.
fn last4(key: &str) -> &str {
    let is_plain =
        key.len() >= SHORTEST_KEY && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_plain { &key[key.len() - 4..] } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_end_of_a_key_is_told() {
        assert_eq!(last4("hk_0123456789abcdef"), "cdef");
        for none in ["", "hk_short", "<script>alert(1)</script>", "../../../etc/passwd"] {
            assert_eq!(last4(none), "");
        }
    }
}

//! Whom clients of other recorders say that they record.
//!
//! They say it with every upload, or once and beside what they record; the recording is to
//! say it once, where it changes. What was said last is remembered for the sessions met
//! lately, and looked up for others.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clients::{Claim, Piece};
use crate::ingest::Recent;
use crate::model::{ConnectionId, SessionId};
use crate::store::{self, Scope, Store, sessions};

/// So many sessions are remembered.
const MAX_SESSIONS: usize = 8192;

/// See the module.
pub struct Identities(Mutex<Recent<(ConnectionId, SessionId), Known>>);

impl Default for Identities {
    fn default() -> Self {
        Self(Mutex::new(Recent::new(MAX_SESSIONS)))
    }
}

#[derive(Clone, Default)]
struct Known {
    /// What the recording says.
    stored: Option<Claim>,
    /// What was said since, and is to be in what is recorded next.
    said: Option<Claim>,
}

impl Identities {
    /// A client says who the visitor is, beside what it records.
    pub fn says(&self, connection: ConnectionId, session: SessionId, claim: Claim) {
        if claim.id.is_empty() {
            return;
        }
        let (mut known, key) = (self.lock(), (connection, session));
        match known.get(&key) {
            Some(known) => known.said = Some(claim),
            None => known.insert(key, Known { stored: None, said: Some(claim) }),
        }
    }

    /// What the recording does not say yet, as it goes on with this piece.
    pub async fn new_of(
        &self,
        store: &Store,
        connection: ConnectionId,
        piece: &Piece,
    ) -> store::Result<Option<Claim>> {
        let known = self.lock().get(&(connection, piece.session.clone())).cloned().unwrap_or_default();
        let said = known.said.filter(|said| piece.claim.as_ref().is_none_or(|claim| claim.id == said.id));
        let Some(claim) = said.or_else(|| piece.claim.clone()) else { return Ok(None) };
        if let Some(stored) = &known.stored {
            let is_same = stored.id == claim.id && (claim.traits.is_empty() || claim.traits == stored.traits);
            return Ok((!is_same).then_some(claim));
        }
        let session = piece.session.clone();
        let found = move |conn: &store::Db| sessions::find(conn, &Scope::everything(), connection, &session);
        let visitor = store.read(found).await?.and_then(|session| session.visitor);
        if visitor.as_ref() == Some(&claim.id) && claim.traits.is_empty() {
            self.is_stored(connection, piece.session.clone(), claim);
            return Ok(None);
        }
        Ok(Some(claim))
    }

    /// The recording says it.
    pub fn is_stored(&self, connection: ConnectionId, session: SessionId, claim: Claim) {
        let (mut known, key) = (self.lock(), (connection, session));
        let said = known.get(&key).and_then(|known| known.said.take()).filter(|said| *said != claim);
        known.insert(key, Known { stored: Some(claim), said });
    }

    fn lock(&self) -> MutexGuard<'_, Recent<(ConnectionId, SessionId), Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

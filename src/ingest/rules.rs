//! What is hidden of each connection's recordings, made ready once for each change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::ConnectionId;
use crate::model::recording::Recording;
use crate::model::text_rules::TextRules;
use crate::privacy::Rules;
use crate::store::connections::Holder;

/// Clones share it. It holds one entry for each connection that something was sent to.
#[derive(Clone, Default)]
pub struct KnownRules(Arc<Mutex<HashMap<ConnectionId, Known>>>);

struct Known {
    recording: Recording,
    texts: TextRules,
    rules: Arc<Rules>,
}

impl KnownRules {
    /// What the holder's settings come to.
    pub fn of(&self, holder: &Holder) -> Arc<Rules> {
        let (recording, texts) = (&holder.settings.recording, &holder.settings.texts);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&holder.connection)
            && found.recording == *recording
            && found.texts == *texts
        {
            return Arc::clone(&found.rules);
        }
        let rules = Arc::new(Rules::of(recording, texts));
        let new = Known { recording: recording.clone(), texts: texts.clone(), rules: Arc::clone(&rules) };
        known.insert(holder.connection, new);
        rules
    }
}

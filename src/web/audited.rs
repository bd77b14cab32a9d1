//! What people do, noted in the audit log.
//!
//! What changes something is noted in the same transaction ([`App::entry`]). What is only looked
//! at, or downloaded, waits in memory for a second at most ([`App::looked`]), since reading must
//! not wait for a write; when the server stops, what waits is written before it ends.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::App;
use super::who::Asker;
use crate::disk::Room;
use crate::model::{ConnectionId, Session, TimestampMs};
use crate::stop::Stopping;
use crate::store::audit::{self, Entry, ONE_VIEW_MS, What};
use crate::store::shares::Share;

/// How long an entry may wait.
const WRITE_EVERY: Duration = Duration::from_millis(500);

/// More entries do not wait: the rest is counted, and the log says how many there were.
const MOST_WAITING: usize = 10_000;

/// Who watches what is remembered of so many, so that the store is not asked again and again.
const MOST_LATELY: usize = 10_000;

/// What was looked at and is not written yet.
#[derive(Default)]
pub struct Looks(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    entries: Vec<Entry>,
    /// When who watched which session last, as far as it is known.
    lately: HashMap<(String, Option<ConnectionId>, String), TimestampMs>,
    lost: u64,
}

impl Looks {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Entries are whole at any time: nothing that panics holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, entry: Entry) {
        let mut waiting = self.waiting();
        if entry.what == What::SessionWatched {
            let view = (entry.who.clone(), entry.connection, entry.subject.clone());
            let last = waiting.lately.get(&view).copied();
            if last.is_some_and(|last| (last..last + ONE_VIEW_MS).contains(&entry.at)) {
                return;
            }
            if waiting.lately.len() >= MOST_LATELY {
                // What is in the log already is left out when it is written.
                waiting.lately.clear();
            }
            waiting.lately.insert(view, entry.at);
        }
        if waiting.entries.len() < MOST_WAITING {
            waiting.entries.push(entry);
        } else {
            waiting.lost += 1;
        }
    }

    fn take(&self) -> (Vec<Entry>, u64) {
        let mut waiting = self.waiting();
        (std::mem::take(&mut waiting.entries), std::mem::take(&mut waiting.lost))
    }

    /// Puts entries back that could not be written.
    fn put_back(&self, mut entries: Vec<Entry>, lost: u64) {
        let mut waiting = self.waiting();
        entries.append(&mut waiting.entries);
        let surplus = entries.len().saturating_sub(MOST_WAITING);
        entries.truncate(MOST_WAITING);
        waiting.entries = entries;
        waiting.lost += lost + u64::try_from(surplus).unwrap_or(u64::MAX);
    }
}

impl App {
    /// An entry about what the asker does now, to be appended where it is done.
    pub fn entry(
        &self,
        what: What,
        connection: Option<ConnectionId>,
        subject: impl Into<String>,
        detail: Value,
    ) -> Entry {
        Entry {
            at: self.clock.now(),
            who: name_of(&self.asker().asker),
            what,
            connection,
            subject: subject.into(),
            detail,
        }
    }

    /// An entry about what a user does with their own account, before anybody knows who asks.
    pub fn own_entry(&self, what: What, user: &str, detail: Value) -> Entry {
        Entry { who: user.to_owned(), ..self.entry(what, None, user, detail) }
    }

    /// Notes soon what the asker looks at.
    pub fn looked(&self, entry: Entry) {
        self.looks.add(entry);
    }

    /// Notes soon that the asker watches a session.
    pub fn watches(&self, session: &Session) {
        let subject = session.id.to_string();
        self.looked(self.entry(What::SessionWatched, Some(session.connection), subject, json!({})));
    }

    /// Notes soon that the asker downloads a session as this file.
    pub fn downloads(&self, session: &Session, file: &str) {
        let detail = json!({ "file": file });
        let subject = session.id.to_string();
        self.looked(self.entry(What::SessionDownloaded, Some(session.connection), subject, detail));
    }

    /// An entry about what a guest does who has a link.
    pub fn guest_entry(&self, what: What, share: &Share) -> Entry {
        Entry {
            who: format!("link {}", share.id),
            ..self.entry(what, Some(share.connection), share.session.to_string(), json!({ "link": share.id }))
        }
    }

    /// Writes what waits into the log.
    pub async fn write_looks(&self) {
        let (mut entries, lost) = self.looks.take();
        if (entries.is_empty() && lost == 0) || self.store.disk().room() == Room::ReadOnly {
            return;
        }
        if lost > 0 {
            let lost = json!({ "entries": lost });
            let entry = self.entry(What::ViewsLost, None, String::new(), lost);
            entries.push(Entry { who: audit::SERVER.to_owned(), ..entry });
        }
        let kept = entries.clone();
        if let Err(error) = self.store.write(move |conn| audit::append_views(conn, &entries)).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what was looked at is not in the audit log yet"
            );
            self.looks.put_back(kept, 0);
        }
    }
}

/// How the log calls whoever asks.
pub fn name_of(asker: &Asker) -> String {
    match asker {
        Asker::Anyone => "anyone".to_owned(),
        Asker::User { name, .. } | Asker::Proxied { name, .. } => name.clone(),
        Asker::Token { id, name, .. } => format!("token {id} ({name})"),
    }
}

/// The names of the fields that differ, those within others with a point between: never a value.
pub fn changed(before: &impl Serialize, after: &impl Serialize) -> Vec<String> {
    let value = |result: serde_json::Result<Value>| result.unwrap_or(Value::Null);
    let (before, after) = (value(serde_json::to_value(before)), value(serde_json::to_value(after)));
    let mut names = Vec::new();
    differing("", &before, &after, &mut names);
    names.sort();
    names
}

fn differing(name: &str, before: &Value, after: &Value, names: &mut Vec<String>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(before), Value::Object(after)) => {
            let known = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
            for key in known {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                let of = |fields: &serde_json::Map<_, _>| fields.get(key).cloned().unwrap_or(Value::Null);
                differing(&name, &of(before), &of(after), names);
            }
        }
        _ => names.push(name.to_owned()),
    }
}

/// Writes what is looked at until the server stops.
pub async fn follow(app: App, mut stop: Stopping) {
    while tokio::time::timeout(WRITE_EVERY, stop.wait()).await.is_err() {
        app.write_looks().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(at: TimestampMs, subject: &str) -> Entry {
        Entry {
            at,
            who: "ada".to_owned(),
            what: What::SessionWatched,
            connection: None,
            subject: subject.to_owned(),
            detail: json!({}),
        }
    }

    #[test]
    fn watching_on_is_one_view_and_too_many_are_counted() {
        let looks = Looks::default();
        looks.add(view(0, "a"));
        looks.add(view(ONE_VIEW_MS - 1, "a"));
        looks.add(view(ONE_VIEW_MS, "a"));
        assert_eq!(looks.take().0.len(), 2);
        for number in 0..=MOST_WAITING {
            looks.add(view(0, &number.to_string()));
        }
        let (entries, lost) = looks.take();
        assert_eq!((entries.len(), lost), (MOST_WAITING, 1));
        looks.add(view(0, "newer"));
        looks.put_back(entries, lost);
        let (entries, lost) = looks.take();
        assert_eq!((entries.len(), lost, entries[0].subject.as_str()), (MOST_WAITING, 2, "0"));
    }

    #[test]
    fn changes_are_told_by_name_alone() {
        let before = json!({ "name": "a", "webhook": { "url": "x", "secret": "s1" }, "same": [1] });
        let after = json!({ "name": "b", "webhook": { "url": "x", "secret": "s2" }, "same": [1], "more": 1 });
        assert_eq!(changed(&before, &after), ["more", "name", "webhook.secret"]);
        assert!(changed(&after, &after).is_empty());
    }
}

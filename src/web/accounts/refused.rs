//! Logins that were refused, for the audit log: so few of them that guessing does not fill it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::super::App;
use super::super::request::Request;
use crate::model::{TimestampMs, known_as};
use crate::store::audit::What;

/// Whoever is refused again under a name from a network within this time gets no other entry...
const EVERY_MS: i64 = 60 * 1000;

/// ...and so many get one within it. The next entry says how many were left out.
const MOST: usize = 10;

/// What was noted lately.
#[derive(Default)]
pub struct Refused(Mutex<Lately>);

#[derive(Default)]
struct Lately {
    /// When whom, by the name that was tried and the network.
    noted: HashMap<(String, String), TimestampMs>,
    left_out: u64,
}

impl Refused {
    /// Whether this one is noted: then how many were left out before.
    fn count(&self, name: &str, network: &str, now: TimestampMs) -> Option<u64> {
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lately.noted.retain(|_, at| (0..EVERY_MS).contains(&(now - *at)));
        let tried = (known_as(name), network.to_owned());
        if lately.noted.len() >= MOST || lately.noted.contains_key(&tried) {
            lately.left_out += 1;
            return None;
        }
        lately.noted.insert(tried, now);
        Some(std::mem::take(&mut lately.left_out))
    }
}

/// Notes soon that somebody was not let in under this name, and why.
pub fn note(app: &App, request: &Request, name: &str, why: &str) {
    let network = request.peer().truncated();
    if let Some(left_out) = app.doors.refused.count(name, &network, app.clock.now()) {
        let left_out = (left_out > 0).then_some(left_out);
        let detail = json!({ "why": why, "network": network, "left_out": left_out });
        app.looked(app.entry(What::LoginFailed, None, name, detail));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_does_not_fill_the_log() {
        let refused = Refused::default();
        assert_eq!(refused.count("Ada", "a", 0), Some(0));
        assert_eq!(refused.count("ADA", "a", EVERY_MS - 1), None);
        assert_eq!(refused.count("ada", "b", EVERY_MS - 1), Some(1), "another network");
        assert_eq!(refused.count("ada", "a", EVERY_MS), Some(0));
        let noted = (0..1000).filter(|name| refused.count(&name.to_string(), "a", EVERY_MS).is_some());
        assert_eq!(noted.count(), MOST - 2);
        assert_eq!(refused.count("ada", "a", 3 * EVERY_MS), Some(1000 - 8));
    }
}

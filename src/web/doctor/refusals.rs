//! Why uploads were refused in the last day, each kind with its remedy.

use super::super::kinds;
use super::super::{connection_settings, format};
use super::Patient;
use super::checks::from;
use crate::ingest::CLIENT_GONE;
use crate::model::checkup::{Check, Outcome};

/// What has a check of its own, or is no refusal.
const TOLD_ELSEWHERE: [&str; 8] = [
    connection_settings::ASKED,
    connection_settings::WAITS,
    connection_settings::SAMPLED,
    connection_settings::OPTED_OUT,
    connection_settings::OLD_SCRIPT,
    "recording-disabled",
    "storage-full",
    // Visitors close tabs.
    CLIENT_GONE,
];

impl Patient {
    /// A check for each kind of refusal.
    pub fn refusals(&self) -> Vec<Check> {
        let mut names: Vec<&str> = Vec::new();
        for seen in &self.seen {
            let name = seen.kind.as_str();
            let is_told = TOLD_ELSEWHERE.contains(&name) || name.starts_with(connection_settings::BLOCKED);
            if !is_told && !names.contains(&name) {
                names.push(name);
            }
        }
        let kind = |name: &str| kinds::ALL.iter().find(|kind| kind.name == name);
        names.into_iter().filter_map(|name| kind(name).map(|kind| self.refusal(kind))).collect()
    }

    fn refusal(&self, kind: &'static kinds::Kind) -> Check {
        let times = format::count(self.times(kind.name), "request");
        let pages = from(self.of(kind.name));
        let outcome = if self.health.sessions > 0 { Outcome::Weak } else { Outcome::Bad };
        let check = |found: String| Check::new(kind.name, outcome, found);
        match kind.name {
            "origin-not-allowed" => {
                let origin =
                    self.of(kind.name).map(|seen| seen.origin.as_str()).find(|origin| !origin.is_empty());
                check(format!("{times} refused{pages}: not among the allowed origins."))
                    .remedy("If these are your pages, add this line to the allowed origins under General.")
                    .line(origin.unwrap_or_default())
            }
            "key-revoked" => {
                check(format!("{times} refused{pages}: the write key in the page was replaced."))
                    .remedy("Put the present snippet into the page.")
                    .line(&self.snippet)
            }
            "quota-exceeded" => check(format!(
                "{times} refused: the connection received all that it takes in a day."
            ))
            .remedy(
                "Raise the daily limit under General, or record a smaller share of visits under Recording.",
            ),
            _ => Check::new(
                kind.name,
                Outcome::Weak,
                format!("{times} refused{pages}: {}.", kind.title.to_lowercase()),
            )
            .remedy(kind.meaning),
        }
    }
}

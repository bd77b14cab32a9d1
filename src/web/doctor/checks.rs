//! What the doctor looks at, one after the other.

use super::super::connection_settings::{ASKED, BLOCKED, LOAD, OLD_SCRIPT, OPTED_OUT, SAMPLED, WAITS};
use super::super::format;
use super::{Patient, csp_line};
use crate::disk::Room;
use crate::model::checkup::{Check, Outcome};
use crate::store::sightings::Sighting;

/// So many origins are named in a sentence.
const MOST_ORIGINS: usize = 3;

impl Patient {
    /// All checks that say something.
    pub fn checks(&self) -> Vec<Check> {
        let one = [
            Some(self.script()),
            self.room(),
            self.paused(),
            self.strangers(),
            self.blocked(),
            self.waits(),
            Some(self.batches()),
            self.snapshots(),
            self.styles(),
            self.sampled(),
            self.opted_out(),
            self.clocks(),
            self.version(),
            self.scheme(),
        ];
        one.into_iter().flatten().chain(self.refusals()).collect()
    }

    /// How often something was seen in the last day.
    pub fn times(&self, kind: &str) -> i64 {
        self.of(kind).map(|seen| seen.times).sum()
    }

    /// What was seen of a kind.
    pub fn of(&self, kind: &str) -> impl Iterator<Item = &Sighting> {
        self.seen.iter().filter(move |seen| seen.kind == kind)
    }

    fn script(&self) -> Check {
        let asked = self.times(ASKED);
        if asked > 0 {
            let last = self.of(ASKED).map(|seen| seen.last_at).max().unwrap_or(self.now);
            let found = format!(
                "{} asked what to record in the last 24 hours{}, the last one {}.",
                format::count(asked, "page view"),
                from(self.of(ASKED)),
                format::relative(last, self.now)
            );
            return Check::new("script", Outcome::Good, found);
        }
        let before = self.asked_before.map(|at| format::relative(at, self.now));
        match (before, self.health.sessions > 0) {
            (_, true) => Check::new("script", Outcome::Unknown, "No page has asked what to record in the last 24 hours."),
            (Some(before), _) => {
                Check::new("script", Outcome::Weak, format!("No page has asked in the last 24 hours; the last one did {before}."))
                    .remedy("If there were visits, see that the script is still in the page.")
                    .line(&self.snippet)
            }
            (None, _) => Check::new("script", Outcome::Bad, "No page has asked what to record: the script does not run anywhere.")
                .remedy("Put this line into the <head> of the pages to record. If it is there, the page's policy or an ad blocker keeps it from loading; the command below tells which.")
                .line(&self.snippet),
        }
    }

    fn room(&self) -> Option<Check> {
        let found = match self.room {
            Room::Enough => return None,
            Room::Low => "The server's disk is nearly full: uploads are refused.",
            Room::ReadOnly => "The server's data can only be read: uploads are refused.",
        };
        let check = Check::new("disk", Outcome::Bad, found);
        Some(check.remedy(
            "Make room on the disk, or shorten how long sessions are kept. Recording goes on by itself.",
        ))
    }

    fn paused(&self) -> Option<Check> {
        self.rules.paused.then(|| {
            Check::new("paused", Outcome::Bad, "The connection is paused: nothing is taken.")
                .remedy("Resume it under General.")
        })
    }

    fn strangers(&self) -> Option<Check> {
        let of_key = || self.strangers.iter().filter(|seen| seen.kind == "unknown-key");
        let times: i64 = of_key().map(|seen| seen.times).sum();
        // Where this connection's own pages ask, the key in them is right.
        (times > 0 && self.times(ASKED) == 0).then(|| {
            let found = format!(
                "{} came with a write key that no connection has{}.",
                format::count(times, "request"),
                from(of_key())
            );
            Check::new("wrong-key", Outcome::Weak, found)
                .remedy("If these are your pages, compare the key in them with this one.")
                .line(&self.snippet)
        })
    }

    fn blocked(&self) -> Option<Check> {
        let blocked = |seen: &&Sighting| seen.kind.starts_with(BLOCKED);
        let latest = self.seen.iter().find(blocked)?;
        let times: i64 = self.seen.iter().filter(blocked).map(|seen| seen.times).sum();
        let views = format::count(times, "page view");
        let pages = from(self.seen.iter().filter(blocked));
        let outcome = if self.health.sessions > 0 { Outcome::Weak } else { Outcome::Bad };
        let obstacle = latest.kind.trim_start_matches(BLOCKED);
        Some(if obstacle == LOAD {
            Check::new("recorder-blocked", outcome, format!("The recorder's own script did not load in {views}{pages}."))
                .remedy("An ad blocker or the page's policy is in the way. Names such as these are blocked less often; choose them in config.toml.")
                .line("[recorder]\nscript_path = \"/h.js\"\ningest_path = \"/h\"")
        } else {
            Check::new("csp", outcome, format!("The page's Content-Security-Policy ({obstacle}) stopped a request of the recorder in {views}{pages}."))
                .remedy("Add this to the policy that the site sends.")
                .line(csp_line(&self.public_url))
        })
    }

    fn waits(&self) -> Option<Check> {
        let waits = self.times(WAITS);
        if waits == 0 {
            return None;
        }
        let found = format!(
            "{} waited for hindsight.start(){}.",
            format::count(waits, "page view"),
            from(self.of(WAITS))
        );
        Some(match self.health.sessions {
            0 => Check::new("waits", Outcome::Bad, found)
                .remedy("Call this once the visitor has agreed, or let recording start with the page (Recording, and data-start in the page).")
                .line("hindsight.start()"),
            _ => Check::new("waits", Outcome::Unknown, found),
        })
    }

    fn batches(&self) -> Check {
        let health = &self.health;
        match health.last_batch_at {
            Some(at) if health.sessions > 0 => {
                let visits = if health.sessions >= 200 { "200 visits or more".to_owned() } else { format::count(health.sessions, "visit") };
                let found = format!("{visits} in the last 24 hours; the last batch arrived {}.", format::relative(at, self.now));
                Check::new("batches", Outcome::Good, found)
            }
            Some(at) => Check::new("batches", Outcome::Unknown, format!("No visit in the last 24 hours; the last batch arrived {}.", format::relative(at, self.now))),
            None if self.times(ASKED) > self.times(WAITS) + self.times(OPTED_OUT) && !self.rules.paused => {
                Check::new("batches", Outcome::Bad, "Pages ask what to record, but no batch has arrived.")
                    .remedy("See that nothing between the pages and the server stops POST requests to this address: a proxy, a firewall, an ad blocker.")
                    .line(format!("POST {}/ingest/…", self.public_url))
            }
            None => Check::new("batches", Outcome::Unknown, "No batch has arrived yet."),
        }
    }

    fn snapshots(&self) -> Option<Check> {
        let (without, all) = (self.health.without_snapshot, self.health.sessions);
        if all == 0 {
            return None;
        }
        if without == 0 {
            return Some(Check::new(
                "snapshots",
                Outcome::Good,
                "Every visit has a picture of its page to start from.",
            ));
        }
        let outcome = if without == all { Outcome::Bad } else { Outcome::Weak };
        let found = format!(
            "{} of {} came without the first picture of the page, and cannot be played.",
            format::grouped(without),
            format::count(all, "visit")
        );
        Some(
            Check::new("snapshots", outcome, found)
                .remedy("The first upload is the largest. See that a proxy in front lets bodies of this size pass; with nginx:")
                .line("client_max_body_size 10m;"),
        )
    }

    fn styles(&self) -> Option<Check> {
        let sheet = self.health.unread_styles.first()?;
        let found = format!(
            "Stylesheets of other sites could not be read in {}, so their replays may look bare: {}.",
            format::count(self.health.with_unread_styles, "visit"),
            self.health.unread_styles.join(", ")
        );
        Some(
            Check::new("stylesheets", Outcome::Weak, found)
                .remedy("Let the site that has them answer with the header Access-Control-Allow-Origin: *, and load them with crossorigin.")
                .line(format!("<link rel=\"stylesheet\" href=\"{sheet}\" crossorigin=\"anonymous\">")),
        )
    }

    fn sampled(&self) -> Option<Check> {
        let times = self.times(SAMPLED);
        let share = self.recording.sample.filter(|share| *share < 1.0);
        let found = match (share, times) {
            (None, 0) => return None,
            (Some(share), _) => format!(
                "Only {}% of visits are recorded, as set under Recording.",
                format::number(share * 100.0)
            ),
            (None, _) => format!(
                "{} were on pages that record a share of visits only (data-sample).",
                format::count(times, "page view")
            ),
        };
        let outcome = if share == Some(0.0) { Outcome::Bad } else { Outcome::Unknown };
        let check = Check::new("sampled", outcome, found);
        Some(if outcome == Outcome::Bad {
            check.remedy("Raise the share of visits under Recording.")
        } else {
            check
        })
    }

    fn opted_out(&self) -> Option<Check> {
        let times = self.times(OPTED_OUT);
        (times > 0).then(|| {
            let found = format!(
                "{} came from browsers that ask not to be recorded (Sec-GPC or DNT).",
                format::count(times, "page view or upload")
            );
            Check::new("opted-out", Outcome::Unknown, found)
        })
    }

    fn clocks(&self) -> Option<Check> {
        (self.health.skewed > 0).then(|| {
            let found = format!("In {} the visitor's clock was more than five minutes off. Lists go by the server's clock, so nothing is lost.", format::count(self.health.skewed, "visit"));
            Check::new("clocks", Outcome::Unknown, found)
        })
    }

    fn version(&self) -> Option<Check> {
        let times = self.times(OLD_SCRIPT);
        (times > 0).then(|| {
            let found = format!("{} ran a script of another version than {}{}.", format::count(times, "page view"), env!("CARGO_PKG_VERSION"), from(self.of(OLD_SCRIPT)));
            Check::new("version", Outcome::Weak, found)
                .remedy("Load the script from this server rather than from a copy, and let caches in front keep it for five minutes at most.")
                .line(&self.snippet)
        })
    }

    fn scheme(&self) -> Option<Check> {
        // Where pages on https do ask, as from a server on this machine, it works.
        let asks = self.seen.iter().any(|seen| seen.origin.starts_with("https://"));
        let is_wanted = self.rules.allowed_origins.iter().any(|origin| origin.starts_with("https://"));
        let is_plain = self.public_url.starts_with("http://") && !self.is_demo;
        (is_plain && is_wanted && !asks).then(|| {
            let found =
                "Pages on https may not load scripts from http, which is how this server says it is reached.";
            Check::new("https", Outcome::Weak, found)
                .remedy("Put a proxy with a certificate in front, and say so in config.toml.")
                .line("[server]\npublic_url = \"https://hindsight.example\"")
        })
    }
}

/// Where sightings came from, as the end of a sentence; "" where that is not known.
pub fn from<'a>(seen: impl Iterator<Item = &'a Sighting>) -> String {
    let mut origins: Vec<&str> = Vec::new();
    for sighting in seen {
        if !sighting.origin.is_empty() && !origins.contains(&sighting.origin.as_str()) {
            origins.push(&sighting.origin);
        }
    }
    let more = origins.len().saturating_sub(MOST_ORIGINS) as i64;
    origins.truncate(MOST_ORIGINS);
    match (origins.is_empty(), more) {
        (true, _) => String::new(),
        (_, 0) => format!(", from {}", origins.join(", ")),
        _ => format!(", from {} and {} more", origins.join(", "), format::grouped(more)),
    }
}

//! The maskers of a connection at work on one of its sessions.

use super::chosen::Chosen;
use super::info;
use super::passes::{Error, Passes};
use crate::masking::{Collecting, Decisions, Masker};
use crate::model::TimestampMs;
use crate::model::span::{Change, Span};
use crate::plugins::Masking;
use crate::plugins::recent::About;
use crate::rrweb::Event;
use crate::store::finishing::Source;
use crate::store::runs::{Digest, Subject};
use sha2::{Digest as _, Sha256};

/// Asks maskers about all texts of a session; says what they decided.
pub async fn decide(
    passes: Passes<'_>,
    sources: &[Source],
    maskers: &[Chosen],
    session: &Subject,
    now: TimestampMs,
) -> Result<Decisions, Error> {
    let about = About { connection: passes.connection(), session: Some(session.id.clone()), at: now };
    let session = info(session);
    let mut working: Vec<Box<dyn Masker>> = Vec::with_capacity(maskers.len());
    for chosen in maskers {
        let masking = Some(chosen.plugin.mask(&session, &chosen.settings));
        working.push(Box::new(Working { chosen, about: about.clone(), masking }));
    }
    let mut collecting = Collecting::new(working);
    passes.each(sources, |stream, event| read(&mut collecting, stream, event)).await?;
    let mut decisions = collecting.finish().map_err(masked)?;
    if decisions.needs_locating() {
        let locate = |stream, event: &Event<'_>| {
            decisions.locate(stream, event);
            Ok(())
        };
        passes.each(sources, locate).await?;
    }
    Ok(decisions)
}

fn read(collecting: &mut Collecting<'_>, stream: i64, event: &Event<'_>) -> Result<(), Error> {
    collecting.read(stream, event).map_err(masked)
}

fn masked(error: crate::masking::Error) -> Error {
    Error::Masking(error.to_string())
}

/// A masker at work. What it took is noted when it has done its work, or has failed.
struct Working<'a> {
    chosen: &'a Chosen,
    about: About,
    /// `None`: it is over.
    masking: Option<Masking<'a>>,
}

impl Masker for Working<'_> {
    fn mask(&mut self, spans: &[Span]) -> Result<Vec<Change>, String> {
        let Some(masking) = &mut self.masking else { return Ok(Vec::new()) };
        masking.mask(spans).map_err(|failure| format!("{}: {failure}", self.chosen.plugin.id()))
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        if let Some(masking) = self.masking.take() {
            self.chosen.plugin.recent.note(self.about.clone(), &masking.finish());
        }
    }
}

/// Of the maskers that a session went through, and of their settings.
pub fn digest(maskers: &[Chosen]) -> Digest {
    let mut digest = Sha256::new();
    for chosen in maskers {
        digest.update(chosen.digest(""));
    }
    *digest.finalize().first_chunk().expect("a hash is longer")
}

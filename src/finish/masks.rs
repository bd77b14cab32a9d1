//! The maskers of a connection at work on one of its sessions.

use super::chosen::Chosen;
use super::passes::{Error, Passes};
use crate::masking::{Collecting, Decisions, Masker};
use crate::model::span::Span;
use crate::plugins::run::SessionInfo;
use crate::rrweb::Event;
use crate::store::finishing::Source;
use crate::store::runs::Digest;
use sha2::{Digest as _, Sha256};

/// Asks maskers about all texts of a session; says what they decided.
pub async fn decide(
    passes: Passes<'_>,
    sources: &[Source],
    maskers: &[Chosen],
    session: &SessionInfo,
) -> Result<Decisions, Error> {
    let maskers = maskers.iter().map(|chosen| masker(chosen, session)).collect();
    let mut collecting = Collecting::new(maskers);
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

fn masker<'a>(chosen: &'a Chosen, session: &SessionInfo) -> Box<dyn Masker + 'a> {
    let mut masking = chosen.plugin.mask(session, &chosen.settings);
    let name = chosen.plugin.id();
    Box::new(move |spans: &[Span]| masking.mask(spans).map_err(|failure| format!("{name}: {failure}")))
}

/// Of the maskers that a session went through, and of their settings.
pub fn digest(maskers: &[Chosen]) -> Digest {
    let mut digest = Sha256::new();
    for chosen in maskers {
        digest.update(chosen.digest(""));
    }
    *digest.finalize().first_chunk().expect("a hash is longer")
}

//! `hindsight check`: whether all that is stored is whole and agrees with itself.
//!
//! Reads only, so it works beside a running server. Each problem is a sentence.

use std::io::Write;

use clap::Args;
use indicatif::ProgressBar;

use super::{Reported, progress};
use crate::config::Settings;
use crate::pieces;
use crate::rrweb::{self, Limits, event};
use crate::segment::styles;
use crate::store::checking::{self, Piece};
use crate::store::{Result, Store};

/// What was stored was within the limits when it came.
const LIMITS: Limits = Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Leaves out what takes long: indexes, and reading each recording.
    #[arg(long)]
    quick: bool,
}

/// Runs the command.
pub async fn run(settings: Settings, arguments: Arguments) -> anyhow::Result<()> {
    let (store, closing) = Store::open_read_only(&settings.server.data_dir, &settings.store)?;
    let mut problems = 0;
    let outcome = check(&store, arguments.quick, |complaint| {
        problems += 1;
        // Whoever reads this may have seen enough.
        let _ = writeln!(std::io::stdout(), "{complaint}");
    })
    .await;
    closing.close();
    outcome?;
    match problems {
        0 => Ok(writeln!(std::io::stdout(), "ok")?),
        _ => Err(Reported.into()),
    }
}

async fn check(store: &Store, quick: bool, mut report: impl FnMut(String)) -> Result<()> {
    let spinner = progress::spinner("checking the file");
    let integrity = store.read(move |conn| checking::integrity(conn, quick)).await?;
    spinner.set_message("counting");
    let counters = store.read(checking::counters).await?;
    spinner.finish_and_clear();
    integrity.into_iter().chain(counters).for_each(&mut report);
    if quick { Ok(()) } else { recordings(store, report).await }
}

/// Reads every recording to its last event; reports each piece that cannot be read, or
/// is not what its columns say.
pub async fn recordings(store: &Store, mut report: impl FnMut(String)) -> Result<()> {
    let bar = progress::bar(store.read(checking::bodies).await?, "pieces of recordings");
    let mut complain = |complaint| bar.suspend(|| report(complaint));
    check_batches(store, &bar, &mut complain).await?;
    check_segments(store, &bar, &mut complain).await?;
    check_styles(store, &bar, &mut complain).await?;
    bar.finish_and_clear();
    Ok(())
}

async fn check_batches(store: &Store, bar: &ProgressBar, report: &mut impl FnMut(String)) -> Result<()> {
    let mut after = i64::MIN;
    loop {
        let batches = store.read(move |conn| checking::batches_after(conn, after)).await?;
        let Some(last) = batches.last() else { return Ok(()) };
        after = last.id;
        bar.inc(batches.len() as u64);
        for batch in &batches {
            let json = pieces::batch(&batch.body);
            complaints(batch, json).into_iter().for_each(&mut *report);
        }
    }
}

async fn check_segments(store: &Store, bar: &ProgressBar, report: &mut impl FnMut(String)) -> Result<()> {
    let mut after = i64::MIN;
    loop {
        let segments = store.read(move |conn| checking::segments_after(conn, after)).await?;
        let Some(last) = segments.last() else { return Ok(()) };
        after = last.id;
        bar.inc(segments.len() as u64);
        for segment in &segments {
            let json =
                pieces::segment(store, segment.connection, &segment.body, segment.styles.clone()).await;
            let found = complaints(segment, json);
            let id = segment.id;
            // What was erased while it was read has lost its stylesheets rightly.
            if !found.is_empty() && store.read(move |conn| checking::has_segment(conn, id)).await? {
                found.into_iter().for_each(&mut *report);
            }
        }
    }
}

async fn check_styles(store: &Store, bar: &ProgressBar, report: &mut impl FnMut(String)) -> Result<()> {
    let mut after = i64::MIN;
    loop {
        let found = store.read(move |conn| checking::styles_after(conn, after)).await?;
        let Some((last, ..)) = found.last() else { return Ok(()) };
        after = *last;
        bar.inc(found.len() as u64);
        for (_, hash, body) in &found {
            let text = match pieces::style(body) {
                Ok(text) => text,
                Err(error) => {
                    report(format!("the stylesheet {hash} cannot be read: {}", with_causes(&error)));
                    continue;
                }
            };
            let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            if inside.map(styles::hash) != Some(*hash) {
                report(format!("the stylesheet {hash} is not what it is called after"));
            }
        }
    }
}

/// What is wrong with a piece.
fn complaints(piece: &Piece, json: std::result::Result<String, pieces::Error>) -> Vec<String> {
    let name = &piece.name;
    let json = match json {
        Ok(json) => json,
        Err(error) => return vec![format!("{name} cannot be read: {}", with_causes(&error))],
    };
    let facts = match rrweb::events(&json, &LIMITS) {
        Ok(events) => event::facts(&events),
        Err(error) => return vec![format!("{name} is no list of events: {error}")],
    };
    let mut found = Vec::new();
    for (what, kept, counted) in [
        ("events", piece.events, facts.events),
        ("interactions", piece.interactions, facts.interactions),
        ("full snapshots", i64::from(piece.snapshot), i64::from(facts.snapshot)),
    ] {
        if kept != counted {
            found.push(format!("{name} is said to have {kept} {what}, and {counted} are in it"));
        }
    }
    found
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut sentences: Vec<String> = causes.map(ToString::to_string).collect();
    // A transparent error says the same as its cause.
    sentences.dedup();
    sentences.join(": ")
}

//! `hiding`: what it costs to hide what must not be stored, beside the check that each
//! upload goes through in any case; and how fast recordings are looked through for leaks.
//!
//! CPU time of one thread, the smallest of some rounds, over the batches of all recordings.

use std::hint::black_box;

use clap::Args;
use hindsight::ingest::gzip;
use hindsight::masking::Texts;
use hindsight::model::recording::{Privacy, Recording};
use hindsight::model::text_rules::TextRules;
use hindsight::privacy::{self, Marks, Rules, leaks};
use hindsight::rrweb::{self, event};

use crate::corpus::{Corpus, LIMITS, Source};
use crate::meter;
use crate::table::Table;

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// How often all recordings are read.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// Runs the command.
pub fn run(recordings: &Source, arguments: &Arguments) -> anyhow::Result<()> {
    let corpus = Corpus::read(recordings)?;
    println!("load average {}; {}", meter::load_average(), corpus.summary());
    let bytes: usize = corpus.batches().map(|batch| batch.raw_bytes).sum();
    let check = best(arguments.rounds, || {
        each(&corpus, |json, events, _| drop(black_box((json, event::facts(events)))))
    })?;
    let mut table = Table::new(&["what", "ms", "MB/s", "of the check"]);
    let mut row = |what: &str, ms: f64| {
        let speed = bytes as f64 / 1e3 / ms;
        table.row([what.to_owned(), format!("{ms:.1}"), format!("{speed:.0}"), format!("{:.2}", ms / check)]);
    };
    row("inflate and check", check);
    for privacy in [None, Some(Privacy::Open), Some(Privacy::Balanced), Some(Privacy::Strict)] {
        let rules = Rules::of(&Recording { privacy, ..Recording::default() }, &TextRules::default());
        let hide = || {
            each(&corpus, |json, events, marks| {
                black_box(event::facts(events));
                let _ = black_box(privacy::hide(json, events, &rules, marks));
            })
        };
        let name = privacy.map_or("no rules", Privacy::name);
        row(&format!("and hide: {name}"), best(arguments.rounds, hide)?);
    }
    let look = || -> anyhow::Result<()> {
        let (mut texts, mut found) = (Texts::default(), 0);
        each(&corpus, |_, events, _| {
            for event in events {
                texts.read(0, event, |span| found += leaks::find(&span.text).len());
            }
        })?;
        black_box(found);
        Ok(())
    };
    row("inflate and look for leaks", best(arguments.rounds, look)?);
    table.print("Hiding, CPU time of one thread");
    Ok(())
}

/// Inflates all batches and finds their events.
fn each(corpus: &Corpus, mut take: impl FnMut(&str, &[rrweb::Event<'_>], &mut Marks)) -> anyhow::Result<()> {
    for recording in &corpus.recordings {
        let mut pages: Vec<Marks> = (0..recording.streams).map(|_| Marks::default()).collect();
        for batch in &recording.batches {
            let json = String::from_utf8(gzip::inflate(&batch.body, gzip::Limits::STORED)?)?;
            let events = rrweb::events(&json, &LIMITS)?;
            let mut none = Marks::default();
            take(&json, &events, pages.get_mut(batch.stream).unwrap_or(&mut none));
        }
    }
    Ok(())
}

/// The fewest milliseconds of CPU time that a round took.
fn best(rounds: usize, mut round: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..rounds.max(1) {
        let before = meter::thread_cpu();
        round()?;
        best = best.min((meter::thread_cpu() - before).as_secs_f64() * 1e3);
    }
    Ok(best)
}

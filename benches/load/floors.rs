//! What the parts of an upload cost when each is done alone, on one thread.
//!
//! Measured as CPU time of that thread, over the batches that a run acknowledged, so
//! that their mix is the same.

use std::hint::black_box;
use std::time::Duration;

use hindsight::ingest::gzip;
use hindsight::privacy::{self, Marks, Rules};
use hindsight::rrweb::{self, event};
use rusqlite::{Connection, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use crate::corpus::{Batch, LIMITS};
use crate::meter;

/// As many batches as the server takes into one transaction.
const GROUP: usize = 64;

/// Inflated bytes are kept for the scan; larger mixes are scanned in pieces of this.
const PIECE_BYTES: usize = 64 * 1024 * 1024;

/// CPU time for each batch, in microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Floors {
    /// Inflating it.
    pub inflate: f64,
    /// Hashing what was sent.
    pub hash: f64,
    /// Checking its events and reading what lists say of them.
    pub scan: f64,
    /// Looking for what must not be stored, and compressing anew what held it.
    pub hide: f64,
    /// Storing what was sent: a row and its key, flushed in groups.
    pub store: f64,
}

/// Measures the parts over these batches.
pub fn measure(batches: &[&Batch]) -> anyhow::Result<Floors> {
    let count = batches.len() as f64;
    let each = |total: Duration| total.as_secs_f64() * 1e6 / count;
    let (inflate, scan) = inflate_and_scan(batches)?;
    let hash = cpu_of(|| {
        for batch in batches {
            black_box(Sha256::digest(&batch.body));
        }
        Ok(())
    })?;
    let (inflate, hash, scan, hide) = (each(inflate), each(hash), each(scan), each(hide(batches)?));
    Ok(Floors { inflate, hash, scan, hide, store: each(store(batches)?) })
}

/// As if each batch came alone, to a connection that is new.
fn hide(batches: &[&Batch]) -> anyhow::Result<Duration> {
    let (rules, mut hiding) = (Rules::default(), Duration::ZERO);
    for batch in batches {
        let json = String::from_utf8(gzip::inflate(&batch.body, gzip::Limits::STORED)?)?;
        let events = rrweb::events(&json, &LIMITS)?;
        hiding += cpu_of(|| {
            if let Some(hidden) = privacy::hide(&json, &events, &rules, &mut Marks::default())? {
                black_box(gzip::deflate_fast(hidden.json.as_bytes()));
            }
            Ok(())
        })?;
    }
    Ok(hiding)
}

/// One part after the other over the same bytes, in pieces that fit into memory.
fn inflate_and_scan(batches: &[&Batch]) -> anyhow::Result<(Duration, Duration)> {
    let (mut inflating, mut scanning) = (Duration::ZERO, Duration::ZERO);
    let mut rest = batches;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |batch: &&&Batch| {
            bytes += batch.raw_bytes;
            bytes <= PIECE_BYTES
        };
        let (piece, behind) = rest.split_at(rest.iter().take_while(fits).count().max(1));
        let mut inflated = Vec::with_capacity(piece.len());
        inflating += cpu_of(|| {
            for batch in piece {
                inflated.push(gzip::inflate(&batch.body, gzip::Limits::STORED)?);
            }
            Ok(())
        })?;
        scanning += cpu_of(|| {
            for json in &inflated {
                black_box(event::facts(&rrweb::events(std::str::from_utf8(json)?, &LIMITS)?));
            }
            Ok(())
        })?;
        rest = behind;
    }
    Ok((inflating, scanning))
}

/// CPU time of inflating and checking each batch, in microseconds, sorted: what its
/// sender waits for even if nobody else is there.
pub fn work_us(batches: &[&Batch]) -> anyhow::Result<Vec<u32>> {
    let mut work = Vec::with_capacity(batches.len());
    for batch in batches {
        let (inflating, scanning) = inflate_and_scan(&[*batch])?;
        work.push((inflating + scanning).as_micros() as u32);
    }
    work.sort_unstable();
    Ok(work)
}

/// A database on the same disk with one table and one key, as durable as the server's.
fn store(batches: &[&Batch]) -> anyhow::Result<Duration> {
    let folder = tempfile::tempdir()?;
    let mut conn = Connection::open(folder.path().join("floor.db"))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "cache_size", -8 * 1024)?;
    conn.execute_batch(
        "CREATE TABLE batch (id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, seq INTEGER NOT NULL,
                             body BLOB NOT NULL, UNIQUE (stream, seq)) STRICT",
    )?;
    cpu_of(|| {
        for (stream, group) in batches.chunks(GROUP).enumerate() {
            let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for (seq, batch) in group.iter().enumerate() {
                transaction
                    .prepare_cached("INSERT INTO batch (stream, seq, body) VALUES (?1, ?2, ?3)")?
                    .execute(params![stream as i64, seq as i64, batch.body])?;
            }
            transaction.commit()?;
        }
        Ok(())
    })
}

/// CPU time of this thread for the work. What the work leaves behind is dropped after.
pub fn cpu_of(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let start = meter::thread_cpu();
    work()?;
    Ok(meter::thread_cpu().saturating_sub(start))
}

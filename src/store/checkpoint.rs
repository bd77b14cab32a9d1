//! Folding the write-ahead log into the database, beside the writer.
//!
//! The writer does not do it in passing: whoever waits for that commit would wait
//! for all the pages as well. A thread of its own copies what it can and never
//! blocks anybody. It cannot start the log anew, which needs a moment without
//! writes; when the log has grown, the writer makes that moment itself, and by then
//! little is left to copy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::Result;
use crate::measure;

/// How often the thread looks, while something is written and while not.
const EVERY: Duration = Duration::from_millis(10);
const SELDOM: Duration = Duration::from_millis(250);

/// Frames that are worth copying; fewer wait until it is quiet. A flush of the database
/// makes commits wait that want to flush the log, so little is copied at a time.
const WORTH_COPYING: i64 = 256;

/// With more frames than this, of a page each, the log is started anew.
const LONG_LOG: i64 = 8 * 1024;

/// So long after the last write the log is emptied.
const QUIET: Duration = Duration::from_secs(2);

enum Wanted {
    Emptying,
    Ending,
}

/// What the writer and the thread tell each other. Clones share it.
#[derive(Clone)]
pub struct Checkpoints {
    wanted: SyncSender<Wanted>,
    long: Arc<AtomicBool>,
}

impl Checkpoints {
    /// Starts the thread on a connection of its own.
    pub fn start(conn: Connection) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (wanted, requests) = sync_channel(1);
        let long = Arc::new(AtomicBool::new(false));
        let thread_long = Arc::clone(&long);
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || run(&conn, &requests, &thread_long))?;
        Ok((Self { wanted, long }, thread))
    }

    /// Asks for the log to be emptied soon, so that nothing that was erased is left in it.
    pub fn request(&self) {
        // One request that waits is as good as two.
        let _ = self.wanted.try_send(Wanted::Emptying);
    }

    /// Ends the thread.
    pub fn close(&self) {
        // An error says that the thread has ended already.
        let _ = self.wanted.send(Wanted::Ending);
    }

    /// For the writer, between two groups: starts the log anew if it has grown long.
    pub fn keep_short(&self, writer: &Connection) {
        if self.long.swap(false, Ordering::Relaxed)
            && let Err(error) = checkpoint(writer, "PASSIVE")
        {
            tracing::warn!(%error, "the write-ahead log was not started anew");
        }
    }
}

/// Empties the log at once. False when somebody who reads or writes is in the way.
pub fn empty(conn: &Connection) -> Result<bool> {
    Ok(conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))? == 0)
}

fn run(conn: &Connection, requests: &Receiver<Wanted>, long: &AtomicBool) {
    let (mut frames_before, mut changed_at) = (0, Instant::now());
    let (mut empties, mut fails) = (false, false);
    loop {
        let is_quiet = changed_at.elapsed() > QUIET;
        match requests.recv_timeout(if is_quiet { SELDOM } else { EVERY }) {
            Ok(Wanted::Emptying) => empties = true,
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Wanted::Ending) | Err(RecvTimeoutError::Disconnected) => return,
        }
        let frames = match turn(conn, empties || is_quiet) {
            Ok(frames) => frames,
            Err(error) => {
                // Said once: a disk that is full stays so for a while.
                if !fails {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the write-ahead log is not folded in"
                    );
                }
                fails = true;
                continue;
            }
        };
        fails = false;
        empties &= frames > 0;
        long.fetch_or(frames > LONG_LOG, Ordering::Relaxed);
        if frames != frames_before {
            (frames_before, changed_at) = (frames, Instant::now());
        }
    }
}

/// Copies what there is to copy; returns how many frames the log has.
fn turn(conn: &Connection, empty: bool) -> Result<i64> {
    let (frames, copied) = checkpoint(conn, "NOOP")?;
    if frames == 0 {
        return Ok(0);
    }
    if empty || frames - copied > WORTH_COPYING {
        checkpoint(conn, "PASSIVE")?;
    }
    if !empty {
        return Ok(frames);
    }
    // Writers have to wait for this one: by now it has next to nothing to copy.
    checkpoint(conn, "TRUNCATE").map(|(frames, _)| frames)
}

/// How many frames the log has, and how many of them are in the database.
fn checkpoint(conn: &Connection, mode: &'static str) -> Result<(i64, i64)> {
    let start = Instant::now();
    let mut frames = (0, 0);
    conn.pragma(None, "wal_checkpoint", mode, |row| {
        frames = (row.get::<_, i64>(1)?.max(0), row.get::<_, i64>(2)?.max(0));
        Ok(())
    })?;
    // This one only asks.
    if mode != "NOOP" {
        measure::CHECKPOINT_SECONDS.note(start.elapsed());
    }
    Ok(frames)
}

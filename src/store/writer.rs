//! The one thread that writes, and its group commit.
//!
//! The thread takes what waits, up to a count and a size, runs each piece of work
//! in a savepoint of one transaction, commits, and only then answers. A piece that
//! fails is undone alone; a commit that fails fails the whole group. It never
//! waits for more work to come: under load groups grow by themselves.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior, ffi};
use tokio::sync::oneshot;

use super::checkpoint::Checkpoints;
use super::error::is_disk_full;
use super::heart::Heart;
use super::{Error, Result, resting};
use crate::disk::Disk;
use crate::measure;

/// How large one group may grow.
#[derive(Clone, Copy, Debug)]
pub struct GroupLimits {
    /// Pieces of work.
    pub writes: usize,
    /// Bytes that the pieces say they bring.
    pub bytes: usize,
}

/// How many pieces of work may wait.
const QUEUE: usize = 256;

/// How often a transaction is begun while another process writes, each time for as
/// long as the connection's busy timeout.
const BEGIN_ATTEMPTS: usize = 6;

/// A piece of work: run inside the transaction, settled after the commit.
trait Job: Send {
    fn bytes(&self) -> usize;
    fn run(&mut self, conn: &Connection) -> Result<()>;
    fn settle(self: Box<Self>, committed: Result<()>);
}

struct Write<T, F, S> {
    bytes: usize,
    work: Option<F>,
    outcome: Option<T>,
    settle: S,
}

impl<T, F, S> Job for Write<T, F, S>
where
    T: Send,
    F: Send + FnOnce(&Connection) -> Result<T>,
    S: Send + FnOnce(Result<T>),
{
    fn bytes(&self) -> usize {
        self.bytes
    }

    fn run(&mut self, conn: &Connection) -> Result<()> {
        let work = self.work.take().expect("each job is run once");
        self.outcome = Some(work(conn)?);
        Ok(())
    }

    fn settle(self: Box<Self>, committed: Result<()>) {
        let Self { outcome, settle, .. } = *self;
        settle(committed.map(|()| outcome.expect("a job that was committed has run")));
    }
}

enum Message {
    Run(Box<dyn Job>),
    /// What waits behind this is answered with [`Error::Closed`].
    Close,
}

/// A handle to the thread. Clones reach the same one.
#[derive(Clone)]
pub struct Writer {
    queue: SyncSender<Message>,
    /// Whether the thread gets on.
    pub heart: Heart,
    has_rested: Arc<AtomicBool>,
}

impl Writer {
    /// Starts the thread on a connection that is open for writing.
    pub fn start(
        conn: Connection,
        limits: GroupLimits,
        checkpoints: Checkpoints,
        disk: Disk,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, waiting) = sync_channel(QUEUE);
        let heart = Heart::new();
        let thread_heart = heart.clone();
        let has_rested = Arc::new(AtomicBool::new(false));
        let thread_rested = Arc::clone(&has_rested);
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
            let waiting = Waiting { queue: &waiting, has_rested: &thread_rested };
            run(conn, &waiting, limits, &checkpoints, &disk, &thread_heart);
        })?;
        Ok((Self { queue, heart, has_rested }, thread))
    }

    /// Runs `work` in the next transaction and answers once that is committed.
    ///
    /// `bytes` is what the work brings, for the size of the group. Fails with
    /// [`Error::Busy`] at once when too much waits.
    pub async fn write<T, F>(&self, bytes: usize, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (answer, settled) = oneshot::channel();
        self.send(bytes, work, |outcome| {
            // Whoever asked may have gone away; the write stands all the same.
            let _ = answer.send(outcome);
        });
        settled.await.unwrap_or(Err(Error::Closed))
    }

    /// [`Writer::write`] for those who do not wait: `settle` is given the outcome, on the
    /// thread that writes. It is dropped when the thread ends before.
    pub fn send<T, F, S>(&self, bytes: usize, work: F, settle: S)
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        S: FnOnce(Result<T>) + Send + 'static,
    {
        let job = Write { bytes, work: Some(work), outcome: None, settle };
        if let Err(TrySendError::Full(Message::Run(job))) = self.queue.try_send(Message::Run(Box::new(job))) {
            job.settle(Err(Error::Busy));
        }
    }

    /// Whether the thread had nothing to do for a while, and gave memory back, since this was last called.
    pub fn has_rested(&self) -> bool {
        self.has_rested.swap(false, Ordering::Relaxed)
    }

    /// Ends the thread once all that waits now is written.
    pub fn close(&self) {
        // An error says that the thread has ended already.
        let _ = self.queue.send(Message::Close);
    }
}

/// What the thread is to do.
struct Waiting<'a> {
    queue: &'a Receiver<Message>,
    has_rested: &'a AtomicBool,
}

impl Waiting<'_> {
    /// The next piece of work, however long that takes; `None` at the end.
    fn next(&self, conn: &Connection) -> Option<Box<dyn Job>> {
        let message = self.queue.recv_timeout(resting::AFTER).or_else(|error| {
            if error == RecvTimeoutError::Timeout {
                resting::give_back(conn);
                self.has_rested.store(true, Ordering::Relaxed);
            }
            self.queue.recv()
        });
        match message {
            Ok(Message::Run(job)) => Some(job),
            Ok(Message::Close) | Err(_) => None,
        }
    }
}

fn run(
    conn: Connection,
    waiting: &Waiting<'_>,
    limits: GroupLimits,
    checkpoints: &Checkpoints,
    disk: &Disk,
    heart: &Heart,
) {
    let _ending = heart.ending();
    let mut open = true;
    while open {
        let Some(first) = waiting.next(&conn) else { break };
        let group = take_group(first, waiting.queue, limits, &mut open);
        let bytes: usize = group.iter().map(|job| job.bytes()).sum();
        let (start, writes) = (Instant::now(), group.len() as u64);
        heart.begin();
        let is_committed = commit(&conn, group, disk);
        heart.end(is_committed);
        note(start, writes, is_committed);
        disk.note_written(bytes as u64);
        checkpoints.keep_short(&conn);
    }
    // Leaves one file behind instead of three when nobody else has the database open.
    if let Err((_, error)) = conn.close() {
        tracing::error!(%error, "the database was not closed cleanly");
    }
}

fn note(start: Instant, writes: u64, is_committed: bool) {
    measure::COMMIT_SECONDS.note(start.elapsed());
    measure::COMMIT_WRITES.add(writes);
    if !is_committed {
        measure::COMMITS_FAILED.add(1);
    }
}

fn take_group(
    first: Box<dyn Job>,
    waiting: &Receiver<Message>,
    limits: GroupLimits,
    open: &mut bool,
) -> Vec<Box<dyn Job>> {
    let mut bytes = first.bytes();
    let mut group = vec![first];
    while group.len() < limits.writes && bytes < limits.bytes {
        match waiting.try_recv() {
            Ok(Message::Run(next)) => {
                bytes += next.bytes();
                group.push(next);
            }
            Ok(Message::Close) => {
                *open = false;
                break;
            }
            Err(_) => break,
        }
    }
    group
}

/// Says whether the transaction was committed.
fn commit(conn: &Connection, group: Vec<Box<dyn Job>>, disk: &Disk) -> bool {
    let mut done = Vec::with_capacity(group.len());
    let committed = run_group(conn, group, &mut done).map_err(Arc::new);
    let is_full = |outcome: &Result<()>| outcome.as_ref().is_err_and(Error::is_disk_full);
    if committed.as_ref().is_err_and(|error| is_disk_full(error))
        || done.iter().any(|(_, outcome)| is_full(outcome))
    {
        disk.note_full();
    }
    if let Err(error) = &committed {
        tracing::error!(%error, writes = done.len(), "a group of writes was not committed");
    }
    for (job, outcome) in done {
        let outcome = match &committed {
            Ok(()) => outcome,
            Err(error) => outcome.and(Err(not_committed(error))),
        };
        job.settle(outcome);
    }
    committed.is_ok()
}

fn not_committed(error: &Arc<rusqlite::Error>) -> Error {
    if is_busy(error) { Error::Busy } else { Error::NotCommitted(Arc::clone(error)) }
}

type Done = (Box<dyn Job>, Result<()>);

fn run_group(conn: &Connection, group: Vec<Box<dyn Job>>, done: &mut Vec<Done>) -> rusqlite::Result<()> {
    let mut jobs = group.into_iter();
    let transaction = match begin(conn) {
        Ok(transaction) => transaction,
        Err(error) => {
            done.extend(jobs.map(|job| (job, Ok(()))));
            return Err(error);
        }
    };
    for mut job in jobs.by_ref() {
        let outcome = in_savepoint(&transaction, &mut *job);
        let lost = lost(&transaction, &outcome);
        done.push((job, outcome));
        if let Some(error) = lost {
            done.extend(jobs.map(|job| (job, Ok(()))));
            return Err(error);
        }
    }
    transaction.commit()
}

/// When the disk fails, SQLite takes the whole transaction back: whatever else of the
/// group would run now would be a transaction of its own.
fn lost(conn: &Connection, outcome: &Result<()>) -> Option<rusqlite::Error> {
    if !conn.is_autocommit() {
        return None;
    }
    let code = match outcome {
        Err(Error::Sqlite(error)) => error.sqlite_error().map(|error| error.extended_code),
        _ => None,
    };
    Some(rusqlite::Error::SqliteFailure(ffi::Error::new(code.unwrap_or(ffi::SQLITE_ABORT_ROLLBACK)), None))
}

/// Begins the transaction. Another process may be writing, an import for example: it
/// is waited for, since nothing of the group has run yet.
fn begin(conn: &Connection) -> rusqlite::Result<Transaction<'_>> {
    for _ in 1..BEGIN_ATTEMPTS {
        match Transaction::new_unchecked(conn, TransactionBehavior::Immediate) {
            Err(error) if is_busy(&error) => tracing::info!("waiting for another process that writes"),
            begun => return begun,
        }
    }
    Transaction::new_unchecked(conn, TransactionBehavior::Immediate)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn in_savepoint(conn: &Connection, job: &mut dyn Job) -> Result<()> {
    conn.prepare_cached("SAVEPOINT job")?.execute([])?;
    // A piece of work that panics costs itself, not the thread that all writes need.
    let outcome = catch_unwind(AssertUnwindSafe(|| job.run(conn))).unwrap_or(Err(Error::Panicked));
    if outcome.is_err() && conn.is_autocommit() {
        return outcome;
    }
    if outcome.is_err() {
        conn.prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    conn.prepare_cached("RELEASE job")?.execute([])?;
    outcome
}

//! What can be seen from outside: the log, the database, the memory.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hindsight::store::Db;
use sha2::{Digest, Sha256};
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// What is waited for comes within this time.
const PATIENCE: Duration = Duration::from_secs(5);

static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps each event at info and above as one line.
struct Keep;

impl<S: tracing::Subscriber> Layer<S> for Keep {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() > tracing::Level::INFO {
            return;
        }
        let mut line = Line(format!("level={}", event.metadata().level()));
        event.record(&mut line);
        LOG.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {field}={value:?}").expect("memory takes all");
    }
}

/// From now on the log is kept.
pub fn keep_log() {
    tracing_subscriber::registry().with(Keep).init();
}

/// What was logged since the last time.
pub fn take_log() -> Vec<String> {
    std::mem::take(&mut LOG.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Waits for what is bound to come.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A hash of every row that an upload could add or change.
pub fn fingerprint(conn: &Db) -> [u8; 32] {
    let mut hash = Sha256::new();
    for table in ["connection", "session", "stream", "batch", "segment", "activity", "erased", "revoked_key"]
    {
        hash.update(table);
        let mut statement = conn.prepare_cached(&format!("SELECT * FROM {table}")).expect("a table");
        let columns = statement.column_count();
        let mut rows = statement.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            for column in 0..columns {
                hash.update(format!("{:?}", row.get_ref(column).expect("a value")));
            }
        }
    }
    hash.finalize().into()
}

/// No transaction is left open: the log can be folded in.
pub fn check_log_is_free(conn: &Db, what: &str) {
    until(&format!("{what}: the write-ahead log stays busy"), || {
        let busy: i64 =
            conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(0)).expect("a checkpoint");
        busy == 0
    });
}

/// This process's memory as `/proc/self/status` names it, in KiB.
pub fn memory_kib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line of that name");
    line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().expect("a number")
}

/// From now on `VmHWM` is the peak since now.
pub fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("this process may forget its own peak");
}

//! A few connections that only read.

use std::any::Any;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::schema::{self, Sharing};
use super::{Error, Result, resting};

/// Readers that take turns. Clones share them.
#[derive(Clone)]
pub struct Readers {
    idle: Idle,
    turns: Arc<Semaphore>,
}

/// Those that nobody uses; the one that was used last is at the end, and the next to be used.
type Idle = Arc<Mutex<Vec<Reader>>>;

/// Whatever somebody wants to know, and what came of it.
type Work = Box<dyn FnOnce(&Connection) -> Result<Outcome> + Send>;
type Outcome = Box<dyn Any + Send>;

struct Reader {
    conn: Connection,
    /// When it was used last, unless it gave its memory back since.
    used: Option<Instant>,
}

impl Readers {
    /// Opens `count` connections.
    pub fn open(path: &Path, count: usize, sharing: Sharing) -> Result<Self> {
        let connections =
            (0..count).map(|_| schema::open_reader(path, sharing).map(Reader::new)).collect::<Result<_>>()?;
        Ok(Self { idle: Arc::new(Mutex::new(connections)), turns: Arc::new(Semaphore::new(count)) })
    }

    /// Runs `work` on a connection of its own, off the async threads.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Error::Closed)?;
        let reading = self.start(turn, Box::new(|conn| Ok(Box::new(work(conn)?))));
        let outcome = reading
            .await
            .map_err(|error| if error.is_cancelled() { Error::Closed } else { Error::Panicked })??;
        Ok(*outcome.downcast().expect("the outcome of this very work"))
    }

    /// Runs work of any kind. There are hundreds of kinds, and this is built once.
    fn start(&self, turn: OwnedSemaphorePermit, work: Work) -> JoinHandle<Result<Outcome>> {
        let idle = Arc::clone(&self.idle);
        tokio::task::spawn_blocking(move || {
            let lent = Lent { reader: take(&idle), idle, turn };
            let reader = lent.reader.as_ref().ok_or(Error::Closed)?;
            work(&reader.conn)
        })
    }
}

impl Readers {
    /// Lets those that nobody used for so long give back what they hold of the file; says whether any did.
    pub fn give_memory_back(&self, after: Duration) -> bool {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = |reader: &&mut Reader| reader.used.is_some_and(|used| used.elapsed() >= after);
        let resting = idle.iter_mut().filter(rests).map(|reader| {
            resting::give_back(&reader.conn);
            reader.used = None;
        });
        resting.count() > 0
    }

    /// Closes the connections; those that are lent close when they come back.
    pub fn close(&self) {
        self.turns.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Reader {
    fn new(conn: Connection) -> Self {
        Self { conn, used: Some(Instant::now()) }
    }
}

/// A connection that goes back even when the work panics.
struct Lent {
    reader: Option<Reader>,
    idle: Idle,
    turn: OwnedSemaphorePermit,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.turn.semaphore().is_closed() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.reader.take().map(|reader| Reader::new(reader.conn)));
    }
}

fn take(idle: &Mutex<Vec<Reader>>) -> Option<Reader> {
    idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::store::Store;

    #[tokio::test]
    async fn memory_is_given_back_once_after_each_use_and_reading_goes_on() {
        let data = tempfile::tempdir().expect("a folder");
        let settings = Settings::load(None, Default::default()).expect("defaults");
        let (store, closing) = Store::open(data.path(), &settings.store).expect("opened");
        let readers = &store.readers;
        let (long, at_once) = (Duration::from_secs(3600), Duration::ZERO);
        assert!(!readers.give_memory_back(long), "they were opened just now");
        assert!(readers.give_memory_back(at_once));
        assert!(!readers.give_memory_back(at_once), "nothing is left to be given");
        for _ in 0..2 {
            let tables = store.read(|conn| {
                Ok(conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?)
            });
            assert!(tables.await.expect("read") > 10);
            assert!(!readers.give_memory_back(long));
            assert!(readers.give_memory_back(at_once));
            assert!(!readers.give_memory_back(at_once));
        }
        closing.close();
    }
}

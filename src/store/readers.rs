//! A few connections that only read.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::schema::{self, Sharing};
use super::{Error, Result};

/// Readers that take turns. Clones share them.
#[derive(Clone)]
pub struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    /// Opens `count` connections.
    pub fn open(path: &Path, count: usize, sharing: Sharing) -> Result<Self> {
        let connections = (0..count).map(|_| schema::open_reader(path, sharing)).collect::<Result<_>>()?;
        Ok(Self { idle: Arc::new(Mutex::new(connections)), turns: Arc::new(Semaphore::new(count)) })
    }

    /// Runs `work` on a connection of its own, off the async threads.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Error::Closed)?;
        let idle = Arc::clone(&self.idle);
        let reading = tokio::task::spawn_blocking(move || {
            let lent = Lent { conn: take(&idle), idle, turn };
            let conn = lent.conn.as_ref().ok_or(Error::Closed)?;
            work(conn)
        });
        reading.await.map_err(|error| if error.is_cancelled() { Error::Closed } else { Error::Panicked })?
    }
}

impl Readers {
    /// Closes the connections; those that are lent close when they come back.
    pub fn close(&self) {
        self.turns.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A connection that goes back even when the work panics.
struct Lent {
    conn: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    turn: OwnedSemaphorePermit,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.turn.semaphore().is_closed() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.conn.take());
    }
}

fn take(idle: &Mutex<Vec<Connection>>) -> Option<Connection> {
    idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

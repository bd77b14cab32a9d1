//! What happens to sessions when they are over, off the request path.
//!
//! For now it tells which are over: those whose last page went away and those that
//! fell silent. It never runs in a request, and it decides nothing about a
//! session's content.

use std::time::Duration;

use crate::clock::Clock;
use crate::config;
use crate::stop::Stopping;
use crate::store::{self, Store, sessions};

/// How often sessions are looked over.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Completes sessions until the server stops.
pub async fn run(store: Store, clock: Clock, settings: config::Sessions, mut stopping: Stopping) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = stopping.wait() => return,
        }
        match complete(&store, &clock, &settings).await {
            Ok(0) | Err(store::Error::Busy) => {}
            Ok(sessions) => tracing::debug!(sessions, "completed"),
            Err(error) => tracing::error!(%error, "sessions were not completed"),
        }
    }
}

/// Completes what is over by now; returns how many sessions that were.
pub async fn complete(store: &Store, clock: &Clock, settings: &config::Sessions) -> store::Result<usize> {
    let now = clock.now();
    let idle_since = now - i64::from(settings.idle_after_seconds) * 1000;
    let ended_before = now - i64::from(settings.ended_grace_seconds) * 1000;
    // Most times nothing is due, and then nobody who writes has to wait.
    if !store.read(move |conn| sessions::any_over(conn, idle_since, ended_before)).await? {
        return Ok(0);
    }
    store.write(move |conn| sessions::complete(conn, idle_since, ended_before, now)).await
}

//! While nobody asks for anything, memory goes back to the system.

use tokio::time::sleep;

use crate::stop::Stopping;
use crate::store::{RESTING_AFTER, Store};

/// Looks now and then whether connections of the store rest, until the server stops.
pub async fn give_memory_back(store: Store, mut stopping: Stopping) {
    loop {
        tokio::select! {
            () = sleep(RESTING_AFTER) => {}
            _ = stopping.wait() => return,
        }
        let store = store.clone();
        let looked = tokio::task::spawn_blocking(move || {
            if store.give_memory_back() {
                trim();
            }
        });
        if let Err(error) = looked.await {
            tracing::error!(%error, "giving memory back failed");
        }
    }
}

/// What was freed stays with the C library until it is told that it may go.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "the C library has no other way to be told")]
fn trim() {
    // SAFETY: it takes no pointer and returns none, and locks what it looks at.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(not(target_env = "gnu"))]
fn trim() {}

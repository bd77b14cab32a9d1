//! While nobody asks for anything, memory goes back to the system.

use tokio::time::sleep;

use crate::allocator;
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
                allocator::give_back();
            }
        });
        if let Err(error) = looked.await {
            tracing::error!(%error, "giving memory back failed");
        }
    }
}

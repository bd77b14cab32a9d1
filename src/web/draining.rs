//! The time between being told to stop and stopping: visitors are sent elsewhere meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether it has begun. Clones are the same.
#[derive(Clone, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// The server was told to stop.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was.
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

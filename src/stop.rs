//! Telling the parts of the server that it stops.

use tokio::sync::watch;

/// Stops everything that holds the other end; so does dropping it.
pub struct Stopper(watch::Sender<bool>);

/// Learns that the server stops. Clones learn it too.
#[derive(Clone)]
pub struct Stopping(watch::Receiver<bool>);

/// Both ends.
pub fn channel() -> (Stopper, Stopping) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stopping(receiver))
}

impl Stopper {
    /// Tells all parts to stop.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Whether the server stops.
    pub fn has_stopped(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Returns once the server stops.
    pub async fn wait(&mut self) {
        // An error says that the other end is gone, which means the same.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}

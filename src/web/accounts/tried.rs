//! What was tried at the doors outlives the server: guessing does not begin anew with it.

use std::time::Duration;

use super::super::App;
use crate::accounts::Attempts;
use crate::disk::Room;
use crate::stop::Stopping;
use crate::store::attempts;

/// How often it is written down.
const WRITE_EVERY: Duration = Duration::from_secs(1);

fn doors(app: &App) -> [&Attempts; 4] {
    [&app.doors.by_name, &app.doors.by_network, &app.doors.codes, &app.guests]
}

/// Goes on from what was written down, before anybody is let in.
pub async fn restore(app: &App) {
    for door in doors(app) {
        let name = door.door;
        match app.store.read(move |conn| attempts::of_door(conn, name)).await {
            Ok(kept) => door.restore(kept),
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "how often passwords were tried before is not known"
            ),
        }
    }
}

/// Writes down what was tried since the last time.
pub async fn write(app: &App) {
    if app.store.disk().room() == Room::ReadOnly {
        return;
    }
    for door in doors(app) {
        let changes = door.changes(app.clock.now());
        if changes.is_empty() {
            continue;
        }
        let (name, written) = (door.door, changes.clone());
        if let Err(error) = app.store.write(move |conn| attempts::write(conn, name, &written)).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "attempts were not written down");
            door.put_back(&changes);
        }
    }
}

/// Writes it down until the server stops.
pub async fn follow(app: App, mut stop: Stopping) {
    while tokio::time::timeout(WRITE_EVERY, stop.wait()).await.is_err() {
        write(&app).await;
    }
}

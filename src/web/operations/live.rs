//! Says every few seconds that the page has other figures, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream::unfold;
use serde::Serialize;
use warp::sse;

use crate::model::TimestampMs;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, live};

/// How often: the figures are read by a person.
const EVERY_MS: u64 = 5000;
const EVERY: Duration = Duration::from_millis(EVERY_MS);

/// What the page compares with its own.
#[derive(Serialize)]
struct Version {
    version: i64,
}

/// The number of these figures, at once and whenever there are others.
pub async fn changes(app: App, request: Request) -> Result<Response, Problem> {
    let events = unfold((app.clone(), false), |(app, waits)| async move {
        if waits {
            let mut stopping = app.stopping.clone();
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = stopping.wait() => return None,
            }
        }
        let data = Version { version: version(app.clock.now()) };
        let event = sse::Event::default().event("figures").json_data(data).ok()?;
        Some((Ok::<_, Infallible>(event), (app, true)))
    });
    Ok(live::reply_to_server(app, request, events))
}

/// The number of the figures at a time. A page that was just loaded has those of now.
pub fn version(now: TimestampMs) -> i64 {
    now.div_euclid(EVERY_MS.cast_signed())
}

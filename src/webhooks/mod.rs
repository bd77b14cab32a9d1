//! Telling the webhooks of connections what happened.
//!
//! `store` writes down what is to be told in the transaction in which it happens; one task
//! sends it, again and again until it is taken or a day has passed. So each event arrives at
//! least once, however often the server is stopped, and always under the same id. What is
//! sent is put together from what is stored when it is sent. Nothing here decides what is
//! told, and no answer is read beyond its status.

mod payload;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hyper::body::Bytes;

use crate::answers::outgoing::Outgoing;
use crate::answers::plan;
use crate::answers::{Failure, signature};
use crate::clock::Clock;
use crate::config;
use crate::measure;
use crate::plugins::Host;
use crate::stop::Stopping;
use crate::store::webhooks::{self, Attempt, Due};
use crate::store::{self, Store};

/// So many webhooks are told at the same time, each of one event.
const AT_ONCE: i64 = 8;

/// How long an answer is waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// How often is looked whether there is something to tell.
const REST: Duration = Duration::from_secs(1);

/// The one who tells.
pub struct Messenger {
    store: Store,
    clock: Clock,
    plugins: Host,
    outgoing: Outgoing,
    public_url: String,
}

/// What came of an event.
enum Told {
    Taken(u16),
    Refused(Option<u16>, String),
    /// What it was about is not there any more.
    Gone,
}

impl Messenger {
    /// Sends nothing yet. Requests go out within the limits of those for answers.
    pub fn new(
        store: Store,
        clock: Clock,
        plugins: Host,
        settings: &config::Answers,
        public_url: String,
    ) -> Result<Self, String> {
        Ok(Self { store, clock, plugins, outgoing: Outgoing::new(settings)?, public_url })
    }

    /// Tells what is to be told until the server stops.
    pub async fn run(self, mut stopping: Stopping) {
        loop {
            let worked = tokio::select! {
                worked = self.turn() => worked,
                () = stopping.wait() => return,
            };
            if let Err(error) = &worked {
                tracing::error!(error = error as &dyn std::error::Error, "webhooks were not told");
            }
            if !worked.unwrap_or(false) {
                tokio::select! {
                    () = tokio::time::sleep(REST) => {}
                    () = stopping.wait() => return,
                }
            }
        }
    }

    /// Sends what is due by now, one event to each webhook. False when nothing is.
    pub async fn turn(&self) -> store::Result<bool> {
        let now = self.clock.now();
        let due = self.store.read(move |conn| webhooks::next_due(conn, now, AT_ONCE)).await?;
        let worked = !due.is_empty();
        for done in join_all(due.into_iter().map(|due| self.tell(due))).await {
            done?;
        }
        Ok(worked)
    }

    async fn tell(&self, due: Due) -> store::Result<()> {
        let (at, started) = (self.clock.now(), Instant::now());
        let told = self.send(&due).await?;
        let took_ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let (status, problem) = match &told {
            Told::Taken(status) => (Some(*status), None),
            Told::Refused(status, problem) => (*status, Some(problem.clone())),
            Told::Gone => (None, None),
        };
        match &told {
            Told::Taken(_) => measure::WEBHOOKS_TAKEN.add(1),
            Told::Refused(..) => measure::WEBHOOKS_FAILED.add(1),
            Told::Gone => {}
        }
        let attempt = Attempt { id: due.id.clone(), kind: due.kind.clone(), at, took_ms, status, problem };
        self.store
            .write(move |conn| match told {
                Told::Taken(_) => webhooks::delivered(conn, &due, &attempt),
                Told::Refused(..) => webhooks::failed(conn, &due, &attempt),
                Told::Gone => webhooks::gone(conn, &due),
            })
            .await
    }

    async fn send(&self, due: &Due) -> store::Result<Told> {
        let Some(payload) = payload::of(&self.store, &self.plugins, &self.public_url, due).await? else {
            return Ok(Told::Gone);
        };
        let url = match plan::address(&due.webhook.wanted.url) {
            Ok(url) => url,
            Err(problem) => return Ok(Told::Refused(None, problem)),
        };
        let body = Bytes::from(payload);
        let headers = signature::headers(&due.webhook.secret, self.clock.now(), &body);
        Ok(match self.outgoing.deliver(&url, headers, body, ANSWER_WITHIN).await {
            Ok(status) => Told::Taken(status),
            Err(failure) => Told::Refused(status_of(&failure), failure.to_string()),
        })
    }
}

fn status_of(failure: &Failure) -> Option<u16> {
    match failure {
        Failure::Status { status } | Failure::Redirected { status } => Some(*status),
        _ => None,
    }
}

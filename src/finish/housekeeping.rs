//! Retention, erasure and the size of the file, in small steps.

use std::time::Duration;

use crate::config::Live;
use crate::model::{ConnectionId, TimestampMs};
use crate::store::erasing::{self, Progress, Selection};
use crate::store::persons::Step;
use crate::store::{self, Db, Scope, Store, audit, connections, notes, persons, shares, tokens, webhooks};

/// How often it is asked whether anything is outdated.
const LOOK_EVERY_MS: i64 = 60 * 1000;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// One free page for so many used ones stays in the file: the next recordings take them.
const USED_PAGES_PER_FREE_ONE: i64 = 32;

/// A file with fewer free pages is left as it is.
const LEAST_FREE: i64 = 64;

/// A wall clock that jumps further than this is not believed for a while.
const STEP_MS: i64 = 2 * 60 * 1000;

/// Retention waits this long after the clock was moved.
const DISTRUST_MS: i64 = 60 * 60 * 1000;

/// What is kept between steps.
pub struct Housekeeping {
    store: Store,
    live: Live,
    looked_at: Option<TimestampMs>,
    outdated: Vec<(ConnectionId, TimestampMs)>,
    pace: Pace,
    /// Whether the audit log may have entries that are too old.
    shortens: bool,
}

impl Housekeeping {
    /// Does nothing yet.
    pub fn new(store: Store, live: Live) -> Self {
        Self { store, live, looked_at: None, outdated: Vec::new(), pace: Pace::default(), shortens: false }
    }

    /// The next step of what is to be done, if anything; says whether there may be more.
    pub async fn step(&mut self, now: TimestampMs, uptime: Duration) -> store::Result<bool> {
        if self.pace.believes(now, uptime) {
            self.look(now).await?;
        }
        if self.erase_persons(now).await? || self.erase_outdated(now).await? {
            return Ok(true);
        }
        if self.store.read(erasing::any_deleted_connection).await? {
            let progress =
                self.store.write(move |conn| erasing::erase_deleted_connections(conn, now)).await?;
            if progress.erased > 0 {
                return Ok(true);
            }
        }
        if self.store.read(erasing::any_loose).await? {
            let Progress { more, .. } = self.store.write(erasing::overwrite).await?;
            if !more {
                self.store.request_checkpoint();
            }
            return Ok(true);
        }
        if self.shorten_audit(now).await? {
            return Ok(true);
        }
        self.shortens = false;
        Ok(self.keep_budget(now).await? || self.shrink().await?)
    }

    /// Looks once in a while what is outdated by now.
    async fn look(&mut self, now: TimestampMs) -> store::Result<()> {
        let lately = self.looked_at.is_some_and(|at| (at..at + LOOK_EVERY_MS).contains(&now));
        if lately || !self.outdated.is_empty() {
            return Ok(());
        }
        self.looked_at = Some(now);
        self.shortens = true;
        self.store
            .write(move |conn| {
                erasing::forget(conn, now)?;
                audit::fold(conn, now)?;
                notes::forget(conn, now)?;
                shares::forget(conn, now)?;
                tokens::forget(conn, now)?;
                webhooks::forget(conn, now)
            })
            .await?;
        let days = self.live.now().retention.keep_days;
        self.outdated = self
            .store
            .read(move |conn| {
                let mut outdated = Vec::new();
                for connection in connections::all(conn, &Scope::everything())? {
                    let own = connections::rules(conn, connection.id)?.and_then(|rules| rules.keep_days);
                    let keep_days = own.unwrap_or(i64::from(days));
                    if keep_days > 0 {
                        outdated.push((connection.id, now - keep_days.saturating_mul(DAY_MS)));
                    }
                }
                Ok(outdated)
            })
            .await?;
        Ok(())
    }

    /// Goes on with what people asked to be erased of a person; says whether there may be more to do.
    async fn erase_persons(&self, now: TimestampMs) -> store::Result<bool> {
        if !self.store.read(persons::any_erasing).await? {
            return Ok(false);
        }
        let step = self.store.write(move |conn| persons::step(conn, now)).await?;
        if step == Step::Done {
            self.store.request_checkpoint();
        }
        Ok(matches!(step, Step::More | Step::Done))
    }

    /// Old entries leave the audit log by whole days, so that it says so once a day at most.
    async fn shorten_audit(&self, now: TimestampMs) -> store::Result<bool> {
        let days = i64::from(self.live.now().audit.keep_days);
        if days == 0 || !self.shortens {
            return Ok(false);
        }
        let before = (now - days * DAY_MS).div_euclid(DAY_MS) * DAY_MS;
        self.store.write(move |conn| audit::shorten(conn, before, now)).await
    }

    async fn erase_outdated(&mut self, now: TimestampMs) -> store::Result<bool> {
        while let Some((connection, before)) = self.outdated.last().copied() {
            let selection = Selection::Outdated(before);
            let wanted = selection.clone();
            if self.store.read(move |conn| erasing::any(conn, connection, &wanted)).await? {
                let erase = move |conn: &Db| {
                    let progress = erasing::erase(conn, connection, &selection, now)?;
                    audit::tally(conn, Some(connection), progress.erased, now)
                };
                self.store.write(erase).await?;
                return Ok(true);
            }
            self.outdated.pop();
        }
        Ok(false)
    }

    /// Erases the oldest sessions of the server while the database is larger than it may be.
    async fn keep_budget(&self, now: TimestampMs) -> store::Result<bool> {
        let Some(budget) =
            i64::try_from(self.live.now().retention.max_bytes).ok().filter(|budget| *budget > 0)
        else {
            return Ok(false);
        };
        let pages = self.store.read(erasing::pages).await?;
        let surplus = (pages.all - pages.free) * pages.bytes - budget;
        if surplus <= 0 {
            return Ok(false);
        }
        let erase = move |conn: &Db| {
            let progress = erasing::erase_oldest(conn, surplus, now)?;
            audit::tally(conn, None, progress.erased, now)?;
            Ok(progress.erased > 0)
        };
        self.store.write(erase).await
    }

    /// Gives pages back; what recordings need soon stays.
    async fn shrink(&self) -> store::Result<bool> {
        let keep = self
            .store
            .read(|conn| {
                let pages = erasing::pages(conn)?;
                let keep = (pages.all - pages.free) / USED_PAGES_PER_FREE_ONE;
                Ok((pages.free > keep * 2 + LEAST_FREE).then_some(keep))
            })
            .await?;
        let Some(keep) = keep else { return Ok(false) };
        Ok(self.store.write(move |conn| erasing::shrink(conn, keep)).await?.more)
    }
}

/// Notices when the wall clock was moved: what is old by a clock that is wrong must not be erased.
#[derive(Default)]
struct Pace {
    last: Option<(Duration, TimestampMs)>,
    distrusts_until: Option<TimestampMs>,
}

impl Pace {
    fn believes(&mut self, now: TimestampMs, uptime: Duration) -> bool {
        let step = self.last.map_or(0, |(then, at)| {
            now - at - i64::try_from(uptime.saturating_sub(then).as_millis()).unwrap_or(i64::MAX)
        });
        self.last = Some((uptime, now));
        if step.abs() > STEP_MS {
            tracing::warn!(step_ms = step, "the clock was moved; nothing is erased by its age for an hour");
            self.distrusts_until = Some(now + DISTRUST_MS);
        }
        self.distrusts_until = self.distrusts_until.filter(|until| now < *until);
        self.distrusts_until.is_none()
    }
}

//! Reporters at work: on request, and every day or week where their manifest says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::runtime::Handle;

use super::analysis::Analyst;
use super::chosen::{self, Chosen};
use super::reports::{Making, Orders, Reporter};
use crate::clock;
use crate::model::{ConnectionId, Period, Row, TimestampMs};
use crate::plugins::manifest::Schedule;
use crate::plugins::recent::About;
use crate::plugins::run::Run;
use crate::plugins::{Plugin, Registry};
use crate::store::findings::{self, ReportRow};
use crate::store::reports::{self, NewReport};
use crate::store::{self, Scope, Store, choices, connections, runs};

/// Sessions that are read at once.
const SESSIONS_AT_ONCE: i64 = 200;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What a report is about that nobody asked for: so many days until now.
const PERIOD_MS: i64 = 30 * DAY_MS;

/// How often it is looked whether a report is due.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How often it is told how far a report is.
const TELL_EVERY: Duration = Duration::from_millis(300);

/// Makes reports.
pub struct Reporting {
    analyst: Analyst,
    orders: Orders,
    /// The plugins that are offered are those of this version.
    offered: Option<u64>,
    /// When it was looked for reports that are due, by a clock that only runs forward.
    looked_at: Option<Duration>,
}

impl Reporting {
    /// Offers nothing yet.
    pub fn new(analyst: Analyst, orders: Orders) -> Self {
        Self { analyst, orders, offered: None, looked_at: None }
    }

    /// Makes the report that was asked for first, or is due. False when there is none.
    pub async fn next(&mut self) -> store::Result<bool> {
        self.offer();
        if let Some(Some(making)) = self.orders.next().now_or_never() {
            self.make_ordered(making).await;
            return Ok(true);
        }
        let uptime = self.analyst.clock.uptime();
        if self.looked_at.is_some_and(|looked_at| uptime < looked_at + LOOK_EVERY) {
            return Ok(false);
        }
        match self.due().await? {
            Some((connection, reporter)) => {
                let now = self.analyst.clock.now();
                let progress = Arc::new(AtomicU64::new(0));
                let wanted = (connection, now - PERIOD_MS, now);
                if let Err(reason) = self.make(wanted, reporter.clone(), &progress).await {
                    let plugin = reporter.plugin.id();
                    tracing::warn!(
                        plugin,
                        connection = connection.0,
                        "the report that is due is not made: {reason}"
                    );
                    self.looked_at = Some(uptime);
                }
                Ok(true)
            }
            None => {
                self.looked_at = Some(uptime);
                Ok(false)
            }
        }
    }

    fn offer(&mut self) {
        let version = *self.analyst.plugins.versions().borrow();
        if self.offered == Some(version) {
            return;
        }
        self.offered = Some(version);
        let registry = self.analyst.plugins.plugins();
        let reporters = registry.plugins().filter(|plugin| plugin.manifest.reporter.is_some());
        let reporter = |plugin: &Arc<Plugin>| Reporter {
            plugin: plugin.id().to_owned(),
            description: plugin.manifest.plugin.description.clone(),
        };
        self.orders.offer(reporters.map(reporter).collect());
    }

    async fn make_ordered(&self, making: Making) {
        let order = making.order.clone();
        let reporter = match self.reporter(order.connection, &order.plugin).await {
            Ok(Some(reporter)) => reporter,
            Ok(None) => return making.failed("The plugin is switched off for this connection, or is gone."),
            Err(error) => return making.failed(&error.to_string()),
        };
        let wanted = (order.connection, order.from, order.to);
        let total = self
            .analyst
            .store
            .read(move |conn| runs::sessions_between(conn, wanted.0, wanted.1, wanted.2))
            .await
            .unwrap_or_default();
        let done = Arc::new(AtomicU64::new(0));
        let mut ticks = tokio::time::interval(TELL_EVERY);
        let made = self.make(wanted, reporter, &done);
        tokio::pin!(made);
        let made = loop {
            tokio::select! {
                made = &mut made => break made,
                _ = ticks.tick() => making.progress(done.load(Ordering::Relaxed), total.unsigned_abs()),
            }
        };
        match made {
            Ok(()) => making.done(),
            Err(reason) => making.failed(&reason),
        }
    }

    /// A reporter as it works for a connection. `None` when it does not.
    async fn reporter(&self, connection: ConnectionId, plugin: &str) -> store::Result<Option<Chosen>> {
        let name = plugin.to_owned();
        let choice = self.analyst.store.read(move |conn| choices::find(conn, &name, connection)).await?;
        let registry: Arc<Registry> = self.analyst.plugins.plugins();
        let entry = registry.get(plugin).filter(|entry| {
            let plugin = entry.plugin.as_ref();
            plugin.is_some_and(|plugin| plugin.manifest.reporter.is_some() && chosen::is_on(plugin, &choice))
        });
        Ok(entry.and_then(|entry| chosen::with_settings(entry, &choice).ok()))
    }

    /// A connection and a reporter whose next report is due.
    async fn due(&self) -> store::Result<Option<(ConnectionId, Chosen)>> {
        let registry = self.analyst.plugins.plugins();
        let every = |plugin: &Arc<Plugin>| {
            let every = interval(plugin.manifest.reporter.as_ref()?.schedule)?;
            Some((plugin.id().to_owned(), every))
        };
        let scheduled: Vec<(String, i64)> = registry.plugins().filter_map(every).collect();
        if scheduled.is_empty() {
            return Ok(None);
        }
        let now = self.analyst.clock.now();
        let connections =
            self.analyst.store.read(|conn| connections::all(conn, &Scope::everything())).await?;
        for connection in connections {
            for (plugin, every) in &scheduled {
                let (asked, id) = (plugin.clone(), connection.id);
                let latest = self.analyst.store.read(move |conn| reports::latest(conn, id, &asked)).await?;
                if latest.is_some_and(|latest| latest > now - every) || !self.any_since(id, latest).await? {
                    continue;
                }
                if let Some(reporter) = self.reporter(id, plugin).await? {
                    return Ok(Some((id, reporter)));
                }
            }
        }
        Ok(None)
    }

    /// Whether anything happened that the latest report does not know.
    async fn any_since(&self, connection: ConnectionId, latest: Option<TimestampMs>) -> store::Result<bool> {
        let now = self.analyst.clock.now();
        let since = latest.unwrap_or(now - PERIOD_MS);
        let count =
            self.analyst.store.read(move |conn| runs::sessions_between(conn, connection, since, now)).await?;
        Ok(count > 0)
    }

    async fn make(
        &self,
        (connection, from, to): (ConnectionId, TimestampMs, TimestampMs),
        reporter: Chosen,
        done: &Arc<AtomicU64>,
    ) -> Result<(), String> {
        let store = &self.analyst.store;
        let counted = store.read(move |conn| runs::sessions_between(conn, connection, from, to)).await;
        let sessions = counted.map_err(|error| error.to_string())?;
        let period = Period {
            from: clock::rfc3339(from),
            to: clock::rfc3339(to),
            sessions: u32::try_from(sessions).unwrap_or(u32::MAX),
        };
        let plugin = reporter.plugin.id().to_owned();
        let rows = Rows::new(store.clone(), connection, (from, to), &reporter, Arc::clone(done));
        let about = About { connection, session: None, at: self.analyst.clock.now() };
        let work = move || {
            let run = reporter.plugin.summarize(&period, rows, &reporter.settings);
            reporter.plugin.recent.note(about, &run);
            run
        };
        let Run { outcome, usage, .. } = self.analyst.plugins.on_worker(work).await;
        let report = outcome.map_err(|failure| failure.to_string())?;
        let report = NewReport {
            connection,
            plugin,
            from,
            to,
            sessions,
            cpu_us: i64::try_from(usage.cpu.as_micros()).unwrap_or(i64::MAX),
            title: report.title,
            summary: report.summary,
            sections: serde_json::to_string(&report.sections).map_err(|error| error.to_string())?,
        };
        let now = self.analyst.clock.now();
        store.write(move |conn| reports::add(conn, &report, now)).await.map_err(|error| error.to_string())?;
        Ok(())
    }
}

/// How long after its last report a plugin makes the next one by itself, in milliseconds.
fn interval(schedule: Schedule) -> Option<i64> {
    match schedule {
        Schedule::Manual => None,
        Schedule::Daily => Some(DAY_MS),
        Schedule::Weekly => Some(7 * DAY_MS),
    }
}

/// The findings and facts of a time, read some sessions at once by whoever takes them, off
/// the async threads.
struct Rows {
    store: Store,
    runtime: Handle,
    connection: ConnectionId,
    between: (TimestampMs, TimestampMs),
    wanted: Arc<[(String, String)]>,
    after: i64,
    over: bool,
    read: std::vec::IntoIter<ReportRow>,
    done: Arc<AtomicU64>,
}

impl Rows {
    fn new(
        store: Store,
        connection: ConnectionId,
        between: (TimestampMs, TimestampMs),
        reporter: &Chosen,
        done: Arc<AtomicU64>,
    ) -> Self {
        let named = reporter.plugin.manifest.reporter.as_ref();
        let sources = named.into_iter().flat_map(|named| named.sources(reporter.plugin.id()));
        Self {
            store,
            runtime: Handle::current(),
            connection,
            between,
            wanted: sources.map(|(plugin, kind)| (plugin.to_owned(), kind.to_owned())).collect(),
            after: 0,
            over: false,
            read: Vec::new().into_iter(),
            done,
        }
    }

    fn read_more(&mut self) -> store::Result<()> {
        let (connection, between, after) = (self.connection, self.between, self.after);
        let wanted = Arc::clone(&self.wanted);
        let is_wanted =
            move |plugin: &str, kind: &str| wanted.iter().any(|(of, what)| of == plugin && what == kind);
        let read = self.store.read(move |conn| {
            findings::report_rows(conn, connection, between, after, SESSIONS_AT_ONCE, is_wanted)
        });
        let read = self.runtime.block_on(read)?;
        self.done.fetch_add(read.sessions, Ordering::Relaxed);
        match read.last {
            Some(last) => self.after = last,
            None => self.over = true,
        }
        self.read = read.rows.into_iter();
        Ok(())
    }
}

impl Iterator for Rows {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        loop {
            if let Some(row) = self.read.next() {
                return Some(Row {
                    session: row.session.to_string(),
                    started_at: clock::rfc3339(row.started_at),
                    plugin: row.plugin,
                    item: row.item,
                });
            }
            if self.over {
                return None;
            }
            if let Err(error) = self.read_more() {
                tracing::warn!(error = &error as &dyn std::error::Error, "a report ends before its time");
                self.over = true;
            }
        }
    }
}

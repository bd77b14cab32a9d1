//! What stands behind a running plugin: its meter, its log, what it reads, and a WASI
//! that has nothing in it.
//!
//! There are no files, no environment, no network. The clock stands at the start of the
//! session and moves a little each time it is read, sleeping moves it at once, and
//! randomness is drawn from the session's id: the same session gives the same result.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::random::Deterministic;
use wasmtime_wasi::{HostWallClock, WasiCtx, WasiCtxView, WasiView};

use super::bindings::hindsight::plugin::{host, script_host, types};
use super::convert;
use super::limits::Meter;
use super::log::SharedLog;
use super::run::SessionInfo;
use crate::model::{Period, Row};
use crate::timeline::{Event, Level};

/// A batch is never longer, whatever a plugin asks for.
const MAX_BATCH: u32 = 1024;

/// A batch as JSON ends once it has so many bytes.
const JSON_BATCH_BYTES: usize = 256 * 1024;

/// Handles that a plugin may hold at a time.
const MAX_HANDLES: usize = 1000;

/// What WASI gives in one call for random bytes.
const MAX_RANDOM_BYTES: u64 = 64 * 1024;

/// How far the clock moves when it is read.
const CLOCK_STEP_NS: u64 = 1000;

/// The state of one instance.
pub struct Guest {
    /// Holds it to its limits.
    pub meter: Meter,
    /// What it prints.
    pub log: SharedLog,
    /// How many events or rows it was given.
    pub items_read: u64,
    start: Start,
    table: ResourceTable,
    /// Made when it is first needed: plugins in Rust never ask for it.
    wasi: Option<WasiCtx>,
    monotonic_ns: u64,
}

/// What clock and randomness begin with.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Since 1970.
    pub wall: Duration,
    /// Anything that is the same for the same session.
    pub seed: u64,
}

impl Start {
    /// The same for the same name.
    pub fn of(name: &str, wall: Duration) -> Self {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Self { wall, seed: hasher.finish() }
    }
}

impl Guest {
    /// A guest that has read nothing yet.
    pub fn new(meter: Meter, start: Start) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_HANDLES);
        Self { meter, log: SharedLog::default(), items_read: 0, start, table, wasi: None, monotonic_ns: 0 }
    }

    /// Something that the guest reads from, for the time of a call.
    pub fn lend<T: Send>(&mut self, source: T) -> wasmtime::Result<Resource<T>> {
        let own = self.table.push(source)?;
        Ok(Resource::new_borrow(own.rep()))
    }
}

/// The events of a session, those of the kinds that its manifest names.
pub struct Timeline {
    /// What is known of the session.
    pub info: SessionInfo,
    /// The events.
    pub events: Box<dyn Iterator<Item = Event> + Send>,
}

/// The findings and facts of many sessions.
pub struct Rows {
    /// What they are about.
    pub period: Period,
    /// The rows.
    pub rows: Box<dyn Iterator<Item = Row> + Send>,
}

impl types::Host for Guest {}

impl host::Host for Guest {
    fn log(&mut self, level: types::LogLevel, text: String) -> wasmtime::Result<()> {
        let level = match level {
            types::LogLevel::Debug => Level::Debug,
            types::LogLevel::Info => Level::Info,
            types::LogLevel::Warn => Level::Warn,
            types::LogLevel::Error => Level::Error,
        };
        self.log.add(level, &text);
        Ok(())
    }
}

impl host::HostTimeline for Guest {
    fn info(&mut self, timeline: Resource<Timeline>) -> wasmtime::Result<types::SessionInfo> {
        Ok(convert::session_info(&self.table.get(&timeline)?.info))
    }

    fn next(&mut self, timeline: Resource<Timeline>, max: u32) -> wasmtime::Result<types::Batch> {
        let events = &mut self.table.get_mut(&timeline)?.events;
        let batch = convert::batch(events.take(length(max)));
        self.items_read += batch.events.len() as u64;
        Ok(batch)
    }

    fn drop(&mut self, timeline: Resource<Timeline>) -> wasmtime::Result<()> {
        self.table.delete(timeline)?;
        Ok(())
    }
}

impl host::HostRows for Guest {
    fn period(&mut self, rows: Resource<Rows>) -> wasmtime::Result<host::Period> {
        let Period { from, to, sessions } = self.table.get(&rows)?.period.clone();
        Ok(host::Period { from, to, sessions })
    }

    fn next(&mut self, rows: Resource<Rows>, max: u32) -> wasmtime::Result<Vec<host::Row>> {
        let rows = &mut self.table.get_mut(&rows)?.rows;
        let batch: Vec<host::Row> = rows.take(length(max)).map(convert::row).collect();
        self.items_read += batch.len() as u64;
        Ok(batch)
    }

    fn drop(&mut self, rows: Resource<Rows>) -> wasmtime::Result<()> {
        self.table.delete(rows)?;
        Ok(())
    }
}

impl script_host::Host for Guest {}

impl script_host::HostJsonTimeline for Guest {
    fn info(&mut self, timeline: Resource<Timeline>) -> wasmtime::Result<String> {
        Ok(serde_json::to_string(&self.table.get(&timeline)?.info)?)
    }

    fn next(&mut self, timeline: Resource<Timeline>, max: u32) -> wasmtime::Result<String> {
        let timeline = self.table.get_mut(&timeline)?;
        let (json, count) = json_batch(&mut timeline.events, max)?;
        self.items_read += count;
        Ok(json)
    }

    fn drop(&mut self, timeline: Resource<Timeline>) -> wasmtime::Result<()> {
        host::HostTimeline::drop(self, timeline)
    }
}

impl script_host::HostJsonRows for Guest {
    fn period(&mut self, rows: Resource<Rows>) -> wasmtime::Result<String> {
        Ok(serde_json::to_string(&self.table.get(&rows)?.period)?)
    }

    fn next(&mut self, rows: Resource<Rows>, max: u32) -> wasmtime::Result<String> {
        let rows = self.table.get_mut(&rows)?;
        let (json, count) = json_batch(&mut rows.rows, max)?;
        self.items_read += count;
        Ok(json)
    }

    fn drop(&mut self, rows: Resource<Rows>) -> wasmtime::Result<()> {
        host::HostRows::drop(self, rows)
    }
}

fn length(max: u32) -> usize {
    // A plugin that asks for nothing would take that for the end.
    max.clamp(1, MAX_BATCH) as usize
}

fn json_batch<T: serde::Serialize>(
    items: &mut impl Iterator<Item = T>,
    max: u32,
) -> wasmtime::Result<(String, u64)> {
    let mut json = vec![b'['];
    let mut count = 0;
    for item in items.take(length(max)) {
        if count > 0 {
            json.push(b',');
        }
        serde_json::to_writer(&mut json, &item)?;
        count += 1;
        if json.len() > JSON_BATCH_BYTES {
            break;
        }
    }
    json.push(b']');
    Ok((String::from_utf8(json)?, count))
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let ctx = self.wasi.get_or_insert_with(|| virtual_wasi(self.start, &self.log));
        WasiCtxView { ctx, table: &mut self.table }
    }
}

fn virtual_wasi(start: Start, log: &SharedLog) -> WasiCtx {
    let seed = start.seed.to_le_bytes();
    // Not a good generator, but none that can be told from run to run.
    let random = |salt: u8| {
        let bytes = (0..=255_u8).flat_map(|index| {
            let mut hasher = DefaultHasher::new();
            (seed, salt, index).hash(&mut hasher);
            hasher.finish().to_le_bytes()
        });
        Deterministic::new(bytes.collect())
    };
    WasiCtx::builder()
        .stdout(log.stream(Level::Info))
        .stderr(log.stream(Level::Warn))
        .secure_random(random(0))
        .insecure_random(random(1))
        .insecure_random_seed(start.seed.into())
        .max_random_size(MAX_RANDOM_BYTES)
        .wall_clock(StandingClock(start.wall))
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .build()
}

/// Shows the start of the session, whenever it is asked.
struct StandingClock(Duration);

impl HostWallClock for StandingClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

/// WASI's own would let a plugin sleep, and so hold a thread for as long as it likes.
impl monotonic_clock::Host for Guest {
    fn now(&mut self) -> wasmtime::Result<u64> {
        self.monotonic_ns = self.monotonic_ns.saturating_add(CLOCK_STEP_NS);
        Ok(self.monotonic_ns)
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(CLOCK_STEP_NS)
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.monotonic_ns = self.monotonic_ns.max(when);
        monotonic_clock::Host::subscribe_duration(&mut wasmtime_wasi::clocks::WasiClocksView::clocks(self), 0)
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let when = self.monotonic_ns.saturating_add(duration);
        monotonic_clock::Host::subscribe_instant(self, when)
    }
}

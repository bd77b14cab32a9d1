//! What a run may use, and the meter that holds it to that.
//!
//! Time is the CPU time of the thread that runs the plugin: a busy machine stops nobody,
//! and copying large memory counts. Fuel would be the same on every machine, but costs
//! interpreters a fifth of their speed, so it is only counted where somebody asks for
//! the figure. A run that was stopped for its time may end well another day; nothing of
//! it is kept.

use std::time::Duration;

use rustix::time::ClockId;
use wasmtime::{ResourceLimiter, bail};

/// Core instances, memories and tables that one component may have. Python takes nine
/// instances, so this is not one.
const MAX_INSTANCES: usize = 64;
const MAX_MEMORIES: usize = 16;
const MAX_TABLES: usize = 64;

/// Entries of all tables together; each takes a pointer.
const MAX_TABLE_ENTRIES: usize = 500_000;

const MIB: usize = 1024 * 1024;

/// What one run may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// All its memories together.
    pub memory_bytes: usize,
    /// Analyzers and maskers: for any session...
    pub cpu: Duration,
    /// ...and for each MB that the session has.
    pub cpu_per_mb: Duration,
    /// Reporters.
    pub report_cpu: Duration,
}

impl Limits {
    /// The time for a session of this size.
    pub fn cpu_for(&self, session_bytes: u64) -> Duration {
        let per_mb = self.cpu_per_mb.as_secs_f64();
        // A session has a size limit of its own, far below what a float holds.
        self.cpu + Duration::from_secs_f64(per_mb * (session_bytes as f64 / 1e6))
    }
}

/// Why a run was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It computed for longer than this.
    Cpu(Duration),
    /// It asked for more memory than this.
    Memory(usize),
    /// It asked for larger tables than anybody needs.
    Tables,
}

impl Stop {
    /// What happened, as a sentence.
    pub fn sentence(self, used: Duration) -> String {
        match self {
            Self::Cpu(limit) => format!(
                "Stopped after {:.1} s of CPU (limit {:.1} s)",
                used.as_secs_f64(),
                limit.as_secs_f64()
            ),
            Self::Memory(limit) => format!("Asked for more memory than its {} MiB", limit / MIB),
            Self::Tables => format!("Asked for more than {MAX_TABLE_ENTRIES} table entries"),
        }
    }
}

/// Watches one run.
#[derive(Debug)]
pub struct Meter {
    memory_limit: usize,
    memory: usize,
    table_entries: usize,
    cpu_limit: Duration,
    /// The time of the calls that are over.
    cpu_before: Duration,
    /// When the call that runs began, by its thread's clock.
    cpu_start: Duration,
    stop: Option<Stop>,
}

impl Meter {
    /// A meter for a run with so much time.
    pub fn new(memory_limit: usize, cpu_limit: Duration) -> Self {
        Self {
            memory_limit,
            memory: 0,
            table_entries: 0,
            cpu_limit,
            cpu_before: Duration::ZERO,
            cpu_start: thread_cpu(),
            stop: None,
        }
    }

    /// A call begins, maybe on another thread than the last.
    pub fn begin(&mut self) {
        self.cpu_start = thread_cpu();
    }

    /// The call is over.
    pub fn end(&mut self) {
        self.cpu_before = self.cpu();
        self.cpu_start = thread_cpu();
    }

    /// The time so far; to be asked on the thread that runs it.
    pub fn cpu(&self) -> Duration {
        self.cpu_before + thread_cpu().saturating_sub(self.cpu_start)
    }

    /// The time of all calls that are over.
    pub fn used(&self) -> Duration {
        self.cpu_before
    }

    /// Whether it ran for too long.
    pub fn check_cpu(&mut self) -> Result<(), wasmtime::Error> {
        if self.cpu() < self.cpu_limit {
            return Ok(());
        }
        self.stopped(Stop::Cpu(self.cpu_limit)).map(drop)
    }

    /// Why it was stopped, if it was.
    pub fn stop(&self) -> Option<Stop> {
        self.stop
    }

    /// The memory at the most. Memories never shrink.
    pub fn memory_peak(&self) -> usize {
        self.memory
    }

    fn stopped(&mut self, stop: Stop) -> Result<bool, wasmtime::Error> {
        let stop = *self.stop.get_or_insert(stop);
        bail!("{}", stop.sentence(self.cpu()))
    }
}

/// Growing beyond a limit ends the run at once, so that what happened is known: most
/// programs only crash when they are told that there is no more memory.
impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, wasmtime::Error> {
        // Summed: a hundred memories of a permitted size would be no limit at all.
        let sum = self.memory.saturating_add(desired.saturating_sub(current));
        if sum > self.memory_limit {
            return self.stopped(Stop::Memory(self.memory_limit));
        }
        self.memory = sum;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, wasmtime::Error> {
        let sum = self.table_entries.saturating_add(desired.saturating_sub(current));
        if sum > MAX_TABLE_ENTRIES {
            return self.stopped(Stop::Tables);
        }
        self.table_entries = sum;
        Ok(true)
    }

    fn instances(&self) -> usize {
        MAX_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }
}

fn thread_cpu() -> Duration {
    let time = rustix::time::clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_summed() {
        let mut meter = Meter::new(100, Duration::from_secs(1));
        assert!(meter.memory_growing(0, 60, None).expect("fits"));
        assert!(meter.memory_growing(60, 70, None).expect("fits"));
        meter.memory_growing(0, 40, None).expect_err("110 in all");
        assert_eq!((meter.memory_peak(), meter.stop()), (70, Some(Stop::Memory(100))));
    }

    #[test]
    fn time_counts_over_calls_but_not_between_them() {
        let mut meter = Meter::new(1, Duration::from_millis(40));
        spin(Duration::from_millis(50));
        for _ in 0..2 {
            meter.begin();
            spin(Duration::from_millis(15));
            meter.check_cpu().expect("30 of 40 ms at the most");
            meter.end();
        }
        meter.begin();
        spin(Duration::from_millis(15));
        let error = meter.check_cpu().expect_err("45 ms");
        assert_eq!(error.to_string(), "Stopped after 0.0 s of CPU (limit 0.0 s)");
    }

    fn spin(time: Duration) {
        let start = thread_cpu();
        while thread_cpu() - start < time {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn large_sessions_get_more_time() {
        let second = Duration::from_secs(1);
        let limits = Limits { memory_bytes: 1, cpu: second, cpu_per_mb: second, report_cpu: second };
        assert_eq!(limits.cpu_for(2_500_000), Duration::from_millis(3500));
    }
}

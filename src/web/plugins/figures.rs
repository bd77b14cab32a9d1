//! What the latest runs of a plugin took and found.

use serde::Serialize;

use crate::plugins::recent::RecentRun;
use crate::store::runs::Run;
use crate::web::format;

/// So many runs are counted.
pub const RUNS: i64 = 200;

/// What the latest runs took and found, as text.
#[derive(Serialize)]
pub struct Figures {
    runs: String,
    failed: Option<String>,
    median: String,
    p95: String,
    memory: String,
    /// `None`: it is not there to find anything.
    findings: Option<String>,
}

/// What is counted of a run.
struct Counted {
    cpu_us: i64,
    memory: i64,
    failed: bool,
}

impl Figures {
    /// Of runs over sessions. `None` when it did not run yet.
    pub fn of(runs: &[Run]) -> Option<Self> {
        let counted = runs.iter().map(|run| Counted {
            cpu_us: run.cost.cpu_us,
            memory: run.cost.memory,
            failed: run.failure.is_some(),
        });
        let findings = runs.iter().map(|run| run.findings).sum();
        Self::counted(&counted.collect::<Vec<_>>(), Some(findings))
    }

    /// Of maskings and reports. `None` when it did not run yet.
    pub fn of_recent(runs: &[RecentRun]) -> Option<Self> {
        let counted = runs.iter().take(RUNS as usize).map(|run| Counted {
            cpu_us: cpu_us(run),
            memory: memory(run),
            failed: run.failure.is_some(),
        });
        Self::counted(&counted.collect::<Vec<_>>(), None)
    }

    fn counted(runs: &[Counted], findings: Option<i64>) -> Option<Self> {
        let mut times: Vec<i64> = runs.iter().map(|run| run.cpu_us).collect();
        times.sort_unstable();
        let most_memory = runs.iter().map(|run| run.memory).max()?;
        let failed = runs.iter().filter(|run| run.failed).count();
        Some(Self {
            runs: format::grouped(runs.len() as i64),
            failed: (failed > 0).then(|| format::grouped(failed as i64)),
            median: milliseconds(percentile(&times, 50)),
            p95: milliseconds(percentile(&times, 95)),
            memory: format::bytes(most_memory),
            findings: findings.map(format::grouped),
        })
    }
}

/// CPU time in microseconds.
pub fn cpu_us(run: &RecentRun) -> i64 {
    i64::try_from(run.usage.cpu.as_micros()).unwrap_or(i64::MAX)
}

/// Its most memory, in bytes.
pub fn memory(run: &RecentRun) -> i64 {
    i64::try_from(run.usage.memory_bytes).unwrap_or(i64::MAX)
}

/// Of sorted values, the one that so many in a hundred do not exceed.
fn percentile(sorted: &[i64], percent: usize) -> i64 {
    let place = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(place).copied().unwrap_or_default()
}

/// Microseconds as text.
pub fn milliseconds(us: i64) -> String {
    format!("{} ms", format::number(us as f64 / 1000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<i64> = (1..=20).collect();
        assert_eq!((percentile(&values, 50), percentile(&values, 95)), (10, 19));
        assert_eq!((percentile(&[7], 50), percentile(&[7], 95), percentile(&[], 50)), (7, 7, 0));
    }
}

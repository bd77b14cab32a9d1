//! What the system says of this process, as all of Prometheus' clients name it.

use std::sync::OnceLock;

use super::text::Text;

/// Adds what the system says; where it says nothing, nothing.
pub fn add(text: &mut Text) {
    let Some(process) = Process::read() else { return };
    text.counter_of_seconds(
        "process_cpu_seconds_total",
        "CPU time of the process in seconds.",
        process.cpu_seconds,
    );
    text.gauge("process_resident_memory_bytes", "Memory that the process holds.", process.resident);
    text.gauge("process_virtual_memory_bytes", "Addresses that the process has.", process.virtual_bytes);
    text.gauge("process_threads", "Threads of the process.", process.threads);
    if let Some(open) = open_files() {
        text.gauge("process_open_fds", "Open files and sockets.", open);
    }
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    if let Some(limit) = limit {
        text.gauge("process_max_fds", "How many there may be.", limit);
    }
    text.gauge("process_start_time_seconds", "When the process started, since 1970.", process.started_at);
}

impl Text {
    fn counter_of_seconds(&mut self, name: &'static str, help: &str, seconds: f64) {
        self.family(name, super::text::Kind::Counter, help).add(&[], seconds);
    }
}

struct Process {
    cpu_seconds: f64,
    resident: u64,
    virtual_bytes: u64,
    threads: u64,
    started_at: f64,
}

impl Process {
    /// From `/proc/self/stat`, whose fields `proc(5)` explains.
    fn read() -> Option<Self> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        // The name of the program stands in brackets and may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        // The first of these is the third of all.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let ticks = rustix::param::clock_ticks_per_second() as f64;
        Some(Self {
            cpu_seconds: (field(14)? + field(15)?) as f64 / ticks,
            threads: field(20)?,
            started_at: booted_at()? + field(22)? as f64 / ticks,
            virtual_bytes: field(23)?,
            resident: field(24)? * rustix::param::page_size() as u64,
        })
    }
}

/// When the machine started, in seconds since 1970.
fn booted_at() -> Option<f64> {
    static BOOTED_AT: OnceLock<Option<f64>> = OnceLock::new();
    *BOOTED_AT.get_or_init(|| {
        let stat = std::fs::read_to_string("/proc/stat").ok()?;
        stat.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok())
    })
}

fn open_files() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_system_says_something_sensible() {
        let process = Process::read().expect("there is /proc");
        assert!(process.resident > 1 << 20 && process.virtual_bytes > process.resident);
        assert!(process.threads > 0 && process.started_at > 1.5e9);
        assert!(open_files().is_some_and(|open| open > 2));
    }
}

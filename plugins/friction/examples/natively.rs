//! The detectors without WebAssembly, for a benchmark of what the boundary costs: looks at
//! all the inputs that are named each time a line comes in, and answers with the CPU time
//! that it took, in nanoseconds.

use std::hint::black_box;
use std::io::BufRead;

use friction::{Friction, Settings};
use hindsight_plugin::{Analyzer, testing};
use rustix::time::{ClockId, clock_gettime};

fn main() {
    let settings: Settings = testing::defaults(include_str!("../plugin.toml"));
    let read = |path: String| testing::input(&std::fs::read_to_string(path).expect("a file of UTF-8"));
    let inputs: Vec<_> = std::env::args().skip(1).map(read).collect();
    for _ in std::io::stdin().lock().lines() {
        let mut took = 0;
        for (session, events) in &inputs {
            let events = events.clone();
            let start = cpu();
            let output = Friction::analyze(session, black_box(events).into_iter(), &settings);
            took += cpu() - start;
            black_box(output).expect("friction always answers");
        }
        println!("{took}");
    }
}

/// CPU time of this thread, in nanoseconds. What `/proc` tells of it moves in steps of
/// milliseconds, as long as all of this takes.
fn cpu() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

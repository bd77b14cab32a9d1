//! What a terminal shows while something takes long. Nothing where there is no terminal.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often a spinner moves.
const TICK: Duration = Duration::from_millis(100);

/// For work of unknown length.
pub fn spinner(message: &'static str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(message);
    spinner.enable_steady_tick(TICK);
    spinner
}

/// For so many pieces of work.
pub fn bar(length: u64, message: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} {msg}");
    let style = style.expect("the template is well-formed");
    ProgressBar::new(length).with_style(style).with_message(message)
}

/// For so many bytes.
pub fn bytes(length: u64, message: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {msg}");
    let style = style.expect("the template is well-formed");
    ProgressBar::new(length).with_style(style).with_message(message)
}

/// Shows how a file grows while `work` runs.
pub fn while_growing<T>(file: &Path, message: &'static str, work: impl FnOnce() -> T) -> T {
    let style = ProgressStyle::with_template("{spinner} {bytes} {msg}");
    let style = style.expect("the template is well-formed");
    let spinner = ProgressBar::new_spinner().with_style(style).with_message(message);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                spinner.set_position(std::fs::metadata(file).map_or(0, |file| file.len()));
                spinner.tick();
                std::thread::park_timeout(TICK);
            }
        });
        // The thread ends even when the work panics.
        let _ending = Ending(&done);
        let outcome = work();
        spinner.finish_and_clear();
        outcome
    })
}

struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

//! The one engine, with what it is allowed to do, and the clock that interrupts plugins.
//!
//! One engine for the whole process: stores of several have been confused before
//! (RUSTSEC-2026-0222). Everything of WebAssembly that no plugin needs is off.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Thread;
use std::time::Duration;

use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Config, EngineWeak, WasmBacktraceDetails};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;

use super::bindings::hindsight::plugin::{host, script_host, types};
use super::guest::Guest;

/// How often the time of a run is looked at.
const TICK: Duration = Duration::from_millis(10);

/// After so many ticks without a run the clock rests: waking it costs more than a tick.
const RESTING_TICKS: u32 = 100;

const MAX_STACK_BYTES: usize = 512 * 1024;

/// Whether instructions are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metering {
    /// They are not: the server runs plugins so.
    #[default]
    Time,
    /// They are, for a figure that is the same on every machine. It takes code of its own.
    Fuel,
}

/// The engine with all that plugins may import.
pub struct Engine {
    engine: wasmtime::Engine,
    linker: Linker<Guest>,
    metering: Metering,
    ticker: Ticker,
}

impl Engine {
    /// Starts the engine.
    pub fn new(metering: Metering) -> wasmtime::Result<Self> {
        let engine = wasmtime::Engine::new(&config(metering))?;
        let linker = linker(&engine)?;
        let ticker = Ticker::start(engine.weak())?;
        Ok(Self { engine, linker, metering, ticker })
    }

    /// Wasmtime's own.
    pub fn wasmtime(&self) -> &wasmtime::Engine {
        &self.engine
    }

    /// What plugins may import.
    pub fn linker(&self) -> &Linker<Guest> {
        &self.linker
    }

    /// Whether instructions are counted.
    pub fn metering(&self) -> Metering {
        self.metering
    }

    /// The clock ticks for as long as this is held.
    pub fn run(&self) -> Running<'_> {
        self.ticker.begin()
    }

    /// Compiled code fits an engine with the same number.
    pub fn compatibility(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.engine.precompile_compatibility_hash().hash(&mut hasher);
        hasher.finish()
    }
}

/// What the engine may do. The process that compiles has the same. Threads, garbage
/// collection and async components are not even built in.
pub fn config(metering: Metering) -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .consume_fuel(metering == Metering::Fuel)
        .concurrency_support(false)
        .max_wasm_stack(MAX_STACK_BYTES)
        .wasm_component_model(true)
        .wasm_tail_call(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_relaxed_simd(false)
        .wasm_wide_arithmetic(false)
        .wasm_custom_page_sizes(false)
        .wasm_stack_switching(false)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config
}

fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    types::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    host::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    script_host::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    // Ours in the place of WASI's, which would let plugins sleep.
    linker.allow_shadowing(true);
    monotonic_clock::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    linker.allow_shadowing(false);
    Ok(linker)
}

/// A thread that advances the engine's epoch while plugins run.
struct Ticker {
    running: Arc<AtomicUsize>,
    thread: Thread,
}

/// A run that goes on.
pub struct Running<'a>(&'a Ticker);

impl Ticker {
    fn start(engine: EngineWeak) -> wasmtime::Result<Self> {
        let running = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&running);
        let thread = std::thread::Builder::new().name("plugin clock".to_owned());
        let handle = thread.spawn(move || tick(&engine, &seen))?;
        Ok(Self { running, thread: handle.thread().clone() })
    }

    fn begin(&self) -> Running<'_> {
        if self.running.fetch_add(1, Ordering::SeqCst) == 0 {
            self.thread.unpark();
        }
        Running(self)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The thread would rest for ever beside an engine that is gone.
impl Drop for Ticker {
    fn drop(&mut self) {
        self.running.store(usize::MAX / 2, Ordering::SeqCst);
        self.thread.unpark();
    }
}

fn tick(engine: &EngineWeak, running: &AtomicUsize) {
    let mut resting = 0;
    while let Some(engine) = engine.upgrade() {
        engine.increment_epoch();
        drop(engine);
        std::thread::sleep(TICK);
        resting = if running.load(Ordering::SeqCst) > 0 { 0 } else { resting + 1 };
        if resting > RESTING_TICKS {
            // Whoever begins a run after this look unparks it, before or after it parks.
            std::thread::park();
            resting = 0;
        }
    }
}

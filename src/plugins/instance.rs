//! One instance of a plugin: made for one run, called within its limits, thrown away.

use std::time::Duration;

use wasmtime::component::Instance;
use wasmtime::{Store, Trap, UpdateDeadline};

use super::engine::{Engine, Metering};
use super::guest::{Guest, Start};
use super::limits::{Meter, Stop};
use super::program::Program;
use super::run::{Cause, Failure, Run, Usage};
use super::text;

/// What may cross between host and plugin in one call.
const CALL_BYTES: usize = 16 * 1024 * 1024;

/// A sentence is never longer.
const MESSAGE_BYTES: usize = 1000;

/// An instance and its state. After a failure it can only be dropped.
pub struct Running<'a> {
    engine: &'a Engine,
    program: &'a Program,
    store: Store<Guest>,
    instance: Option<Instance>,
}

impl<'a> Running<'a> {
    /// Nothing of the plugin runs yet.
    pub fn new(
        engine: &'a Engine,
        program: &'a Program,
        memory_bytes: usize,
        cpu: Duration,
        start: Start,
    ) -> Self {
        let mut store = Store::new(engine.wasmtime(), Guest::new(Meter::new(memory_bytes, cpu), start));
        store.limiter(|guest| &mut guest.meter);
        store.set_hostcall_fuel(CALL_BYTES);
        store.epoch_deadline_callback(|mut context| {
            context.data_mut().meter.check_cpu()?;
            Ok(UpdateDeadline::Continue(1))
        });
        if engine.metering() == Metering::Fuel {
            store.set_fuel(u64::MAX).expect("the engine was made to count");
        }
        Self { engine, program, store, instance: None }
    }

    /// Calls the plugin; the first call makes the instance. What the plugin returns as an
    /// error is its own sentence.
    pub fn call<R: Send>(
        &mut self,
        call: impl FnOnce(&mut Store<Guest>, &Instance) -> wasmtime::Result<Result<R, String>> + Send,
    ) -> Result<R, Failure> {
        // What WASI does here waits for a runtime, which must not be done inside of one.
        let inside = self.program.uses_wasi() && tokio::runtime::Handle::try_current().is_ok();
        if !inside {
            return self.call_here(call);
        }
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| self.call_here(call));
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn call_here<R>(
        &mut self,
        call: impl FnOnce(&mut Store<Guest>, &Instance) -> wasmtime::Result<Result<R, String>>,
    ) -> Result<R, Failure> {
        let _ticking = self.engine.run();
        self.store.set_epoch_deadline(1);
        self.store.data_mut().meter.begin();
        let called = self.instance().and_then(|instance| call(&mut self.store, &instance));
        self.store.data_mut().meter.end();
        match called {
            Ok(Ok(returned)) => Ok(returned),
            Ok(Err(sentence)) => Err(gave_up(&sentence)),
            Err(error) => Err(self.explain(&error)),
        }
    }

    fn instance(&mut self) -> wasmtime::Result<Instance> {
        match self.instance {
            Some(instance) => Ok(instance),
            None => {
                let instance = self.program.instantiate(&mut self.store)?;
                Ok(*self.instance.insert(instance))
            }
        }
    }

    /// The run is over.
    pub fn finish<T>(self, outcome: Result<T, Failure>) -> Run<T> {
        let fuel = self.store.get_fuel().ok().map(|left| u64::MAX - left);
        let guest = self.store.data();
        let usage = Usage {
            cpu: guest.meter.used(),
            fuel,
            memory_bytes: guest.meter.memory_peak(),
            items_read: guest.items_read,
        };
        let log = guest.log.clone();
        // Streams of WASI give their last line when they are dropped.
        drop(self.store);
        Run { outcome, usage, log: log.snapshot() }
    }

    /// The state, to lend something to the plugin.
    pub fn guest(&mut self) -> &mut Guest {
        self.store.data_mut()
    }

    /// What happened, in plain words.
    fn explain(&self, error: &wasmtime::Error) -> Failure {
        let guest = self.store.data();
        if let Some(stop) = guest.meter.stop() {
            let cause = if matches!(stop, Stop::Cpu(_)) { Cause::TooSlow } else { Cause::TooMuch };
            return Failure::new(cause, stop.sentence(guest.meter.used()));
        }
        if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
            return Failure::new(
                Cause::Crashed,
                self.with_complaint(&format!("Ended itself with code {}", exit.0)),
            );
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => {
                Failure::new(Cause::Crashed, "Called itself too deeply: the stack is full")
            }
            Some(Trap::MemoryOutOfBounds) => Failure::new(
                Cause::Crashed,
                self.with_complaint("Reached outside of its memory, as recursion without end does"),
            ),
            Some(Trap::UnreachableCodeReached) => Failure::new(Cause::Crashed, self.panicked()),
            Some(trap) => Failure::new(Cause::Crashed, self.with_complaint(&format!("Crashed: {trap}"))),
            None => {
                let cause = error.root_cause().to_string();
                if cause.contains("too much data is being copied") {
                    let sentence = format!("Passed more than {} MiB in one call", CALL_BYTES >> 20);
                    return Failure::new(Cause::TooMuch, sentence);
                }
                Failure::new(Cause::Crashed, format!("Crashed: {}", text::line(&cause, 300)))
            }
        }
    }

    /// Rust's panics come through the log of the SDK, those of others through stderr.
    fn panicked(&self) -> String {
        let Some(complaint) = self.store.data().log.last_complaint() else {
            return "Crashed without a word; its log may tell more".to_owned();
        };
        let rust = complaint.strip_prefix("panicked at ").and_then(|rest| rest.split_once('\n'));
        let sentence = match rust {
            Some((place, message)) => {
                format!("Panicked: {} at {}", text::line(message, 500), place.trim_end_matches(':'))
            }
            None => format!("Panicked: {}", text::line(&complaint, 500)),
        };
        text::clean(&sentence, MESSAGE_BYTES)
    }

    fn with_complaint(&self, sentence: &str) -> String {
        match self.store.data().log.last_complaint() {
            Some(complaint) => format!("{sentence}: {}", text::line(&complaint, 500)),
            None => sentence.to_owned(),
        }
    }
}

fn gave_up(sentence: &str) -> Failure {
    let sentence = text::clean(sentence, MESSAGE_BYTES);
    let sentence = if sentence.is_empty() { "Gave up without a reason".to_owned() } else { sentence };
    Failure::new(Cause::GaveUp, sentence)
}

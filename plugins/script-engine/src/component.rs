//! The component's exports, in terms of `engine`.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::rc::Rc;

use crate::engine::{Engine, Level, Source};

use bindings::exports::hindsight::plugin::script::Guest;
use bindings::hindsight::plugin::host::log;
use bindings::hindsight::plugin::script_host::{JsonRows, JsonTimeline};
use bindings::hindsight::plugin::types::LogLevel;

#[expect(unsafe_code, reason = "generated from the interface")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "script-engine" });
    use super::Component;
    export!(Component);
}

/// So many events or rows come at once. More makes nothing faster, and takes memory.
const ITEMS: u32 = 512;

struct Component;

thread_local! {
    /// One instance runs one script.
    static ENGINE: RefCell<Option<Engine>> = const { RefCell::new(None) };
}

impl Guest for Component {
    fn load(name: String, source: String) -> Result<Vec<String>, String> {
        let mut engine = Engine::new(Rc::new(|level, text| log(log_level(level), text)))?;
        let found = engine.load(&name, &source)?;
        ENGINE.set(Some(engine));
        Ok(found)
    }

    fn analyze(session: &JsonTimeline, settings: String) -> Result<String, String> {
        let session = Session(borrowed(session.handle(), JsonTimeline::from_handle));
        with_engine(|engine| engine.analyze(session, &settings))
    }

    fn mask(spans: String, settings: String) -> Result<String, String> {
        with_engine(|engine| engine.mask(&spans, &settings))
    }

    fn summarize(source: &JsonRows, settings: String) -> Result<String, String> {
        let rows = Rows(borrowed(source.handle(), JsonRows::from_handle));
        with_engine(|engine| engine.summarize(rows, &settings))
    }
}

fn with_engine(call: impl FnOnce(&Engine) -> Result<String, String>) -> Result<String, String> {
    ENGINE.with_borrow(|engine| match engine {
        Some(engine) => call(engine),
        None => Err("no script is loaded".to_owned()),
    })
}

fn log_level(level: Level) -> LogLevel {
    match level {
        Level::Debug => LogLevel::Debug,
        Level::Info => LogLevel::Info,
        Level::Warn => LogLevel::Warn,
        Level::Error => LogLevel::Error,
    }
}

/// A borrowed resource without the lifetime of the borrow, which closures of a script
/// cannot have. `source::Lent` sees to it that it is not used when the call is over, and a
/// handle that were used all the same would trap: handles are numbers that the host checks.
#[expect(unsafe_code, reason = "the handle is valid now, and the caller drops it, not this copy")]
fn borrowed<T>(handle: u32, from_handle: unsafe fn(u32) -> T) -> ManuallyDrop<T> {
    ManuallyDrop::new(unsafe { from_handle(handle) })
}

struct Session(ManuallyDrop<JsonTimeline>);

impl Source for Session {
    fn about(&self) -> String {
        self.0.info()
    }

    fn next(&self) -> String {
        self.0.next(ITEMS)
    }
}

struct Rows(ManuallyDrop<JsonRows>);

impl Source for Rows {
    fn about(&self) -> String {
        self.0.period()
    }

    fn next(&self) -> String {
        self.0.next(ITEMS)
    }
}

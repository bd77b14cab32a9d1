//! A script from its source to its results.

use std::rc::Rc;

use rquickjs::function::Args;
use rquickjs::promise::MaybePromise;
use rquickjs::{Context, Ctx, Function, Module, Object, Persistent, Runtime, Value};

pub use crate::console::{Level, Log};
pub use crate::source::Source;

use crate::shape::Shape;
use crate::source::Lent;
use crate::{clock, console, failure, results};

/// What a script may use of the stack that is counted: some 500 calls deep. Each of them
/// takes four times as much of the machine's own stack, which the server bounds to 512 KiB;
/// whoever goes beyond that is stopped by the server, with a rougher sentence.
const STACK_BYTES: usize = 128 * 1024;

/// A collection looks at every object there is. Most scripts end before they need one:
/// what is not part of a circle is freed at once.
const COLLECT_AFTER_BYTES: usize = 8 * 1024 * 1024;

/// The functions that make a capability.
const CAPABILITIES: [(&str, &str); 3] =
    [("analyze", "analyzer"), ("mask", "masker"), ("summarize", "reporter")];

/// Runs one script.
pub struct Engine {
    context: Context,
    loaded: Option<Loaded>,
}

struct Loaded {
    file: String,
    exports: Persistent<Object<'static>>,
}

impl Engine {
    /// An engine that writes the script's lines to `log`.
    pub fn new(log: Log) -> Result<Self, String> {
        start(&log).map_err(|error| format!("the script engine does not start: {error}"))
    }

    /// Evaluates the source; returns which capabilities it defines.
    pub fn load(&mut self, file: &str, source: &str) -> Result<Vec<String>, String> {
        let (exports, found) = self.context.with(|ctx| {
            let exports =
                evaluate(&ctx, file, source).map_err(|error| failure::sentence(&ctx, error, file))?;
            let found: Vec<String> = CAPABILITIES
                .iter()
                .filter(|(function, _)| exports.get::<_, Function>(*function).is_ok())
                .map(|(_, capability)| (*capability).to_owned())
                .collect();
            Ok::<_, String>((Persistent::save(&ctx, exports), found))
        })?;
        if found.is_empty() {
            return Err(format!(
                "{file} exports none of the functions that make a plugin: write \
                 `export function analyze(session, settings)`, `mask(spans, settings)` or \
                 `summarize(source, settings)`"
            ));
        }
        self.loaded = Some(Loaded { file: file.to_owned(), exports });
        Ok(found)
    }

    /// Calls `analyze`; the result is JSON, as are all below.
    pub fn analyze(&self, session: impl Source + 'static, settings: &str) -> Result<String, String> {
        self.walk(session, ["session", "info", "startedAt"], settings, "analyze", &results::ANALYSIS)
    }

    /// Calls `summarize`.
    pub fn summarize(&self, source: impl Source + 'static, settings: &str) -> Result<String, String> {
        self.walk(source, ["source", "period", "to"], settings, "summarize", &results::REPORT)
    }

    /// Calls `mask`.
    pub fn mask(&self, spans: &str, settings: &str) -> Result<String, String> {
        self.call("mask", settings, &results::CHANGES, |ctx| {
            clock::set(0.0);
            Ok((ctx.json_parse(spans)?, None))
        })
    }

    fn walk(
        &self,
        source: impl Source + 'static,
        names: [&'static str; 3],
        settings: &str,
        function: &str,
        result: &Shape,
    ) -> Result<String, String> {
        self.call(function, settings, result, |ctx| {
            let (source, lent) = Lent::lend(ctx, source, names)?;
            Ok((source, Some(lent)))
        })
    }

    fn call(
        &self,
        name: &str,
        settings: &str,
        result: &Shape,
        input: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<(Value<'js>, Option<Lent>)>,
    ) -> Result<String, String> {
        let Some(Loaded { file, exports }) = &self.loaded else {
            return Err("no script is loaded".to_owned());
        };
        self.context.with(|ctx| {
            let run = || -> rquickjs::Result<Value> {
                let (input, _lent) = input(&ctx)?;
                let function: Function = exports.clone().restore(&ctx)?.get(name)?;
                let mut arguments = Args::new(ctx.clone(), 2);
                arguments.push_arg(input)?;
                arguments.push_arg(ctx.json_parse(settings)?)?;
                function.call_arg::<MaybePromise>(arguments)?.finish()
            };
            let value = run().map_err(|error| failure::sentence(&ctx, error, file))?;
            let checked = result.read(&value, name).map_err(|problem| problem.sentence(&ctx, file))?;
            Ok(checked.to_string())
        })
    }
}

fn start(log: &Log) -> rquickjs::Result<Engine> {
    let runtime = Runtime::new()?;
    runtime.set_max_stack_size(STACK_BYTES);
    runtime.set_gc_threshold(COLLECT_AFTER_BYTES);
    let context = Context::full(&runtime)?;
    context.with(|ctx| console::install(&ctx, &Rc::clone(log)))?;
    Ok(Engine { context, loaded: None })
}

fn evaluate<'js>(ctx: &Ctx<'js>, file: &str, source: &str) -> rquickjs::Result<Object<'js>> {
    let (module, done) = Module::declare(ctx.clone(), file, source)?.eval()?;
    done.finish::<()>()?;
    module.namespace()
}

#[cfg(test)]
mod tests;

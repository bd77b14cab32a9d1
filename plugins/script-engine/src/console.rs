//! `console.log` and its like, which go to the plugin's log.

use std::rc::Rc;

use rquickjs::function::Rest;
use rquickjs::{Ctx, Function, Object, Value};

use crate::text;

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the console's own words")]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// Where the lines go.
pub type Log = Rc<dyn Fn(Level, &str)>;

const METHODS: [(&str, Level); 5] = [
    ("debug", Level::Debug),
    ("log", Level::Info),
    ("info", Level::Info),
    ("warn", Level::Warn),
    ("error", Level::Error),
];

/// Gives the script its `console`.
pub fn install(ctx: &Ctx, log: &Log) -> rquickjs::Result<()> {
    let console = Object::new(ctx.clone())?;
    for (name, level) in METHODS {
        let log = Rc::clone(log);
        let write = move |values: Rest<Value>| {
            let shown: Vec<String> = values.0.iter().map(shown).collect();
            log(level, &shown.join(" "));
        };
        console.set(name, Function::new(ctx.clone(), write)?.with_name(name)?)?;
    }
    ctx.globals().set("console", console)
}

/// Texts as they are, errors with their place, objects as JSON.
fn shown(value: &Value) -> String {
    if let Some(error) = value.as_exception() {
        let stack = error.stack().unwrap_or_default();
        let what = text::shown(value).unwrap_or_else(|| "an error".to_owned());
        return format!("{what}\n{}", stack.trim_end()).trim_end().to_owned();
    }
    if value.is_object() && !value.is_function() {
        match value.ctx().json_stringify(value.clone()) {
            Ok(Some(json)) => return text::of(&json),
            Ok(None) => {}
            // Circles have no JSON; what was thrown about them may not stay behind.
            Err(_) => drop(value.ctx().catch()),
        }
    }
    text::shown(value).unwrap_or_else(|| value.type_name().to_owned())
}

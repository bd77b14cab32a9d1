//! What went wrong in a script, as one sentence that says where.

use rquickjs::{CaughtError, Ctx, Error, Exception, Value};

use crate::text;

/// So many callers are named.
const PLACES: usize = 4;

/// What the engine throws at an import, since it has nowhere to look.
const IMPORT: &str = "could not load module '";

/// The sentence for an error that a call into the script gave.
pub fn sentence(ctx: &Ctx, error: Error, file: &str) -> String {
    match CaughtError::from_error(ctx, error) {
        CaughtError::Exception(exception) => of_exception(&exception, file),
        CaughtError::Value(value) => of_value(&value, file),
        CaughtError::Error(Error::WouldBlock) => {
            format!(
                "{file} waits for a promise that nothing will ever settle: there is nothing to wait for in a plugin"
            )
        }
        CaughtError::Error(Error::InvalidString(_)) => {
            format!("{file} has a NUL character in it; save it as plain UTF-8 text")
        }
        CaughtError::Error(error) => format!("{file} failed: {error}"),
    }
}

fn of_exception(exception: &Exception, file: &str) -> String {
    let what = text::shown(exception.as_value()).unwrap_or_else(|| "an error".to_owned());
    if let Some(name) = what.split_once(IMPORT).and_then(|(_, rest)| rest.strip_suffix('\'')) {
        return format!(
            "{file} imports {name:?}, but a plugin.js stands alone: put everything into the one file, \
             or let a bundler do it (npx esbuild --bundle --format=esm)"
        );
    }
    let stack = exception.stack().unwrap_or_default();
    let places: Vec<String> = stack.lines().filter_map(|line| place(line, file)).take(PLACES).collect();
    if places.is_empty() { what } else { format!("{what}, at {}", places.join(", called at ")) }
}

/// A line of the stack, "    at clicks (plugin.js:3:7)", as "plugin.js:3:7 in clicks";
/// nothing for what is not the author's.
fn place(line: &str, file: &str) -> Option<String> {
    let line = line.trim().strip_prefix("at ")?;
    let (function, place) = match line.split_once(" (") {
        Some((function, place)) => (function, place.strip_suffix(')')?),
        None => ("", line),
    };
    if !place.starts_with(file) {
        return None;
    }
    // The top of the file has no name that an author would know.
    let nameless = function.is_empty() || function.starts_with('<');
    Some(if nameless { place.to_owned() } else { format!("{place} in {function}") })
}

fn of_value(value: &Value, file: &str) -> String {
    let shown = text::shown(value).unwrap_or_else(|| value.type_name().to_owned());
    format!("{file} threw {shown:?}, which does not say where; throw new Error(…) instead")
}

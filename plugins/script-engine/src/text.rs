//! Texts of scripts as texts of Rust.

use rquickjs::{Coerced, FromJs as _, Function, String as JsString, Value, function::This};

/// The text; halves of characters, which JavaScript allows, become replacement characters.
pub fn of(string: &JsString) -> String {
    string.to_string().unwrap_or_else(|_| whole(string).unwrap_or_else(|_| "\u{fffd}".to_owned()))
}

fn whole(string: &JsString) -> rquickjs::Result<String> {
    let prototype: rquickjs::Object = string.ctx().eval("String.prototype")?;
    let mend: Function = prototype.get("toWellFormed")?;
    mend.call::<_, String>((This(string.clone()),))
}

/// Any value as `String(value)` shows it; `None` where it refuses.
pub fn shown(value: &Value) -> Option<String> {
    let string = Coerced::<JsString>::from_js(value.ctx(), value.clone());
    // What was thrown on the way is of no interest, and may not stay behind.
    match string {
        Ok(string) => Some(of(&string.0)),
        Err(_) => {
            value.ctx().catch();
            None
        }
    }
}

//! What a script walks through: the events of a session, or the rows of a report.

use std::cell::Cell;
use std::rc::Rc;

use rquickjs::{Ctx, Exception, Function, Object, Value};

use crate::clock;

/// Gives what the script walks through, bit by bit.
pub trait Source {
    /// What is known before the first item, as a JSON object.
    fn about(&self) -> String;
    /// The next items as a JSON array, which is empty at the end.
    fn next(&self) -> String;
}

/// A source that a call lends to the script. When the call is over it is taken back,
/// whatever the script has kept of it.
pub struct Lent {
    open: Rc<Cell<bool>>,
}

impl Lent {
    /// Makes the object that the script gets; the second part ends the loan when it is dropped.
    ///
    /// `name` is what errors call it, `member` where what is known about it is found, and
    /// `begins` which of its texts is the time that the script's clock shows.
    pub fn lend<'js>(
        ctx: &Ctx<'js>,
        source: impl Source + 'static,
        [name, member, begins]: [&'static str; 3],
    ) -> rquickjs::Result<(Value<'js>, Self)> {
        let about = Object::from_value(ctx.json_parse(source.about())?)?;
        let began: String = about.get(begins)?;
        let date: Function = ctx.eval("Date.parse")?;
        let began: f64 = date.call((began,))?;
        clock::set(if began.is_finite() { began } else { 0.0 });

        let open = Rc::new(Cell::new(true));
        let lent = Self { open: Rc::clone(&open) };
        let pull = move |ctx: Ctx<'js>| -> rquickjs::Result<Value<'js>> {
            if !open.get() {
                let late = format!("the {name} is over: it can be read while the function that got it runs");
                return Err(Exception::throw_message(&ctx, &late));
            }
            ctx.json_parse(source.next())
        };
        let wrapped = Object::new(ctx.clone())?;
        wrapped.set(member, about)?;
        let walk: Function = ctx.eval(include_str!("session.js"))?;
        let source = walk.call((name, wrapped, Function::new(ctx.clone(), pull)?))?;
        Ok((source, lent))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.open.set(false);
    }
}

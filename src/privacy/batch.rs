//! A batch without what is to be hidden.

use super::marks::Marks;
use super::pass::Pass;
use super::rules::{Counts, Rules};
use crate::rrweb::Event;

/// The JSON of a batch as it may be stored, with what was hidden in it. `None`: as it came.
pub fn hide(json: &str, events: &[Event<'_>], rules: &Rules, marks: &mut Marks) -> Option<(String, Counts)> {
    // What was said of earlier batches counts for input in this one.
    if marks.is_empty() && rules.spares(json) {
        return None;
    }
    let mut pass = Pass::new(rules);
    let (mut hidden, mut from) = (String::new(), 0);
    for event in events {
        let Some(changed) = pass.event(event, marks) else { continue };
        let start = event.json.as_ptr() as usize - json.as_ptr() as usize;
        hidden.push_str(&json[from..start]);
        hidden.push_str(&changed);
        from = start + event.json.len();
    }
    if from == 0 {
        return None;
    }
    hidden.push_str(&json[from..]);
    Some((hidden, pass.counts))
}

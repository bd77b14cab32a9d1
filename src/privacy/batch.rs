//! A batch without what is to be hidden.

use std::ops::Range;

use super::marks::Marks;
use super::pass::Pass;
use super::rules::{Counts, Rules};
use super::signs::{Sign, Signs};
use crate::rrweb::event::{Error, kind, source};
use crate::rrweb::{self, Event};

/// An event may take so many times its size while it is looked through. Those of rrweb
/// take less: a node takes some 70 bytes, and can hardly be said in 36.
const ROOM: usize = 3;

/// What small events may take, and small batches become, whatever is in them, in bytes.
const ROOM_OF_SMALL: usize = 64 * 1024;

/// How much memory hiding takes at most beside the JSON of a batch, of which no event is
/// larger than `event` bytes: for the batch as it may be stored, and to find out what
/// that is or to compress it.
pub fn memory_for(json: usize, event: usize) -> usize {
    most_of(json) + room_for(event).max(most_of(json))
}

fn room_for(event: usize) -> usize {
    event.saturating_mul(ROOM).saturating_add(ROOM_OF_SMALL)
}

/// How large a batch may become: masks are longer than short secrets.
fn most_of(json: usize) -> usize {
    json.saturating_add(json / 4).saturating_add(ROOM_OF_SMALL)
}

/// A batch as it may be stored, where that is not as it came.
pub struct Hidden {
    /// Its JSON.
    pub json: String,
    /// What was hidden in it.
    pub counts: Counts,
    /// Which of its events are others now, and where they stand, in their order.
    pub changed: Vec<(usize, Range<usize>)>,
}

/// Hides in a batch. `None`: it may be stored as it came.
/// Fails where an event is made to take more memory than its size calls for.
pub fn hide(
    json: &str,
    events: &[Event<'_>],
    rules: &Rules,
    marks: &mut Marks,
) -> Result<Option<Hidden>, rrweb::Error> {
    let signs = rules.signs_in(json);
    // What was said of earlier batches counts for input in this one.
    if marks.is_empty() && signs.as_ref().is_some_and(Signs::is_empty) {
        return Ok(None);
    }
    let mut pass = Pass::new(rules).within(room_for);
    let (mut hidden, mut changed, mut from) = (String::new(), Vec::new(), 0);
    for (index, event) in events.iter().enumerate() {
        let start = event.json.as_ptr() as usize - json.as_ptr() as usize;
        let end = start + event.json.len();
        match signs.as_ref().and_then(|signs| signs.within(start..end)) {
            Some(signs) if spares(event, signs.clone(), marks) => continue,
            Some(signs) if event.is_full_snapshot() => pass.find_by_signs(event, signs, marks),
            _ => pass.find(event, marks),
        }
        if pass.has_given_up() {
            return Err(Error::EventTooLarge { index });
        }
        if !pass.has_found() {
            continue;
        }
        hidden.reserve(if from == 0 { json.len() } else { 0 });
        hidden.push_str(&json[from..start]);
        let begin = hidden.len();
        pass.write(event.json, &mut hidden);
        changed.push((index, begin..hidden.len()));
        from = end;
        if hidden.len() > most_of(json.len()) {
            return Err(Error::EventTooLarge { index });
        }
    }
    if from == 0 {
        return Ok(None);
    }
    hidden.push_str(&json[from..]);
    Ok(Some(Hidden { json: hidden, counts: pass.counts, changed }))
}

/// Whether nothing of an event is hidden for certain: of itself, and of what is known.
fn spares(event: &Event<'_>, mut signs: impl Iterator<Item = Sign>, marks: &mut Marks) -> bool {
    match (event.kind, event.source) {
        (kind::INCREMENTAL, Some(source::MUTATION | source::INPUT)) if !marks.is_empty() => false,
        (kind::FULL_SNAPSHOT, _) if marks.knows_passwords() => false,
        (kind::FULL_SNAPSHOT, _) => {
            let is_spared = signs.all(|sign| sign.is_in_text);
            if is_spared {
                marks.clear();
            }
            is_spared
        }
        _ => signs.next().is_none(),
    }
}

//! What is told once it is over: typing into a field, scrolling, dragging a window's or
//! a selection's edge, and the changes that follow one another on the page.

use std::sync::Arc;

use crate::rrweb::Mirror;
use crate::rrweb::dom::{Came, Changes};

use super::element;
use super::event::{Element, Event, Kind, Millis};

/// After a pause as long as this, typing is another run.
const TYPING_PAUSE_MS: Millis = 5_000;

/// The same for scrolling, resizing and selecting.
const MOVING_PAUSE_MS: Millis = 500;

/// A field that is emptied at once so soon after the last edit was sent.
const SENT_WITHIN_MS: Millis = 3_000;

/// Changes of the page within this time are told together.
const BURST_MS: Millis = 100;

/// What a run of the page's or the window's movements moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moving {
    /// The content of this node.
    Scroll(i64),
    /// The window.
    Size,
    /// What is marked.
    Selection,
}

/// A run of edits of one field.
#[derive(Debug)]
pub struct Typing {
    pub node: i64,
    pub target: Arc<Element>,
    pub page: u32,
    pub since: Millis,
    pub last: Millis,
    pub edits: u32,
    /// What stands in it, "" where that is masked.
    pub value: String,
    pub length: u32,
}

#[derive(Debug)]
struct Movement {
    moving: Moving,
    last: Event,
}

#[derive(Debug)]
struct Burst {
    at: Millis,
    page: u32,
    changes: Changes,
}

/// The runs that are not over.
#[derive(Debug, Default)]
pub struct Runs {
    typing: Option<Typing>,
    /// One each of the three kinds of movement at most.
    movements: Vec<Movement>,
    burst: Option<Burst>,
}

impl Typing {
    /// Takes another edit of the same field in. Emptied at once, a field was sent or reset,
    /// and what stood in it is what was typed.
    pub fn goes_on(&mut self, node: i64, at: Millis, value: &str, length: u32) -> bool {
        let goes_on = self.node == node && (length > 0 || self.length <= 1);
        if goes_on {
            self.last = at;
            self.edits = self.edits.saturating_add(1);
            self.length = length;
            value.clone_into(&mut self.value);
        }
        goes_on
    }

    /// Whether the page, and not the visitor, empties the field at this time.
    pub fn is_sent(&self, node: i64, at: Millis) -> bool {
        self.node == node && at.saturating_sub(self.last) <= SENT_WITHIN_MS
    }

    fn told(self) -> Event {
        let Self { target, page, since, last, edits, value, length, .. } = self;
        let kind = Kind::Input { target, value, length, checked: None, edits, since };
        Event { at: last, page, kind }
    }
}

impl Runs {
    /// The field that is typed into.
    pub fn typing(&mut self) -> Option<&mut Typing> {
        self.typing.as_mut()
    }

    /// A field is typed into from now on.
    pub fn start_typing(&mut self, typing: Typing) {
        self.typing = Some(typing);
    }

    /// Typing is over.
    pub fn end_typing(&mut self) -> Option<Event> {
        self.typing.take().map(Typing::told)
    }

    /// Something moved; what its run came to so far is given if it is another run.
    pub fn moved(&mut self, moving: Moving, event: Event) -> Option<Event> {
        let same_kind =
            |movement: &Movement| std::mem::discriminant(&movement.moving) == std::mem::discriminant(&moving);
        let Some(movement) = self.movements.iter_mut().find(|movement| same_kind(movement)) else {
            self.movements.push(Movement { moving, last: event });
            return None;
        };
        let is_same = movement.moving == moving;
        movement.moving = moving;
        let before = std::mem::replace(&mut movement.last, event);
        (!is_same).then_some(before)
    }

    /// The page changed. A burst that this is too late for was ended before.
    pub fn changed(&mut self, at: Millis, page: u32, changes: Changes, mirror: &Mirror) {
        let Some(burst) = &mut self.burst else {
            self.burst = Some(Burst { at, page, changes });
            return;
        };
        let sum = &mut burst.changes;
        sum.added = sum.added.saturating_add(changes.added);
        sum.removed = sum.removed.saturating_add(changes.removed);
        sum.texts = sum.texts.saturating_add(changes.texts);
        sum.attributes = sum.attributes.saturating_add(changes.attributes);
        sum.came = both(sum.came, changes.came, mirror);
        sum.target = match (sum.target, changes.target) {
            (Some(one), Some(other)) if one != other => {
                // One that has gone meanwhile says nothing any more.
                let around = mirror.common(one, other).map(|node| node.id());
                around.or(mirror.node(other).is_some().then_some(other))
            }
            (one, other) => one.or(other),
        };
    }

    /// The burst of changes is over.
    pub fn end_burst(&mut self, mirror: &Mirror) -> Option<Event> {
        let Burst { at, page, changes } = self.burst.take()?;
        // The one element that came says more than what it stands in.
        let target = match changes.came {
            Came::One(came) if mirror.node(came).is_some() => Some(came),
            _ => changes.target,
        };
        let target = target.and_then(|target| mirror.node(target));
        let kind = Kind::Mutation {
            added: changes.added,
            removed: changes.removed,
            texts: changes.texts,
            attributes: changes.attributes,
            target: target.filter(|node| node.is_element()).map(element::describe),
        };
        Some(Event { at, page, kind })
    }

    /// Ends the runs that have paused for long enough by now.
    pub fn end_old(&mut self, now: Millis, mirror: &Mirror, mut tell: impl FnMut(Event)) {
        if self.burst.as_ref().is_some_and(|burst| now.saturating_sub(burst.at) > BURST_MS) {
            self.end_burst(mirror).into_iter().for_each(&mut tell);
        }
        let mut index = 0;
        while let Some(movement) = self.movements.get(index) {
            if now.saturating_sub(movement.last.at) > MOVING_PAUSE_MS {
                tell(self.movements.swap_remove(index).last);
            } else {
                index += 1;
            }
        }
        if self.typing.as_ref().is_some_and(|typing| now.saturating_sub(typing.last) > TYPING_PAUSE_MS) {
            self.end_typing().into_iter().for_each(&mut tell);
        }
    }

    /// Ends all runs.
    pub fn end_all(&mut self, mirror: &Mirror, mut tell: impl FnMut(Event)) {
        self.end_burst(mirror).into_iter().for_each(&mut tell);
        self.movements.drain(..).for_each(|movement| tell(movement.last));
        self.end_typing().into_iter().for_each(&mut tell);
    }

    /// The earliest time that an open run may be told at.
    pub fn earliest(&self) -> Option<Millis> {
        let movements = self.movements.iter().map(|movement| movement.last.at);
        let typing = self.typing.iter().map(|typing| typing.last);
        movements.chain(typing).chain(self.burst.iter().map(|burst| burst.at)).min()
    }
}

/// What came in two events: what came into an element that came before is a part of that.
fn both(before: Came, after: Came, mirror: &Mirror) -> Came {
    match (before, after) {
        (one, Came::Nothing) => one,
        (Came::One(around), Came::One(inside)) if is_in(mirror, around, inside) => before,
        // One that has gone meanwhile has not come.
        (Came::One(gone), after) if mirror.node(gone).is_none() => after,
        (before, Came::One(id)) => before.and(id),
        (_, Came::More) => Came::More,
    }
}

fn is_in(mirror: &Mirror, around: i64, inside: i64) -> bool {
    mirror.node(inside).is_some_and(|node| node.ancestors().any(|ancestor| ancestor.id() == around))
}

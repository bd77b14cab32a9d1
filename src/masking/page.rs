//! The page as far as masking must know it: what stands in what, and the texts.
//!
//! It holds the nodes of one page at a time, so memory is bounded by the page.

use std::collections::HashMap;

use super::places::{self, Flow};
use super::selector::Names;
use crate::rrweb::skim::{Attribute, NONE, Node, Skim};
use crate::rrweb::tokens::unescaped;

/// Texts around a changed one are looked at as far as this, in nodes…
const NEAR_NODES: usize = 16;

/// …and in bytes, on each side: a secret is shorter.
const NEAR_BYTES: usize = 256;

/// Longer texts are looked at piece by piece, in bytes.
const LONGEST_RUN: usize = 64 * 1024;

/// rrweb's `NodeType`s of elements, texts, CDATA and comments.
pub(super) mod kind {
    pub const ELEMENT: u8 = 2;
    pub const TEXT: u8 = 3;
    pub const CDATA: u8 = 4;
    pub const COMMENT: u8 = 5;
    /// Of none: the node is gone.
    pub const GONE: u8 = u8::MAX;
}

/// A node of the page.
#[derive(Debug)]
pub(super) struct Slot {
    pub id: i64,
    pub kind: u8,
    pub parent: u32,
    first: u32,
    last: u32,
    previous: u32,
    next: u32,
    /// Its tag, among the names.
    pub tag: u32,
    /// How it is called in selectors, among the names.
    pub part: u32,
    /// The field's name, among the names.
    pub name: u32,
    pub flow: Flow,
    pub is_svg: bool,
    is_shadow: bool,
    is_style: bool,
    /// The event that changed its text last.
    pub changed: u32,
    /// Which of that event's texts it is.
    pub source: u32,
    pub text: Box<str>,
}

/// One page.
#[derive(Debug, Default)]
pub(super) struct Page {
    slots: Vec<Slot>,
    free: Vec<u32>,
    by_id: HashMap<i64, u32>,
    /// Tags, parts of selectors, names of fields.
    pub names: Names,
    /// Counts pages: ids of nodes have a meaning within one only.
    pub number: u32,
    /// Counts events, so that what the current one changed is known.
    pub now: u32,
}

impl Page {
    /// Forgets the page; a new one begins.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.free.clear();
        self.by_id.clear();
        self.number += 1;
    }

    pub fn find(&self, id: i64) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    pub fn slot(&self, at: u32) -> Option<&Slot> {
        self.slots.get(at as usize)
    }

    /// Takes a node of an event into the page, with all that is in it, as a child of
    /// `parent` before `next`. The places of the nodes are put into `places`.
    pub fn insert(
        &mut self,
        json: &str,
        skim: &Skim,
        root: u32,
        (parent, next): (Option<i64>, Option<i64>),
        places: &mut [u32],
    ) {
        for (at, node) in skim.nodes.iter().enumerate().skip(root as usize) {
            let is_root = at == root as usize;
            if !is_root && node.parent == NONE {
                break;
            }
            self.remove(node.id);
            let slot = self.add(json, skim, node, at as u32);
            places[at] = slot;
            if is_root {
                let find = |id: Option<i64>| id.and_then(|id| self.find(id));
                self.link(slot, find(parent), find(next));
            } else {
                let parent = places.get(node.parent as usize).copied();
                self.link(slot, parent.filter(|at| self.is_from(*at, node.parent as usize)), None);
            }
        }
    }

    fn add(&mut self, json: &str, skim: &Skim, node: &Node, source: u32) -> u32 {
        let tag = if node.kind == kind::ELEMENT { unescaped(node.tag.of(json)) } else { "".into() };
        let has_text = matches!(node.kind, kind::TEXT | kind::CDATA | kind::COMMENT);
        let text = if has_text { unescaped(node.text.of(json)) } else { "".into() };
        let (part, name) = self.names.of_element(json, &tag, skim.attributes_of(node));
        let slot = Slot {
            id: node.id,
            kind: node.kind,
            parent: NONE,
            first: NONE,
            last: NONE,
            previous: NONE,
            next: NONE,
            tag: self.names.number(&tag),
            part,
            name,
            flow: places::flow_of(&tag),
            is_svg: node.is_svg,
            is_shadow: node.is_shadow,
            is_style: node.is_style,
            changed: self.now,
            source,
            text: text.into(),
        };
        let at = match self.free.pop() {
            Some(at) => {
                self.slots[at as usize] = slot;
                at
            }
            None => {
                self.slots.push(slot);
                (self.slots.len() - 1) as u32
            }
        };
        if node.id != i64::MIN {
            self.by_id.insert(node.id, at);
        }
        at
    }

    /// Puts a new node, which has nothing in it yet, into another one. A node that is gone
    /// takes nothing, so there are no circles.
    fn link(&mut self, at: u32, parent: Option<u32>, next: Option<u32>) {
        let is_there =
            |found: &u32| *found != at && self.slot(*found).is_some_and(|slot| slot.kind != kind::GONE);
        let Some(parent) = parent.filter(is_there) else { return };
        let next =
            next.filter(is_there).filter(|next| self.slots[*next as usize].parent == parent).unwrap_or(NONE);
        let previous =
            if next == NONE { self.slots[parent as usize].last } else { self.slots[next as usize].previous };
        let slot = &mut self.slots[at as usize];
        (slot.parent, slot.previous, slot.next) = (parent, previous, next);
        match previous {
            NONE => self.slots[parent as usize].first = at,
            previous => self.slots[previous as usize].next = at,
        }
        match next {
            NONE => self.slots[parent as usize].last = at,
            next => self.slots[next as usize].previous = at,
        }
    }

    /// Takes a node out, with all that is in it.
    pub fn remove(&mut self, id: i64) {
        let Some(root) = self.find(id) else { return };
        self.unlink(root);
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            let slot = &mut self.slots[at as usize];
            slot.text = Box::default();
            slot.kind = kind::GONE;
            let (id, mut child) = (slot.id, slot.first);
            slot.first = NONE;
            if self.by_id.get(&id) == Some(&at) {
                self.by_id.remove(&id);
            }
            while child != NONE {
                open.push(child);
                child = self.slots[child as usize].next;
            }
            self.free.push(at);
        }
    }

    fn unlink(&mut self, at: u32) {
        let Slot { parent, previous, next, .. } = self.slots[at as usize];
        match (previous, parent) {
            (NONE, NONE) => {}
            (NONE, parent) => self.slots[parent as usize].first = next,
            (previous, _) => self.slots[previous as usize].next = next,
        }
        match (next, parent) {
            (NONE, NONE) => {}
            (NONE, parent) => self.slots[parent as usize].last = previous,
            (next, _) => self.slots[next as usize].previous = previous,
        }
    }

    /// Changes a text.
    pub fn set_text(&mut self, at: u32, text: &str, source: u32) {
        let now = self.now;
        if let Some(slot) = self.slots.get_mut(at as usize) {
            slot.text = text.into();
            (slot.changed, slot.source) = (now, source);
        }
    }

    /// Changes how an element is called, when its attributes have changed.
    pub fn rename<'a>(&mut self, json: &str, at: u32, attributes: impl Iterator<Item = &'a Attribute>) {
        let tag = self.tag(at).to_owned();
        let (part, name) = self.names.of_element(json, &tag, attributes);
        let Some(slot) = self.slots.get_mut(at as usize) else { return };
        // The id that an element has goes before new classes.
        let is_id = |part: u32| self.names.text(part).starts_with('#');
        if is_id(part) || !is_id(slot.part) {
            slot.part = part;
        }
        if name != 0 {
            slot.name = name;
        }
    }

    /// The tag of an element; "" of anything else.
    pub fn tag(&self, at: u32) -> &str {
        self.slot(at).map_or("", |slot| self.names.text(slot.tag))
    }

    /// The nearest element around a node that text does not flow through, or the outermost.
    pub fn block_of(&self, at: u32) -> u32 {
        let mut block = NONE;
        for at in self.around(at) {
            let slot = &self.slots[at as usize];
            if slot.kind != kind::ELEMENT {
                break;
            }
            block = at;
            if slot.flow != Flow::Inline {
                break;
            }
        }
        block
    }

    /// The nodes around a node, from the nearest on.
    pub fn around(&self, at: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(self.parent(at), |at| self.parent(*at))
    }

    /// The nodes in a node.
    pub fn children(&self, at: u32) -> impl Iterator<Item = u32> {
        let there = |at: u32| (at != NONE).then_some(at);
        let first = self.slot(at).and_then(|slot| there(slot.first));
        std::iter::successors(first, move |at| self.slot(*at).and_then(|slot| there(slot.next)))
    }

    fn parent(&self, at: u32) -> Option<u32> {
        self.slot(at).map(|slot| slot.parent).filter(|parent| *parent != NONE)
    }

    /// Whether a node came, or got its text, with this part of the current event.
    pub fn is_from(&self, at: u32, source: usize) -> bool {
        self.slot(at).is_some_and(|slot| {
            slot.changed == self.now && slot.source as usize == source && slot.kind != kind::GONE
        })
    }

    /// Whether a node holds text.
    pub fn is_text(&self, at: u32) -> bool {
        self.slot(at).is_some_and(|slot| (kind::TEXT..=kind::COMMENT).contains(&slot.kind))
    }

    /// Whether it is for the browser to read: style and script.
    pub fn is_machine(&self, at: u32) -> bool {
        let Some(slot) = self.slot(at) else { return false };
        let parent = self.parent(at).and_then(|parent| self.slot(parent));
        slot.is_style || parent.is_some_and(|parent| parent.flow == Flow::Machine)
    }

    /// The texts that are read as one with this one, in their order: all that changed
    /// now, and as much around them as a secret could be split over.
    pub fn run_of(&self, at: u32, run: &mut Vec<u32>) {
        run.clear();
        run.push(at);
        if self.slot(at).is_none_or(|slot| slot.kind != kind::TEXT) {
            return;
        }
        let mut near = Near::default();
        let mut before = at;
        while let Some(found) =
            self.text_beside(before, false).filter(|found| near.takes(&self.slots[*found as usize], self.now))
        {
            run.push(found);
            before = found;
        }
        run.reverse();
        let mut near = Near::default();
        let mut after = at;
        while let Some(found) =
            self.text_beside(after, true).filter(|found| near.takes(&self.slots[*found as usize], self.now))
        {
            run.push(found);
            after = found;
        }
    }

    /// The next text in the same flow, after or before.
    fn text_beside(&self, at: u32, after: bool) -> Option<u32> {
        let beside = |slot: &Slot| if after { slot.next } else { slot.previous };
        let inside = |slot: &Slot| if after { slot.first } else { slot.last };
        let mut at = at;
        loop {
            let slot = self.slot(at)?;
            let mut found = beside(slot);
            if found == NONE {
                // Out of the element, if text flows through it.
                at = slot.parent;
                if self.slot(at)?.flow != Flow::Inline || self.slot(at)?.kind != kind::ELEMENT {
                    return None;
                }
                continue;
            }
            loop {
                let slot_found = self.slot(found)?;
                if slot_found.is_shadow != slot.is_shadow && slot.parent == slot_found.parent {
                    return None;
                }
                match slot_found.kind {
                    kind::TEXT => return Some(found),
                    kind::ELEMENT if slot_found.flow == Flow::Inline && inside(slot_found) != NONE => {
                        found = inside(slot_found);
                    }
                    kind::ELEMENT if slot_found.flow == Flow::Inline => break,
                    kind::COMMENT => break,
                    _ => return None,
                }
            }
            at = found;
        }
    }
}

/// How far a run goes: through all that changed now, and a little further.
#[derive(Default)]
struct Near {
    nodes: usize,
    bytes: usize,
    all: usize,
}

impl Near {
    fn takes(&mut self, slot: &Slot, now: u32) -> bool {
        if slot.changed != now {
            self.nodes += 1;
            self.bytes += slot.text.len();
        }
        self.all += slot.text.len();
        self.nodes <= NEAR_NODES && self.bytes <= NEAR_BYTES + slot.text.len() && self.all <= LONGEST_RUN
    }
}

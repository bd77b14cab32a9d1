//! Nodes in one list, linked by their places in it; their texts in one string.
//!
//! What a page drops is used again, and both lists are packed when half of them is
//! waste, so memory goes with the page and not with how long it is open.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::ids::Ids;
use super::names::{FOR, ID, NO_NAME, Name, Names};

/// A node's place in the list.
pub type Slot = u32;

/// No node.
pub const NONE: Slot = Slot::MAX;

/// What rrweb gives to nodes that cannot be referred to.
pub const NO_ID: i64 = -1;

/// Ancestors further up are not looked at: browsers themselves nest no deeper than 512.
pub const MOST_ANCESTORS: usize = 1024;

/// So many attributes of a node are kept: honest elements have far fewer.
const MOST_ATTRIBUTES: u16 = 128;

/// Waste below this is not worth packing.
const WASTE_BYTES: usize = 64 * 1024;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A document: the page's own, or that of a frame.
    Document,
    /// An element.
    Element,
    /// A text.
    Text,
    /// A comment, a document type or something newer.
    Other,
    /// No node: the place is free.
    Free,
}

/// A part of the texts, as it is written in JSON between its quotes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    start: u32,
    length: u32,
}

#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    pub name: Name,
    pub value: Span,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub id: i64,
    pub parent: Slot,
    pub first: Slot,
    pub last: Slot,
    pub next: Slot,
    pub previous: Slot,
    /// The event it came with.
    pub birth: u32,
    /// Where its attributes begin.
    pub attributes: u32,
    pub attribute_count: u16,
    pub tag: Name,
    pub text: Span,
    pub kind: Kind,
    /// Whether it stands in its parent's shadow root.
    pub in_shadow: bool,
}

const FREE: Node = Node {
    id: NO_ID,
    parent: NONE,
    first: NONE,
    last: NONE,
    next: NONE,
    previous: NONE,
    birth: 0,
    attributes: 0,
    attribute_count: 0,
    tag: NO_NAME,
    text: Span { start: 0, length: 0 },
    kind: Kind::Free,
    in_shadow: false,
};

/// The page.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    free: Vec<Slot>,
    pub ids: Ids,
    pub names: Names,
    attributes: Vec<Attribute>,
    texts: String,
    used_bytes: usize,
    used_attributes: usize,
    /// Elements by the hash of their `id`, and labels by that of their `for`.
    landmarks: HashMap<u64, Slot>,
    hasher: RandomState,
    /// The number of the event that is taken in.
    pub event: u32,
}

impl Tree {
    /// An empty page that keeps the memory of this one.
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.free.clear();
        self.ids = Ids::default();
        self.names = Names::default();
        self.attributes.clear();
        self.texts.clear();
        self.used_bytes = 0;
        self.used_attributes = 0;
        self.landmarks.clear();
    }

    #[inline]
    pub fn node(&self, slot: Slot) -> &Node {
        &self.nodes[slot as usize]
    }

    #[inline]
    pub fn node_mut(&mut self, slot: Slot) -> &mut Node {
        &mut self.nodes[slot as usize]
    }

    /// How much room the nodes take.
    pub fn capacity(&self) -> usize {
        self.nodes.len()
    }

    /// Room for a node, if there is any.
    pub fn create(&mut self) -> Option<Slot> {
        let node = Node { kind: Kind::Other, birth: self.event, ..FREE };
        if let Some(slot) = self.free.pop() {
            self.nodes[slot as usize] = node;
            return Some(slot);
        }
        let slot = Slot::try_from(self.nodes.len()).ok().filter(|slot| *slot != NONE)?;
        self.nodes.push(node);
        Some(slot)
    }

    /// Puts a node that stands nowhere before `next`, or last.
    pub fn insert(&mut self, slot: Slot, parent: Slot, next: Slot) {
        let previous = if next == NONE { self.node(parent).last } else { self.node(next).previous };
        let node = self.node_mut(slot);
        (node.parent, node.previous, node.next) = (parent, previous, next);
        match previous {
            NONE => self.node_mut(parent).first = slot,
            _ => self.node_mut(previous).next = slot,
        }
        match next {
            NONE => self.node_mut(parent).last = slot,
            _ => self.node_mut(next).previous = slot,
        }
    }

    /// Takes a node out of its parent.
    pub fn detach(&mut self, slot: Slot) {
        let Node { parent, previous, next, .. } = *self.node(slot);
        if parent == NONE {
            return;
        }
        match previous {
            NONE => self.node_mut(parent).first = next,
            _ => self.node_mut(previous).next = next,
        }
        match next {
            NONE => self.node_mut(parent).last = previous,
            _ => self.node_mut(next).previous = previous,
        }
        let node = self.node_mut(slot);
        (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
    }

    /// Drops a node and all that stands in it.
    pub fn remove(&mut self, root: Slot) {
        self.detach(root);
        let mut slot = root;
        loop {
            // Deepest first, so that each node is left when nothing refers to it any more.
            while self.node(slot).first != NONE {
                slot = self.node(slot).first;
            }
            let Node { parent, next, .. } = *self.node(slot);
            self.release(slot);
            if slot == root {
                return;
            }
            self.node_mut(parent).first = next;
            slot = if next == NONE { parent } else { next };
        }
    }

    fn release(&mut self, slot: Slot) {
        let Node { id, text, attributes, attribute_count, .. } = *self.node(slot);
        self.ids.clear(id, slot);
        self.used_bytes -= text.length as usize;
        for index in 0..u32::from(attribute_count) {
            self.forget(slot, (attributes + index) as usize);
        }
        self.nodes[slot as usize] = FREE;
        self.free.push(slot);
    }

    /// An attribute is not in use any more.
    fn forget(&mut self, slot: Slot, index: usize) {
        let Attribute { name, value } = self.attributes[index];
        self.used_bytes -= value.length as usize;
        self.used_attributes -= 1;
        if name == ID || name == FOR {
            let landmark = self.landmark(name, self.written(value));
            if self.landmarks.get(&landmark) == Some(&slot) {
                self.landmarks.remove(&landmark);
            }
        }
    }

    /// Gives a node the id that it says it has. Another node that had it is dropped: it
    /// has moved here.
    pub fn bind(&mut self, slot: Slot) {
        let id = self.node(slot).id;
        if let Some(other) = self.ids.get(id).filter(|other| *other != slot) {
            if self.node(other).birth == self.event {
                return;
            }
            if self.is_around(other, slot) {
                self.node_mut(other).id = NO_ID;
            } else {
                self.remove(other);
            }
        }
        self.ids.set(id, slot, self.nodes.len());
    }

    /// Whether the first node is an ancestor of the second, or may be: the way up is long.
    fn is_around(&self, outer: Slot, inner: Slot) -> bool {
        let mut slot = inner;
        for _ in 0..MOST_ANCESTORS {
            if slot == outer {
                return true;
            }
            slot = self.node(slot).parent;
            if slot == NONE {
                return false;
            }
        }
        true
    }

    /// The node after this one in the order of the document, within `root`.
    pub fn following(&self, slot: Slot, root: Slot) -> Slot {
        let first = self.node(slot).first;
        if first != NONE { first } else { self.after(slot, root) }
    }

    /// The node after this one and all that stands in it.
    pub fn after(&self, mut slot: Slot, root: Slot) -> Slot {
        while slot != root && slot != NONE {
            let node = self.node(slot);
            if node.next != NONE {
                return node.next;
            }
            slot = node.parent;
        }
        NONE
    }

    pub fn set_text(&mut self, slot: Slot, written: &str) {
        self.used_bytes -= self.node(slot).text.length as usize;
        let text = self.store(written);
        self.node_mut(slot).text = text;
    }

    /// Gives a node another attribute, while it is read: nothing else has been given one since.
    pub fn push_attribute(&mut self, slot: Slot, name: Name, written: &str) {
        let end = self.attributes.len();
        let node = self.node_mut(slot);
        if node.attribute_count == 0 {
            let Ok(end) = u32::try_from(end) else { return };
            node.attributes = end;
        }
        if node.attributes as usize + usize::from(node.attribute_count) != end
            || node.attribute_count == MOST_ATTRIBUTES
        {
            return;
        }
        node.attribute_count += 1;
        let value = self.store(written);
        self.attributes.push(Attribute { name, value });
        self.used_attributes += 1;
        if name == ID || name == FOR {
            self.landmarks.insert(self.landmark(name, written), slot);
        }
    }

    /// Sets or removes an attribute.
    pub fn set_attribute(&mut self, slot: Slot, name: Name, written: Option<&str>) {
        let Node { attributes, attribute_count, .. } = *self.node(slot);
        let range = attributes as usize..attributes as usize + usize::from(attribute_count);
        if let Some(index) = range.clone().find(|index| self.attributes[*index].name == name) {
            self.forget(slot, index);
            self.attributes.swap(index, range.end - 1);
            self.node_mut(slot).attribute_count -= 1;
        }
        let Some(written) = written else { return };
        let Node { attributes, attribute_count, .. } = *self.node(slot);
        let range = attributes as usize..attributes as usize + usize::from(attribute_count);
        if range.end != self.attributes.len() {
            let Ok(end) = u32::try_from(self.attributes.len()) else { return };
            self.attributes.extend_from_within(range);
            self.node_mut(slot).attributes = end;
        }
        self.push_attribute(slot, name, written);
    }

    pub fn attributes_of(&self, slot: Slot) -> &[Attribute] {
        let node = self.node(slot);
        let start = node.attributes as usize;
        &self.attributes[start..start + usize::from(node.attribute_count)]
    }

    /// A stored text as it is written in JSON.
    pub fn written(&self, span: Span) -> &str {
        &self.texts[span.start as usize..(span.start + span.length) as usize]
    }

    /// The element with this `id`, or the label with this `for`, written as in JSON.
    pub fn find_landmark(&self, name: Name, written: &str) -> Option<Slot> {
        let slot = *self.landmarks.get(&self.landmark(name, written))?;
        let is_it =
            |attribute: &Attribute| attribute.name == name && self.written(attribute.value) == written;
        self.attributes_of(slot).iter().any(is_it).then_some(slot)
    }

    fn landmark(&self, name: Name, written: &str) -> u64 {
        self.hasher.hash_one((name, written))
    }

    /// Keeps a text. One that there is no room for is empty.
    fn store(&mut self, written: &str) -> Span {
        let (start, end) = (self.texts.len(), self.texts.len() + written.len());
        let (Ok(start), Ok(_)) = (u32::try_from(start), u32::try_from(end)) else { return Span::default() };
        self.texts.push_str(written);
        self.used_bytes += written.len();
        Span { start, length: written.len() as u32 }
    }

    /// Gives waste back, once there is as much of it as of what is used.
    pub fn pack(&mut self) {
        let is_waste = |length: usize, used: usize, each: usize| {
            length > used.saturating_mul(2).saturating_add(WASTE_BYTES / each)
        };
        if is_waste(self.texts.len(), self.used_bytes, 1) {
            let mut texts = String::with_capacity(self.used_bytes * 2);
            let mut pack = |span: &mut Span| {
                let text = &self.texts[span.start as usize..(span.start + span.length) as usize];
                span.start = texts.len() as u32;
                texts.push_str(text);
            };
            for node in self.nodes.iter_mut().filter(|node| node.kind != Kind::Free) {
                pack(&mut node.text);
                let start = node.attributes as usize;
                let own = &mut self.attributes[start..start + usize::from(node.attribute_count)];
                own.iter_mut().for_each(|attribute| pack(&mut attribute.value));
            }
            self.texts = texts;
        }
        if is_waste(self.attributes.len(), self.used_attributes, size_of::<Attribute>()) {
            let mut attributes = Vec::with_capacity(self.used_attributes * 2);
            for node in self.nodes.iter_mut().filter(|node| node.kind != Kind::Free) {
                let start = node.attributes as usize;
                let own = &self.attributes[start..start + usize::from(node.attribute_count)];
                node.attributes = attributes.len() as u32;
                attributes.extend_from_slice(own);
            }
            self.attributes = attributes;
        }
    }
}

#[cfg(test)]
impl Tree {
    /// Nodes, bytes of texts and attributes that are in use.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.nodes.len() - self.free.len(), self.used_bytes, self.used_attributes)
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
            + self.attributes.capacity() * size_of::<Attribute>()
            + self.texts.capacity()
            + self.landmarks.capacity() * 16
            + self.ids.bytes()
    }
}

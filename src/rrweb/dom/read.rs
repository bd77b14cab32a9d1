//! Snapshots and mutations, as they are written, into the tree.
//!
//! Each is walked once. Nothing recurses, since a page may be nested deeper than the
//! stack is.

use super::super::json::{self, Cursor};
use super::Changes;
use super::names::NO_NAME;
use super::tree::{Kind, NO_ID, NONE, Slot, Tree};

/// Longer values of attributes are not kept: they are data, not names.
const MOST_VALUE_BYTES: usize = 2048;

/// No event is nested deeper than memory.
pub const ANY_DEPTH: usize = usize::MAX;

type Result<T> = std::result::Result<T, json::Error>;

/// Where a new node belongs.
struct Place {
    node: Slot,
    parent: i64,
    /// The node that it stands before.
    next: Option<i64>,
}

impl Tree {
    /// Takes the page of a full snapshot in place of the one there was.
    pub fn read_snapshot(&mut self, data: &str) -> Result<()> {
        self.clear();
        let mut cursor = Cursor::new(data, ANY_DEPTH);
        cursor.enter_object()?;
        while let Some(key) = cursor.next_key()? {
            if key == "node" && self.capacity() == 0 && cursor.peek()? == b'{' {
                if let Some(root) = self.read_node(&mut cursor)? {
                    self.bind_all(root);
                }
            } else {
                cursor.value()?;
            }
        }
        Ok(())
    }

    /// Takes a mutation in, in the order in which a player does: what goes, what comes,
    /// texts, attributes.
    pub fn read_mutation(&mut self, data: &str, changes: &mut Changes) -> Result<()> {
        let (mut removed, mut adds, mut texts, mut attributes) = (false, None, None, None);
        let mut cursor = Cursor::new(data, ANY_DEPTH);
        cursor.enter_object()?;
        while let Some(key) = cursor.next_key()? {
            let is_list = cursor.peek()? == b'[';
            match &*key {
                "removes" if is_list => {
                    self.read_removes(&mut cursor, changes)?;
                    removed = true;
                }
                // rrweb writes what goes before what comes; elsewhere what comes waits.
                "adds" if is_list && removed => self.read_adds(&mut cursor, changes)?,
                "adds" if is_list => adds = Some(cursor.value()?),
                "texts" if is_list => texts = Some(cursor.value()?),
                "attributes" if is_list => attributes = Some(cursor.value()?),
                _ => {
                    cursor.value()?;
                }
            }
        }
        if let Some(adds) = adds {
            self.read_adds(&mut Cursor::new(adds, ANY_DEPTH), changes)?;
        }
        if let Some(texts) = texts {
            self.read_texts(&mut Cursor::new(texts, ANY_DEPTH), changes)?;
        }
        if let Some(attributes) = attributes {
            self.read_changed_attributes(&mut Cursor::new(attributes, ANY_DEPTH), changes)?;
        }
        self.pack();
        Ok(())
    }

    /// What stands in a field is an attribute to us: `value`, and `checked` while it is.
    pub fn read_input(&mut self, data: &str) -> Result<()> {
        let (mut id, mut text, mut checked) = (None, None, None);
        let mut cursor = Cursor::new(data, ANY_DEPTH);
        cursor.enter_object()?;
        while let Some(key) = cursor.next_key()? {
            let value = cursor.value()?;
            match &*key {
                "id" => id = integer(value),
                "text" => text = inside(value),
                "isChecked" => checked = Some(value == "true"),
                _ => {}
            }
        }
        let Some(slot) = id.and_then(|id| self.ids.get(id)) else { return Ok(()) };
        let [value_name, checked_name] = ["value", "checked"].map(|name| self.names.number(name));
        if let Some(text) = text {
            self.set_attribute(slot, value_name, Some(text).filter(|text| text.len() <= MOST_VALUE_BYTES));
        }
        if let Some(checked) = checked {
            self.set_attribute(slot, checked_name, checked.then_some(""));
        }
        self.pack();
        Ok(())
    }

    fn read_removes(&mut self, cursor: &mut Cursor<'_>, changes: &mut Changes) -> Result<()> {
        cursor.enter_array()?;
        while cursor.next_element()? {
            changes.removed += 1;
            let (mut id, mut parent) = (None, None);
            each_field(cursor, |key, value| match key {
                "id" => id = integer(value),
                "parentId" => parent = integer(value),
                _ => {}
            })?;
            if let Some(slot) = id.and_then(|id| self.ids.get(id)) {
                self.remove(slot);
            }
            if let Some(slot) = parent.and_then(|parent| self.ids.get(parent)) {
                self.note_target(slot, changes);
            }
        }
        Ok(())
    }

    fn read_adds(&mut self, cursor: &mut Cursor<'_>, changes: &mut Changes) -> Result<()> {
        let mut waiting = Vec::new();
        cursor.enter_array()?;
        while cursor.next_element()? {
            changes.added += 1;
            let Some(place) = self.read_place(cursor)? else { continue };
            if !self.put(&place, false, changes) {
                waiting.push(place);
            }
        }
        // What names a neighbour or a parent that comes later waits for it. Recorders write
        // lists of them in one order or the other.
        waiting.retain(|place| !self.put(place, false, changes));
        waiting.reverse();
        waiting.retain(|place| !self.put(place, false, changes));
        waiting.reverse();
        waiting.retain(|place| !self.put(place, true, changes));
        for place in waiting {
            self.remove(place.node);
        }
        Ok(())
    }

    fn read_place(&mut self, cursor: &mut Cursor<'_>) -> Result<Option<Place>> {
        if cursor.peek()? != b'{' {
            cursor.value()?;
            return Ok(None);
        }
        let (mut node, mut parent, mut next) = (None, None, None);
        cursor.enter_object()?;
        while let Some(key) = cursor.next_key()? {
            match &*key {
                "parentId" => parent = integer(cursor.value()?),
                "nextId" => next = integer(cursor.value()?),
                "node" if node.is_none() && cursor.peek()? == b'{' => node = self.read_node(cursor)?,
                _ => {
                    cursor.value()?;
                }
            }
        }
        let (Some(node), Some(parent)) = (node, parent) else {
            node.into_iter().for_each(|node| self.remove(node));
            return Ok(None);
        };
        Ok(Some(Place { node, parent, next: next.filter(|next| *next != NO_ID) }))
    }

    /// Puts a node where it belongs; one whose neighbour is not there comes last if `anyhow`.
    fn put(&mut self, place: &Place, anyhow: bool, changes: &mut Changes) -> bool {
        let Some(parent) = self.ids.get(place.parent) else { return false };
        let next = place.next.and_then(|next| self.ids.get(next));
        if place.next.is_some() && next.is_none() && !anyhow {
            return false;
        }
        let next = next.filter(|next| self.node(*next).parent == parent).unwrap_or(NONE);
        let is_frame = matches!(self.names.name(self.node(parent).tag), "iframe" | "frame");
        if is_frame && self.node(place.node).kind == Kind::Document {
            // It has loaded another document.
            while self.node(parent).first != NONE {
                self.remove(self.node(parent).first);
            }
        }
        let next = if self.node(parent).first == NONE { NONE } else { next };
        self.insert(place.node, parent, next);
        self.note_target(parent, changes);
        self.bind_all(place.node);
        let (came, around) = (self.node(place.node), self.node(parent));
        if came.kind == Kind::Element && around.birth != self.event {
            changes.came = changes.came.and(came.id);
        }
        true
    }

    /// Makes a new part of the page known by its ids. Before that nothing can be put into
    /// it, so no part can come to stand in itself.
    fn bind_all(&mut self, root: Slot) {
        let mut slot = root;
        while slot != NONE {
            if self.node(slot).id != NO_ID {
                self.bind(slot);
            }
            slot = self.following(slot, root);
        }
    }

    fn read_texts(&mut self, cursor: &mut Cursor<'_>, changes: &mut Changes) -> Result<()> {
        cursor.enter_array()?;
        while cursor.next_element()? {
            changes.texts += 1;
            let (mut id, mut text) = (None, "");
            each_field(cursor, |key, value| match key {
                "id" => id = integer(value),
                "value" => text = inside(value).unwrap_or_default(),
                _ => {}
            })?;
            let Some(slot) = id.and_then(|id| self.ids.get(id)) else { continue };
            let parent = self.node(slot).parent;
            if self.node(slot).kind == Kind::Text && !self.holds_code(parent) {
                self.set_text(slot, text);
            }
            self.note_target(parent, changes);
        }
        Ok(())
    }

    fn read_changed_attributes(&mut self, cursor: &mut Cursor<'_>, changes: &mut Changes) -> Result<()> {
        cursor.enter_array()?;
        while cursor.next_element()? {
            changes.attributes += 1;
            let (mut id, mut attributes) = (None, None);
            each_field(cursor, |key, value| match key {
                "id" => id = integer(value),
                "attributes" => attributes = value.starts_with('{').then_some(value),
                _ => {}
            })?;
            let Some(slot) = id.and_then(|id| self.ids.get(id)) else { continue };
            self.note_target(slot, changes);
            let Some(attributes) = attributes else { continue };
            let mut cursor = Cursor::new(attributes, ANY_DEPTH);
            cursor.enter_object()?;
            while let Some(key) = cursor.next_key()? {
                let name = self.names.number(&key);
                let value = cursor.value()?;
                if self.names.is_kept(name) {
                    self.set_attribute(slot, name, kept(value));
                }
            }
        }
        Ok(())
    }

    /// Reads a node with all that stands in it. It stands nowhere yet and is not known by its id.
    fn read_node(&mut self, cursor: &mut Cursor<'_>) -> Result<Option<Slot>> {
        let Some(root) = self.create() else { return cursor.value().map(|_| None) };
        cursor.enter_object()?;
        // The parents of `slot` are the nodes that are being read.
        let mut slot = root;
        loop {
            match cursor.next_key()? {
                Some(key) if key == "childNodes" && cursor.peek()? == b'[' => cursor.enter_array()?,
                Some(key) => {
                    self.read_field(slot, &key, cursor)?;
                    continue;
                }
                None if slot == root => return Ok(Some(root)),
                None => slot = self.node(slot).parent,
            }
            slot = self.next_child(slot, cursor)?.unwrap_or(slot);
        }
    }

    /// Enters the next node of a list of children, or leaves the list.
    fn next_child(&mut self, parent: Slot, cursor: &mut Cursor<'_>) -> Result<Option<Slot>> {
        while cursor.next_element()? {
            if cursor.peek()? == b'{'
                && let Some(child) = self.create()
            {
                cursor.enter_object()?;
                self.insert(child, parent, NONE);
                return Ok(Some(child));
            }
            cursor.value()?;
        }
        Ok(None)
    }

    fn read_field(&mut self, slot: Slot, key: &str, cursor: &mut Cursor<'_>) -> Result<()> {
        match key {
            "attributes" if cursor.peek()? == b'{' => return self.read_attributes(slot, cursor),
            "type" => self.node_mut(slot).kind = kind(cursor.value()?),
            "id" => self.node_mut(slot).id = integer(cursor.value()?).unwrap_or(NO_ID),
            "tagName" => {
                let tag = inside(cursor.value()?).map_or(NO_NAME, |name| self.names.number(name));
                self.node_mut(slot).tag = tag;
            }
            "textContent" => {
                let text = cursor.value()?;
                let node = self.node(slot);
                if node.kind == Kind::Text && !self.holds_code(node.parent) {
                    self.set_text(slot, inside(text).unwrap_or_default());
                }
            }
            "isShadow" => self.node_mut(slot).in_shadow = cursor.value()? == "true",
            _ => {
                cursor.value()?;
            }
        }
        Ok(())
    }

    fn read_attributes(&mut self, slot: Slot, cursor: &mut Cursor<'_>) -> Result<()> {
        cursor.enter_object()?;
        while let Some(key) = cursor.next_key()? {
            let name = self.names.number(&key);
            let value = cursor.value()?;
            if self.names.is_kept(name)
                && let Some(value) = kept(value)
            {
                self.push_attribute(slot, name, value);
            }
        }
        Ok(())
    }

    /// Whether texts of this node are of scripts or stylesheets, which nobody reads.
    fn holds_code(&self, slot: Slot) -> bool {
        slot != NONE && matches!(self.names.name(self.node(slot).tag), "style" | "script")
    }

    /// Brings the target of the changes up to where it stands around this node too.
    fn note_target(&self, slot: Slot, changes: &mut Changes) {
        // What has come with the same event stands in a node that is noted already.
        if slot == NONE || (self.node(slot).birth == self.event && changes.target.is_some()) {
            return;
        }
        let node = self.node(slot);
        if changes.target == Some(node.id) {
            return;
        }
        let known = changes.target.and_then(|target| self.ids.get(target));
        let common = known.map_or(slot, |known| self.common(known, slot));
        changes.target = (common != NONE).then(|| self.node(common).id);
    }
}

/// The value of an attribute, if it is worth keeping.
fn kept(value: &str) -> Option<&str> {
    let first = *value.as_bytes().first()?;
    match first {
        b'"' => inside(value),
        b't' | b'-' | b'0'..=b'9' => Some(value),
        _ => None,
    }
    .filter(|value| value.len() <= MOST_VALUE_BYTES)
}

/// What stands between the quotes of a JSON string.
fn inside(value: &str) -> Option<&str> {
    value.strip_prefix('"')?.strip_suffix('"')
}

fn integer(value: &str) -> Option<i64> {
    value.parse().ok()
}

fn kind(value: &str) -> Kind {
    match value {
        "0" => Kind::Document,
        "2" => Kind::Element,
        "3" | "4" => Kind::Text,
        _ => Kind::Other,
    }
}

/// Visits the fields of an object that holds no further objects of interest; anything else is passed.
fn each_field<'a>(cursor: &mut Cursor<'a>, mut visit: impl FnMut(&str, &'a str)) -> Result<()> {
    if cursor.peek()? != b'{' {
        return cursor.value().map(|_| ());
    }
    cursor.enter_object()?;
    while let Some(key) = cursor.next_key()? {
        visit(&key, cursor.value()?);
    }
    Ok(())
}

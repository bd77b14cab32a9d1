//! Elements that become grey boxes, as rrweb has them for what a page blocks itself.

use std::collections::HashSet;

use super::collect::Keys;
use super::page::Page;
use super::walk::Walker;
use crate::rrweb::Event;
use crate::rrweb::skim::{Leaf, NONE, Node};
use crate::rrweb::tokens::{Part, unescaped};

/// A line of a box whose size no recording says, in characters.
const LINE_CHARS: usize = 80;

/// Which elements are blocked.
#[derive(Debug, Default)]
pub(super) struct Locating {
    walker: Walker,
    /// The texts whose elements are blocked.
    keys: HashSet<u64>,
    /// Pages and ids of nodes.
    nodes: HashSet<(u32, i64)>,
}

impl Locating {
    pub fn new(keys: HashSet<u64>) -> Self {
        Self { keys, ..Self::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub fn needs_locating(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Looks for the texts in an event. One that stands in no element that could be a box
    /// is covered.
    pub fn locate(&mut self, stream: i64, event: &Event<'_>, keys: &Keys, covered: &mut HashSet<u64>) {
        let (wanted, nodes) = (&self.keys, &mut self.nodes);
        self.walker.walk(stream, event, |page, spot| {
            let key = keys.of_spot(page, spot);
            if !wanted.contains(&key) {
                return;
            }
            match page.slot(spot.element) {
                Some(slot) if !matches!(spot.tag, "html" | "body" | "head" | "title" | "meta" | "link") => {
                    nodes.insert((page.number, slot.id));
                }
                _ => {
                    covered.insert(key);
                }
            }
        });
    }

    /// The elements, once all events were looked at.
    pub fn into_nodes(self) -> HashSet<(u32, i64)> {
        self.nodes
    }
}

/// Which parts of an event are replaced because of blocked elements, and by what.
pub(super) fn replaced(
    json: &str,
    walker: &Walker,
    blocked: &HashSet<(u32, i64)>,
    mut replace: impl FnMut(Part, String),
) -> u64 {
    let page = &walker.page;
    let is_blocked = |id: i64| blocked.contains(&(page.number, id));
    let is_inside = |at: u32| page.around(at).any(|at| page.slot(at).is_some_and(|slot| is_blocked(slot.id)));
    let is_gone = |id: i64| is_blocked(id) || page.find(id).is_some_and(is_inside);

    let mut boxes = 0;
    for (index, node) in walker.skim.nodes.iter().enumerate() {
        let at = walker.places.get(index).copied().unwrap_or(NONE);
        let at = if page.is_from(at, index) { at } else { NONE };
        if is_blocked(node.id) && !is_inside(at) {
            replace(node.whole, grey_box(json, walker, node, at));
            boxes += 1;
        }
    }
    let skim = &walker.skim;
    drop_entries(skim.adds.iter().map(|add| (add.whole, is_gone(add.parent))), &mut replace);
    let is_mutation = !walker.is_input;
    drop_entries(skim.changes.iter().map(|change| (change.whole, is_gone(change.id))), &mut replace);
    if is_mutation {
        drop_entries(skim.texts.iter().map(|text| (text.whole, is_gone(text.id))), &mut replace);
    } else {
        for input in skim.texts.iter().filter(|input| is_gone(input.id)) {
            replace(input.text, String::new());
        }
    }
    boxes
}

/// Takes entries out of an array, each with a comma beside it.
fn drop_entries(entries: impl Iterator<Item = (Part, bool)>, replace: &mut impl FnMut(Part, String)) {
    let mut kept_until = None;
    let mut dropped: Option<Part> = None;
    for (whole, is_dropped) in entries {
        if is_dropped {
            let start = dropped.map_or(whole.start, |dropped| dropped.start);
            dropped = Some(Part { start, end: whole.end });
            continue;
        }
        if let Some(dropped) = dropped.take() {
            replace(Part { start: dropped.start, end: whole.start }, String::new());
        }
        kept_until = Some(whole.end);
    }
    if let Some(dropped) = dropped {
        replace(Part { start: kept_until.unwrap_or(dropped.start), end: dropped.end }, String::new());
    }
}

/// An element without anything in it, of about its size. rrweb measures the size of what
/// a page blocks; of other elements a recording says it only where an attribute does.
fn grey_box(json: &str, walker: &Walker, node: &Node, at: u32) -> String {
    let (mut class, mut width, mut height) = (String::new(), None, None);
    for attribute in walker.skim.attributes_of(node) {
        let value = match attribute.value {
            Leaf::Text(part) | Leaf::Number(part) => unescaped(part.of(json)),
        };
        match attribute.name.of(json) {
            "class" => class = format!("{value} "),
            "width" => width = pixels(&value),
            "height" => height = pixels(&value),
            _ => {}
        }
    }
    let chars = walker.page.text_chars(at);
    let lines = chars.div_ceil(LINE_CHARS).max(1);
    let mut attributes = serde_json::Map::new();
    attributes.insert("class".to_owned(), format!("{class}rr-block").into());
    attributes.insert("rr_width".to_owned(), width.unwrap_or_else(|| "auto".to_owned()).into());
    attributes
        .insert("rr_height".to_owned(), height.unwrap_or_else(|| format!("{}em", lines + lines / 4)).into());

    let mut written = serde_json::Map::new();
    written.insert("type".to_owned(), 2.into());
    written.insert("tagName".to_owned(), unescaped(node.tag.of(json)).into());
    written.insert("attributes".to_owned(), attributes.into());
    written.insert("childNodes".to_owned(), serde_json::Value::Array(Vec::new()));
    if node.is_svg {
        written.insert("isSVG".to_owned(), true.into());
    }
    if node.is_shadow {
        written.insert("isShadow".to_owned(), true.into());
    }
    if let Some(root) = node.root_id {
        written.insert("rootId".to_owned(), root.into());
    }
    written.insert("id".to_owned(), node.id.into());
    serde_json::Value::Object(written).to_string()
}

fn pixels(value: &str) -> Option<String> {
    let value = value.trim().trim_end_matches("px");
    let is_plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| format!("{value}px"))
}

impl Page {
    /// How many characters stand in a node.
    fn text_chars(&self, at: u32) -> usize {
        let (mut chars, mut open) = (0, vec![at]);
        while let Some(at) = open.pop() {
            let Some(slot) = self.slot(at) else { continue };
            chars += slot.text.trim().chars().count();
            open.extend(self.children(at));
        }
        chars
    }
}

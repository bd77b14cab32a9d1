//! The text that is marked on the page.

use crate::rrweb::Mirror;
use crate::rrweb::dom::Node;

use crate::rrweb::fields::{Fields, cut};

/// The text is cut to this many characters.
const MOST_CHARS: usize = 200;

/// So many nodes are looked through for it.
const MOST_NODES: usize = 1_000;

/// The text in the first of some ranges, as rrweb tells of a selection.
pub fn text(mirror: &Mirror, ranges: &[&str]) -> String {
    let Some(range) = ranges.first().map(|range| Fields::of(range)) else { return String::new() };
    let node = |key| range.integer(key).and_then(|id| mirror.node(id));
    let (Some(start), Some(end)) = (node("start"), node("end")) else { return String::new() };
    let offset = |key| range.count(key) as usize;
    between(start, offset("startOffset"), end, offset("endOffset"))
}

fn between(start: Node<'_>, from: usize, end: Node<'_>, to: usize) -> String {
    let mut text = String::new();
    // In an element the offset counts its children.
    let first = if start.is_text() { None } else { start.children().nth(from.min(MOST_NODES)) };
    let behind =
        if end.is_text() { end.after() } else { end.children().nth(to.min(MOST_NODES)).or(end.after()) };
    let first = first.unwrap_or(start);
    let nodes = std::iter::once(first).chain(first.following()).take(MOST_NODES);
    for node in nodes.take_while(|node| Some(*node) != behind) {
        if text.len() > MOST_CHARS * 8 {
            break;
        }
        if starts_line(node) {
            text.push(' ');
        }
        if is_seen(node) {
            let from = if node == start { from } else { 0 };
            let to = if node == end { to } else { usize::MAX };
            text.push_str(&units(&node.text(), from, to));
        }
    }
    cut(text.split_whitespace().collect::<Vec<_>>().join(" "), MOST_CHARS)
}

/// The text in a node.
pub fn text_in(node: Node<'_>) -> String {
    let mut text = String::new();
    for inner in node.descendants().take(MOST_NODES) {
        if starts_line(inner) {
            text.push('\n');
        }
        if is_seen(inner) {
            text.push_str(&inner.text());
        }
    }
    text.trim().to_owned()
}

/// Whether it is a text that the page shows.
pub fn is_seen(node: Node<'_>) -> bool {
    let hides = |node: Node<'_>| matches!(node.tag(), "style" | "script" | "noscript" | "template");
    node.is_text() && !node.parent().is_some_and(hides)
}

/// Whether what follows does not stand in one line with what came before.
pub fn starts_line(node: Node<'_>) -> bool {
    let is_block = |node: Node<'_>| node.is_element() && !node.is_inline();
    is_block(node) || (node.is_text() && node.previous().is_some_and(is_block))
}

/// A part of a text, counted in UTF-16 units as browsers do.
fn units(text: &str, from: usize, to: usize) -> String {
    let units: Vec<u16> = text.encode_utf16().take(to).skip(from).collect();
    String::from_utf16_lossy(&units)
}

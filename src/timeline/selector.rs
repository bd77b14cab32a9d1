//! A selector for an element: short, and the same in most visits.
//!
//! It goes from the nearest thing that a developer has named (an id, a test id) down by
//! tags and places. Names that a framework makes up anew are passed over.

use std::fmt::Write as _;

use crate::rrweb::dom::Node;

/// A selector names so many levels at most; what stands further out is left away.
const MOST_LEVELS: usize = 6;

/// The way out of a document is not looked for further than this.
const MOST_ANCESTORS: usize = 1024;

/// Places after so many siblings are not counted.
const MOST_SIBLINGS: usize = 1000;

/// Longer ids and names are made by machines.
const MOST_NAME_CHARS: usize = 40;

/// Shadow roots and frames are passed so many times at most.
const MOST_SCOPES: usize = 8;

/// Between an element and what stands in its shadow root or frame.
const INTO: &str = " >>> ";

/// Attributes by which tests find elements.
const TEST_IDS: [&str; 5] = ["data-testid", "data-test", "data-test-id", "data-cy", "data-qa"];

/// The selector of an element; "" for what is none.
pub fn selector(node: Node<'_>) -> String {
    let mut scopes = Vec::new();
    let mut inner = Some(node).filter(Node::is_element);
    while let Some(node) = inner.take().filter(|_| scopes.len() < MOST_SCOPES) {
        let (steps, host) = steps(node);
        scopes.push(steps.join(" > "));
        inner = host;
    }
    scopes.reverse();
    scopes.join(INTO)
}

/// The steps down to an element within its document or shadow root, and the element that
/// this stands in.
fn steps(node: Node<'_>) -> (Vec<String>, Option<Node<'_>>) {
    let mut steps = Vec::new();
    let mut node = node;
    let mut is_anchored = false;
    let mut host = None;
    for _ in 0..MOST_ANCESTORS {
        if !is_anchored && steps.len() < MOST_LEVELS {
            let (step, anchors) = step(node);
            steps.push(step);
            is_anchored = anchors;
        }
        match node.parent() {
            None => break,
            Some(parent) if node.is_in_shadow() || parent.is_document() => {
                host = if parent.is_document() { parent.parent() } else { Some(parent) };
                break;
            }
            Some(parent) => {
                node = parent;
                // Further up only the way out of the document matters.
                is_anchored |= node.tag() == "body" || node.tag() == "html";
            }
        }
    }
    steps.reverse();
    (steps, host.filter(Node::is_element))
}

/// One level of a selector, and whether nothing above it is needed.
fn step(node: Node<'_>) -> (String, bool) {
    for name in TEST_IDS {
        if let Some(value) = node.attribute(name).filter(|value| is_short(value)) {
            return (format!("[{name}={}]", quoted(&value)), true);
        }
    }
    if let Some(id) = node.attribute("id").filter(|id| is_steady(id)) {
        return (if is_identifier(&id) { format!("#{id}") } else { format!("[id={}]", quoted(&id)) }, true);
    }
    let tag = node.tag().to_ascii_lowercase();
    if matches!(&*tag, "body" | "html") {
        return (tag, true);
    }
    let mut step = tag;
    for name in ["name", "type"] {
        if let Some(value) = node.attribute(name).filter(|value| is_form_part(node) && is_short(value)) {
            // Writing to a string does not fail.
            let _written = write!(step, "[{name}={}]", quoted(&value));
            return (step, false);
        }
    }
    if let Some(place) = place(node) {
        let _written = write!(step, ":nth-of-type({place})");
    }
    (step, false)
}

fn is_form_part(node: Node<'_>) -> bool {
    matches!(node.tag(), "input" | "select" | "textarea" | "button")
}

/// Its number among the siblings of the same tag, if there are any.
fn place(node: Node<'_>) -> Option<usize> {
    let is_same = |other: &Node<'_>| other.tag() == node.tag() && other.is_in_shadow() == node.is_in_shadow();
    let before = std::iter::successors(node.previous(), Node::previous).take(MOST_SIBLINGS);
    let before = before.filter(is_same).count();
    let mut after = std::iter::successors(node.next(), Node::next).take(MOST_SIBLINGS);
    if before == MOST_SIBLINGS || (before == 0 && !after.any(|other| is_same(&other))) {
        return None;
    }
    Some(before + 1)
}

/// Whether an id looks as if a person had chosen it: no long numbers, no hashes, none of
/// the marks that frameworks put in.
fn is_steady(id: &str) -> bool {
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).count();
    let is_chosen = |part: &str| {
        let (digits, letters) = (digits(part), part.chars().filter(char::is_ascii_alphabetic).count());
        digits <= 2 || (digits <= 4 && letters == 0)
    };
    is_short(id)
        && id.starts_with(|first: char| first.is_alphabetic())
        && digits(id) <= 4
        && !id.contains([':', '«', '.', '/'])
        && id.split(['-', '_']).all(is_chosen)
}

fn is_short(value: &str) -> bool {
    !value.trim().is_empty() && value.len() <= MOST_NAME_CHARS
}

fn is_identifier(id: &str) -> bool {
    id.chars().all(|char| char.is_alphanumeric() || char == '-' || char == '_')
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

//! What a person would call an element: the short way to what ARIA calls its name.

use crate::rrweb::dom::Node;

use super::role;
use super::selection::{is_seen, starts_line};

/// Labels are cut to this many characters.
pub const MOST_CHARS: usize = 80;

/// More text than this is not looked at.
const MOST_TEXT_BYTES: usize = 600;

/// So many nodes are looked through for a text.
const MOST_NODES: usize = 200;

/// A label is not wrapped around a field from further up.
const MOST_LEVELS: usize = 10;

/// What a person would call the element; "" if there is nothing to call it.
pub fn label(node: Node<'_>) -> String {
    let from_attribute = |name: &str| node.attribute(name).map(|value| tidy(&value)).unwrap_or_default();
    let is_field = matches!(node.tag(), "input" | "select" | "textarea");
    let kind = if node.tag() == "input" { role::input_type(node) } else { String::new() };
    let first = |makers: &[&dyn Fn() -> String]| {
        makers.iter().map(|maker| maker()).find(|label| !label.is_empty()).unwrap_or_default()
    };
    let labelled_by = || labelled_by(node);
    let aria_label = || from_attribute("aria-label");
    let title = || from_attribute("title");
    match (&*kind, is_field) {
        ("submit" | "button" | "reset", _) => {
            first(&[&labelled_by, &aria_label, &|| from_attribute("value"), &title, &|| {
                if kind == "submit" { "Submit".to_owned() } else { String::new() }
            }])
        }
        (_, true) => first(&[
            &labelled_by,
            &aria_label,
            &|| node.label_for().map(own_text).unwrap_or_default(),
            &|| wrapping_label(node),
            &|| from_attribute("placeholder"),
            &|| from_attribute("alt"),
            &title,
            &|| if matches!(&*kind, "checkbox" | "radio") { neighbour(node) } else { String::new() },
            &|| from_attribute("name"),
        ]),
        // What is written into it is no name.
        _ if role::is_editable(node) => first(&[
            &labelled_by,
            &aria_label,
            &|| from_attribute("aria-placeholder"),
            &|| from_attribute("data-placeholder"),
            &|| from_attribute("placeholder"),
            &title,
        ]),
        _ => first(&[
            &labelled_by,
            &aria_label,
            &|| from_attribute("alt"),
            &|| own_text(node),
            &title,
            &|| from_attribute("placeholder"),
        ]),
    }
}

fn labelled_by(node: Node<'_>) -> String {
    let Some(ids) = node.attribute("aria-labelledby") else { return String::new() };
    let texts: Vec<String> =
        ids.split_whitespace().take(4).filter_map(|id| node.with_id(id)).map(name_of).collect();
    tidy(&texts.join(" "))
}

/// What another element is called that this one is labelled by.
fn name_of(node: Node<'_>) -> String {
    match node.attribute("aria-label") {
        Some(label) if !label.is_empty() => tidy(&label),
        _ => own_text(node),
    }
}

fn wrapping_label(node: Node<'_>) -> String {
    let label = node.ancestors().take(MOST_LEVELS).find(|node| node.tag() == "label");
    label.map(own_text).unwrap_or_default()
}

/// The text that stands behind a box.
fn neighbour(node: Node<'_>) -> String {
    let behind = std::iter::successors(node.next(), Node::next).take(3);
    let mut texts = behind.map(|node| if is_seen(node) { tidy(&node.text()) } else { own_text(node) });
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}

/// The text in an element, with the names of its images. Of what only holds other things,
/// a text that is longer than a name is theirs.
fn own_text(node: Node<'_>) -> String {
    let says_it = role::is_operated(node)
        || node.children().take(MOST_NODES).any(|child| is_seen(child) && !child.text().trim().is_empty());
    let most_bytes = if says_it { MOST_TEXT_BYTES } else { MOST_CHARS * 4 };
    let mut text = String::new();
    for inner in node.descendants().take(MOST_NODES) {
        if text.len() > most_bytes {
            break;
        }
        if starts_line(inner) && !text.ends_with(' ') {
            text.push(' ');
        }
        if is_seen(inner) {
            text.push_str(&inner.text());
        } else if matches!(inner.tag(), "img" | "svg") {
            let name = inner.attribute("alt").or_else(|| inner.attribute("aria-label"));
            text.push_str(&name.unwrap_or_default());
        }
    }
    let name = tidy(&text);
    if says_it || !name.ends_with('…') { name } else { String::new() }
}

/// One line without more space than needed, cut.
fn tidy(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(MOST_CHARS * 4));
    let mut chars = 0;
    for word in text.split_whitespace() {
        if chars > 0 {
            line.push(' ');
            chars += 1;
        }
        for char in word.chars() {
            if chars >= MOST_CHARS {
                line.pop();
                line.truncate(line.trim_end().len());
                line.push('…');
                return line;
            }
            line.push(char);
            chars += 1;
        }
    }
    line
}

//! What a person would call an element: the short way to what ARIA calls its name.

use crate::rrweb::dom::Node;

use super::role;
use super::selection::is_seen;

/// Labels are cut to this many characters.
pub const MOST_CHARS: usize = 80;

/// A part of the page with more text than this has no name in its text.
const MOST_TEXT_CHARS: usize = 200;

/// So many nodes are looked through for a text.
const MOST_NODES: usize = 400;

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
            &|| from_attribute("name"),
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

/// The text in an element, with the names of its images, if it is as short as a name is.
fn own_text(node: Node<'_>) -> String {
    let mut text = String::new();
    for (count, inner) in node.descendants().enumerate() {
        if count == MOST_NODES || text.len() > MOST_TEXT_CHARS * 4 {
            break;
        }
        if is_seen(inner) {
            // Words of one line belong together; those of others are apart.
            let is_apart = inner.parent().is_some_and(|parent| !parent.is_inline());
            if is_apart {
                text.push(' ');
            }
            text.push_str(&inner.text());
            if is_apart && inner.next().is_none() {
                text.push(' ');
            }
        } else if matches!(inner.tag(), "img" | "svg") {
            let name = inner.attribute("alt").or_else(|| inner.attribute("aria-label"));
            text.push(' ');
            text.push_str(&name.unwrap_or_default());
            text.push(' ');
        }
    }
    let name = tidy(&text);
    let is_operated = role::is_interactive(node);
    if !is_operated && text.chars().count() > MOST_TEXT_CHARS { String::new() } else { name }
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

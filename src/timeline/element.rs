//! Elements as they are at this moment.

use std::sync::Arc;

use crate::rrweb::dom::Node;

use super::event::{Attr, Element};
use super::{label, role, selector};
use crate::rrweb::fields::cut;

/// Attributes that say what an element is; `aria-*` are others.
const SAYS_WHAT: [&str; 8] = ["id", "class", "name", "type", "href", "download", "role", "data-testid"];

/// Longer values are cut.
const MOST_VALUE_CHARS: usize = 200;

/// So many attributes are told.
const MOST_ATTRIBUTES: usize = 16;

/// Describes an element.
pub fn describe(node: Node<'_>) -> Arc<Element> {
    let mut attrs: Vec<Attr> = node
        .attributes()
        .filter(|(name, _)| SAYS_WHAT.contains(name) || name.starts_with("aria-"))
        .take(MOST_ATTRIBUTES)
        .map(|(name, value)| Attr { name: name.to_owned(), value: cut(value.into_owned(), MOST_VALUE_CHARS) })
        .collect();
    attrs.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Arc::new(Element {
        node: number(node.id()),
        tag: node.tag().to_ascii_lowercase(),
        selector: selector::selector(node),
        label: label::label(node),
        role: role::role(node).into_owned(),
        interactive: role::is_interactive(node),
        attrs,
    })
}

/// An element that is not known to stand on the page.
pub fn unknown(id: i64) -> Arc<Element> {
    Arc::new(Element { node: number(id), ..Element::default() })
}

/// The id of a node; 0 when it has none of its own.
fn number(id: i64) -> u32 {
    u32::try_from(id).unwrap_or_default()
}

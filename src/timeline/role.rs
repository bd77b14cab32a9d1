//! What an element is for: its role, given or implied by its tag, and whether a person
//! would expect something to happen when it is clicked.

use std::borrow::Cow;

use crate::rrweb::dom::Node;

/// Further up nothing is looked for that a click on a part of it could have meant.
const MOST_LEVELS: usize = 10;

/// Roles of what is there to be operated.
const OPERATED: [&str; 18] = [
    "button",
    "checkbox",
    "combobox",
    "gridcell",
    "link",
    "menuitem",
    "menuitemcheckbox",
    "menuitemradio",
    "option",
    "radio",
    "scrollbar",
    "searchbox",
    "slider",
    "spinbutton",
    "switch",
    "tab",
    "textbox",
    "treeitem",
];

/// Attributes by which scripts of all kinds say that they listen to clicks.
const CLICK_ATTRIBUTES: [&str; 8] =
    ["onclick", "_onclick", "onmousedown", "ng-click", "@click", "v-on:click", "jsaction", "data-action"];

/// The ARIA role of an element; "" where it has none.
pub fn role(node: Node<'_>) -> Cow<'_, str> {
    let given = node.attribute("role").and_then(|role| {
        let first = role.split_whitespace().next()?.to_ascii_lowercase();
        (!matches!(&*first, "presentation" | "none")).then_some(first)
    });
    given.map_or_else(|| Cow::Borrowed(implied_role(node)), Cow::Owned)
}

fn implied_role(node: Node<'_>) -> &'static str {
    match node.tag() {
        "a" | "area" if node.has_attribute("href") => "link",
        "button" | "summary" => "button",
        "input" => input_role(&input_type(node), node.has_attribute("list")),
        "textarea" => "textbox",
        "select" if node.has_attribute("multiple") => "listbox",
        "select" => "combobox",
        "option" => "option",
        "img" => "img",
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => "heading",
        "nav" => "navigation",
        "main" => "main",
        "aside" => "complementary",
        "article" => "article",
        "dialog" => "dialog",
        "form" => "form",
        "fieldset" | "details" => "group",
        "ul" | "ol" | "menu" => "list",
        "li" => "listitem",
        "table" => "table",
        "tr" => "row",
        "th" => "columnheader",
        "td" => "cell",
        "p" => "paragraph",
        "progress" => "progressbar",
        "meter" => "meter",
        "output" => "status",
        "hr" => "separator",
        _ if is_editable(node) => "textbox",
        _ => "",
    }
}

fn input_role(kind: &str, has_list: bool) -> &'static str {
    match kind {
        "button" | "submit" | "reset" | "image" => "button",
        "checkbox" => "checkbox",
        "radio" => "radio",
        "range" => "slider",
        "number" => "spinbutton",
        "hidden" | "file" | "color" => "",
        _ if has_list => "combobox",
        "search" => "searchbox",
        // What a password has no role for is a text all the same.
        _ => "textbox",
    }
}

/// The type of an `input`, in lower case.
pub fn input_type(node: Node<'_>) -> String {
    node.attribute("type").map_or_else(|| "text".to_owned(), |kind| kind.to_ascii_lowercase())
}

/// Whether it can be typed into without being a field.
pub fn is_editable(node: Node<'_>) -> bool {
    node.attribute("contenteditable").is_some_and(|value| !value.eq_ignore_ascii_case("false"))
}

/// Whether a person would expect something to happen when the element is clicked.
pub fn is_interactive(node: Node<'_>) -> bool {
    let has_place = |index: &str| index.parse::<i32>().is_ok_and(|index| index >= 0);
    is_operated(node) || node.attribute("tabindex").is_some_and(|index| has_place(&index))
}

/// Whether it is there to be operated; what can only be reached by keyboard may be a part of
/// the page that scrolls.
pub fn is_operated(node: Node<'_>) -> bool {
    let by_tag = match node.tag() {
        "a" | "area" => node.has_attribute("href"),
        "input" => input_type(node) != "hidden",
        "video" | "audio" => node.has_attribute("controls"),
        "button" | "select" | "textarea" | "option" | "summary" | "label" => true,
        _ => false,
    };
    by_tag
        || OPERATED.contains(&&*role(node))
        || is_editable(node)
        || CLICK_ATTRIBUTES.iter().any(|name| node.has_attribute(name))
}

/// What a click on this node meant: the nearest thing around it that can be operated, or
/// the element itself.
pub fn meant(node: Node<'_>) -> Node<'_> {
    let element = if node.is_element() { node } else { node.parent().unwrap_or(node) };
    let around = std::iter::once(element).chain(element.ancestors()).take(MOST_LEVELS);
    let mut within = around.take_while(|node| node.is_element() && node.tag() != "body");
    within.find(|node| is_interactive(*node)).unwrap_or(element)
}

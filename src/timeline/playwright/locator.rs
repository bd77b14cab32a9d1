//! How a test finds an element: by its test id; by its role or label, as a person would;
//! and by its place on the page.

use super::super::event::Element;
use super::quote::quoted;

/// The roles that elements are looked for by; others are of parts of a page, not of things in it.
const ROLES: [&str; 19] = [
    "button",
    "checkbox",
    "combobox",
    "gridcell",
    "img",
    "link",
    "listbox",
    "menuitem",
    "menuitemcheckbox",
    "menuitemradio",
    "option",
    "radio",
    "searchbox",
    "slider",
    "spinbutton",
    "switch",
    "tab",
    "textbox",
    "treeitem",
];

/// Between an element and what stands in its shadow root, in selectors of timelines.
const INTO: &str = " >>> ";

/// The expression for an element; `None` if nothing is known of it.
pub fn locator(element: &Element) -> Option<String> {
    if let Some(id) =
        attribute(element, "data-testid").filter(|id| !id.is_empty() && id.chars().count() < 200)
    {
        return Some(format!("page.getByTestId({})", quoted(id)));
    }
    let place = (!element.selector.is_empty())
        .then(|| format!("page.locator({})", quoted(&element.selector.replace(INTO, " >> "))));
    match (named(element), place) {
        (Some(named), Some(place)) => Some(format!("(await pick({named}, {place}))")),
        (Some(named), None) => Some(format!("{named}.first()")),
        (None, place) => place,
    }
}

fn named(element: &Element) -> Option<String> {
    let label = element.label.as_str();
    // The name that a form sends a field under is nothing that a person sees.
    if label.is_empty() || attribute(element, "name") == Some(label) {
        return None;
    }
    // A name that was cut is looked for as the beginning that it is.
    let name = match label.strip_suffix('…') {
        Some(beginning) => format!("name: {}", quoted(beginning)),
        None => format!("name: {}, exact: true", quoted(label)),
    };
    if ROLES.contains(&element.role.as_str()) && !is_password(element) {
        return Some(format!("page.getByRole({}, {{ {name} }})", quoted(&element.role)));
    }
    let is_field = matches!(element.tag.as_str(), "input" | "textarea" | "select");
    is_field.then(|| format!("page.getByLabel({}, {{ exact: true }})", quoted(label)))
}

/// What has no role for Playwright, although timelines give it that of a field.
pub fn is_password(element: &Element) -> bool {
    attribute(element, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("password"))
}

/// The element's attribute of that name.
pub fn attribute<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    element.attrs.iter().find(|attr| attr.name == name).map(|attr| attr.value.as_str())
}

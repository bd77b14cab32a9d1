//! What may be expected of an element.

use hindsight_plugin::{Element, EventKind, Mutation};

/// So many nodes are content, and no decoration.
const CONTENT_NODES: u32 = 10;

/// Labels of controls that are meant to be clicked again and again.
const REPEATABLE: [&str; 34] = [
    "next",
    "previous",
    "prev",
    "more",
    "less",
    "add",
    "remove",
    "delete",
    "increase",
    "decrease",
    "increment",
    "decrement",
    "plus",
    "minus",
    "undo",
    "redo",
    "zoom",
    "skip",
    "forward",
    "back",
    "backward",
    "up",
    "down",
    "left",
    "right",
    "like",
    "vote",
    "load",
    "show",
    "page",
    "month",
    "year",
    "weiter",
    "zurück",
];
/// Files that a browser saves: the page does not change.
const SAVED: [&str; 12] =
    [".pdf", ".zip", ".csv", ".xlsx", ".xls", ".docx", ".doc", ".pptx", ".gz", ".ics", ".mp3", ".mp4"];
/// Parts of class names that say: you are here, or not now.
const RESTING: [&str; 5] = ["active", "selected", "current", "disabled", "checked"];

/// Whether the visitor did something, beside moving the pointer.
pub fn is_act(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Click(_)
            | EventKind::Input(_)
            | EventKind::Scroll(_)
            | EventKind::Selection(_)
            | EventKind::PageView(_)
    )
}

/// Whether a mutation brought content.
pub fn is_content(mutation: &Mutation) -> bool {
    mutation.added.saturating_add(mutation.removed) >= CONTENT_NODES
}

/// Whether a person may click here many times and mean it.
pub fn is_repeatable(element: &Element) -> bool {
    let label = element.label.to_lowercase();
    let letters = label.chars().filter(|char| char.is_alphabetic()).count();
    let mut words = label.split(|char: char| !char.is_alphanumeric());
    letters < 3
        || matches!(
            element.role.as_str(),
            "slider" | "spinbutton" | "scrollbar" | "option" | "tab" | "switch" | "checkbox"
        )
        || words.any(|word| REPEATABLE.contains(&word))
}

/// Whether it is there to be read.
pub fn is_text(element: &Element) -> bool {
    !element.interactive && !matches!(element.tag.as_str(), "img" | "picture" | "svg" | "path" | "canvas")
}

/// Whether a click here has an effect that no recording shows, or none for a good reason.
pub fn answers_unseen(element: &Element, page: &str) -> bool {
    let is_native = match element.tag.as_str() {
        "input" => !matches!(element.attr("type"), Some("button" | "submit" | "reset" | "image")),
        tag => matches!(
            tag,
            "canvas"
                | "video"
                | "audio"
                | "iframe"
                | "object"
                | "embed"
                | "select"
                | "option"
                | "textarea"
                | "label"
                | "html"
                | "body"
        ),
    };
    let is_control = matches!(
        element.role.as_str(),
        "textbox"
            | "searchbox"
            | "combobox"
            | "slider"
            | "spinbutton"
            | "listbox"
            | "option"
            | "application"
            | "scrollbar"
    );
    is_native
        || is_control
        || is_resting(element)
        || element.attr("download").is_some()
        || element.attr("href").is_some_and(|href| is_quiet_link(href, page))
}

/// Whether it is where the visitor already is, or switched off.
fn is_resting(element: &Element) -> bool {
    let is_true = |name: &str| element.attr(name).is_some_and(|value| value != "false");
    let class = element.attr("class").unwrap_or_default().to_lowercase();
    let mut words = class.split(|char: char| !char.is_ascii_alphanumeric());
    is_true("aria-current")
        || is_true("aria-selected")
        || is_true("aria-disabled")
        || is_true("aria-checked")
        || words.any(|word| RESTING.contains(&word))
}

/// Links that open another program, save a file, or lead to where the visitor is.
fn is_quiet_link(href: &str, page: &str) -> bool {
    let href = href.trim();
    let is_fragment = href.len() > 1 && href.starts_with('#');
    let plain = href.split(['?', '#']).next().unwrap_or_default().to_lowercase();
    is_fragment
        || ["mailto:", "tel:", "sms:", "blob:", "data:"].iter().any(|scheme| href.starts_with(scheme))
        || SAVED.iter().any(|ending| plain.ends_with(ending))
        || !page.is_empty() && href == page
}

/// Whether an element is marked as wrongly filled in.
pub fn is_invalid(element: &Element) -> bool {
    element.attr("aria-invalid").is_some_and(|value| !matches!(value, "false" | ""))
        || has_class_word(element, &["invalid", "error", "err"])
}

/// Whether an element tells what is wrong.
pub fn is_alert(element: &Element) -> bool {
    element.role == "alert" || has_class_word(element, &["invalid", "error", "errors", "err", "danger"])
}

fn has_class_word(element: &Element, words: &[&str]) -> bool {
    let class = element.attr("class").unwrap_or_default().to_lowercase();
    class.split(|char: char| !char.is_ascii_alphanumeric()).any(|word| words.contains(&word))
}

/// Whether text is typed here.
pub fn is_field(element: &Element) -> bool {
    match element.tag.as_str() {
        "textarea" | "select" => true,
        "input" => !matches!(element.attr("type"), Some("button" | "submit" | "reset" | "image" | "hidden")),
        _ => matches!(element.role.as_str(), "textbox" | "combobox" | "spinbutton"),
    }
}

/// Whether a field looks for something: leaving it half filled means nothing.
pub fn is_search(element: &Element) -> bool {
    let text = format!("{} {}", element.label, element.attr("name").unwrap_or_default()).to_lowercase();
    element.role == "searchbox"
        || element.attr("type") == Some("search")
        || ["search", "filter", "find", "such", "recherche", "buscar", "zoek", "cerca", "pesquis"]
            .iter()
            .any(|word| text.contains(word))
}

/// Whether a click here sends what was filled in.
pub fn is_submit(element: &Element) -> bool {
    let is_button =
        element.tag == "button" || element.role == "button" || element.tag == "input" && !is_field(element);
    is_button && !is_dismissal(element)
}

/// Whether a click here gives up what was filled in.
fn is_dismissal(element: &Element) -> bool {
    let label = element.label.to_lowercase();
    let words = [
        "cancel",
        "close",
        "dismiss",
        "back",
        "reset",
        "menu",
        "abbrechen",
        "schließen",
        "annuler",
        "cancelar",
    ];
    matches!(element.attr("type"), Some("reset"))
        || words.iter().any(|word| label.contains(word))
        || label.trim() == "×"
}

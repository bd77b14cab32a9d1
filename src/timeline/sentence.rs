//! Events as lines that people read: in the replay's list and on the command line.

use super::event::{Button, Element, Event, Kind, Level, Millis, PageCause};

/// What is quoted is cut to this many characters.
const MOST_QUOTED_CHARS: usize = 120;

/// What happened, in one line.
pub fn sentence(event: &Event) -> String {
    match &event.kind {
        Kind::PageView { url, cause, .. } => match cause {
            PageCause::Load => format!("Opened {}", place(url)),
            PageCause::Reload => format!("Loaded {} again", place(url)),
            PageCause::History | PageCause::Hash => format!("Went to {}", place(url)),
        },
        Kind::Click { target, button, .. } => format!("{} {}", clicked(*button), name(target)),
        Kind::Input { target, value, length, checked, .. } => typed(target, value, *length, *checked),
        Kind::Focus { target } => format!("Entered {}", name(target)),
        Kind::Blur { target } => format!("Left {}", name(target)),
        Kind::Scroll { target: None, y, .. } => format!("Scrolled the page to {y} px"),
        Kind::Scroll { target: Some(target), x, y } => format!("Scrolled {} to {x}, {y} px", name(target)),
        Kind::Pointer { x, y } => format!("Pointed at {x}, {y}"),
        Kind::Resize { width, height } => format!("Resized the window to {width} × {height}"),
        Kind::Mutation { added, removed, texts, attributes, .. } => changed(&[
            (*added, "node added", "nodes added"),
            (*removed, "node removed", "nodes removed"),
            (*texts, "text", "texts"),
            (*attributes, "attribute", "attributes"),
        ]),
        Kind::Selection { text } => format!("Selected {}", quoted(text)),
        Kind::Copy { text } => format!("Copied {}", quoted(text)),
        Kind::Hidden => "Left the page in the background".to_owned(),
        Kind::Visible => "Came back to the page".to_owned(),
        Kind::Idle { lasted } => format!("Did nothing for {}", duration(*lasted)),
        said => said_in_words(said),
    }
}

fn said_in_words(kind: &Kind) -> String {
    match kind {
        Kind::Console { level, text, .. } => {
            let level = match level {
                Level::Debug => "debug",
                Level::Info => "info",
                Level::Warn => "warning",
                Level::Error => "error",
            };
            format!("Console {level}: {}", short(text))
        }
        Kind::Error { text, .. } => format!("Error: {}", short(text)),
        Kind::Request { method, url, status: 0, .. } => format!("No answer to {method} {}", place(url)),
        Kind::Request { method, url, status, took } if *status < 400 => {
            format!("{method} {} took {}", place(url), duration(*took))
        }
        Kind::Request { method, url, status, .. } => format!("{method} {} answered {status}", place(url)),
        Kind::Prompt { text, .. } => format!("Asked {}", quoted(text)),
        Kind::Reply { text, answered: Some(false), .. } => format!("No answer: {}", quoted(text)),
        Kind::Reply { text, .. } => format!("Was answered {}", quoted(text)),
        Kind::Feedback { value, .. } if *value < 0 => "Found the answer bad".to_owned(),
        Kind::Feedback { .. } => "Found the answer good".to_owned(),
        Kind::Identify { id, .. } => format!("Is {}", quoted(id)),
        Kind::Custom { name, .. } => format!("Event {}", quoted(name)),
        other => format!("{:?}", other.name()),
    }
}

fn clicked(button: Button) -> &'static str {
    match button {
        Button::Primary => "Clicked",
        Button::Secondary => "Right-clicked",
        Button::Middle => "Middle-clicked",
        Button::Double => "Double-clicked",
        Button::Tap => "Tapped",
    }
}

fn typed(target: &Element, value: &str, length: u32, checked: Option<bool>) -> String {
    let name = name(target);
    match checked {
        Some(true) => return format!("Checked {name}"),
        Some(false) => return format!("Unchecked {name}"),
        None => {}
    }
    match &*target.tag {
        _ if length == 0 => format!("Emptied {name}"),
        "select" if value.is_empty() => format!("Chose in {name}"),
        "select" => format!("Chose {} in {name}", quoted(value)),
        _ if target.role == "slider" && value.is_empty() => format!("Moved {name}"),
        _ if target.role == "slider" => format!("Moved {name} to {}", short(value)),
        _ => format!("Typed {} into {name}", counted(length, "character", "characters")),
    }
}

/// What an element is called in a sentence: its role or tag, and its label.
fn name(element: &Element) -> String {
    let what = match &*element.role {
        "textbox" | "searchbox" | "combobox" | "spinbutton" => "field",
        "" => &element.tag,
        role => role,
    };
    match (what, &*element.label) {
        ("", "") => "something that has gone".to_owned(),
        ("field", label) if !label.is_empty() => quoted(label),
        (what, "") => match &*element.selector {
            "" => format!("a {what}"),
            selector => format!("{what} {selector}"),
        },
        (what, label) => format!("{what} {}", quoted(label)),
    }
}

fn changed(counts: &[(u32, &str, &str)]) -> String {
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| counted(*count, one, many))
        .collect();
    if parts.is_empty() {
        "The page changed".to_owned()
    } else {
        format!("Page changed: {}", parts.join(", "))
    }
}

fn counted(count: u32, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A URL without what is the same on the whole site.
fn place(url: &str) -> String {
    let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|slash| &rest[slash..]));
    short(path.unwrap_or(url))
}

fn quoted(text: &str) -> String {
    format!("“{}”", short(text))
}

/// One line of it, cut.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn duration(millis: Millis) -> String {
    let seconds = millis / 1000;
    match seconds {
        0 => format!("{millis} ms"),
        1..60 => format!("{}.{} s", seconds, millis % 1000 / 100),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn element(tag: &str, role: &str, label: &str) -> Arc<Element> {
        Arc::new(Element {
            tag: tag.to_owned(),
            role: role.to_owned(),
            label: label.to_owned(),
            selector: "#it".to_owned(),
            ..Element::default()
        })
    }

    fn said(kind: Kind) -> String {
        sentence(&Event { at: 0, page: 0, kind })
    }

    #[test]
    fn events_read_as_sentences() {
        let click = |target, button| said(Kind::Click { target, button, x: 0, y: 0 });
        assert_eq!(
            click(element("button", "button", "Place order"), Button::Primary),
            "Clicked button “Place order”"
        );
        assert_eq!(click(element("div", "", ""), Button::Double), "Double-clicked div #it");
        assert_eq!(click(Arc::default(), Button::Tap), "Tapped something that has gone");
        let input = |target, length, checked| {
            let (value, edits, since) = (String::new(), 1, 0);
            said(Kind::Input { target, value, length, checked, edits, since })
        };
        assert_eq!(
            input(element("input", "textbox", "E-mail"), 12, None),
            "Typed 12 characters into “E-mail”"
        );
        assert_eq!(input(element("input", "textbox", "E-mail"), 0, None), "Emptied “E-mail”");
        assert_eq!(input(element("input", "checkbox", "Gift"), 2, Some(true)), "Checked checkbox “Gift”");
        let view = Kind::PageView {
            url: "https://shop.example/cart?x=1".to_owned(),
            title: String::new(),
            cause: PageCause::History,
            width: 0,
            height: 0,
        };
        assert_eq!(said(view), "Went to /cart?x=1");
        assert_eq!(said(Kind::Idle { lasted: 65_300 }), "Did nothing for 1 min 5 s");
        assert_eq!(
            said(Kind::Mutation { added: 1, removed: 0, texts: 2, attributes: 0, target: None }),
            "Page changed: 1 node added, 2 texts"
        );
    }
}

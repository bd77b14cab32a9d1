//! How findings say things.

use hindsight_plugin::{Element, Millis};

/// Longer labels and messages are cut.
const LONGEST: usize = 60;

/// An element as a person would call it: “Place order”, or the kind of thing that it is.
pub fn name(element: &Element) -> String {
    let label = element.label.trim();
    if !label.is_empty() {
        return format!("“{}”", cut(label));
    }
    let what = match (element.role.as_str(), element.tag.as_str()) {
        ("button", _) | (_, "button") => "a button",
        ("link", _) | (_, "a") => "a link",
        (_, "img" | "svg" | "picture") => "a picture",
        (_, "input" | "textarea" | "select") => "a field",
        _ => "an element",
    };
    format!("{what} ({})", cut(&element.selector))
}

/// The first characters of a text, on one line.
pub fn cut(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = line.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// "0.8 s", "12 s", "3 min".
pub fn span(millis: Millis) -> String {
    match millis {
        0..10_000 => format!("{:.1} s", f64::from(millis) / 1000.0),
        10_000..120_000 => format!("{} s", millis / 1000),
        _ => format!("{} min", millis / 60_000),
    }
}

/// The path of a URL: people know their site's host.
pub fn path(url: &str) -> &str {
    let rest =
        url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("/", |slash| &rest[slash..]));
    rest.split_once('?').map_or(rest, |(path, _)| path)
}

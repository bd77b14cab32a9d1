//! Where texts may stand: which attributes and which values hold what people wrote.

use crate::masking::Place;

/// Where the value of an attribute stands; `None` when no person wrote it.
pub(super) fn of_attribute(tag: &str, name: &str, is_svg: bool) -> Option<Place> {
    match name {
        _ if is_shape(name) => None,
        "value" if is_field(tag) => Some(Place::InputValue),
        "href" | "src" | "srcset" | "action" | "formaction" | "poster" | "background" | "cite" | "data"
        | "ping" | "rr_src" | "xlink:href" | "longdesc" => Some(Place::Url),
        "aria-label"
        | "aria-description"
        | "aria-placeholder"
        | "aria-valuetext"
        | "aria-roledescription" => Some(Place::Attribute),
        _ if name.starts_with("aria-") => None,
        // A drawing is made of numbers; what people read in it stands in its texts.
        _ if is_svg && !name.starts_with("data-") && name != "title" => None,
        _ => Some(Place::Attribute),
    }
}

/// Whether an attribute gives an element its looks, its part in the page, or its code.
fn is_shape(name: &str) -> bool {
    let is_known = matches!(
        name,
        "class"
            | "style"
            | "id"
            | "type"
            | "name"
            | "for"
            | "role"
            | "part"
            | "slot"
            | "dir"
            | "lang"
            | "hidden"
            | "disabled"
            | "readonly"
            | "required"
            | "open"
            | "multiple"
            | "tabindex"
            | "autocomplete"
            | "inputmode"
            | "maxlength"
            | "minlength"
            | "size"
            | "sizes"
            | "rows"
            | "cols"
            | "width"
            | "height"
            | "colspan"
            | "rowspan"
            | "nonce"
            | "integrity"
            | "rel"
            | "target"
            | "media"
            | "method"
            | "enctype"
            | "charset"
            | "as"
            | "is"
            | "form"
            | "list"
            | "headers"
            | "scope"
            | "align"
            | "valign"
            | "color"
            | "bgcolor"
            | "border"
            | "loading"
            | "decoding"
            | "rr_width"
            | "rr_height"
            | "rr_dataURL"
    );
    let is_marked = ["_", "on", "data-rr-", "rr_media", "rr_scroll", "rr_open", "xmlns"];
    is_known || is_marked.iter().any(|mark| name.starts_with(mark))
}

/// Whether people type into it.
pub(super) fn is_field(tag: &str) -> bool {
    matches!(tag, "input" | "textarea" | "select") || tag.contains('-')
}

/// Whether an address is a picture, a font, a script: bytes, not words.
pub(super) fn is_bytes(url: &str) -> bool {
    let Some(rest) = url.trim_start().get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:")) else {
        return url.starts_with("blob:");
    };
    let rest = url.trim_start().strip_prefix(rest).unwrap_or_default();
    !rest.starts_with("text/")
}

/// Where a value stands that the page or the recorder said under a key.
pub(super) fn of_key(key: &str, otherwise: Place) -> Place {
    match key {
        "href" | "url" | "src" | "referrer" | "location" => Place::Url,
        "title" => Place::Title,
        _ => otherwise,
    }
}

/// Where the values of a custom event stand, by the event's tag.
pub(super) fn of_custom(tag: &str) -> Place {
    match tag {
        "hindsight.prompt" => Place::Prompt,
        "hindsight.reply" => Place::Reply,
        "hindsight.console" | "hindsight.error" => Place::Console,
        "hindsight.copy" => Place::Text,
        _ => Place::Custom,
    }
}

/// Where the values of a plugin of the recorder stand, by its name.
pub(super) fn of_recorder_plugin(name: &str) -> Place {
    if name.starts_with("rrweb/console") { Place::Console } else { Place::Custom }
}

/// How a tag takes part in the flow of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Text goes on through it.
    Inline,
    /// Text ends before it and begins anew in it.
    Block,
    /// No person reads what is in it: style and script.
    Machine,
}

/// How the element takes part in the flow of text.
pub(super) fn flow_of(tag: &str) -> Flow {
    match tag {
        "a" | "abbr" | "b" | "bdi" | "bdo" | "big" | "cite" | "code" | "data" | "del" | "dfn" | "em"
        | "font" | "i" | "ins" | "kbd" | "label" | "mark" | "output" | "q" | "s" | "samp" | "small"
        | "span" | "strike" | "strong" | "sub" | "sup" | "time" | "tt" | "u" | "var" | "wbr" | "tspan" => {
            Flow::Inline
        }
        "style" | "script" => Flow::Machine,
        _ => Flow::Block,
    }
}

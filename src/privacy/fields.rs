//! Which fields hold secrets, and which attributes hold what.
//!
//! As `browser/recorder/privacy/{secrets,attributes}.ts` have it.

use std::sync::LazyLock;

use regex::Regex;

/// Fields, and parameters of addresses, that say by their name what they are for.
static SECRET_NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)passw|pwd|passcode|card-?num|cvc|cvv|(?-u:\b)otp|[-_]otp").expect("a right expression")
});

/// Passwords, one-time codes and all of a payment card, by the names HTML gives them.
static SECRET_AUTOCOMPLETE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(^|\s)(cc-|one-time-code|(current|new)-password)").expect("a right expression")
});

/// Where pages leave tokens for their scripts to find.
static TOKEN_META: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("(?i)csrf|xsrf|token|nonce|verif").expect("a right expression"));

/// What of an element tells whether it holds a secret.
#[derive(Debug, Default)]
pub(super) struct Signs<'a> {
    pub kind: &'a str,
    pub autocomplete: &'a str,
    pub names: [&'a str; 2],
    /// rrweb leaves a mark on a field whose type it saw change.
    pub was_password: bool,
}

impl Signs<'_> {
    /// Whether it is a password's field, whose name says so of others.
    pub fn is_password(&self) -> bool {
        self.kind.eq_ignore_ascii_case("password") || self.was_password
    }

    /// Whether what is in it is never stored.
    pub fn is_secret(&self, tag: &str) -> bool {
        if !is_field(tag) {
            return false;
        }
        let plain = tag.eq_ignore_ascii_case("input")
            && (self.kind.is_empty() || self.kind.eq_ignore_ascii_case("text"));
        self.is_password()
            || self.kind.eq_ignore_ascii_case("hidden")
            || SECRET_AUTOCOMPLETE.is_match(self.autocomplete)
            || (plain && self.names.iter().any(|name| is_secret_name(name)))
    }
}

pub(super) fn is_secret_name(name: &str) -> bool {
    !name.is_empty() && SECRET_NAME.is_match(name)
}

/// Whether attributes say that their element is a field, and a secret one: also of one that
/// nothing is known of.
pub(super) fn is_only_of_fields(kind: &str, autocomplete: &str, name: &str) -> bool {
    kind.eq_ignore_ascii_case("password")
        || SECRET_AUTOCOMPLETE.is_match(autocomplete)
        || is_secret_name(name)
}

pub(super) fn is_token_meta(name: &str) -> bool {
    TOKEN_META.is_match(name)
}

/// Whether people type or choose in it. Custom elements take the attributes of the field they wrap.
pub(super) fn is_field(tag: &str) -> bool {
    ["input", "textarea", "select"].iter().any(|field| tag.eq_ignore_ascii_case(field)) || tag.contains('-')
}

/// Whether its value is its label.
pub(super) fn is_button(tag: &str, kind: &str) -> bool {
    tag.eq_ignore_ascii_case("button")
        || ["button", "submit", "reset"].iter().any(|button| kind.eq_ignore_ascii_case(button))
}

/// Whether `strict` leaves out what it shows.
pub(super) fn is_media(tag: &str) -> bool {
    ["img", "picture", "source", "image", "video", "audio", "canvas", "object", "embed", "iframe"]
        .iter()
        .any(|media| tag.eq_ignore_ascii_case(media))
}

/// What an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// Looks, or a part in the page: never touched.
    Shape,
    /// What is in a field.
    Value,
    /// What people read.
    Text,
    Address,
    /// A picture in itself.
    Picture,
    /// What pages keep for themselves.
    Other,
}

/// What an attribute of this name holds.
pub(super) fn holds(name: &str) -> Holds {
    match name {
        // Most attributes are one of these.
        "class" | "id" | "style" => Holds::Shape,
        "value" => Holds::Value,
        "title" | "alt" | "label" | "placeholder" | "content" | "summary" | "aria-label"
        | "aria-description" | "aria-placeholder" | "aria-valuetext" | "srcdoc" => Holds::Text,
        "href" | "src" | "srcset" | "action" | "formaction" | "poster" | "background" | "cite" | "data"
        | "ping" | "rr_src" | "xlink:href" => Holds::Address,
        "rr_dataURL" => Holds::Picture,
        "type" | "name" | "for" | "role" | "part" | "slot" | "dir" | "lang" | "hidden" | "disabled"
        | "readonly" | "required" | "open" | "multiple" | "tabindex" | "autocomplete" | "inputmode"
        | "maxlength" | "size" | "rows" | "cols" | "width" | "height" | "colspan" | "rowspan" | "checked"
        | "selected" | "integrity" | "rel" | "media" | "charset" => Holds::Shape,
        _ if name.starts_with(['_']) || name.starts_with("rr_") || name.starts_with("data-rr-") => {
            Holds::Shape
        }
        _ if name.starts_with("aria-") => Holds::Shape,
        _ => Holds::Other,
    }
}

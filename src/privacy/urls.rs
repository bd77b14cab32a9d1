//! Addresses, as far as they may be seen.
//!
//! As in `browser/recorder/privacy`: the path stays as it is, for it names the page.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::fields;
use super::words::{Found, Words};
use crate::model::text_rules::Kind;

/// What stands in place of a secret.
pub(super) const SECRET_MASK: &str = "********";

static PARAMETER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"([?&;#])([^=?&;#]+)=([^&;#]+)").expect("a right expression"));
static CONTACT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?is)^(mailto|tel|sms):.+").expect("a right expression"));

/// What becomes of an address.
#[derive(Clone, Copy, Debug)]
pub(super) enum Showing<'w> {
    /// It is shown without the parameters that hold secrets.
    Open,
    /// Also without what looks like personal data.
    Without(&'w Words),
    /// Without the parts that carry values.
    Bare,
}

/// Whether an address is its own content.
pub(super) fn is_inline(url: &str) -> bool {
    let start = url.trim_start().as_bytes();
    [&b"data:"[..], b"blob:"]
        .iter()
        .any(|scheme| start.get(..scheme.len()).is_some_and(|found| found.eq_ignore_ascii_case(scheme)))
}

/// The address as it may be seen; says what of it was hidden.
pub(super) fn shown<'u>(
    url: &'u str,
    showing: Showing<'_>,
    mut told: impl FnMut(&'static str),
) -> Cow<'u, str> {
    if is_inline(url) {
        return Cow::Borrowed(url);
    }
    match showing {
        Showing::Open => without_secrets(url, &mut told),
        Showing::Bare => bare(url, &mut told).into(),
        Showing::Without(words) => {
            let contact = without_contact(url, words, &mut told);
            let open = without_secrets(&contact, &mut told);
            without_words(&open, words, |found| told(found.name())).into()
        }
    }
}

fn without_contact(url: &str, words: &Words, told: &mut impl FnMut(&'static str)) -> String {
    if words.kinds.is_empty() || !CONTACT.is_match(url) {
        return url.to_owned();
    }
    told("address");
    CONTACT.replace(url, "$1:").into_owned()
}

fn bare(url: &str, told: &mut impl FnMut(&'static str)) -> String {
    let contact = CONTACT.replace(url, "$1:");
    let end = contact.find(['?', '#']).unwrap_or(contact.len());
    if end < url.len() {
        told("address");
    }
    contact[..end].to_owned()
}

fn without_secrets<'u>(url: &'u str, told: &mut impl FnMut(&'static str)) -> Cow<'u, str> {
    if !url.contains('=') || !fields::is_secret_name(url) {
        return Cow::Borrowed(url);
    }
    let mut clean = |parameter: &Captures<'_>| {
        let (mark, name, value) = (&parameter[1], &parameter[2], &parameter[3]);
        if value == SECRET_MASK || !fields::is_secret_name(name) {
            return parameter[0].to_owned();
        }
        told("secret");
        format!("{mark}{name}={SECRET_MASK}")
    };
    PARAMETER.replace_all(url, &mut clean)
}

/// Values go wherever they stand, e-mail addresses and card numbers from the path as well.
fn without_words(url: &str, words: &Words, mut told: impl FnMut(Found)) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (path, values) = url.split_at(end);
    let path = words.only(&[Kind::Email, Kind::Card]).hide(path, &mut told).into_owned();
    let values = words.hide(values, &mut told);
    // What is written in another way is read as a person would read it.
    if !values.contains(['%', '+']) {
        return path + &values;
    }
    let hidden = values.split_inclusive(['&', ';', '?', '#']).map(|part| {
        let (value, mark) = match part.char_indices().next_back() {
            Some((at, last)) if "&;?#".contains(last) => part.split_at(at),
            _ => (part, ""),
        };
        hidden_value(value, words, &mut told) + mark
    });
    path + &hidden.collect::<String>()
}

/// `name=value` without what its value says once its percent signs are read.
fn hidden_value(part: &str, words: &Words, told: &mut impl FnMut(Found)) -> String {
    let (name, value) =
        part.split_once('=').map_or(("", part), |(name, value)| (&part[..=name.len()], value));
    if !value.contains(['%', '+']) {
        return part.to_owned();
    }
    let plus = value.replace('+', " ");
    let read = percent_encoding::percent_decode_str(&plus).decode_utf8_lossy();
    let mut found_any = false;
    let hidden = words.hide(&read, |found| {
        found_any = true;
        told(found);
    });
    if !found_any {
        return part.to_owned();
    }
    // Nothing that is put between words may join them to others.
    name.to_owned() + &hidden.replace(['&', ';', '?', '#', '%', '+', ' '], "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(url: &str) -> String {
        let words = Words { kinds: Kind::ALL.to_vec(), ..Words::default() };
        let once = shown(url, Showing::Without(&words), |_| {}).into_owned();
        assert_eq!(shown(&once, Showing::Without(&words), |what| panic!("{what} twice")), once);
        once
    }

    #[test]
    fn values_go_and_the_path_stays() {
        assert_eq!(hidden("https://x/orders/1234567?page=2"), "https://x/orders/1234567?page=2");
        assert_eq!(hidden("https://x/?q=ada@x.org&n=1234567#a"), "https://x/?q=*********&n=*******#a");
        assert_eq!(hidden("/?q=ada%40x.org&p=1"), "/?q=*********&p=1");
        assert_eq!(hidden("/?c=4111+1111+1111+1111"), "/?c=*******************");
        assert_eq!(hidden("/u/ada@x.org/4111111111111111"), "/u/*********/****************");
        assert_eq!(hidden("mailto:ada@x.org?subject=hi"), "mailto:");
        assert_eq!(hidden("/?password=hunter&x_otp=12"), "/?password=********&x_otp=********");
        assert_eq!(hidden("data:text/plain,ada@x.org"), "data:text/plain,ada@x.org");
    }

    #[test]
    fn a_bare_address_carries_no_value() {
        let bare = |url| shown(url, Showing::Bare, |_| {});
        assert_eq!(
            (bare("/a?b#c"), bare("tel:+49123"), bare("/a")),
            ("/a".into(), "tel:".into(), "/a".into())
        );
        let open = |url| shown(url, Showing::Open, |_| {});
        assert_eq!(open("/?cvc=123&q=ada@x.org"), "/?cvc=********&q=ada@x.org");
    }
}

//! E-mail addresses, plain or with an encoded "@" as in URLs.

use crate::text::Found;

/// What follows an "@" in the name of a file: "logo@2x.png".
const FILE_ENDINGS: [&str; 18] = [
    "png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "ico", "css", "js", "mjs", "ts", "map", "json",
    "html", "md", "tgz", "wasm",
];
/// Longer parts are no address (RFC 5321 allows 64 octets before the "@").
const LONGEST_LOCAL: usize = 64;

/// All addresses in a text.
pub fn find(text: &str) -> Vec<Found> {
    let plain = text.match_indices('@').map(|(at, sign)| (at, sign.len()));
    let encoded = text.match_indices("%40").map(|(at, sign)| (at, sign.len()));
    plain.chain(encoded).filter_map(|(at, length)| address(text, at, length)).collect()
}

fn address(text: &str, at: usize, sign: usize) -> Option<Found> {
    let start = local_part(text, at)?;
    let end = domain(text, at + sign)?;
    let is_login =
        text[..start].ends_with("://") || text[..start].ends_with(':') && text[..start].contains("://");
    let is_repository = &text[start..at] == "git" && text[end..].starts_with([':', '/']);
    (!is_login && !is_repository).then_some(Found { range: start..end, kind: "email" })
}

/// Where the part before the "@" begins.
fn local_part(text: &str, at: usize) -> Option<usize> {
    let allowed = |char: char| char.is_alphanumeric() || "._+'-!#$&*".contains(char);
    let local = text[..at].char_indices().rev().take(LONGEST_LOCAL).take_while(|(_, char)| allowed(*char));
    let start = local.last()?.0;
    // A quote, a dot or an operator that happens to touch the address is not part of it.
    let skipped = text[start..at].find(char::is_alphanumeric)?;
    Some(start + skipped)
}

/// Where the domain ends: labels with dots between them, the last of letters alone.
fn domain(text: &str, from: usize) -> Option<usize> {
    let rest = &text[from..];
    let allowed = |char: char| char.is_alphanumeric() || char == '.' || char == '-';
    let length = rest.find(|char| !allowed(char)).unwrap_or(rest.len());
    let name = rest[..length].trim_end_matches(['.', '-']);
    let (labels, top) = name.rsplit_once('.')?;
    let is_top = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic);
    let is_name = labels.split('.').all(|label| !label.is_empty() && !label.starts_with('-'));
    let is_file = FILE_ENDINGS.iter().any(|ending| top.eq_ignore_ascii_case(ending));
    (is_top && is_name && !is_file).then_some(from + name.len())
}

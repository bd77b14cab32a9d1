//! Secrets that look like tokens: by their known beginnings, by what stands before them, and
//! long random words where no page writes them for reading.

use std::ops::Range;

use hindsight_plugin::{Place, Span};

use crate::random::is_random;
use crate::text::{Found, before, runs, stands_alone};

/// Beginnings that their makers chose to be found by, and the fewest characters behind each.
const BEGINNINGS: [(&str, usize); 34] = [
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("rk_live_", 16),
    ("rk_test_", 16),
    ("whsec_", 16),
    ("AKIA", 16),
    ("ASIA", 16),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 22),
    ("glpat-", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("xoxa-", 16),
    ("xoxs-", 16),
    ("xapp-", 16),
    ("sk-ant-", 20),
    ("sk-proj-", 20),
    ("sk-", 32),
    ("AIza", 32),
    ("ya29.", 20),
    ("npm_", 30),
    ("pypi-", 40),
    ("SG.", 30),
    ("shpat_", 24),
    ("dop_v1_", 32),
    ("hf_", 30),
    ("glsa_", 24),
    ("EAACEdEose0cBA", 8),
    ("AGE-SECRET-KEY-1", 20),
    ("PMAK-", 30),
];
/// What stands before a value that is a secret.
const NAMES: [&str; 14] = [
    "token",
    "secret",
    "password",
    "passwd",
    "pwd",
    "api key",
    "api_key",
    "apikey",
    "api-key",
    "access key",
    "auth",
    "bearer",
    "credential",
    "private key",
];
/// The fewest characters of a value that a name calls a secret.
const SHORTEST_NAMED: usize = 8;
/// Attributes whose values nobody reads, and that addresses or scripts need.
const TECHNICAL: [&str; 8] = ["src", "srcset", "href", "action", "integrity", "nonce", "d", "points"];

/// All tokens in a text.
pub fn find(span: &Span) -> Vec<Found> {
    let text = span.text.as_str();
    let mut found = private_keys(text);
    for word in runs(text, is_token_byte) {
        let word = trimmed(text, word);
        if is_known(text, &word)
            || is_web_token(&text[word.clone()])
            || is_named(span, &word)
            || is_bare(span, &word)
        {
            found.push(Found { range: word, kind: "secret" });
        }
    }
    found
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.+/".contains(&byte)
}

/// Without the sentence's full stop.
fn trimmed(text: &str, word: Range<usize>) -> Range<usize> {
    let inside = &text[word.clone()];
    let start = word.start + (inside.len() - inside.trim_start_matches(['.', '/', '-', '+']).len());
    let end = word.start + inside.trim_end_matches(['.', '/', '-', '+']).len();
    start.min(end)..end
}

fn is_known(text: &str, word: &Range<usize>) -> bool {
    let token = &text[word.clone()];
    BEGINNINGS.iter().any(|(beginning, fewest)| {
        token.strip_prefix(beginning).is_some_and(|rest| {
            let is_body = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
            let has_digit = rest.bytes().any(|byte| byte.is_ascii_digit());
            rest.len() >= *fewest && is_body && has_digit && stands_alone(text, word)
        })
    })
}

/// A JSON Web Token: a header that begins with `{"`, and two parts behind it.
fn is_web_token(token: &str) -> bool {
    let parts: Vec<&str> = token.split('.').collect();
    let is_base64 =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    matches!(parts.as_slice(), [header, body, _] if header.starts_with("eyJ") && header.len() >= 10 && body.len() >= 10)
        && parts.iter().all(|part| is_base64(part))
}

/// "password: hunter2trombone" where machines talk, "token: <random>" where people read.
fn is_named(span: &Span, word: &Range<usize>) -> bool {
    let token = &span.text[word.clone()];
    if token.len() < SHORTEST_NAMED || !token.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let before = before(&span.text, word.start);
    let name = before.trim_end_matches([' ', '"', '\'', ':', '=']);
    let is_told = name.len() < before.len() && NAMES.iter().any(|known| name.ends_with(known));
    let is_talk = matches!(span.place, Place::Console | Place::Custom | Place::Prompt);
    is_told && (is_random(token) || is_talk && !token.contains('/'))
}

/// A long random word where no page writes one for reading: checksums in texts stay.
fn is_bare(span: &Span, word: &Range<usize>) -> bool {
    let token = &span.text[word.clone()];
    let is_hidden_place = match span.place {
        Place::InputValue | Place::Console | Place::Prompt | Place::Custom => true,
        Place::Attribute => !TECHNICAL.contains(&span.name.as_str()) && !span.name.starts_with("aria-"),
        _ => false,
    };
    is_hidden_place && !token.contains(['/', '.']) && is_random(token) && !is_address(&span.text, word.start)
}

/// Whether a word stands within an address: hashes in the names of files are public.
fn is_address(text: &str, at: usize) -> bool {
    let start = text[..at]
        .rfind(|char: char| char.is_whitespace() || "\"'<>()".contains(char))
        .map_or(0, |gap| gap + 1);
    text.get(start..at).is_some_and(|head| head.contains("://") || head.starts_with('/'))
}

/// Whole blocks from "-----BEGIN … PRIVATE KEY-----" to their end.
fn private_keys(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("PRIVATE KEY-----") {
        let Some(start) = text[..at].rfind("-----BEGIN ") else { continue };
        if found.last().is_some_and(|last: &Found| last.range.end > start) {
            continue;
        }
        let end = text[at..].find("-----END ").map_or(text.len(), |end| {
            let close = at + end + "-----END ".len();
            text[close..].find("-----").map_or(text.len(), |dashes| close + dashes + "-----".len())
        });
        found.push(Found { range: start..end, kind: "secret" });
    }
    found
}

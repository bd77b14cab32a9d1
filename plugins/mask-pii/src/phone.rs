//! Phone numbers, as people write them. Digits alone are no phone number: they need a "+", a
//! shape that nothing else has, or a word beside them that says so.

use std::ops::Range;

use hindsight_plugin::{Place, Span};

use crate::text::{Found, before};

/// The fewest digits of a number that is written out.
pub const FEWEST_DIGITS: usize = 7;
/// The most (ITU-T E.164).
const MOST_DIGITS: usize = 15;
/// The fewest digits behind a "+".
const FEWEST_INTERNATIONAL: usize = 9;
/// What stands before a number that could be anything.
const WORDS: [&str; 20] = [
    "phone",
    "tel",
    "tel.",
    "mobile",
    "mobil",
    "cell",
    "fax",
    "call",
    "sms",
    "whatsapp",
    "telefon",
    "telefono",
    "teléfono",
    "telefone",
    "téléphone",
    "telefoon",
    "handy",
    "ring",
    "hotline",
    "móvil",
];

/// All phone numbers in a text.
pub fn find(span: &Span) -> Vec<Found> {
    let text = span.text.as_str();
    if span.place == Place::Attribute && !span.text.starts_with("tel:") && has_no_prose(&span.name) {
        return Vec::new();
    }
    candidates(text).into_iter().filter(|range| is_phone(text, range)).map(found).collect()
}

fn found(range: Range<usize>) -> Found {
    Found { range, kind: "phone" }
}

/// Addresses and machine-made values are full of digits that are no phone numbers.
fn has_no_prose(attribute: &str) -> bool {
    matches!(attribute, "href" | "src" | "action" | "srcset" | "d" | "points" | "viewBox")
        || attribute.starts_with("data-")
}

/// Runs of digits with what people put between them, from a "+", "(" or digit to a digit.
fn candidates(text: &str) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut current: Option<Range<usize>> = None;
    let mut gap = 0;
    for (at, char) in text.char_indices() {
        match (&mut current, char) {
            (Some(range), '0'..='9') => {
                range.end = at + 1;
                gap = 0;
            }
            (Some(_), ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' | '\u{2011}' | '\u{202f}') if gap < 3 => {
                gap += 1
            }
            (None, '+' | '(' | '0'..='9') => {
                current = Some(at..at + 1);
                gap = 0;
            }
            (range, _) => {
                all.extend(range.take());
                if matches!(char, '+' | '(') {
                    current = Some(at..at + 1);
                    gap = 0;
                }
            }
        }
    }
    all.extend(current);
    all
}

fn is_phone(text: &str, range: &Range<usize>) -> bool {
    let number = &text[range.clone()];
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if !(FEWEST_DIGITS..=MOST_DIGITS).contains(&digits.len()) || !is_apart(text, range) {
        return false;
    }
    let is_link = text[..range.start].ends_with("tel:");
    is_link
        || is_international(number, &digits)
        || is_american(number)
        || is_national(text, range, number, &digits)
}

/// Neither part of a word, a longer number, a path nor an identifier.
fn is_apart(text: &str, range: &Range<usize>) -> bool {
    let touches = |char: char| char.is_alphanumeric() || "_-./,:#=$€£%\\@^*~[{<>".contains(char);
    let before = text[..range.start].chars().next_back();
    let is_link = text[..range.start].ends_with("tel:") || before == Some(':');
    let mut rest = text[range.end..].chars();
    let after = rest.next();
    let goes_on = match after {
        // A full stop or a comma may end the sentence.
        Some('.' | ',' | ':') => rest.next().is_some_and(char::is_alphanumeric),
        Some('-' | ')' | ']' | '>' | '*' | '~') | None => false,
        Some(char) => touches(char),
    };
    (is_link || !before.is_some_and(touches)) && !goes_on
}

/// "+49 151 77001342".
fn is_international(number: &str, digits: &str) -> bool {
    number.starts_with('+')
        && digits.len() >= FEWEST_INTERNATIONAL
        && !digits.starts_with('0')
        && has_single_gaps(number)
}

/// "(555) 010-9999", "555-010-9999", "555.010.9999", each with or without "1-".
fn is_american(number: &str) -> bool {
    let number = number.strip_prefix("1-").or_else(|| number.strip_prefix("1 ")).unwrap_or(number);
    let Some((area, rest)) = split_area(number) else { return false };
    let separated = |separator: char| {
        rest.split_once(separator)
            .is_some_and(|(exchange, line)| are_digits(exchange, 3) && are_digits(line, 4))
    };
    let is_area = are_digits(area, 3) && !area.starts_with(['0', '1']);
    is_area && if number.contains('.') { separated('.') } else { separated('-') }
}

fn split_area(number: &str) -> Option<(&str, &str)> {
    if let Some(inside) = number.strip_prefix('(') {
        let (area, rest) = inside.split_once(')')?;
        return Some((area, rest.trim_start_matches([' ', '-'])));
    }
    let separator = number.get(3..4).filter(|separator| matches!(*separator, "-" | "."))?;
    number.split_once(separator)
}

fn are_digits(part: &str, length: usize) -> bool {
    part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// "0151 77001342", "020 7946 0958", "089/123456"; others beside a word that says so.
fn is_national(text: &str, range: &Range<usize>, number: &str, digits: &str) -> bool {
    if is_announced(text, range.start) {
        return has_single_gaps(number) && !is_date(number);
    }
    let groups: Vec<&str> =
        number.split(|char: char| !char.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let is_shaped = matches!(groups.as_slice(), [area, rest @ ..]
        if (3..=5).contains(&area.len()) && (1..=3).contains(&rest.len())
        && rest.iter().all(|group| (3..=8).contains(&group.len())));
    let is_trunk = digits.starts_with('0') && !digits.starts_with("00");
    is_trunk
        && is_shaped
        && !number.contains('.')
        && (10..=12).contains(&digits.len())
        && has_single_gaps(number)
}

/// Whether the words before say that a phone number comes.
fn is_announced(text: &str, at: usize) -> bool {
    let before = before(text, at);
    let words =
        before.split(|char: char| !(char.is_alphanumeric() || char == '.')).filter(|word| !word.is_empty());
    words.rev().take(3).any(|word| WORDS.contains(&word))
}

/// "2024-01-05", "01.02.2024", "2019-2024".
fn is_date(number: &str) -> bool {
    let groups: Vec<&str> = number.split(['-', '.', '/', ' ']).collect();
    let is_year = |group: &str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    groups.len() <= 3
        && groups.iter().any(|group| is_year(group))
        && groups.iter().all(|group| group.len() <= 4)
}

/// One sign between two groups, but for parentheses.
fn has_single_gaps(number: &str) -> bool {
    let mut gap = 0;
    for char in number.chars() {
        gap = if char.is_ascii_digit() || matches!(char, '(' | ')' | '+') { 0 } else { gap + 1 };
        if gap > 1 {
            return false;
        }
    }
    true
}

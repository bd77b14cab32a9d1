//! CSS selectors, as far as one element by itself tells whether it matches: its tag, id,
//! classes and attributes. What asks for more is left to the recorder, which has the page.

use std::borrow::Cow;

/// A list of selectors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selectors(Vec<Vec<Test>>);

/// One thing that an element must be or have.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Tag(String),
    Id(String),
    Class(String),
    /// An attribute; with an operator, something of its value.
    Attribute(String, Option<(char, String)>),
}

impl Selectors {
    /// Reads a list that was checked when it was typed. Of its selectors those are taken
    /// that one element can answer.
    pub fn read(text: &str) -> Self {
        Self(split(text).into_iter().filter_map(compound).collect())
    }

    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an element matches one of them.
    pub fn match_element<'a>(&self, tag: &str, attribute: impl Fn(&str) -> Option<Cow<'a, str>>) -> bool {
        self.0.iter().any(|tests| tests.iter().all(|test| test.fits(tag, &attribute)))
    }
}

impl Test {
    fn fits<'a>(&self, tag: &str, attribute: impl Fn(&str) -> Option<Cow<'a, str>>) -> bool {
        match self {
            Self::Tag(wanted) => wanted == "*" || wanted.eq_ignore_ascii_case(tag),
            Self::Id(id) => attribute("id").is_some_and(|value| value == id.as_str()),
            Self::Class(class) => {
                // Of most classes no part is the one that is wanted.
                attribute("class").is_some_and(|value| {
                    value.contains(class.as_str()) && value.split_ascii_whitespace().any(|one| one == class)
                })
            }
            Self::Attribute(name, None) => attribute(name).is_some(),
            Self::Attribute(name, Some((operator, wanted))) => {
                attribute(name).is_some_and(|value| compare(&value, *operator, wanted))
            }
        }
    }
}

fn compare(value: &str, operator: char, wanted: &str) -> bool {
    match operator {
        '=' => value == wanted,
        _ if wanted.is_empty() => false,
        '^' => value.starts_with(wanted),
        '$' => value.ends_with(wanted),
        '*' => value.contains(wanted),
        '~' => value.split_ascii_whitespace().any(|one| one == wanted),
        _ => value == wanted || value.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('-')),
    }
}

/// The selectors between the commas that stand outside of brackets and quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (at, char) in text.char_indices() {
        match (quote, char) {
            (Some(end), _) if char == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(char),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// What one element must be. `None` where that does not tell.
fn compound(text: &str) -> Option<Vec<Test>> {
    let (mut tests, mut rest) = (Vec::new(), text.trim());
    while let Some(first) = rest.chars().next() {
        match first {
            '#' | '.' => {
                let (name, after) = name(&rest[1..])?;
                tests.push(if first == '#' { Test::Id(name) } else { Test::Class(name) });
                rest = after;
            }
            '[' => {
                let (test, after) = attribute(&rest[1..])?;
                tests.push(test);
                rest = after;
            }
            '*' if tests.is_empty() => {
                tests.push(Test::Tag("*".to_owned()));
                rest = &rest[1..];
            }
            _ if tests.is_empty() => {
                let (name, after) = name(rest)?;
                tests.push(Test::Tag(name));
                rest = after;
            }
            _ => return None,
        }
    }
    (!tests.is_empty()).then_some(tests)
}

/// An identifier, and what follows it.
fn name(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => name.push(chars.next().filter(|(_, char)| !char.is_ascii_hexdigit())?.1),
            '-' | '_' => name.push(char),
            _ if char.is_alphanumeric() || !char.is_ascii() => name.push(char),
            _ => return (!name.is_empty()).then(|| (name, &text[at..])),
        }
    }
    (!name.is_empty()).then_some((name, ""))
}

/// What stands behind an opening bracket, and what follows the closing one.
fn attribute(text: &str) -> Option<(Test, &str)> {
    let (name, rest) = name(text.trim_start())?;
    let (name, rest) = (name.to_ascii_lowercase(), rest.trim_start());
    if let Some(after) = rest.strip_prefix(']') {
        return Some((Test::Attribute(name, None), after));
    }
    let operator = rest.chars().next().filter(|char| "=^$*~|".contains(*char))?;
    let rest = if operator == '=' { &rest[1..] } else { rest[1..].strip_prefix('=')? }.trim_start();
    let (value, rest) = match rest.chars().next()? {
        quote @ ('"' | '\'') => {
            let (value, after) = rest[1..].split_once(quote)?;
            (value.to_owned(), after)
        }
        _ => self::name(rest)?,
    };
    let after = rest.trim_start().strip_prefix(']')?;
    (!value.contains('\\')).then_some((Test::Attribute(name, Some((operator, value))), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(selectors: &str, tag: &str, attributes: &[(&str, &str)]) -> bool {
        let attribute = |wanted: &str| {
            attributes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| Cow::Borrowed(*value))
        };
        Selectors::read(selectors).match_element(tag, attribute)
    }

    #[test]
    fn what_an_element_tells_of_itself_is_heeded() {
        let input = [("class", "a card-number"), ("id", "no"), ("name", "user.card"), ("data-private", "")];
        for good in [
            ".card-number",
            "INPUT",
            "*",
            "#no",
            "p, input.a[data-private]",
            "[name=\"user.card\"]",
            "[name^='user'], b",
            "[name$=card]",
            "[class~=a]",
        ] {
            assert!(fits(good, "input", &input), "{good}");
        }
        for other in ["", ".card", "p", "[data-public]", "[name=user]", "[name^=\"\"]", "#No"] {
            assert!(!fits(other, "input", &input), "{other}");
        }
    }

    #[test]
    fn what_needs_the_page_is_left_to_the_recorder() {
        for other in ["div input", "form > input", ":is(input)", "input:checked", "p + input", "a ~ input"] {
            assert!(Selectors::read(other).is_empty(), "{other}");
        }
        assert!(fits("div input, .a", "input", &[("class", "a")]), "the others count");
        assert!(fits(".md\\:flex", "p", &[("class", "md:flex")]));
    }
}

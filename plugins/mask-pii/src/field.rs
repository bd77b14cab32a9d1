//! What was typed into a field whose name says that it is personal.

use std::collections::HashSet;

use hindsight_plugin::{Place, Span};

use crate::text::{Found, plain_name};

/// The words that make a field personal.
pub struct Fields(HashSet<String>);

impl Fields {
    /// Case, dashes and underscores do not count.
    pub fn new(words: &[String]) -> Self {
        Self(words.iter().map(|word| plain_name(word)).collect())
    }

    /// The whole value, where the field is personal. What is chosen from a list is not typed.
    pub fn find(&self, span: &Span) -> Option<Found> {
        let is_typed =
            span.place == Place::InputValue || span.place == Place::Attribute && span.name == "value";
        let is_field = matches!(span.tag.as_str(), "input" | "textarea");
        if !is_typed || !is_field || !(self.names(&span.name) || self.names(last_compound(&span.selector))) {
            return None;
        }
        let value = span.text.trim();
        let start = span.text.len() - span.text.trim_start().len();
        let is_worth = value.chars().any(char::is_alphanumeric);
        is_worth.then_some(Found { range: start..start + value.len(), kind: "field" })
    }

    /// Whether a name, or one word of it, is in the list.
    fn names(&self, name: &str) -> bool {
        !name.is_empty()
            && (self.0.contains(&plain_name(name)) || words(name).any(|word| self.0.contains(&word)))
    }
}

/// The element itself, without where it stands.
fn last_compound(selector: &str) -> &str {
    selector.rsplit([' ', '>']).next().unwrap_or_default()
}

/// "billing-cardNumber" is made of "billing", "card" and "number".
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for char in name.chars() {
        let begins = !char.is_alphanumeric() || char.is_uppercase() && was_lower;
        if begins {
            words.push(String::new());
        }
        was_lower = char.is_lowercase() || char.is_numeric();
        if let (true, Some(word)) = (char.is_alphanumeric(), words.last_mut()) {
            word.extend(char.to_lowercase());
        }
    }
    words.into_iter().filter(|word| !word.is_empty())
}

//! Hides customer numbers: the prefix, and digits that end with the word.

use hindsight_plugin::{Edit, Masker, Secret, Span};
use serde::Deserialize;

/// The settings of `plugin.toml`, typed.
#[derive(Deserialize)]
pub struct Settings {
    prefix: String,
}

/// The plugin.
pub struct MyPlugin {
    prefix: String,
}

impl Masker for MyPlugin {
    type Settings = Settings;

    fn new(settings: Settings) -> Result<Self, String> {
        Ok(Self { prefix: settings.prefix })
    }

    fn mask(&self, span: &Span) -> Option<Edit> {
        let mut secrets: Vec<Secret> = Vec::new();
        for (at, _) in span.text.match_indices(&self.prefix) {
            let Some(value) = number_at(&span.text, at, &self.prefix) else { continue };
            if secrets.iter().all(|secret| secret.value != value) {
                let with = format!("{}…", self.prefix);
                secrets.push(Secret { value: value.to_owned(), with, kind: "customer number".to_owned() });
            }
        }
        if secrets.is_empty() { None } else { Some(Edit::Hide(secrets)) }
    }
}

/// The customer number that begins there, if one does.
fn number_at<'a>(text: &'a str, at: usize, prefix: &str) -> Option<&'a str> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let rest = &text[at + prefix.len()..];
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let stands_alone = !text[..at].ends_with(is_word) && !rest[digits..].starts_with(is_word);
    (digits > 0 && stands_alone).then(|| &text[at..at + prefix.len() + digits])
}

hindsight_plugin::export!(masker: MyPlugin);

#[cfg(test)]
mod tests {
    use hindsight_plugin::Place;
    use hindsight_plugin::testing::defaults;

    use super::*;

    fn hidden(text: &str) -> Vec<String> {
        let masker = MyPlugin::new(defaults(include_str!("../plugin.toml"))).expect("it starts");
        let (text, selector) = (text.to_owned(), "p".to_owned());
        let (tag, name) = ("p".to_owned(), String::new());
        match masker.mask(&Span { text, place: Place::Text, tag, name, selector }) {
            Some(Edit::Hide(secrets)) => secrets.into_iter().map(|secret| secret.value).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn customer_numbers_are_hidden() {
        assert_eq!(hidden("C-1, C-20417 and C-1!"), ["C-1", "C-20417"]);
    }

    #[test]
    fn what_only_looks_like_one_is_kept() {
        assert_eq!(hidden("C-major, C-2000x, ABC-7"), [""; 0]);
    }
}

//! How a connection's widget looks and speaks: `browser/contracts/settings.ts`.

use serde::{Deserialize, Serialize};

/// A widget offers no more questions to begin with.
pub const MAX_SUGGESTIONS: usize = 6;

/// The longest texts, in characters.
pub const MAX_TITLE: usize = 60;
/// What is said first.
pub const MAX_GREETING: usize = 400;
/// What stands in the empty field, and each question to begin with.
pub const MAX_LINE: usize = 120;
/// The longest address.
pub const MAX_URL: usize = 500;

/// What can be chosen for the theme, with its name on the page; likewise below.
pub const THEMES: [(&str, &str); 3] =
    [("auto", "As the visitor's system"), ("light", "Light"), ("dark", "Dark")];
/// Where the widget stands.
pub const POSITIONS: [(&str, &str); 2] = [("end", "Bottom right"), ("start", "Bottom left")];
/// When recording starts.
pub const STARTS: [(&str, &str); 2] = [("load", "With the page"), ("chat", "When the chat is opened")];
/// What visitors are told of the recording.
pub const CONSENTS: [(&str, &str); 3] = [
    ("notice", "Say that the visit is recorded"),
    ("ask", "Ask first; record after a yes"),
    ("none", "Nothing: the site says it itself"),
];

/// The settings of a widget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the contract says what each is")]
pub struct Widget {
    pub title: String,
    pub greeting: String,
    pub placeholder: String,
    pub suggestions: Vec<String>,
    pub accent: String,
    pub theme: String,
    pub position: String,
    pub language: String,
    pub start: String,
    pub consent: String,
    pub privacy_url: String,
}

impl Default for Widget {
    fn default() -> Self {
        Self {
            title: String::new(),
            greeting: String::new(),
            placeholder: String::new(),
            suggestions: Vec::new(),
            accent: "#b8460e".to_owned(),
            theme: "auto".to_owned(),
            position: "end".to_owned(),
            language: String::new(),
            start: "chat".to_owned(),
            consent: "notice".to_owned(),
            privacy_url: String::new(),
        }
    }
}

/// A widget with whether pages get it: what was set stays while it is switched off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OfferedWidget {
    /// Whether pages get it.
    pub offered: bool,
    /// How it looks and speaks.
    #[serde(flatten)]
    pub widget: Widget,
}

/// A page that includes the widget's script wants it.
impl Default for OfferedWidget {
    fn default() -> Self {
        Self { offered: true, widget: Widget::default() }
    }
}

impl Widget {
    /// What is wrong with it: the names of fields with what to do.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        let mut hold = |name, is_fine: bool, remedy: String| {
            if !is_fine {
                problems.push((name, remedy));
            }
        };
        let short = |text: &str, max| text.chars().count() <= max;
        let at_most = |max| format!("Use at most {max} characters.");
        let one_of = |choices: &[(&str, &str)], value: &str| choices.iter().any(|(name, _)| *name == value);
        hold("title", short(&self.title, MAX_TITLE), at_most(MAX_TITLE));
        hold("greeting", short(&self.greeting, MAX_GREETING), at_most(MAX_GREETING));
        hold("placeholder", short(&self.placeholder, MAX_LINE), at_most(MAX_LINE));
        let number = self.suggestions.len();
        hold(
            "suggestions",
            number <= MAX_SUGGESTIONS,
            format!("Write at most six lines; there are {number}."),
        );
        let lines_are_short = self.suggestions.iter().all(|line| short(line, MAX_LINE));
        hold("suggestions", lines_are_short, format!("Use at most {MAX_LINE} characters in a line."));
        hold("accent", is_colour(&self.accent), "Write a colour as #rrggbb, such as #b8460e.".to_owned());
        hold("theme", one_of(&THEMES, &self.theme), "Choose one of the three.".to_owned());
        hold("position", one_of(&POSITIONS, &self.position), "Choose one of the two.".to_owned());
        hold("start", one_of(&STARTS, &self.start), "Choose one of the two.".to_owned());
        hold("consent", one_of(&CONSENTS, &self.consent), "Choose one of the three.".to_owned());
        hold(
            "language",
            is_language(&self.language),
            "Write a language tag such as en or pt-BR, or nothing for the language of the page.".to_owned(),
        );
        hold(
            "privacy_url",
            is_address(&self.privacy_url),
            "Write a whole address such as https://shop.example/privacy, or nothing.".to_owned(),
        );
        problems
    }
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Well-formed as BCP 47 has it, as far as a list of registered tags is not needed.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let is_first = (2..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_part =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.is_empty() || (text.len() <= 35 && is_first && parts.all(is_part))
}

fn is_address(text: &str) -> bool {
    let is_web = |url: url::Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    text.is_empty() || (text.len() <= MAX_URL && url::Url::parse(text).is_ok_and(is_web))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_has_its_limits() {
        assert_eq!(Widget::default().problems(), []);
        let broken = Widget {
            title: "x".repeat(61),
            greeting: "x".repeat(401),
            placeholder: "x".repeat(121),
            suggestions: vec!["x".repeat(121); 7],
            accent: "red".to_owned(),
            theme: "neon".to_owned(),
            position: "top".to_owned(),
            language: "english please".to_owned(),
            start: "never".to_owned(),
            consent: "perhaps".to_owned(),
            privacy_url: "javascript:alert(1)".to_owned(),
        };
        let named: Vec<_> = broken.problems().into_iter().map(|(name, _)| name).collect();
        let all = [
            "title",
            "greeting",
            "placeholder",
            "suggestions",
            "suggestions",
            "accent",
            "theme",
            "position",
            "start",
            "consent",
            "language",
            "privacy_url",
        ];
        assert_eq!(named, all);
        for fine in ["", "en", "pt-BR", "zh-Hant-TW"] {
            assert!(is_language(fine), "{fine}");
        }
    }
}

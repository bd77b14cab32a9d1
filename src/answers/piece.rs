//! The pieces that an answer comes in, as `browser/contracts/answers.ts` has them.

use serde::{Deserialize, Serialize};

/// One piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Piece {
    /// More of the answer, as Markdown of links, lists, emphasis and code.
    Text {
        /// What is appended.
        text: String,
    },
    /// The answer is whole.
    Done {
        /// Whether anything fitting was found.
        #[serde(default = "yes")]
        answered: bool,
        /// Where it stands.
        #[serde(default)]
        sources: Vec<Source>,
    },
    /// There is no answer, in words for the visitor.
    Failed {
        /// The words.
        #[serde(default)]
        text: String,
    },
}

/// Where an answer is found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// What it is called.
    #[serde(default)]
    pub title: String,
    /// Its address; empty when it has none.
    #[serde(default)]
    pub url: String,
}

/// No answer names more.
const MAX_SOURCES: usize = 10;
const MAX_TITLE_CHARS: usize = 200;
const MAX_URL_BYTES: usize = 2048;

fn yes() -> bool {
    true
}

impl Source {
    /// Sources that somebody else names, as a page may show them: few, short, each with a
    /// title, and leading to the web or to the site itself.
    pub fn fit_to_show(sources: Vec<Self>) -> Vec<Self> {
        let named = sources.into_iter().map(|source| {
            let url = if is_link(&source.url) { source.url } else { String::new() };
            let title = if source.title.trim().is_empty() { &url } else { source.title.trim() };
            Self { title: title.chars().take(MAX_TITLE_CHARS).collect(), url }
        });
        named.filter(|source| !source.title.is_empty()).take(MAX_SOURCES).collect()
    }
}

/// Whether an address leads to the web, or to another page of the same site.
pub fn is_link(address: &str) -> bool {
    let is_plain = address.len() <= MAX_URL_BYTES && !address.chars().any(char::is_control);
    let is_path = address.starts_with('/') && !address.starts_with("//") && !address.starts_with("/\\");
    let is_web = || url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    is_plain && (is_path || is_web())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_lead_to_the_web_or_the_same_site() {
        for good in ["https://shop.example/a?b#c", "http://x", "/demo/index.html#promises"] {
            assert!(is_link(good), "{good}");
        }
        for bad in ["javascript:alert(1)", "//evil.example", "/\\evil.example", "data:text/html,x", "a", ""] {
            assert!(!is_link(bad), "{bad}");
        }
        let shown = Source::fit_to_show(vec![
            Source { title: " Delivery ".to_owned(), url: "javascript:x".to_owned() },
            Source { title: String::new(), url: "https://shop.example/".to_owned() },
            Source::default(),
        ]);
        let titles: Vec<_> = shown.iter().map(|source| (&*source.title, &*source.url)).collect();
        assert_eq!(titles, [("Delivery", ""), ("https://shop.example/", "https://shop.example/")]);
    }
}

//! What a connection's owner decided about what is recorded: `browser/contracts/settings.ts`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::selector;

/// How much of a page is recorded, from the most to the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the recorder's own words")]
pub enum Privacy {
    Open,
    Balanced,
    Strict,
}

impl Privacy {
    /// All of them, from the most that is recorded to the least.
    pub const ALL: [Self; 3] = [Self::Open, Self::Balanced, Self::Strict];

    /// What the recorder calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Balanced => "balanced",
            Self::Strict => "strict",
        }
    }

    /// The preset of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Open => "What visitors see, and what they type.",
            Self::Balanced => "Fields are masked, and text that looks like personal data.",
            Self::Strict => "All text is masked; images and video are left out.",
        }
    }
}

/// When recording starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Begin {
    /// With the page.
    Load,
    /// When the page calls `hindsight.start()`.
    Manual,
}

/// What a visitor is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consent {
    /// Nothing is recorded before `hindsight.consent(true)`, which the page calls.
    Required,
    /// The same, and a notice of ours asks.
    Ask,
}

/// What is recorded. What is not there is left to the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Recording {
    /// How much is hidden at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy: Option<Privacy>,
    /// The share of sessions that is recorded at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<f64>,
    /// When recording starts at the earliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Begin>,
    /// What the visitor is asked first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// Whether browsers that send `DNT: 1` are left alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub honour_dnt: bool,
    /// All fields are masked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mask_all_inputs: bool,
    /// Elements whose text is masked; "" for none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mask_text_selector: String,
    /// Elements of which only the size is recorded.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub block_selector: String,
    /// Elements whose content is not recorded.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ignore_selector: String,
}

impl Recording {
    /// What is wrong with it: the names of fields with what to do.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let selectors = [
            ("mask_text_selector", &self.mask_text_selector),
            ("block_selector", &self.block_selector),
            ("ignore_selector", &self.ignore_selector),
        ];
        let wrong =
            |(name, text): (&'static str, &String)| Some((name, selector::check(text).err()?.to_owned()));
        let mut problems: Vec<_> = selectors.into_iter().filter_map(wrong).collect();
        if self.sample.is_some_and(|sample| !(0.0..=1.0).contains(&sample)) {
            problems.push(("sample", "Write a number from 0 to 100.".to_owned()));
        }
        problems
    }
}

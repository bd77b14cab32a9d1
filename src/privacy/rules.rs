//! What is hidden of a connection's recordings, made ready for the pass.

use std::collections::BTreeMap;

use super::leaks::Leak;
use super::marks::Exposure;
use super::selectors::Selectors;
use super::signs::Signs;
use super::words::Words;
use crate::model::recording::{Privacy, Recording};
use crate::model::text_rules::{Kind, TextRules};

/// How often what was hidden, by its kind.
pub type Counts = BTreeMap<&'static str, i64>;

/// What the pass goes by.
#[derive(Clone, Debug)]
pub struct Rules {
    /// How much is shown where nothing else is said.
    pub(super) base: Exposure,
    /// What is typed becomes asterisks.
    pub(super) mask_inputs: bool,
    /// What people write into parts of a page counts as typed.
    pub(super) mask_editable: bool,
    /// Pictures and embedded pages are left out.
    pub(super) no_media: bool,
    pub(super) words: Words,
    /// What of the words is looked for in what a site says itself.
    pub(super) precise: Words,
    pub(super) block: Selectors,
    pub(super) ignore: Selectors,
    pub(super) mask: Selectors,
    /// Whether words are looked for in names and introductions as well.
    pub(super) is_everywhere: bool,
    /// Whether nothing is hidden but what always is.
    is_open: bool,
}

impl Default for Rules {
    /// Those of a connection whose owner has decided nothing.
    fn default() -> Self {
        Self::of(&Recording::default(), &TextRules::default())
    }
}

impl Rules {
    /// What a connection's settings come to. Words that cannot be read were refused when
    /// they were typed; from elsewhere, everything is hidden instead.
    pub fn of(recording: &Recording, texts: &TextRules) -> Self {
        let preset = recording.privacy.unwrap_or(Privacy::Open);
        let is_open = preset == Privacy::Open;
        let kinds = if is_open { texts.kinds.clone() } else { Kind::ALL.to_vec() };
        let (own, is_readable) = texts.expression().map_or((None, false), |own| (own, true));
        let words = Words { kinds, own, leaks: Vec::new() };
        let is_strict = preset == Privacy::Strict || !is_readable;
        let joined = |fixed: &str, own: &str| Selectors::read(&format!("{fixed},{own}"));
        let selectors =
            [&recording.mask_text_selector, &recording.block_selector, &recording.ignore_selector];
        Self {
            base: if is_strict { Exposure::Masked } else { Exposure::Shown },
            mask_inputs: !is_open || is_strict || recording.mask_all_inputs,
            mask_editable: !is_open,
            no_media: is_strict,
            precise: words.precise(),
            is_everywhere: false,
            is_open: is_open
                && !is_strict
                && words.is_empty()
                && !recording.mask_all_inputs
                && selectors.iter().all(|selector| selector.is_empty()),
            words,
            block: joined(".rr-block", &recording.block_selector),
            ignore: joined(".rr-ignore", &recording.ignore_selector),
            mask: joined(".rr-mask", &recording.mask_text_selector),
        }
    }

    /// These, and what a scan has found, wherever it stands: also where a site says on
    /// purpose who its visitor is.
    #[must_use]
    pub fn with_leaks(mut self, leaks: &[Leak]) -> Self {
        self.words.leaks = leaks.to_vec();
        self.precise.leaks = leaks.to_vec();
        self.is_everywhere = true;
        self.is_open = false;
        self
    }

    /// Where there may be something to hide in a batch. `None`: anywhere.
    pub(super) fn signs_in(&self, json: &str) -> Option<Signs> {
        if self.is_open { Signs::find(json) } else { None }
    }
}

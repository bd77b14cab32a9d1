//! Hides personal data and secrets before a recording is stored.
//!
//! A value that is found in one text is hidden by the host wherever else it stands in the
//! session: so what is typed into a field named "first" does not greet from the next page.
//! Each kind has a file with its rule; all of them prefer to miss an odd spelling in running
//! text over hiding a year, a price or a version. It never sees CSS.

mod email;
mod field;
mod number;
mod phone;
mod random;
mod selector;
mod text;
mod token;
mod url;

use hindsight_plugin::{Edit, Masker, Place, Secret, Span};
use regex_lite::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::field::Fields;
use crate::selector::Selectors;
use crate::text::{Found, Traits};
use crate::url::Parameters;

/// A match shorter than this would hide too much elsewhere: its whole text is covered instead.
const SHORTEST_SECRET: usize = 4;
/// More memory than any sane pattern takes when it is compiled.
const PATTERN_BYTES: usize = 1 << 20;

/// What can be set; `plugin.toml` describes each.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "plugin.toml describes each")]
pub struct Settings {
    pub email: bool,
    pub card: bool,
    pub iban: bool,
    pub phone: bool,
    pub secret: bool,
    pub parameters: Vec<String>,
    pub fields: Vec<String>,
    pub patterns: Vec<String>,
    pub cover: Vec<String>,
    pub block: Vec<String>,
    pub replacement: String,
}

/// The masker, with its lists and patterns prepared.
pub struct MaskPii {
    settings: Settings,
    parameters: Parameters,
    fields: Fields,
    patterns: Vec<Regex>,
    cover: Selectors,
    block: Selectors,
}

#[cfg(target_family = "wasm")]
hindsight_plugin::export!(masker: MaskPii);

impl Masker for MaskPii {
    type Settings = Settings;

    fn new(settings: Settings) -> Result<Self, String> {
        let patterns = settings.patterns.iter().map(|pattern| compile(pattern)).collect::<Result<_, _>>()?;
        Ok(Self {
            parameters: Parameters::new(&settings.parameters),
            fields: Fields::new(&settings.fields),
            patterns,
            cover: Selectors::new(&settings.cover),
            block: Selectors::new(&settings.block),
            settings,
        })
    }

    fn mask(&self, span: &Span) -> Option<Edit> {
        if self.block.hold(span) {
            return Some(Edit::Block);
        }
        if self.cover.hold(span) {
            return Some(Edit::Cover);
        }
        let mut found = self.find(span);
        if found.is_empty() {
            return None;
        }
        if found.iter().any(|found| found.text(span).chars().count() < SHORTEST_SECRET) {
            return Some(Edit::Cover);
        }
        found.sort_by_key(|found| found.range.start);
        Some(Edit::Hide(found.iter().map(|found| self.secret(found.text(span), found.kind)).collect()))
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build();
    built.map_err(|error| format!("patterns: “{pattern}” is no regular expression that works here: {error}"))
}

impl MaskPii {
    /// Everything to hide in one text: the parts never overlap, the surest kinds come first.
    fn find(&self, span: &Span) -> Vec<Found> {
        let text = span.text.as_str();
        let mut all = Claims::default();
        for pattern in &self.patterns {
            let matches = pattern.find_iter(text).filter(|found| !found.is_empty());
            all.take(matches.map(|found| Found { range: found.range(), kind: "pattern" }));
        }
        all.take(self.fields.find(span));
        let traits = Traits::of(text);
        let settings = &self.settings;
        if traits.parameters {
            all.take(self.parameters.find(span));
        }
        if settings.secret && traits.long_word {
            all.take(token::find(span));
        }
        if settings.email && traits.at_sign {
            all.take(email::find(text));
        }
        if settings.iban && traits.digits >= number::FEWEST_IBAN_DIGITS {
            all.take(number::ibans(text));
        }
        if settings.card && traits.digits >= number::FEWEST_CARD_DIGITS {
            all.take(number::cards(text));
        }
        if settings.phone && traits.digits >= phone::FEWEST_DIGITS {
            all.take(phone::find(span));
        }
        all.0
    }

    fn secret(&self, value: &str, kind: &str) -> Secret {
        let with = self.settings.replacement.replace("{kind}", kind);
        Secret { value: value.to_owned(), with, kind: kind.to_owned() }
    }
}

/// What has been found, without overlaps.
#[derive(Default)]
struct Claims(Vec<Found>);

impl Claims {
    fn take(&mut self, found: impl IntoIterator<Item = Found>) {
        for new in found {
            if !self.0.iter().any(|old| old.overlaps(&new)) {
                self.0.push(new);
            }
        }
    }
}

/// Whether a text of this place was written by the page for people to read.
fn is_reading(place: Place) -> bool {
    matches!(place, Place::Text | Place::Title)
}

//! What was done to a recording, without saying what was there before.

use std::collections::BTreeMap;

use super::Place;

/// A dry run shows no more samples than this of each kind in each place.
const MOST_SAMPLES: usize = 5;

/// Longer samples are cut, in characters.
const SAMPLE_CHARS: usize = 200;

/// What was done to a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// How often what was hidden, by kind and place.
    pub hidden: Vec<Hidden>,
    /// How often an element was made a grey box.
    pub blocked: u64,
    /// How many events were changed.
    pub events: u64,
    /// Texts as they are now.
    pub samples: Vec<Sample>,
}

/// How often something was hidden.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Hidden {
    /// What it was: "e-mail"; "covered" where a masker covered a whole text.
    pub kind: String,
    /// Where it stood.
    pub place: Place,
    /// How often.
    pub times: u64,
}

/// A text in which something was hidden, as it is now.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Sample {
    /// What was hidden.
    pub kind: String,
    /// Where it stood.
    pub place: Place,
    /// The text without it.
    pub masked: String,
}

/// Counts while a recording is rewritten.
#[derive(Debug, Default)]
pub(super) struct Counting {
    hidden: BTreeMap<(String, Place), u64>,
    samples: BTreeMap<(String, Place), Vec<String>>,
    pub blocked: u64,
    pub events: u64,
}

impl Counting {
    /// Counts what was hidden in a text, which is `masked` now.
    pub fn count(&mut self, kind: &str, place: Place, masked: &str) {
        let key = (kind.to_owned(), place);
        let samples = self.samples.entry(key.clone()).or_default();
        *self.hidden.entry(key).or_default() += 1;
        if samples.len() < MOST_SAMPLES {
            let cut: String = masked.trim().chars().take(SAMPLE_CHARS).collect();
            if !samples.contains(&cut) {
                samples.push(cut);
            }
        }
    }

    pub fn report(self) -> Report {
        let hidden = self.hidden.into_iter();
        let samples = self.samples.into_iter().flat_map(|((kind, place), masked)| {
            masked.into_iter().map(move |masked| Sample { kind: kind.clone(), place, masked })
        });
        Report {
            hidden: hidden.map(|((kind, place), times)| Hidden { kind, place, times }).collect(),
            blocked: self.blocked,
            events: self.events,
            samples: samples.collect(),
        }
    }
}

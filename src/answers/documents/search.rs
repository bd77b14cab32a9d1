//! Which passages a question is about, and whether they answer it.
//!
//! The words of a question weigh the more the rarer they are in the documents. How well a
//! passage fits is how much of that weight it has: this means the same for five files and
//! for a thousand, which a search engine's score does not. The numbers below were chosen by
//! the questions of `tests/it/answers/fitting.rs`.

use std::collections::HashMap;

use super::library::{Library, MIN_CORRECTED_CHARS};
use super::words;
use crate::answers::Ask;
use crate::store::Result;
use crate::store::passages::{Found, Wanted};

/// A passage answers if it has so much of what is asked...
const FITS: f64 = 0.5;

/// ...or so much, when a word of it names what the passage is about.
const FITS_BY_NAME: f64 = 0.4;

/// How much of a word's weight counts: when the text has it, but no title, heading or
/// keyword; when a longer word begins with it; when it may be spelled wrong.
const IN_TEXT: f64 = 0.8;
const BEGINNING: f64 = 0.8;
const CORRECTED: f64 = 0.85;

/// What a word weighs that stands nowhere, against the rarest one that does. Of a question
/// in somebody's own words the documents never have all.
const NOWHERE: f64 = 0.8;

/// What the words of the question before weigh in one that follows it up.
const BEFORE: f64 = 0.5;

/// What a heading is worth that has a small word of the question, to tell "how" from "where"
/// among passages that are equal otherwise.
const SMALL_WORD: f64 = 0.25;

/// A question that stands in a title, a heading or the keywords as it is ranks before all.
const AS_IT_IS: f64 = 100.0;

/// Words of fewer characters begin too many others.
const MIN_BEGINNING_CHARS: usize = 4;

/// From here on two letters may be wrong.
const TWO_WRONG_FROM_CHARS: usize = 8;

/// So many words of a question are looked at for it.
const MAX_SMALL_WORDS: usize = 24;

/// So many passages are of interest.
const MAX_HITS: usize = 20;

/// A passage that has to do with a question.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Its place.
    pub(super) passage: usize,
    /// How much of the question it has, 0 to 1.
    pub coverage: f64,
    /// Its rank among others.
    pub score: f64,
    /// What it has of the question.
    pub(super) words: Vec<Word>,
    fits: bool,
}

/// A word that is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    text: String,
    is_beginning: bool,
    /// How much it says.
    pub weight: f64,
}

/// A word of a question with the passages that have it.
struct Sought {
    word: Word,
    /// How much of its weight counts.
    share: f64,
    found: Vec<Found>,
    is_new: bool,
}

impl Word {
    /// As the index takes it.
    pub fn wanted(&self) -> Wanted<'_> {
        if self.is_beginning { Wanted::Beginning(&self.text) } else { Wanted::Words(&self.text) }
    }
}

impl Hit {
    /// Whether it answers the question.
    pub fn fits(&self) -> bool {
        self.fits
    }
}

impl Library {
    /// The passages that have to do with a question, best first.
    pub fn search(&self, ask: &Ask) -> Result<Vec<Hit>> {
        let asked = words::telling(&ask.text);
        if asked.is_empty() {
            return self.named(&ask.text);
        }
        let mut sought = self.seek(&asked, true)?;
        let extra = self.extra(&ask.text, &asked)?;
        let hits = self.rank(&sought, &extra);
        let answers = hits.first().is_some_and(Hit::fits);
        let Some(before) = ask.asked_before().filter(|_| !answers) else { return Ok(hits) };
        let mut before = words::telling(before);
        before.retain(|word| !asked.contains(word));
        sought.extend(self.seek(&before, false)?);
        Ok(self.rank(&sought, &extra))
    }

    /// What passages are worth beside the telling words.
    fn extra(&self, text: &str, telling: &[String]) -> Result<HashMap<usize, f64>> {
        let words: Vec<String> = words::all(text).collect();
        let mut extra = HashMap::new();
        let mut add = |found: Vec<Found>, worth: f64| {
            for found in found.iter().filter(|found| found.is_named) {
                *extra.entry(found.passage).or_default() += found.score * worth;
            }
        };
        for small in words.iter().take(MAX_SMALL_WORDS).filter(|word| !telling.contains(word)) {
            add(self.index.find(Wanted::Words(small))?, SMALL_WORD);
        }
        if words.len() > 1 {
            add(self.index.find(Wanted::Words(&words.join(" ")))?, AS_IT_IS);
        }
        Ok(extra)
    }

    /// A question of small words only: it has to stand somewhere as it is.
    fn named(&self, text: &str) -> Result<Vec<Hit>> {
        let text = words::all(text).collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = self.index.find(Wanted::Words(&text))?;
        found.retain(|found| found.is_named);
        let word = Word { text, is_beginning: false, weight: 1.0 };
        Ok(self.rank(&[Sought { word, share: 1.0, found, is_new: true }], &HashMap::new()))
    }

    fn seek(&self, words: &[String], is_new: bool) -> Result<Vec<Sought>> {
        words.iter().map(|word| self.seek_word(word, is_new)).collect()
    }

    /// Looks for a word; then for longer ones; then for one that may be meant.
    fn seek_word(&self, text: &str, is_new: bool) -> Result<Sought> {
        let chars = text.chars().count();
        let mut word = Word { text: text.to_owned(), is_beginning: false, weight: 0.0 };
        let mut share = 1.0;
        let mut found = self.index.find(word.wanted())?;
        if found.is_empty() && chars >= MIN_BEGINNING_CHARS {
            (word.is_beginning, share) = (true, BEGINNING);
            found = self.index.find(word.wanted())?;
        }
        if found.is_empty()
            && let Some(meant) = self.meant(text)
        {
            (word.text, word.is_beginning, share) = (meant, false, CORRECTED);
            found = self.index.find(word.wanted())?;
        }
        let rarity = |count: usize| {
            let (all, count) = (self.len() as f64, count as f64);
            (1.0 + (all - count + 0.5) / (count + 0.5)).ln()
        };
        word.weight = if found.is_empty() { NOWHERE * rarity(1) } else { rarity(found.len()) };
        if !is_new {
            word.weight *= BEFORE;
        }
        Ok(Sought { word, share, found, is_new })
    }

    /// The word that somebody may have meant who spelled it so.
    fn meant(&self, word: &str) -> Option<String> {
        let chars = word.chars().count();
        if chars < MIN_CORRECTED_CHARS || word.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let most = if chars >= TWO_WRONG_FROM_CHARS { 2 } else { 1 };
        let first = word.chars().next()?.to_string();
        let near = self.vocabulary.range(first.clone()..).take_while(|other| other.starts_with(&first));
        let near = near.map(|other| (strsim::osa_distance(word, other), other));
        near.filter(|(wrong, _)| *wrong <= most).min().map(|(_, other)| other.clone())
    }

    fn rank(&self, sought: &[Sought], extra: &HashMap<usize, f64>) -> Vec<Hit> {
        let total: f64 = sought.iter().map(|sought| sought.word.weight).sum();
        let mut of_passage: HashMap<usize, Vec<(&Sought, &Found)>> = HashMap::new();
        for sought in sought {
            for found in &sought.found {
                of_passage.entry(found.passage).or_default().push((sought, found));
            }
        }
        let hits = of_passage.into_iter().map(|(passage, matches)| hit(passage, &matches, total));
        let mut hits: Vec<Hit> = hits.flatten().collect();
        for hit in &mut hits {
            hit.score += extra.get(&hit.passage).copied().unwrap_or_default();
        }
        hits.sort_by(|a, b| {
            b.fits.cmp(&a.fits).then(b.score.total_cmp(&a.score)).then(a.passage.cmp(&b.passage))
        });
        hits.truncate(MAX_HITS);
        hits
    }
}

/// `None` for a passage that has only to do with what was asked before.
fn hit(passage: usize, matches: &[(&Sought, &Found)], total: f64) -> Option<Hit> {
    if !matches.iter().any(|(sought, _)| sought.is_new) {
        return None;
    }
    let has = |(sought, found): &(&Sought, &Found)| {
        let place = if found.is_named { 1.0 } else { IN_TEXT };
        sought.word.weight * sought.share * place
    };
    let coverage = matches.iter().map(has).sum::<f64>() / total;
    let score = matches.iter().map(|(sought, found)| found.score * sought.share).sum::<f64>() * coverage;
    let is_named = matches.iter().any(|(_, found)| found.is_named);
    let fits = coverage >= if is_named { FITS_BY_NAME } else { FITS };
    let words = matches.iter().map(|(sought, _)| sought.word.clone()).collect();
    Some(Hit { passage, coverage, score, words, fits })
}

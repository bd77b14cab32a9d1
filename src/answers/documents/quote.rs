//! The sentences and list items that answer a question.

use super::library::{Library, Passage};
use super::markdown::Kind;
use super::search::Hit;
use crate::store::Result;

/// So many characters are quoted of the best passage, and of each further one.
const FIRST_CHARS: usize = 420;
const FURTHER_CHARS: usize = 260;

/// At most so many passages are quoted.
const MAX_QUOTED: usize = 3;

/// A further passage has to have so much of the question, and rank so high, against the best.
const NEAR_COVERAGE: f64 = 0.85;
const NEAR_SCORE: f64 = 0.6;

/// What is said, and where it stands.
pub struct Quoted<'a> {
    /// Markdown.
    pub text: String,
    /// What was quoted.
    pub hits: Vec<&'a Hit>,
}

/// Quotes the best passages. `None` when none of them answers the question.
pub fn quote<'a>(library: &Library, hits: &'a [Hit]) -> Result<Option<Quoted<'a>>> {
    let Some(best) = hits.first().filter(|hit| hit.fits()) else { return Ok(None) };
    let is_near = |hit: &&Hit| {
        let near = hit.coverage >= NEAR_COVERAGE * best.coverage && hit.score >= NEAR_SCORE * best.score;
        // One that has less of the question is no better; it may have something else of it.
        let adds = hit.words.iter().any(|word| !best.words.contains(word));
        hit.fits() && near && (adds || hit.coverage >= best.coverage)
    };
    let further = hits[1..].iter().filter(is_near);
    let chosen: Vec<&Hit> = std::iter::once(best).chain(further).take(MAX_QUOTED).collect();
    let mut texts = Vec::new();
    for (row, hit) in chosen.iter().enumerate() {
        let budget = if row == 0 { FIRST_CHARS } else { FURTHER_CHARS };
        let passage = library.passage(hit);
        texts.push(passage.markdown_of(&units(library, hit, passage, budget)?));
    }
    Ok(Some(Quoted { text: texts.join("\n\n"), hits: chosen }))
}

/// Which units of a passage are quoted: around the one that has most of the question.
fn units(library: &Library, hit: &Hit, passage: &Passage, budget: usize) -> Result<Vec<usize>> {
    let lengths: Vec<usize> = passage.units.iter().map(|unit| unit.markdown.chars().count()).collect();
    if lengths.iter().sum::<usize>() <= budget {
        return Ok((0..lengths.len()).collect());
    }
    let mut weights = vec![0.0; lengths.len()];
    for word in &hit.words {
        for place in library.index.units(hit.passage, word.wanted())? {
            weights[place] += word.weight;
        }
    }
    let heaviest = weights.iter().copied().fold(0.0, f64::max);
    let mut first = weights.iter().position(|weight| *weight >= heaviest).unwrap_or_default();
    let mut last = first;
    let mut chars = lengths[first];
    // A list says nothing without the sentence before it.
    if matches!(passage.units[first].kind, Kind::Item) {
        let opening = (0..first).rev().find(|place| !matches!(passage.units[*place].kind, Kind::Item));
        if let Some(opening) = opening.filter(|opening| chars + length(&lengths, *opening, first) <= budget) {
            chars += length(&lengths, opening, first);
            first = opening;
        }
    }
    while last + 1 < lengths.len() && chars + lengths[last + 1] <= budget {
        last += 1;
        chars += lengths[last];
    }
    while first > 0 && chars + lengths[first - 1] <= budget {
        first -= 1;
        chars += lengths[first];
    }
    Ok((first..=last).collect())
}

fn length(lengths: &[usize], from: usize, to: usize) -> usize {
    lengths[from..to].iter().sum()
}

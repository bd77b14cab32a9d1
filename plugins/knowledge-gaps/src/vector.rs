//! Questions as sparse vectors: terms, pairs of terms and the letters within them, each
//! weighed by how rare it is.

use std::collections::HashMap;

/// What each sort of feature counts beside a term.
const PAIR_WEIGHT: f32 = 0.6;
const LETTERS_WEIGHT: f32 = 0.4;
/// Letters of a term that are looked at together.
const LETTERS: usize = 3;

/// A vector of length one, ordered by feature.
pub type Vector = Vec<(u32, f32)>;

/// The vectors of all documents, which are lists of terms.
pub fn vectors(documents: &[Vec<&str>]) -> Vec<Vector> {
    let counted: Vec<Vector> = documents.iter().map(|terms| features(terms)).collect();
    let mut frequencies: HashMap<u32, u32> = HashMap::new();
    for (feature, _) in counted.iter().flatten() {
        *frequencies.entry(*feature).or_default() += 1;
    }
    let total = documents.len() as f32;
    let rarity = |feature: &u32| {
        let frequency = frequencies.get(feature).copied().unwrap_or(1) as f32;
        (1.0 + total / frequency).ln()
    };
    counted
        .into_iter()
        .map(|vector| {
            unit(vector.into_iter().map(|(feature, weight)| (feature, weight * rarity(&feature))).collect())
        })
        .collect()
}

/// The sum of vectors, of length one again.
pub fn centre<'a>(vectors: impl Iterator<Item = &'a Vector>) -> Vector {
    let mut sum: HashMap<u32, f32> = HashMap::new();
    for (feature, weight) in vectors.flatten() {
        *sum.entry(*feature).or_default() += weight;
    }
    let mut sum: Vector = sum.into_iter().collect();
    sum.sort_unstable_by_key(|(feature, _)| *feature);
    unit(sum)
}

/// How alike two vectors are, from 0 to 1.
pub fn likeness(one: &Vector, other: &Vector) -> f32 {
    let (mut left, mut right) = (one.iter().peekable(), other.iter().peekable());
    let mut sum = 0.0;
    while let (Some((a, x)), Some((b, y))) = (left.peek(), right.peek()) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => drop(left.next()),
            std::cmp::Ordering::Greater => drop(right.next()),
            std::cmp::Ordering::Equal => {
                sum += x * y;
                left.next();
                right.next();
            }
        }
    }
    sum
}

fn features(terms: &[&str]) -> Vector {
    let mut weights: HashMap<u32, f32> = HashMap::new();
    for term in terms {
        *weights.entry(hash(1, &[term])).or_default() += 1.0;
        let padded: Vec<char> = format!("^{term}$").chars().collect();
        for letters in padded.windows(LETTERS) {
            let letters: String = letters.iter().collect();
            *weights.entry(hash(2, &[&letters])).or_default() += LETTERS_WEIGHT;
        }
    }
    for pair in terms.windows(2) {
        *weights.entry(hash(3, pair)).or_default() += PAIR_WEIGHT;
    }
    let mut features: Vector = weights.into_iter().collect();
    features.sort_unstable_by_key(|(feature, _)| *feature);
    features
}

fn unit(mut vector: Vector) -> Vector {
    let length = vector.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|(_, weight)| *weight /= length);
    }
    vector
}

/// FNV-1a over the sort of feature and its parts: the same on every machine.
fn hash(sort: u8, parts: &[&str]) -> u32 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    std::iter::once(sort)
        .chain(bytes)
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

//! What a question is about: its words without case, accents, small words and endings.

use crate::fold::fold;
use crate::language::{self, LANGUAGES, Language};

/// Shorter stems stand for too much.
const SHORTEST_STEM: usize = 3;
/// A question has no more words that say something new.
const MOST_TERMS: usize = 60;

/// The terms of a text, in its order. Where only small words are left, these are the terms.
pub fn terms(text: &str) -> Vec<String> {
    let words = words(text);
    let language = language::of(&words).or_else(|| language::by_letters(text));
    let said: Vec<String> =
        words.iter().filter(|word| !is_small(word, language)).map(|word| stem(word, language)).collect();
    let mut terms = if said.is_empty() { words } else { said };
    terms.truncate(MOST_TERMS);
    terms
}

/// The words of a text: compatible forms as one, in lower case, without accents. Scripts
/// that put no spaces between words give pairs of characters.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut last_dense = None;
    for char in fold(text) {
        if is_dense(char) {
            finish(&mut word, &mut words);
            words.extend(last_dense.map(|last: char| String::from_iter([last, char])));
            last_dense = Some(char);
            continue;
        }
        last_dense = None;
        match char {
            'ß' => word.push_str("ss"),
            'æ' => word.push_str("ae"),
            'œ' => word.push_str("oe"),
            // "don't", "l'article": what stands before an apostrophe is part of the word or small.
            '\'' | '’' => {}
            char if char.is_alphanumeric() => word.push(char),
            _ => finish(&mut word, &mut words),
        }
    }
    finish(&mut word, &mut words);
    words
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// Scripts without spaces: Chinese, Japanese, Thai, Lao, Khmer, Burmese.
fn is_dense(char: char) -> bool {
    matches!(u32::from(char), 0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x3400..=0x9fff | 0x20000..=0x3ffff)
}

fn is_small(word: &str, language: Option<&Language>) -> bool {
    let holds = |language: &Language| language.small.split(' ').any(|small| small == word);
    language.map_or_else(|| LANGUAGES.iter().any(holds), holds)
}

/// A word without its ending: the longest that leaves a stem.
fn stem(word: &str, language: Option<&Language>) -> String {
    let endings = language.map_or(["s"].as_slice(), |language| language.endings);
    if word.bytes().any(|byte| byte.is_ascii_digit()) || word.chars().count() <= SHORTEST_STEM {
        return word.to_owned();
    }
    let cut = endings.iter().filter_map(|ending| word.strip_suffix(ending));
    let stem = cut.into_iter().find(|stem| stem.chars().count() >= SHORTEST_STEM).unwrap_or(word);
    undoubled(stem).to_owned()
}

/// "shipp" from "shipping" is "ship".
fn undoubled(stem: &str) -> &str {
    let mut last = stem.chars().rev();
    match (last.next(), last.next()) {
        (Some(one), Some(other))
            if one == other && !"aeiou".contains(one) && stem.chars().count() > SHORTEST_STEM =>
        {
            &stem[..stem.len() - one.len_utf8()]
        }
        _ => stem,
    }
}

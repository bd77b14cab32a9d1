//! The words of a text, as far as they say what it is about.

use std::collections::HashSet;

use super::stop_words::LANGUAGES;

/// So many different words of a question are looked for.
const MAX_WORDS: usize = 24;

/// All words, in lower case and without accents.
pub fn all(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|char: char| !char.is_alphanumeric() && char != '\'' && char != '’');
    words.flat_map(parts).filter(|word| !word.is_empty())
}

/// What stands before an apostrophe (`what's`, `l'envoi`), and what stands after it.
fn parts(word: &str) -> impl Iterator<Item = String> + '_ {
    word.split(['\'', '’']).map(folded)
}

/// The words that say something, each once. Those of the language that the text most
/// likely is in are left out where they only hold sentences together.
pub fn telling(text: &str) -> Vec<String> {
    let words: Vec<String> = all(text).collect();
    let stops = stop_words(&words);
    let mut seen = HashSet::new();
    let telling = words.into_iter().filter(|word| {
        let says = word.chars().count() > 1 || word.bytes().all(|byte| byte.is_ascii_digit());
        says && !stops.iter().any(|stops| stops.contains(&**word)) && seen.insert(word.clone())
    });
    telling.take(MAX_WORDS).collect()
}

/// The lists of those languages that most of the words are in.
fn stop_words(words: &[String]) -> Vec<HashSet<&'static str>> {
    let lists = LANGUAGES.iter().map(|list| list.split_whitespace().collect::<HashSet<_>>());
    let counted: Vec<_> =
        lists.map(|list| (words.iter().filter(|word| list.contains(&***word)).count(), list)).collect();
    let most = counted.iter().map(|(count, _)| *count).max().unwrap_or_default();
    counted.into_iter().filter(|(count, _)| *count == most).map(|(_, list)| list).collect()
}

/// Lower case, without accents.
pub fn folded(word: &str) -> String {
    word.chars().flat_map(char::to_lowercase).map(without_accent).collect()
}

fn without_accent(char: char) -> char {
    match char {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ō' | 'ő' => 'o',
        'ś' | 'š' => 's',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_holds_a_sentence_together_is_left_out() {
        let rows = [
            ("How long does the delivery take, please?", "delivery"),
            ("What's your e-mail?", "mail"),
            ("Kann ich die Teller zurückgeben?", "teller zuruckgeben"),
            ("Combien coûte l'envoi vers l'Espagne ?", "coute envoi espagne"),
            ("¿Cuánto tarda el envío a España?", "tarda envio espana"),
            ("Do you have a hat for my car?", "hat car"),
            ("Where are you?", ""),
            ("", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(telling(text).join(" "), expected, "{text}");
        }
    }
}

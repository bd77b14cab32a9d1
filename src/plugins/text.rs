//! Texts of plugins, made fit to be shown: bounded, and without control characters.
//!
//! HTML is left as it is; whoever shows a text escapes it.

/// At most so many bytes, cut between characters, the cut marked by "…".
pub fn clean(text: &str, max_bytes: usize) -> String {
    let is_shown = |char: &char| !char.is_control() || matches!(char, '\n' | '\t');
    let mut clean = String::with_capacity(text.len().min(max_bytes));
    for char in text.chars().filter(is_shown) {
        if clean.len() + char.len_utf8() > max_bytes {
            clean.truncate(clean.floor_char_boundary(max_bytes.saturating_sub('…'.len_utf8())));
            clean.push('…');
            break;
        }
        clean.push(char);
    }
    clean
}

/// The same on one line, with at most so many characters.
pub fn line(text: &str, max_chars: usize) -> String {
    let words = text.split_whitespace();
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > max_chars * 4 {
            break;
        }
    }
    line.retain(|char| !char.is_control());
    match line.char_indices().nth(max_chars) {
        Some(_) => line.chars().take(max_chars.saturating_sub(1)).chain(['…']).collect(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(clean("a\u{0}b\nc", 100), "ab\nc");
        assert_eq!(clean("äöüäöü", 8), "äö…");
        assert_eq!(line("  one\n two ", 100), "one two");
        assert_eq!(line("äöüäöü", 4), "äöü…");
    }

    proptest! {
        #[test]
        fn no_text_is_too_long(text in ".*", max in 3usize..200) {
            prop_assert!(clean(&text, max).len() <= max);
            prop_assert!(line(&text, max).chars().count() <= max);
        }
    }
}

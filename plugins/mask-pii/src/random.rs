//! Whether a word was made by chance: what keys and tokens look like.

/// The fewest characters of a hexadecimal key.
const SHORTEST_HEX: usize = 32;
/// The fewest characters of one that uses the whole alphabet.
const SHORTEST_MIXED: usize = 24;
/// Bits for each character: English words with numbers have less than three and a half.
const ENTROPY: f64 = 3.6;

/// Whether a word looks like a key.
pub fn is_random(word: &str) -> bool {
    let has = |test: fn(&u8) -> bool| word.bytes().any(|byte| test(&byte));
    if word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return word.len() >= SHORTEST_HEX && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    }
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    word.len() >= SHORTEST_MIXED && is_mixed && entropy(word) >= ENTROPY && changes(word) * 4 >= word.len()
}

/// Shannon's entropy of the characters, in bits.
fn entropy(word: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in word.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = word.len() as f64;
    let share = |count: &u32| f64::from(*count) / total;
    -counts.iter().filter(|count| **count > 0).map(|count| share(count) * share(count).log2()).sum::<f64>()
}

/// How often the class of character changes: "getElementById2" seldom does, "x9Kq2Lm8" does.
fn changes(word: &str) -> usize {
    let class = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    word.as_bytes().windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count()
}

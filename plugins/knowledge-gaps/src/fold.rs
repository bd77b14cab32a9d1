//! Letters without case and accents.
//!
//! The tables of Unicode normalisation would be half of the plugin; what questions need of
//! them is short: accents that stand alone, Latin and Greek letters that have one, and the
//! wide forms of East Asian keyboards.

/// Each base letter, and the letters that are it with an accent.
const ACCENTED: [(char, &str); 29] = [
    ('a', "àáâãäåāăąǎạảấầẩẫậắằẳẵặ"),
    ('c', "çćĉċč"),
    ('d', "ďđð"),
    ('e', "èéêëēĕėęěẹẻẽếềểễệ"),
    ('g', "ĝğġģ"),
    ('h', "ĥħ"),
    ('i', "ìíîïĩīĭįıǐỉị"),
    ('j', "ĵ"),
    ('k', "ķ"),
    ('l', "ĺļľŀł"),
    ('n', "ñńņňŋ"),
    ('o', "òóôõöøōŏőǒơọỏốồổỗộớờởỡợ"),
    ('r', "ŕŗř"),
    ('s', "śŝşšș"),
    ('t', "ţťŧț"),
    ('u', "ùúûüũūŭůűųǔưụủứừửữự"),
    ('w', "ŵ"),
    ('y', "ýÿŷỳỵỷỹ"),
    ('z', "źżž"),
    ('α', "ά"),
    ('ε', "έ"),
    ('η', "ή"),
    ('ι', "ίϊΐ"),
    ('ο', "ό"),
    ('υ', "ύϋΰ"),
    ('ω', "ώ"),
    ('σ', "ς"),
    ('е', "ё"),
    ('и', "й"),
];

/// The characters of a text in lower case, without accents, wide forms as usual ones.
pub fn fold(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .filter(|char| !is_combining_mark(*char))
        .flat_map(|char| narrow(char).to_lowercase())
        .map(plain)
}

fn is_combining_mark(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}')
}

/// "Ａ" is "A", the ideographic space is a space.
fn narrow(char: char) -> char {
    match char {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(char) - 0xfee0).unwrap_or(char),
        '\u{3000}' => ' ',
        _ => char,
    }
}

fn plain(char: char) -> char {
    if char.is_ascii() {
        return char;
    }
    ACCENTED.iter().find(|(_, accented)| accented.contains(char)).map_or(char, |(base, _)| *base)
}

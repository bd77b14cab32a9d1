//! Texts from recordings in source code, where they stay texts.

/// A string literal. JSON's are JavaScript's, but for what ends a line or a script element.
pub fn quoted(text: &str) -> String {
    let mut literal = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            // Nobody sees what turns the direction of a line round, or has no width.
            '<'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => {
                literal.push_str(&format!("\\u{:04x}", u32::from(char)));
            }
            char if char.is_control() => literal.push_str(&format!("\\u{:04x}", u32::from(char))),
            char => literal.push(char),
        }
    }
    literal.push('"');
    literal
}

/// What stands behind `//`: one line of plain characters.
pub fn commented(text: &str) -> String {
    let plain = |char: char| match char {
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => ' ',
        char if char.is_control() => ' ',
        char => char,
    };
    text.chars().map(plain).collect::<String>().trim().to_owned()
}

/// The name of an environment variable for what a field holds.
pub fn variable(label: &str) -> String {
    let words = label.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.take(4).collect::<Vec<_>>().join("_").to_ascii_uppercase();
    if name.is_empty() { "VISIT_VALUE".to_owned() } else { format!("VISIT_{name}") }
}

//! Texts and paths, cut and made comparable.

/// The first characters of a text, on one line.
pub fn cut(text: &str, longest: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// The path of a URL, with a star for each part that names one thing of many.
pub fn path(url: &str) -> String {
    let rest =
        url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("/", |slash| &rest[slash..]));
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').map(|part| if is_id(part) { "*" } else { part }).collect();
    cut(&parts.join("/"), 120)
}

/// "4711", "a3f9c2d1e0", "9b2e4c66-…": not "python3" or "v2".
fn is_id(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let is_hex = part.len() >= 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    digits > 0 && (digits * 2 > part.len() || is_hex)
}

/// Text that goes into Markdown, where signs would mean something.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for char in text.chars() {
        if "\\`*_[]<>#|".contains(char) {
            plain.push('\\');
        }
        plain.push(char);
    }
    plain
}

/// "1 session", "3 sessions".
pub fn count(number: usize, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {one}{plural}")
}

/// A part of a whole, in whole percent.
pub fn percent(part: usize, whole: usize) -> usize {
    (part * 100 + whole / 2).checked_div(whole).unwrap_or(0)
}

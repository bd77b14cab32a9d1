//! CSS selectors that somebody types: whether they can be one, without a browser.
//!
//! Lenient where browsers differ, strict about what would swallow a selector that
//! follows: the recorder joins several into one list.

/// The longest list of selectors.
pub const MAX_CHARS: usize = 1000;

/// What is wrong with a list of selectors, for whoever typed it. "" selects nothing.
pub fn check(text: &str) -> Result<(), &'static str> {
    if text.chars().count() > MAX_CHARS {
        return Err("Use at most 1000 characters.");
    }
    let text = text.trim();
    if text.is_empty() {
        return Ok(());
    }
    let (top, open) = outline(text)?;
    if !open.is_empty() {
        return Err("A bracket is not closed.");
    }
    if top.split(',').any(|one| one.trim().is_empty()) {
        return Err("There is a comma with no selector beside it.");
    }
    for one in top.split(',').map(str::trim) {
        if one.starts_with(|first: char| first.is_ascii_digit()) {
            return Err("A selector does not begin with a digit.");
        }
        if one.ends_with(['>', '+', '~', '.', '#', ':']) {
            return Err("Something is missing at the end of a selector.");
        }
        if one.contains("..") || one.contains(". ") || one.contains("# ") || one.contains("##") {
            return Err("A class or id has no name.");
        }
    }
    Ok(())
}

/// The text without what stands in brackets and quotes, and the brackets that stay open.
fn outline(text: &str) -> Result<(String, Vec<char>), &'static str> {
    let (mut top, mut open, mut quote) = (String::new(), Vec::new(), None);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match (quote, char) {
            (_, '\\') if chars.next().is_none() => return Err("A backslash has nothing to escape."),
            (_, '\\') => {
                if open.is_empty() {
                    top.push('x');
                }
            }
            (Some(end), _) if end == char => quote = None,
            (Some(_), '\n' | '\r') => return Err("A quote is not closed."),
            (Some(_), _) => {}
            (None, '"' | '\'') if open.is_empty() => return Err("Quotes stand in brackets only."),
            (None, '"' | '\'') => quote = Some(char),
            (None, '[') => open.push(']'),
            (None, '(') => open.push(')'),
            (None, ']' | ')') if open.pop() != Some(char) => {
                return Err("A bracket is closed that was not opened.");
            }
            (None, ']' | ')') if open.is_empty() => top.push('x'),
            (None, ']' | ')') => {}
            (None, '{' | '}' | ';' | '<' | '@' | '!' | '/' | '&' | '%' | '?' | '$' | '=' | '^')
                if open.is_empty() =>
            {
                return Err("This is not a CSS selector. Write one such as .card-number or [data-private].");
            }
            (None, '{' | '}' | ';' | '<' | '@') => {
                return Err("This is not a CSS selector. Write one such as .card-number or [data-private].");
            }
            (None, _) if open.is_empty() => top.push(char),
            (None, _) => {}
        }
    }
    if quote.is_some() { Err("A quote is not closed.") } else { Ok((top, open)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_pass_and_what_would_swallow_others_does_not() {
        for good in [
            "",
            ".card-number",
            "#a > .b + c, [data-private], input[name=\"a,b\"]:not(.c, .d)",
            ":is(h1, h2) a[href^='https://x']",
            "*",
            ".md\\:flex",
            "div::part(x) ~ p",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            ".a,", ",", ".a,,.b", "[a", "[a=\"b]", ":is(a", ".a)", ".", ".a >", "1st", "a{b}", "a \\", "<p>",
            ". a", "[a='\n']", "\"a\"", "div && p",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check(&"a".repeat(1001)).is_err());
    }
}

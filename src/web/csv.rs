//! CSV (RFC 4180) for spreadsheets.
//!
//! A text that a spreadsheet would take for a formula gets an apostrophe in front, since
//! it may be something that a visitor typed.

/// What a formula begins with, also as East Asian keyboards write it.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// What some spreadsheets skip before a formula, or take for the begin of another cell.
const CONTROL: [char; 4] = ['\t', '\r', '\n', '\0'];

/// Adds a line of fields that are written already.
pub fn line(out: &mut String, fields: &[String]) {
    out.push_str(&fields.join(","));
    out.push_str("\r\n");
}

/// A text as a field.
pub fn text(value: &str) -> String {
    let apostrophe = if is_formula(value) { "'" } else { "" };
    format!("\"{apostrophe}{}\"", value.replace('"', "\"\""))
}

/// Whether a spreadsheet could calculate a text instead of showing it. Some ignore blanks before it.
pub fn is_formula(value: &str) -> bool {
    value.starts_with(CONTROL) || value.trim_start().starts_with(FORMULA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula() {
        for formula in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "\u{a0}=1",
            "＝1+1",
            "\0=1",
            "=HYPERLINK(\"https://evil.example\")",
        ] {
            let field = text(formula);
            assert!(field.starts_with("\"'"), "{field:?}");
        }
        for plain in ["", "a", "1+1", "a = b", "a\n=1", "a,=1"] {
            assert_eq!(text(plain), format!("\"{plain}\""));
        }
    }

    #[test]
    fn a_quote_does_not_end_a_field() {
        assert_eq!(text("a\",=1+1,\""), "\"a\"\",=1+1,\"\"\"");
        let mut out = String::new();
        line(&mut out, &[text("a\r\n=1"), text("b")]);
        assert_eq!(out, "\"a\r\n=1\",\"b\"\r\n", "a line within a cell is not a cell");
    }
}

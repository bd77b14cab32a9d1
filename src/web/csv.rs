//! CSV (RFC 4180) for spreadsheets.
//!
//! A text that a spreadsheet would take for a formula gets an apostrophe in front, since
//! it may be something that a visitor typed.

/// What a spreadsheet takes for the begin of a formula, or skips before one.
pub const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Adds a line of fields that are written already.
pub fn line(out: &mut String, fields: &[String]) {
    out.push_str(&fields.join(","));
    out.push_str("\r\n");
}

/// A text as a field.
pub fn text(value: &str) -> String {
    let apostrophe = if value.starts_with(FORMULA) { "'" } else { "" };
    format!("\"{apostrophe}{}\"", value.replace('"', "\"\""))
}

//! Finding sessions by a part of their landing URL.
//!
//! The index holds the trigrams of each URL and nothing else: a query asks for rows
//! that have all trigrams of what is sought, and the list compares the text itself.
//! Its rows have the sessions' ids, so a connection, a range of time and a page are
//! a range of rows here too.

use rusqlite::{Connection as Db, named_params};

use super::Result;

/// Less cannot be sought: the index knows nothing shorter.
pub const MIN_CHARS: usize = 3;

/// Takes a session in.
pub(super) fn add(conn: &Db, session: i64, landing_url: &str) -> Result<()> {
    conn.prepare_cached("INSERT INTO session_search (rowid, landing_url) VALUES (:session, :url)")?
        .execute(named_params! { ":session": session, ":url": landing_url })?;
    Ok(())
}

/// Forgets a session, of which the index must be told what it was taken in with.
pub(super) fn remove(conn: &Db, session: i64, landing_url: &str) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO session_search (session_search, rowid, landing_url) VALUES ('delete', :session, :url)",
    )?
    .execute(named_params! { ":session": session, ":url": landing_url })?;
    Ok(())
}

/// What the index is asked for a text. `None` when it is too short.
pub(super) fn all_trigrams(text: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut trigrams: Vec<String> = chars
        .windows(MIN_CHARS)
        .map(|window| format!("\"{}\"", window.iter().collect::<String>().replace('"', "\"\"")))
        .collect();
    trigrams.sort_unstable();
    trigrams.dedup();
    (!trigrams.is_empty()).then(|| trigrams.join(" AND "))
}

/// A pattern for `LIKE ... ESCAPE '\'` that holds the text as it is.
pub(super) fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for char in text.chars() {
        if matches!(char, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_asked_for_by_its_trigrams() {
        assert_eq!(all_trigrams("ab"), None);
        assert_eq!(all_trigrams("abab").as_deref(), Some("\"aba\" AND \"bab\""));
        assert_eq!(all_trigrams("a\"b").as_deref(), Some("\"a\"\"b\""));
        assert_eq!(pattern("5%_\\"), "%5\\%\\_\\\\%");
    }
}

//! Finding sessions by what was seen, clicked, said and visited in them.
//!
//! `session_text` holds what a session is found by: texts in one column, the URLs of its
//! pages in the other. A session that is not read yet is found by its landing page and its
//! visitor. The rows of the index have the sessions' ids, as all lists have.

use rusqlite::{Connection as Db, OptionalExtension, named_params};

use super::Result;

/// More words are not sought at once: each costs a look-up.
const MOST_WORDS: usize = 12;

/// The beginning of a word is sought from this many characters on.
const MIN_PREFIX_CHARS: usize = 2;

/// So much is shown before the first word that was sought, in bytes.
const LEAD_BYTES: usize = 24;

/// What marks a word in a snippet, and ends the mark.
const MARKS: [char; 2] = ['\u{2}', '\u{3}'];

/// Puts what a session is found by in the place of what was there.
pub(super) fn put(conn: &Db, session: i64, text: &str, urls: &str) -> Result<()> {
    remove(conn, session)?;
    if text.is_empty() && urls.is_empty() {
        return Ok(());
    }
    let params = named_params! { ":session": session, ":text": text, ":urls": urls };
    conn.prepare_cached("INSERT INTO session_text (session_id, text, urls) VALUES (:session, :text, :urls)")?
        .execute(params)?;
    conn.prepare_cached("INSERT INTO session_words (rowid, text, urls) VALUES (:session, :text, :urls)")?
        .execute(params)?;
    Ok(())
}

/// Puts what is known of a session before it is read.
pub(super) fn put_unread(conn: &Db, session: i64) -> Result<()> {
    let (visitor, url): (Option<String>, String) = conn
        .prepare_cached("SELECT visitor, landing_url FROM session WHERE id = :session")?
        .query_row(named_params! { ":session": session }, |row| Ok((row.get(0)?, row.get(1)?)))?;
    put(conn, session, &visitor.unwrap_or_default(), &url)
}

/// Forgets a session.
pub(super) fn remove(conn: &Db, session: i64) -> Result<()> {
    let of_session = named_params! { ":session": session };
    // The index must be told what it was taken in with.
    conn.prepare_cached(
        "INSERT INTO session_words (session_words, rowid, text, urls)
         SELECT 'delete', session_id, text, urls FROM session_text WHERE session_id = :session",
    )?
    .execute(of_session)?;
    conn.prepare_cached("DELETE FROM session_text WHERE session_id = :session")?.execute(of_session)?;
    Ok(())
}

/// What the index is asked: all words and "quoted phrases" of `words`, the last word as a
/// beginning, and a page whose URL has the words of `page` one after the other. `None` when
/// neither has a letter or a digit.
pub fn query(words: &str, page: &str) -> Option<String> {
    let mut parts: Vec<String> = terms(words).into_iter().take(MOST_WORDS).collect();
    parts.extend(has_word(page).then(|| format!("urls : {}", beginning(page))));
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

/// Whether the index knows anything of the text.
pub fn has_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Words and phrases in quotes, as the index is asked for them.
fn terms(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    // What stands between an odd and an even quote is a phrase; one that is not closed yet, too.
    for (number, part) in text.split('"').enumerate() {
        if number % 2 == 1 {
            terms.extend(has_word(part).then(|| quoted(part)));
        } else {
            terms.extend(part.split_whitespace().filter(|word| has_word(word)).map(quoted));
        }
    }
    let last = text.rsplit(|char: char| char.is_whitespace() || char == '"').next().unwrap_or_default();
    if has_word(last) && text.matches('"').count().is_multiple_of(2) {
        terms.pop();
        terms.push(beginning(last));
    }
    terms
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace(['"', '\0'], " "))
}

/// The text as words whose last may go on.
fn beginning(text: &str) -> String {
    let last = text.trim_end_matches(|char: char| !char.is_alphanumeric());
    let open = last.chars().rev().take_while(|char| char.is_alphanumeric()).count() >= MIN_PREFIX_CHARS;
    let ends_open = last.len() == text.len();
    format!("{}{}", quoted(text), if open && ends_open { " *" } else { "" })
}

/// A piece of a text, and whether it is what was sought.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether it was sought.
    pub sought: bool,
}

/// Where a session has what was sought. Empty when it has not.
pub fn snippet(conn: &Db, session: i64, query: &str) -> Result<Vec<Piece>> {
    let found: Option<String> = conn
        .prepare_cached(
            "SELECT snippet(session_words, -1, char(2), char(3), '…', 14) FROM session_words
             WHERE session_words MATCH :query AND rowid = :session",
        )?
        .query_row(named_params! { ":query": query, ":session": session }, |row| row.get(0))
        .optional()?;
    Ok(found.as_deref().map(pieces).unwrap_or_default())
}

fn pieces(marked: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let marked = marked.trim();
    // What was sought stands where the eye begins, with a little of what is before it.
    let first = marked.find(MARKS[0]).unwrap_or_default();
    let from = marked.floor_char_boundary(first.saturating_sub(LEAD_BYTES));
    let marked = match marked[from..first].find([' ', '\n']) {
        Some(space) if from > 0 => format!("…{}", &marked[from + space + 1..]),
        _ if from > 0 => format!("…{}", &marked[first..]),
        _ => marked.to_owned(),
    };
    for part in marked.split(MARKS[0]) {
        let (sought, rest) = part.split_once(MARKS[1]).unwrap_or(("", part));
        for (text, sought) in [(sought, true), (rest, false)] {
            if !text.is_empty() {
                pieces.push(Piece { text: text.replace('\n', " · "), sought });
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;

    #[test]
    fn words_phrases_and_beginnings_are_asked_for() {
        for (words, page, asked) in [
            ("", "", None),
            (" -- \"!\" ", "/", None),
            ("cart", "", Some("\"cart\" *")),
            ("cart ", "", Some("\"cart\"")),
            ("a b", "", Some("\"a\" AND \"b\"")),
            ("\"where is\" ord", "", Some("\"where is\" AND \"ord\" *")),
            ("\"where is", "", Some("\"where is\"")),
            ("\"where is\"", "", Some("\"where is\"")),
            ("shop.example/car", "", Some("\"shop.example/car\" *")),
            ("x OR y*", "/check", Some("\"x\" AND \"OR\" AND \"y*\" AND urls : \"/check\" *")),
        ] {
            assert_eq!(query(words, page).as_deref(), asked, "{words:?} {page:?}");
        }
    }

    #[test]
    fn whatever_is_typed_is_a_query() {
        let conn = schema::in_memory();
        put(&conn, 1, "Where is my order?", "https://shop.example/cart").expect("put");
        for text in [
            "a\0b",
            "\u{1d11e} x",
            "a𫝀b",
            "NEAR(a b)",
            "{text}: a",
            "^a",
            "-a",
            "a\u{301}",
            "*",
            "ä*",
            "(",
            "'",
        ] {
            if let Some(query) = query(text, text) {
                let found = snippet(&conn, 1, &query).unwrap_or_else(|error| panic!("{query}: {error}"));
                assert_eq!(found, [], "{query}");
            }
        }
    }

    #[test]
    fn a_snippet_marks_what_was_sought() {
        let conn = schema::in_memory();
        put(&conn, 1, "Add to cart\nWo ist mein Päckchen?\n", "https://shop.example/cart\n").expect("put");
        let shown = |words: &str, page: &str| {
            let pieces = snippet(&conn, 1, &query(words, page).expect("a query")).expect("read");
            let mark = |piece: Piece| if piece.sought { format!("[{}]", piece.text) } else { piece.text };
            pieces.into_iter().map(mark).collect::<String>()
        };
        assert_eq!(shown("packc", ""), "Add to cart · Wo ist mein [Päckchen]?");
        assert_eq!(shown("\"mein packchen\"", ""), "Add to cart · Wo ist [mein Päckchen]?");
        assert_eq!(shown("", "/cart"), "https://shop.example/[cart]");
        assert_eq!(shown("\"packchen mein\"", ""), "");
        put(&conn, 1, "", "").expect("put");
        assert_eq!(shown("packc", ""), "");
    }
}

//! Searching passages of documents.
//!
//! The index is made of files that are there anyway, so it is held in memory only: there is
//! nothing to migrate, and nothing of it is ever stale or left over.

use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection as Db, named_params};

use super::Result;

/// A passage as it is searched.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The document's title.
    pub title: String,
    /// The headings above it.
    pub heading: String,
    /// Other words that people may use for it.
    pub keywords: String,
    /// Its sentences and list items.
    pub units: Vec<String>,
}

/// What is looked for. Upper and lower case, accents and English endings make no difference.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// Words that follow one another.
    Words(&'a str),
    /// A word that begins so.
    Beginning(&'a str),
}

/// A passage that has what is looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Its place among the entries.
    pub passage: usize,
    /// How well it fits: larger is better.
    pub score: f64,
    /// Whether a title, a heading or a keyword has it.
    pub is_named: bool,
}

/// The passages of some documents.
pub struct Index(Mutex<Db>);

impl Index {
    /// Reads all entries.
    pub fn of(entries: &[Entry]) -> Result<Self> {
        let mut conn = Db::open_in_memory()?;
        conn.execute_batch(
            "CREATE VIRTUAL TABLE passage USING fts5 (
                 title, heading, keywords, body,
                 content = '', tokenize = 'porter unicode61 remove_diacritics 2');
             CREATE VIRTUAL TABLE unit USING fts5 (
                 body, passage UNINDEXED, place UNINDEXED,
                 tokenize = 'porter unicode61 remove_diacritics 2');",
        )?;
        let transaction = conn.transaction()?;
        for (row, entry) in entries.iter().enumerate() {
            add(&transaction, row, entry)?;
        }
        transaction.commit()?;
        Ok(Self(Mutex::new(conn)))
    }

    /// All passages that have it.
    pub fn find(&self, wanted: Wanted<'_>) -> Result<Vec<Found>> {
        let conn = self.lock();
        let mut statement = conn.prepare_cached(
            "SELECT rowid, -bm25(passage, 3.0, 3.0, 3.0, 1.0),
                 rowid IN (SELECT rowid FROM passage WHERE passage MATCH :named)
             FROM passage WHERE passage MATCH :wanted",
        )?;
        let query = wanted.query();
        let named = format!("{{title heading keywords}} : {query}");
        let found = statement.query_map(named_params! { ":wanted": query, ":named": named }, |row| {
            Ok(Found { passage: place_of(row.get(0)?), score: row.get(1)?, is_named: row.get(2)? })
        })?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// The places of the units of a passage that have it.
    pub fn units(&self, passage: usize, wanted: Wanted<'_>) -> Result<Vec<usize>> {
        let conn = self.lock();
        let mut statement =
            conn.prepare_cached("SELECT place FROM unit WHERE unit MATCH :wanted AND passage = :passage")?;
        let places = statement
            .query_map(named_params! { ":wanted": wanted.query(), ":passage": row_of(passage) }, |row| {
                Ok(place_of(row.get(0)?))
            })?;
        Ok(places.collect::<rusqlite::Result<_>>()?)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Db> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SQLite has no numbers but these; what is counted here stays far below either limit.
fn row_of(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

fn place_of(row: i64) -> usize {
    usize::try_from(row).unwrap_or_default()
}

fn add(conn: &Db, row: usize, entry: &Entry) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO passage (rowid, title, heading, keywords, body)
         VALUES (:row, :title, :heading, :keywords, :body)",
    )?
    .execute(named_params! {
        ":row": row_of(row),
        ":title": entry.title,
        ":heading": entry.heading,
        ":keywords": entry.keywords,
        ":body": entry.units.join("\n"),
    })?;
    for (place, unit) in entry.units.iter().enumerate() {
        conn.prepare_cached("INSERT INTO unit (body, passage, place) VALUES (:body, :row, :place)")?
            .execute(named_params! { ":body": unit, ":row": row_of(row), ":place": row_of(place) })?;
    }
    Ok(())
}

impl Wanted<'_> {
    /// As SQLite reads it: whatever the words are, they are words.
    fn query(self) -> String {
        let quoted = |words: &str| format!("\"{}\"", words.replace(['"', '\0'], " "));
        match self {
            Self::Words(words) => quoted(words),
            Self::Beginning(word) => format!("{} *", quoted(word)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let entry = |title: &str, keywords: &str, units: &[&str]| Entry {
            title: title.to_owned(),
            heading: String::new(),
            keywords: keywords.to_owned(),
            units: units.iter().map(|unit| (*unit).to_owned()).collect(),
        };
        Index::of(&[
            entry("Delivery", "postage", &["We post within two days.", "Delivered to Österreich, too."]),
            entry("Returns", "", &["Send it back. Delivery is on us."]),
        ])
        .expect("an index")
    }

    fn found(wanted: Wanted<'_>) -> Vec<(usize, bool)> {
        let found = index().find(wanted).expect("found");
        assert!(found.iter().all(|found| found.score > 0.0));
        found.iter().map(|found| (found.passage, found.is_named)).collect()
    }

    #[test]
    fn endings_case_and_accents_make_no_difference() {
        assert_eq!(found(Wanted::Words("DELIVERIES")), [(0, true), (1, false)]);
        assert_eq!(found(Wanted::Words("osterreich")), [(0, false)]);
        assert_eq!(found(Wanted::Words("Postage")), [(0, true)]);
        assert_eq!(found(Wanted::Beginning("öster")), [(0, false)]);
        assert_eq!(found(Wanted::Words("two days")), [(0, false)]);
        assert_eq!(found(Wanted::Words("days two")), []);
        assert_eq!(index().units(0, Wanted::Words("deliver")).expect("units"), [1]);
    }

    #[test]
    fn whatever_is_looked_for_is_words_and_no_syntax() {
        for words in ["\"", "a\" OR \"b", "NEAR(a b)", "body:x", "*", "", "a\0b", "-", "🙂"] {
            assert!(index().find(Wanted::Words(words)).is_ok(), "{words:?}");
            assert!(index().find(Wanted::Beginning(words)).is_ok(), "{words:?}");
        }
    }
}

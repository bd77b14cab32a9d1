//! Rows as columns: each field of each kind of row is a list of small numbers of its own.
//!
//! So neighbours are alike, which compresses well, and what nobody asks for is not read.
//! Texts stand once in a table and are named by their numbers.

use std::collections::{BTreeMap, HashMap};

use super::Error;

/// A column: the kind of its rows, and which field of them.
type Key = (u8, u8);

/// Writes rows.
#[derive(Debug, Default)]
pub struct Pen {
    columns: BTreeMap<Key, Column>,
    texts: Vec<String>,
    numbers: HashMap<String, u32>,
    text_bytes: usize,
    at: Key,
}

#[derive(Debug, Default)]
struct Column {
    values: Vec<u32>,
    last: i32,
}

impl Pen {
    /// Starts a row.
    pub fn row(&mut self, kind: u8) {
        self.at = (kind, 0);
    }

    pub fn number(&mut self, value: u32) {
        self.column().values.push(value);
    }

    /// A number that is near to the one in the row before.
    pub fn near(&mut self, value: i32) {
        let column = self.column();
        let step = value.wrapping_sub(std::mem::replace(&mut column.last, value));
        column.values.push(zigzag(step));
    }

    pub fn text(&mut self, text: &str) {
        let number = self.number_of(text);
        self.number(number);
    }

    pub fn texts<'t>(&mut self, texts: impl ExactSizeIterator<Item = &'t str>) {
        let mut numbers = Vec::with_capacity(texts.len() + 1);
        numbers.push(u32::try_from(texts.len()).unwrap_or(u32::MAX));
        numbers.extend(texts.map(|text| self.number_of(text)));
        self.column().values.extend(numbers);
    }

    /// How many bytes of texts there are.
    pub fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// All that was written: the columns, and the texts.
    pub fn finish(self) -> (impl Iterator<Item = (Key, Vec<u32>)>, Vec<String>) {
        (self.columns.into_iter().map(|(key, column)| (key, column.values)), self.texts)
    }

    fn column(&mut self) -> &mut Column {
        let key = self.at;
        self.at.1 += 1;
        self.columns.entry(key).or_default()
    }

    /// The number of a text; 0 is that of the empty one.
    fn number_of(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        self.texts.push(text.to_owned());
        self.text_bytes += text.len();
        let number = u32::try_from(self.texts.len()).unwrap_or_default();
        self.numbers.insert(text.to_owned(), number);
        number
    }
}

/// Reads rows in the order in which they were written, kind by kind.
#[derive(Debug)]
pub struct Eye<'a> {
    columns: HashMap<Key, Values>,
    texts: Vec<&'a str>,
    at: Key,
}

#[derive(Debug)]
struct Values {
    values: std::vec::IntoIter<u32>,
    last: i32,
}

impl<'a> Eye<'a> {
    pub fn new(columns: impl Iterator<Item = (Key, Vec<u32>)>, texts: Vec<&'a str>) -> Self {
        let columns = columns.map(|(key, values)| (key, Values { values: values.into_iter(), last: 0 }));
        Self { columns: columns.collect(), texts, at: (0, 0) }
    }

    /// Starts a row.
    pub fn row(&mut self, kind: u8) {
        self.at = (kind, 0);
    }

    pub fn number(&mut self) -> Result<u32, Error> {
        self.next(true).map(|(value, _)| value)
    }

    pub fn near(&mut self) -> Result<i32, Error> {
        let (value, last) = self.next(true)?;
        *last = last.wrapping_add(unzigzag(value));
        Ok(*last)
    }

    pub fn text(&mut self) -> Result<String, Error> {
        let number = self.number()?;
        self.text_of(number)
    }

    pub fn texts(&mut self) -> Result<Vec<String>, Error> {
        let count = self.next(false)?.0;
        let mut texts = Vec::new();
        for _ in 0..count {
            let number = self.next(false)?.0;
            texts.push(self.text_of(number)?);
        }
        self.at.1 += 1;
        Ok(texts)
    }

    /// Whether another row of this kind follows.
    pub fn has_row(&self, kind: u8) -> bool {
        self.columns.get(&(kind, 0)).is_some_and(|column| column.values.len() > 0)
    }

    fn text_of(&self, number: u32) -> Result<String, Error> {
        match number.checked_sub(1) {
            None => Ok(String::new()),
            Some(index) => {
                self.texts.get(index as usize).map(|text| (*text).to_owned()).ok_or(Error::Damaged)
            }
        }
    }

    /// The next value of the column, and what its rows came to.
    fn next(&mut self, is_last: bool) -> Result<(u32, &mut i32), Error> {
        let key = self.at;
        self.at.1 += u8::from(is_last);
        let column = self.columns.get_mut(&key).ok_or(Error::Damaged)?;
        let value = column.values.next().ok_or(Error::Damaged)?;
        Ok((value, &mut column.last))
    }
}

/// Small numbers of either sign as small numbers without one.
pub fn zigzag(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

pub fn unzigzag(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

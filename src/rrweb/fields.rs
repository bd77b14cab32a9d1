//! Small JSON objects, read field by field.
//!
//! What pages say of themselves may be anything: a field of another type than expected
//! is as good as none.

use std::borrow::Cow;

use super::json::{self, Cursor};
use super::text;

/// The fields of an object, each the JSON of its value.
#[derive(Debug, Default)]
pub struct Fields<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Fields<'a> {
    /// The fields of an object; none of anything else.
    pub fn of(json: &'a str) -> Self {
        let mut fields = Vec::with_capacity(8);
        // Events come out of a check of their JSON, so this breaks nowhere.
        let _read = read(json, &mut fields);
        Self(fields)
    }

    /// The JSON of a field; the last one counts, as in a browser.
    pub fn json(&self, key: &str) -> Option<&'a str> {
        self.0.iter().rfind(|(name, _)| name == key).map(|(_, json)| *json)
    }

    /// A field's text, cut to so many characters; "" where there is none. Ids are given as
    /// numbers, too.
    pub fn text(&self, key: &str, most_chars: usize) -> String {
        let Some(json) = self.json(key) else { return String::new() };
        let text = text::text_of(json).or_else(|| json.parse::<f64>().is_ok().then(|| json.to_owned()));
        text.map(|text| cut(text, most_chars)).unwrap_or_default()
    }

    /// A field's number; a finite one.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.json(key)?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// A field's whole number.
    pub fn integer(&self, key: &str) -> Option<i64> {
        self.json(key)?.parse().ok()
    }

    /// A count or a duration, as near as it can be told.
    pub fn count(&self, key: &str) -> u32 {
        // The conversion of floating-point numbers saturates.
        self.number(key).unwrap_or_default().round() as u32
    }

    /// A coordinate.
    pub fn coordinate(&self, key: &str) -> i32 {
        self.number(key).unwrap_or_default().round() as i32
    }

    /// A field that is true or false.
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.json(key)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The JSON of the elements of a field that is a list.
    pub fn list(&self, key: &str) -> Vec<&'a str> {
        self.json(key).map(elements).unwrap_or_default()
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(name, json)| (&**name, *json))
    }
}

/// The JSON of the elements of a list; none of anything else.
pub fn elements(json: &str) -> Vec<&str> {
    let mut elements = Vec::new();
    let mut cursor = Cursor::new(json, usize::MAX);
    let _read = cursor.array(|cursor| {
        elements.push(cursor.value()?);
        Ok::<_, json::Error>(())
    });
    elements
}

/// The first so many characters of a text.
pub fn cut(mut text: String, most_chars: usize) -> String {
    if text.len() > most_chars
        && let Some((end, _)) = text.char_indices().nth(most_chars)
    {
        text.truncate(end);
    }
    text
}

fn read<'a>(json: &'a str, fields: &mut Vec<(Cow<'a, str>, &'a str)>) -> Result<(), json::Error> {
    let mut cursor = Cursor::new(json, usize::MAX);
    cursor.enter_object()?;
    while let Some(key) = cursor.next_key()? {
        fields.push((key, cursor.value()?));
    }
    Ok(())
}

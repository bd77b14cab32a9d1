//! Checks what a script returns, against a description of it, and says what is wrong by
//! the name of the place: `findings[2].severity`.

use std::fmt;

use rquickjs::{Array, Ctx, Error, Object, Value};
use serde_json::{Map, Number, Value as Json};

use crate::{failure, text};

/// What a value may be.
#[derive(Debug)]
pub enum Shape {
    /// A text.
    Text,
    /// A finite number.
    Number,
    /// A whole number from 0.
    Whole {
        /// The largest.
        most: u32,
    },
    /// `true` or `false`.
    Flag,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// An array.
    List(&'static Shape),
    /// An object with these fields.
    Record(&'static Record),
    /// An object whose fields depend on one of them.
    Case(&'static Case),
    /// An object of texts, numbers and flags under names of the author's choice.
    Fields,
    /// A text, a number, or an object with these fields.
    Cell(&'static Record),
}

/// An object with known fields.
#[derive(Debug)]
pub struct Record {
    /// What it is called in errors.
    pub name: &'static str,
    /// What it has.
    pub fields: &'static [Field],
}

/// An object whose fields depend on one of them.
#[derive(Debug)]
pub struct Case {
    /// The field that the others depend on.
    pub by: &'static str,
    /// What it is called in errors.
    pub name: &'static str,
    /// The fields that it has always.
    pub before: &'static [Field],
    /// The fields that come with each text of `by`.
    pub records: &'static [(&'static str, &'static [Field])],
}

/// A field of an object.
#[derive(Debug)]
pub struct Field {
    name: &'static str,
    shape: &'static Shape,
    absent: Absent,
}

/// What it means that a field is not there, or null.
#[derive(Debug)]
enum Absent {
    Wrong,
    Fine,
    Empty,
    False,
}

/// Why a result is not taken.
#[derive(Debug)]
pub enum Problem {
    /// The script threw while its result was read.
    Thrown(Error),
    /// It is not what it should be.
    Wrong(String),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Thrown(error)
    }
}

impl Problem {
    fn new(text: impl fmt::Display) -> Self {
        Self::Wrong(text.to_string())
    }

    /// The sentence for people.
    pub fn sentence(self, ctx: &Ctx, file: &str) -> String {
        match self {
            Self::Thrown(error) => failure::sentence(ctx, error, file),
            Self::Wrong(text) => text,
        }
    }
}

impl Field {
    /// A field that has to be there.
    pub const fn required(name: &'static str, shape: &'static Shape) -> Self {
        Self { name, shape, absent: Absent::Wrong }
    }

    /// A field that may be left out.
    pub const fn optional(name: &'static str, shape: &'static Shape) -> Self {
        Self { name, shape, absent: Absent::Fine }
    }

    /// A text that is empty when it is left out.
    pub const fn text(name: &'static str) -> Self {
        Self { name, shape: &Shape::Text, absent: Absent::Empty }
    }

    /// A flag that is false when it is left out.
    pub const fn flag(name: &'static str) -> Self {
        Self { name, shape: &Shape::Flag, absent: Absent::False }
    }
}

impl Shape {
    /// A time within a session.
    pub const MILLIS: Self = Self::Whole { most: u32::MAX };

    /// Reads a value into JSON that has this shape. What a function returned is called by
    /// the function's name.
    pub fn read(&self, value: &Value, function: &str) -> Result<Json, Problem> {
        if is_absent(value) {
            return Err(Problem::new(format_args!("{function} returned nothing: it returns {self}")));
        }
        self.at(value, &format!("what {function} returned"))
    }

    fn at(&self, value: &Value, place: &str) -> Result<Json, Problem> {
        let json = match self {
            Self::Text => value.as_string().map(|string| Json::String(text::of(string))),
            Self::Number => value.as_number().and_then(Number::from_f64).map(Json::Number),
            Self::Whole { most } => whole(value, *most).map(Json::from),
            Self::Flag => value.as_bool().map(Json::Bool),
            Self::OneOf(texts) => one_of(value, texts),
            Self::List(shape) => value.as_array().map(|array| list(array, shape, place)).transpose()?,
            Self::Record(record) => value
                .as_object()
                .filter(|_| !value.is_array())
                .map(|object| fields_of(object, record.name, &[record.fields], place))
                .transpose()?,
            Self::Case(case) => value.as_object().map(|object| case.read(object, place)).transpose()?,
            Self::Fields => value
                .as_object()
                .filter(|_| !value.is_array())
                .map(|object| free_fields(object, place))
                .transpose()?,
            Self::Cell(record) => Some(cell(value, record, place)?),
        };
        json.ok_or_else(|| Problem::new(format_args!("{place} is {}, not {self}", described(value))))
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Text => f.write_str("a text"),
            Self::Number => f.write_str("a number"),
            Self::Whole { most: u32::MAX } => f.write_str("a whole number from 0"),
            Self::Whole { most } => write!(f, "a whole number from 0 to {most}"),
            Self::Flag => f.write_str("true or false"),
            Self::OneOf(texts) => f.write_str(&choices(texts.iter().copied())),
            Self::List(shape) => write!(f, "an array, each item of which is {shape}"),
            Self::Record(record) | Self::Cell(record) if record.fields.is_empty() => f.write_str(record.name),
            Self::Record(record) => write!(f, "{} {}", record.name, written(record.fields)),
            Self::Case(case) => {
                let texts = choices(case.records.iter().map(|(text, _)| *text));
                write!(f, "{}, whose {:?} is {texts}", case.name, case.by)
            }
            Self::Fields => f.write_str("an object of texts, numbers and booleans"),
            Self::Cell(record) => write!(f, "a text, a number or {} {}", record.name, written(record.fields)),
        }
    }
}

impl Case {
    fn read(&self, object: &Object, place: &str) -> Result<Json, Problem> {
        let of: Value = object.get(self.by)?;
        let chosen = of.as_string().map(text::of);
        let found = self.records.iter().find(|(text, _)| Some(*text) == chosen.as_deref());
        let Some((_, fields)) = found else {
            let choices = choices(self.records.iter().map(|(text, _)| *text));
            let problem = if is_absent(&of) {
                format!("{place} has no {:?}: it is {choices}", self.by)
            } else {
                format!("{place}.{} is {}, not {choices}", self.by, described(&of))
            };
            return Err(Problem::Wrong(problem));
        };
        let by = [Field { name: self.by, shape: &Shape::Text, absent: Absent::Wrong }];
        fields_of(object, self.name, &[self.before, &by, fields], place)
    }
}

fn is_absent(value: &Value) -> bool {
    value.is_undefined() || value.is_null()
}

fn whole(value: &Value, most: u32) -> Option<u32> {
    let number = value.as_number()?.round();
    let fits = (0.0..=f64::from(most)).contains(&number);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within the range")]
    fits.then_some(number as u32)
}

fn one_of(value: &Value, texts: &[&str]) -> Option<Json> {
    let given = text::of(value.as_string()?);
    texts.contains(&given.as_str()).then_some(Json::String(given))
}

fn list(array: &Array, shape: &Shape, place: &str) -> Result<Json, Problem> {
    let items = array.iter::<Value>().enumerate();
    let read: Result<Vec<Json>, Problem> =
        items.map(|(index, item)| shape.at(&item?, &inner(place, &format!("[{index}]")))).collect();
    read.map(Json::Array)
}

fn fields_of(object: &Object, name: &str, parts: &[&[Field]], place: &str) -> Result<Json, Problem> {
    let known = || parts.iter().copied().flatten();
    for key in object.keys::<String>() {
        let key = key?;
        if !known().any(|field| field.name == key) {
            return Err(unknown(&key, name, known().map(|field| field.name), place));
        }
    }
    let mut read = Map::new();
    for field in known() {
        let value: Value = object.get(field.name)?;
        if !is_absent(&value) {
            let place = inner(place, &format!(".{}", field.name));
            read.insert(field.name.to_owned(), field.shape.at(&value, &place)?);
            continue;
        }
        let standard = match field.absent {
            Absent::Wrong => {
                let (field, shape) = (field.name, field.shape);
                return Err(Problem::new(format_args!("{place} has no {field:?}: it is {shape}")));
            }
            Absent::Fine => continue,
            Absent::Empty => Json::String(String::new()),
            Absent::False => Json::Bool(false),
        };
        read.insert(field.name.to_owned(), standard);
    }
    Ok(Json::Object(read))
}

fn unknown(key: &str, name: &str, known: impl Iterator<Item = &'static str>, place: &str) -> Problem {
    let near = known
        .map(|field| (strsim::damerau_levenshtein(field, key), field))
        .filter(|(distance, _)| *distance <= 2)
        .min();
    let hint = near.map(|(_, field)| format!("; did you mean {field:?}?")).unwrap_or_default();
    Problem::Wrong(format!("{place} has {key:?}, which is not part of {name}{hint}"))
}

fn free_fields(object: &Object, place: &str) -> Result<Json, Problem> {
    let mut read = Map::new();
    for entry in object.props::<String, Value>() {
        let (key, value) = entry?;
        let json = match value.as_bool() {
            Some(flag) => Some(Json::Bool(flag)),
            None if value.is_number() => {
                Shape::Number.at(&value, &inner(place, &format!(".{key}"))).map(Some)?
            }
            None => value.as_string().map(|string| Json::String(text::of(string))),
        };
        // A field without a value is left out, as JSON does it.
        match json {
            Some(json) => drop(read.insert(key, json)),
            None if is_absent(&value) => {}
            None => {
                return Err(Problem::new(format_args!(
                    "{}.{key} is {}, not a text, a number or a boolean",
                    inner(place, ""),
                    described(&value)
                )));
            }
        }
    }
    Ok(Json::Object(read))
}

fn cell(value: &Value, record: &'static Record, place: &str) -> Result<Json, Problem> {
    if value.is_string() {
        return Shape::Text.at(value, place);
    }
    if value.is_number() {
        return Shape::Number.at(value, place);
    }
    match value.as_object().filter(|_| !value.is_array()) {
        Some(object) => fields_of(object, record.name, &[record.fields], place),
        None => {
            Err(Problem::new(format_args!("{place} is {}, not {}", described(value), Shape::Cell(record))))
        }
    }
}

/// The place of a part: the result itself is not named in the places of its parts.
fn inner(place: &str, part: &str) -> String {
    if place.starts_with("what ") {
        return part.trim_start_matches('.').to_owned();
    }
    format!("{place}{part}")
}

fn described(value: &Value) -> String {
    if let Some(string) = value.as_string() {
        let whole = text::of(string);
        let mut short: String = whole.chars().take(40).collect();
        if short.len() < whole.len() {
            short.push('…');
        }
        return format!("{short:?}");
    }
    if value.is_array() {
        return "an array".to_owned();
    }
    if value.is_function() {
        return "a function".to_owned();
    }
    if value.is_object() {
        return "an object".to_owned();
    }
    text::shown(value).unwrap_or_else(|| value.type_name().to_owned())
}

fn choices(texts: impl Iterator<Item = &'static str>) -> String {
    let quoted: Vec<String> = texts.map(|text| format!("{text:?}")).collect();
    match quoted.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => quoted.concat(),
    }
}

/// The fields as an author writes them: `{ kind, at, until?, … }`.
fn written(fields: &[Field]) -> String {
    let names: Vec<String> = fields
        .iter()
        .map(|field| match field.absent {
            Absent::Wrong => field.name.to_owned(),
            Absent::Fine | Absent::Empty | Absent::False => format!("{}?", field.name),
        })
        .collect();
    format!("{{ {} }}", names.join(", "))
}

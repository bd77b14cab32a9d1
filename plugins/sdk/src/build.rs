//! Short ways to make and read the values that plugins deal in.

use crate::{
    Attr, Cell, Column, Element, Fact, Field, Finding, Item, Metric, Millis, Moment, Row, Severity, Value,
};

impl Finding {
    /// A finding of a kind that the manifest declares.
    pub fn new(kind: &str, severity: Severity, title: impl Into<String>, at: Millis) -> Self {
        Self {
            kind: kind.to_owned(),
            severity,
            title: title.into(),
            detail: String::new(),
            at,
            until: None,
            selector: None,
            fields: Vec::new(),
        }
    }

    /// When it was over.
    #[must_use]
    pub fn until(mut self, until: Millis) -> Self {
        self.until = Some(until);
        self
    }

    /// More words, as Markdown.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The element that it is about.
    #[must_use]
    pub fn on(mut self, element: &Element) -> Self {
        self.selector = Some(element.selector.clone());
        self
    }

    /// A value that reporters can count on.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.push(Field::new(name, value));
        self
    }
}

impl Fact {
    /// A fact of a kind that the manifest declares.
    pub fn new(kind: &str, at: Millis) -> Self {
        Self { kind: kind.to_owned(), at, fields: Vec::new() }
    }

    /// One value of it.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.push(Field::new(name, value));
        self
    }
}

impl Field {
    /// A named value.
    pub fn new(name: &str, value: impl Into<Value>) -> Self {
        Self { name: name.to_owned(), value: value.into() }
    }
}

impl Item {
    /// The kind of the finding or of the fact.
    pub fn kind(&self) -> &str {
        match self {
            Self::Finding(finding) => &finding.kind,
            Self::Fact(fact) => &fact.kind,
        }
    }

    /// When it happened.
    pub fn at(&self) -> Millis {
        match self {
            Self::Finding(finding) => finding.at,
            Self::Fact(fact) => fact.at,
        }
    }

    fn value(&self, name: &str) -> Option<&Value> {
        let fields = match self {
            Self::Finding(finding) => &finding.fields,
            Self::Fact(fact) => &fact.fields,
        };
        Some(&fields.iter().find(|field| field.name == name)?.value)
    }

    /// A field's text, "" when it has none.
    pub fn text(&self, name: &str) -> &str {
        match self.value(name) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// A field's number.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.value(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A field's yes or no.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }
}

impl Row {
    /// A cell that opens the session at the moment of this row.
    pub fn moment(&self, label: impl Into<String>) -> Moment {
        Moment { session: self.session.clone(), at: self.item.at(), label: label.into() }
    }
}

impl Element {
    /// The value of one of its attributes.
    pub fn attr(&self, name: &str) -> Option<&str> {
        Some(&self.attrs.iter().find(|attr| attr.name == name)?.value)
    }
}

impl Attr {
    /// A name and a value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

impl Column {
    /// A column of text or links.
    pub fn text(title: &str) -> Self {
        Self { title: title.to_owned(), numeric: false }
    }

    /// A column of numbers.
    pub fn number(title: &str) -> Self {
        Self { title: title.to_owned(), numeric: true }
    }
}

impl Metric {
    /// A figure with its unit, "" when it is a plain count.
    pub fn new(name: &str, value: f64, unit: &str) -> Self {
        Self { name: name.to_owned(), value, unit: unit.to_owned() }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<Moment> for Cell {
    fn from(moment: Moment) -> Self {
        Self::Moment(moment)
    }
}

//! The fields of our forms, as the component `settings_field` writes them.

use serde::Serialize;

/// What is wrong with a form: the names of fields with what to do.
pub type Problems = Vec<(&'static str, String)>;

/// One field.
#[derive(Debug, Default, Serialize)]
pub struct Field {
    name: &'static str,
    label: &'static str,
    hint: String,
    /// How it is filled in: `text`, `number`, `lines`, `selector`, `colour`, `switch`, `choice` or `cards`.
    input: &'static str,
    value: String,
    placeholder: &'static str,
    /// Whether a switch is on.
    on: bool,
    options: Vec<Choice>,
    rows: usize,
    max_length: usize,
    /// What follows a number.
    unit: &'static str,
    problem: Option<String>,
}

/// What can be chosen in a field.
#[derive(Debug, Serialize)]
pub struct Choice {
    value: String,
    label: String,
    hint: &'static str,
    chosen: bool,
}

/// Fields that belong together.
#[derive(Debug, Serialize)]
pub struct Group {
    title: &'static str,
    about: &'static str,
    fields: Vec<Field>,
}

impl Group {
    /// A group with what is wrong put to its fields.
    pub fn new(title: &'static str, about: &'static str, fields: Vec<Field>, problems: &Problems) -> Self {
        let mut fields = fields;
        for field in &mut fields {
            let of_field = problems.iter().filter(|(name, _)| *name == field.name);
            let texts: Vec<&str> = of_field.map(|(_, problem)| problem.as_str()).collect();
            field.problem = (!texts.is_empty()).then(|| texts.join(" "));
        }
        Self { title, about, fields }
    }
}

impl Field {
    /// A line of text.
    pub fn text(
        name: &'static str,
        label: &'static str,
        value: impl Into<String>,
        max_length: usize,
    ) -> Self {
        Self { name, label, input: "text", value: value.into(), max_length, ..Self::default() }
    }

    /// A text of some lines.
    pub fn lines(name: &'static str, label: &'static str, value: impl Into<String>, rows: usize) -> Self {
        Self { name, label, input: "lines", value: value.into(), rows, ..Self::default() }
    }

    /// CSS selectors.
    pub fn selector(name: &'static str, label: &'static str, value: impl Into<String>) -> Self {
        Self { input: "selector", ..Self::text(name, label, value, crate::model::selector::MAX_CHARS) }
    }

    /// A number.
    pub fn number(
        name: &'static str,
        label: &'static str,
        value: impl Into<String>,
        unit: &'static str,
    ) -> Self {
        Self { name, label, input: "number", value: value.into(), unit, ..Self::default() }
    }

    /// A colour.
    pub fn colour(name: &'static str, label: &'static str, value: impl Into<String>) -> Self {
        Self { name, label, input: "colour", value: value.into(), ..Self::default() }
    }

    /// Something that is on or off.
    pub fn switch(name: &'static str, label: &'static str, on: bool) -> Self {
        Self { name, label, input: "switch", on, ..Self::default() }
    }

    /// One of a few, each a value with its name.
    pub fn choice(name: &'static str, label: &'static str, options: &[(&str, &str)], chosen: &str) -> Self {
        let options = options.iter().map(|(value, label)| Choice {
            value: (*value).to_owned(),
            label: (*label).to_owned(),
            hint: "",
            chosen: *value == chosen,
        });
        Self { name, label, input: "choice", options: options.collect(), ..Self::default() }
    }

    /// One of a few that need to be explained.
    pub fn cards(
        name: &'static str,
        label: &'static str,
        options: impl IntoIterator<Item = (&'static str, &'static str, &'static str)>,
        chosen: &str,
    ) -> Self {
        let options = options.into_iter().map(|(value, label, hint)| Choice {
            value: value.to_owned(),
            label: label.to_owned(),
            hint,
            chosen: value == chosen,
        });
        Self { name, label, input: "cards", options: options.collect(), ..Self::default() }
    }

    /// The same field with a sentence about it.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// The same field with what it shows while it is empty.
    #[must_use]
    pub fn placeholder(self, placeholder: &'static str) -> Self {
        Self { placeholder, ..self }
    }
}

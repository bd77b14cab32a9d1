//! The form that asks for a token.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::model::{Connection, ConnectionId, MAX_TOKEN_NAME_CHARS, Role, TokenScope, TokenScopes};
use crate::web::form::Form;

/// How long a token may work, in days.
const DAYS: [i64; 5] = [7, 30, 90, 180, 365];

/// What was typed, or what the form starts with.
pub struct Typed {
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub scopes: TokenScopes,
    /// The connections that it is for. `None`: all.
    pub connections: Option<BTreeSet<ConnectionId>>,
    /// How long it works.
    pub days: i64,
}

/// The form as the page shows it.
#[derive(Serialize)]
pub struct Fields {
    name: String,
    most_chars: usize,
    name_problem: Option<&'static str>,
    scopes: Vec<Choice>,
    scopes_problem: Option<&'static str>,
    every: bool,
    connections: Vec<Choice>,
    connections_problem: Option<&'static str>,
    days: Vec<Choice>,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    hint: &'static str,
    chosen: bool,
}

/// What is wrong with what was typed, by field.
#[derive(Default)]
pub struct Wrong {
    name: Option<&'static str>,
    scopes: Option<&'static str>,
    connections: Option<&'static str>,
}

impl Wrong {
    /// Whether anything is.
    pub fn is_any(&self) -> bool {
        self.name.or(self.scopes).or(self.connections).is_some()
    }
}

impl Typed {
    /// What the form starts with.
    pub fn usual() -> Self {
        Self {
            name: String::new(),
            scopes: [TokenScope::Read].into_iter().collect(),
            connections: None,
            days: crate::model::USUAL_TOKEN_DAYS,
        }
    }

    /// What a form says. Scopes and connections that are not offered count as not chosen.
    pub fn of(form: &Form, offered: &[Connection], highest: Option<Role>) -> Self {
        let scopes = form.all("scope").filter_map(|name| name.parse().ok());
        let is_offered = |id: &ConnectionId| offered.iter().any(|connection| connection.id == *id);
        let named = form.all("connection").filter_map(|id| id.parse().ok()).filter(is_offered);
        Self {
            name: form.text("name").split_whitespace().collect::<Vec<_>>().join(" "),
            scopes: scopes.filter(|scope: &TokenScope| Some(scope.role()) <= highest).collect(),
            connections: (form.text("every") == "0").then(|| named.collect()),
            days: form.text("days").parse().ok().filter(|days| DAYS.contains(days)).unwrap_or(DAYS[0]),
        }
    }

    /// What cannot be used of it.
    pub fn check(&self) -> Option<Wrong> {
        let chars = self.name.chars().count();
        let is_name = (1..=MAX_TOKEN_NAME_CHARS).contains(&chars) && !self.name.chars().any(char::is_control);
        let none_named = self.connections.as_ref().is_some_and(BTreeSet::is_empty);
        let wrong = Wrong {
            name: (!is_name).then_some("Write 1 to 80 characters on one line."),
            scopes: self.scopes.is_empty().then_some("Choose one or more."),
            connections: none_named.then_some("Choose one or more, or all of them."),
        };
        wrong.is_any().then_some(wrong)
    }

    /// The form, with what is wrong at its fields.
    pub fn fields(&self, offered: &[Connection], highest: Option<Role>, wrong: &Wrong) -> Fields {
        let scope = |scope: TokenScope| Choice {
            value: scope.name().to_owned(),
            label: scope.name().to_owned(),
            hint: scope.meaning(),
            chosen: self.scopes.has(scope),
        };
        let connection = |connection: &Connection| Choice {
            value: connection.id.to_string(),
            label: connection.name.clone(),
            hint: "",
            chosen: self.connections.as_ref().is_some_and(|named| named.contains(&connection.id)),
        };
        let days = |days: i64| Choice {
            value: days.to_string(),
            label: if days == 365 { "A year".to_owned() } else { format!("{days} days") },
            hint: "",
            chosen: days == self.days,
        };
        Fields {
            name: self.name.clone(),
            most_chars: MAX_TOKEN_NAME_CHARS,
            name_problem: wrong.name,
            scopes: TokenScope::ALL
                .into_iter()
                .filter(|scope| Some(scope.role()) <= highest)
                .map(scope)
                .collect(),
            scopes_problem: wrong.scopes,
            every: self.connections.is_none(),
            connections: offered.iter().map(connection).collect(),
            connections_problem: wrong.connections,
            days: DAYS.map(days).into_iter().collect(),
        }
    }
}

//! A receipt as text: for the page, and as Markdown and JSON to be kept.

use serde::Serialize;
use serde_json::json;

use super::erase::{Row, figures};
use crate::model::ConnectionId;
use crate::store::receipts::{Kind, Receipt};
use crate::web::{App, format};

/// A receipt as it is read.
#[derive(Serialize)]
pub struct Paper {
    /// Its number.
    pub id: i64,
    /// `erasure` or `export`.
    pub kind: &'static str,
    /// The heading.
    pub title: String,
    /// Facts with their names.
    pub facts: Vec<(&'static str, String)>,
    /// What there was, by connection.
    pub rows: Vec<Row>,
    /// In all of them, where there are several.
    pub total: Option<Row>,
    /// What was done, and what it does not reach.
    pub sentences: Vec<String>,
    /// Whether it goes on.
    pub is_open: bool,
    /// How far it is.
    pub done: i64,
    /// How many sessions there were.
    pub sessions: i64,
}

impl Paper {
    /// Writes a receipt out. `goes_on` says that it is worked on.
    pub fn of(app: &App, receipt: &Receipt) -> Self {
        let of = &receipt.of;
        let all = receipt.total();
        let is_open = receipt.done_at.is_none();
        let (title, verb) = match of.kind {
            Kind::Erasure => (format!("Erasure receipt {}", receipt.id), "Erased"),
            Kind::Export => (format!("Export receipt {}", receipt.id), "Written"),
        };
        let mut facts = vec![
            ("Person", of.person.clone()),
            ("Asked for", format::exact(of.at)),
            (verb, receipt.done_at.map_or_else(|| "not yet".to_owned(), format::exact)),
            ("By", of.who.clone()),
            ("Server", app.public_url.clone()),
        ];
        if !app.settings.privacy.operator.is_empty() {
            facts.push(("Run by", app.settings.privacy.operator.clone()));
        }
        let row =
            |name: &str, counts| Row { name: name.to_owned(), url: String::new(), figures: figures(counts) };
        Self {
            id: receipt.id,
            kind: of.kind.name(),
            title,
            facts,
            rows: of.counted.iter().map(|each| row(&each.name, &each.counts)).collect(),
            total: (of.counted.len() > 1).then(|| row("All", &all)),
            sentences: sentences(app, receipt),
            is_open,
            done: receipt.sessions.min(all.sessions),
            sessions: all.sessions,
        }
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("# {}\n\n", self.title);
        for (name, value) in &self.facts {
            text += &format!("- {name}: {}\n", escaped(value));
        }
        if let Some(first) = self.rows.first() {
            let names: Vec<&str> = first.figures.iter().map(|(name, _)| *name).collect();
            text +=
                &format!("\n| Connection | {} |\n|---|{}\n", names.join(" | "), "---:|".repeat(names.len()));
        }
        for row in self.rows.iter().chain(&self.total) {
            let values: Vec<&str> = row.figures.iter().map(|(_, value)| value.as_str()).collect();
            text += &format!("| {} | {} |\n", escaped(&row.name), values.join(" | "));
        }
        for sentence in &self.sentences {
            text += &format!("\n{}\n", escaped(sentence));
        }
        text
    }
}

/// What is somebody's text makes no markup.
fn escaped(text: &str) -> String {
    let special = |char: char| "\\`*_{}[]<>#|!".contains(char);
    text.chars().fold(String::new(), |mut out, char| {
        if special(char) {
            out.push('\\');
        }
        out.push(if char.is_control() { ' ' } else { char });
        out
    })
}

fn sentences(app: &App, receipt: &Receipt) -> Vec<String> {
    let name = "The person is named by a keyed hash of the id that the site gives them. This receipt does not hold \
                the id; whoever has the id finds the receipt again on the server's page of receipts.";
    match receipt.of.kind {
        Kind::Erasure => vec![
            "Recordings, timelines, the search, prompts and replies, findings, notes, links, saved views that name \
             the person, and reports about times in which they visited: all of it was taken out of the database and \
             overwritten on the disk. Uploads that come later for these sessions are refused."
                .to_owned(),
            format!(
                "This does not reach copies outside of the database. {} Files that people downloaded, reports that \
                 they exported, replicas of the disk and messages to other services are not touched. Recordings in \
                 which the site did not name the person are not known to be theirs. A later visit is recorded anew.",
                super::erase::backups(app)
            ),
            name.to_owned(),
        ],
        Kind::Export => vec![
            "All that is counted here was handed out as one file, but for sessions that waited to be masked, which the \
             file names as left out, and for reports, which speak of other people as well."
                .to_owned(),
            name.to_owned(),
        ],
    }
}

/// A receipt for programs.
pub fn as_json(receipt: &Receipt) -> serde_json::Value {
    let of = &receipt.of;
    json!({
        "receipt": receipt.id,
        "kind": of.kind.name(),
        "person": of.person,
        "connection": of.connection.map(|ConnectionId(id)| id),
        "asked_for_at": crate::clock::rfc3339(of.at),
        "done_at": receipt.done_at.map(crate::clock::rfc3339),
        "by": of.who,
        "counted": of.counted,
        "total": receipt.total(),
        "sessions_done": receipt.sessions,
    })
}

//! What became of files that were uploaded, for people.

use serde::Serialize;

use super::importing::MOST_RECORDING_BYTES;
use crate::model::TimestampMs;
use crate::moving::reading::TooLarge;
use crate::moving::{Stored, Told};
use crate::web::format;
use crate::web::page::sessions_url;

/// So many recordings are listed, and so many that were refused; the others are counted.
const MOST_LISTED: usize = 200;

/// What came of an upload.
#[derive(Default, Serialize)]
pub struct Results {
    /// Recordings that are new.
    pub new: usize,
    /// Those that were there before.
    pub known: usize,
    /// Those that were not taken.
    pub refused: usize,
    /// Of the new ones, those that retention erases.
    pub outdated: usize,
    /// Each of them, as far as they are listed.
    pub rows: Vec<Row>,
    /// The same in a sentence.
    pub words: String,
    /// What there is to know about those that retention erases.
    pub warning: Option<String>,
    #[serde(skip)]
    listed: [usize; 2],
    #[serde(skip)]
    outdated_before: Option<TimestampMs>,
}

/// A recording.
#[derive(Serialize)]
pub struct Row {
    file: String,
    /// `new`, `known` or `refused`.
    kind: &'static str,
    words: String,
    url: Option<String>,
}

impl Results {
    /// Nothing yet. Sessions that began before `outdated_before` are erased.
    pub fn new(outdated_before: Option<TimestampMs>) -> Self {
        Self { outdated_before, ..Self::default() }
    }

    /// Takes down what became of a recording.
    pub fn add(&mut self, told: &Told) {
        let file = told.file.display().to_string();
        let row = match &told.outcome {
            Ok(imported) => {
                let url = Some(format!("{}/{}", sessions_url(imported.connection), imported.session));
                let events = format::count(imported.events, "event");
                let is_new = imported.stored == Stored::New;
                let is_outdated = self.outdated_before.is_some_and(|before| imported.began_at < before);
                self.new += usize::from(is_new);
                self.known += usize::from(!is_new);
                self.outdated += usize::from(is_new && is_outdated);
                if is_new {
                    Row { file, kind: "new", words: events, url }
                } else {
                    Row { file, kind: "known", words: "was imported before".to_owned(), url }
                }
            }
            Err(error) => {
                self.refused += 1;
                Row { file, kind: "refused", words: why(error), url: None }
            }
        };
        let listed = &mut self.listed[usize::from(row.kind == "refused")];
        *listed += 1;
        if *listed <= MOST_LISTED {
            self.rows.push(row);
        }
    }

    /// Puts it into words, once all is there.
    pub fn conclude(mut self) -> Self {
        let number = |number: usize| format::grouped(number as i64);
        let mut words = vec![format!("{} imported", number(self.new))];
        if self.known > 0 {
            words.push(format!("{} imported before", number(self.known)));
        }
        if self.refused > 0 {
            words.push(format!("{} not imported", number(self.refused)));
        }
        self.words = words.join(", ");
        let listed = self.rows.len();
        let all = self.new + self.known + self.refused;
        if all > listed {
            self.words.push_str(&format!("; {} of them are listed", number(listed)));
        }
        self.warning = (self.outdated > 0).then(|| {
            format!(
                "{} of them are older than sessions of this connection are kept, and will be erased. Retention says \
                 how long that is.",
                number(self.outdated)
            )
        });
        self
    }
}

/// Why a recording is not imported, and what helps.
fn why(error: &anyhow::Error) -> String {
    if error.is::<TooLarge>() {
        let most = format::bytes(MOST_RECORDING_BYTES as i64);
        return format!(
            "the recording has more than {most} once it is inflated; `hindsight import`, on the server's machine, \
             takes it"
        );
    }
    format!("{error:#}")
}

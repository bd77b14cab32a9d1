//! The page itself.

use serde::Serialize;

use super::Asked;
use super::field::{self, Choice, Group, Values};
use super::trying::Trial;
use crate::answers::plan::{Kind, Plan, Wrong};
use crate::web::form::Form;
use crate::web::page::Frame;
use crate::web::problem::Problem;
use crate::web::settings::{self, Tab};
use crate::web::{App, Response, format};

/// What the page says beside what it always does.
pub enum Said {
    /// Nothing.
    Nothing,
    /// The settings were saved.
    Saved,
    /// The settings that were sent cannot be used.
    Wrong(Form, Vec<Wrong>),
    /// What came of a question.
    Tried(Trial),
}

#[derive(Serialize)]
struct AnswersPage {
    #[serde(flatten)]
    frame: Frame,
    tabs: Vec<Tab>,
    done: Option<&'static str>,
    is_wrong: bool,
    url: String,
    kind_problem: String,
    choices: Vec<Choice>,
    groups: Vec<Group>,
    words: Group,
    trial: Option<Trial>,
    library: Option<LibraryText>,
}

#[derive(Serialize)]
struct LibraryText {
    folder: String,
    problem: Option<String>,
    counted: String,
    documents: Vec<DocumentText>,
}

#[derive(Serialize)]
struct DocumentText {
    file: String,
    title: String,
    url: String,
    passages: String,
    problem: Option<String>,
}

/// The page with what is to be said on it.
pub async fn page(app: &App, asked: Asked, said: Said) -> Result<Response, Problem> {
    let (mut done, mut sent, mut wrong, mut trial) = (None, None, Vec::new(), None);
    match said {
        Said::Nothing => {}
        Said::Saved => done = Some("Saved. The next question is answered by these settings."),
        Said::Wrong(form, problems) => (sent, wrong) = (Some(form), problems),
        Said::Tried(tried) => trial = Some(tried),
    }
    let folder = app.answers.folder(&asked.connection, &asked.plan).display().to_string();
    let values = Values {
        plan: &asked.plan,
        sent: sent.as_ref(),
        wrong: &wrong,
        folder: folder.clone(),
        default_folder: Plan::default().folder_of(&asked.connection),
    };
    let of_kind = wrong.iter().find(|wrong| wrong.field == "kind");
    let page = AnswersPage {
        done,
        is_wrong: !wrong.is_empty(),
        url: asked.url(),
        kind_problem: of_kind.map(ToString::to_string).unwrap_or_default(),
        choices: field::choices(&values),
        groups: field::groups(&values),
        words: field::words(&values),
        trial,
        library: library(app, &asked, folder).await,
        tabs: settings::tabs(asked.connection.id, "Answers"),
        frame: asked.frame,
    };
    app.templates.page("pages/answers.html", &page)
}

/// The documents, where the plan goes by them.
async fn library(app: &App, asked: &Asked, folder: String) -> Option<LibraryText> {
    if !matches!(asked.plan.kind, Kind::Documents | Kind::OpenAi) {
        return None;
    }
    let library = match app.answers.library(&asked.connection, &asked.plan).await {
        Ok(library) => library,
        Err(error) => {
            tracing::error!(%error, "documents were not read");
            let problem = Some("The documents could not be read; the server's log says why.".to_owned());
            return Some(LibraryText { folder, problem, counted: String::new(), documents: Vec::new() });
        }
    };
    let count = |number: usize, one: &str, many: &str| {
        let word = if number == 1 { one } else { many };
        format!("{} {word}", format::grouped(i64::try_from(number).unwrap_or(i64::MAX)))
    };
    let documents = library.documents.iter().map(|document| DocumentText {
        file: document.file.clone(),
        title: document.title.clone(),
        url: document.url.clone(),
        passages: format::grouped(i64::try_from(document.passages).unwrap_or(i64::MAX)),
        problem: document.problem.as_ref().map(|problem| format!("{} {problem}.", document.file)),
    });
    let files = count(library.documents.len(), "file", "files");
    Some(LibraryText {
        folder,
        problem: library.problem.clone(),
        counted: format!("{files}, {}", count(library.len(), "passage", "passages")),
        documents: documents.collect(),
    })
}

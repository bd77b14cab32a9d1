//! Asking a question on the page, with the settings as they stand.

use std::time::Instant;

use futures_util::StreamExt;
use serde::Serialize;

use super::Asked;
use super::show::{Said, page};
use crate::answers::ask::MAX_TEXT_CHARS;
use crate::answers::{Ask, Kind, Piece, Source};
use crate::web::form::Form;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response};

/// What came of a question that was tried.
#[derive(Debug, Default, Serialize)]
pub struct Trial {
    question: String,
    /// Markdown.
    text: String,
    answered: bool,
    sources: Vec<Source>,
    took: String,
    /// Why there is no answer.
    problem: Option<String>,
}

/// Asks, and shows what came of it.
pub async fn try_question(app: App, mut request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let form = Form::read(&app, &mut request).await?;
    let question = form.text("question").trim();
    let trial = if question.is_empty() || question.chars().count() > MAX_TEXT_CHARS {
        let problem = Some(format!("Write a question of at most {MAX_TEXT_CHARS} characters."));
        Trial { question: question.to_owned(), problem, ..Trial::default() }
    } else {
        ask(&app, &asked, question).await?
    };
    page(&app, asked, Said::Tried(trial)).await
}

async fn ask(app: &App, asked: &Asked, question: &str) -> Result<Trial, Problem> {
    let _turn = app.answers.turn(asked.connection.id).ok_or_else(Problem::too_many_questions)?;
    let started = Instant::now();
    let mut trial = Trial { question: question.to_owned(), ..Trial::default() };
    let mut pieces = app.answers.ask(&asked.connection, asked.plan.clone(), Ask::of(question));
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(Piece::Text { text }) => trial.text.push_str(&text),
            Ok(Piece::Done { answered, sources }) => {
                trial.answered = answered;
                trial.sources = sources;
            }
            Ok(Piece::Failed { text }) => trial.problem = Some(text),
            Err(failure) => trial.problem = Some(sentence(&failure.in_full())),
        }
    }
    if asked.plan.kind == Kind::None {
        trial.problem = Some("Nobody answers: choose who does, and save.".to_owned());
    }
    let ms = started.elapsed().as_millis();
    trial.took =
        if ms < 1000 { format!("{ms} ms") } else { format!("{:.1} s", started.elapsed().as_secs_f64()) };
    Ok(trial)
}

/// An error as a sentence.
fn sentence(error: &str) -> String {
    let mut chars = error.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

//! The page that asks before something is erased.
//!
//! It works without script: one form that does it, one link that does not.

use serde::Serialize;

use super::page::Frame;
use super::problem::Problem;
use super::{App, Response};

/// What is asked.
#[derive(Serialize)]
pub struct Confirm {
    /// What surrounds the page.
    #[serde(flatten)]
    pub frame: Frame,
    /// The question.
    pub title: String,
    /// What it is about, each fact with its name.
    pub facts: Vec<(&'static str, String)>,
    /// What will be gone, and what not, in sentences.
    pub sentences: Vec<String>,
    /// Where the form is sent.
    pub action: String,
    /// What is sent with it.
    pub fields: Vec<(&'static str, String)>,
    /// What the button says. `None`: there is nothing to do.
    pub button: Option<String>,
    /// The way back.
    pub cancel_url: String,
}

impl Confirm {
    /// The page.
    pub fn page(&self, app: &App) -> Result<Response, Problem> {
        app.templates.page("pages/confirm.html", self)
    }
}

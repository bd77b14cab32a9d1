//! Answers that are quoted from Markdown files.
//!
//! A file is cut at its headings into passages (`markdown`), which are searched by words
//! (`library`, `search`); of the best ones some whole sentences or list items are quoted
//! (`quote`). When nothing fits well enough that is said, rather than something that is
//! only near. Nothing is made up here: all that is said stands in a file.

mod folder;
mod front_matter;
mod libraries;
mod library;
mod markdown;
mod quote;
mod search;
mod small_talk;
mod stop_words;
mod words;

use std::sync::Arc;

use super::{Ask, Failure, Out, Piece, Plan};

pub use folder::ReadFile;
pub use libraries::Libraries;
pub use library::{Document, Library, Passage};
pub use search::Hit;

/// Answers from the documents.
pub(super) async fn answer(
    library: &Arc<Library>,
    plan: &Plan,
    ask: &Ask,
    out: &Out,
) -> Result<Piece, Failure> {
    let found = quoted(library, ask).await?;
    let Some((text, sources)) = found else {
        out.text(plan.unanswered()).await;
        return Ok(Piece::Done { answered: false, sources: Vec::new() });
    };
    out.text(text).await;
    Ok(Piece::Done { answered: true, sources })
}

/// The answer with its sources, if there is one.
async fn quoted(library: &Arc<Library>, ask: &Ask) -> Result<Option<(String, Vec<super::Source>)>, Failure> {
    if let Some(words) = small_talk::reply(&ask.text) {
        return Ok(Some((words.to_owned(), Vec::new())));
    }
    let (library, ask) = (Arc::clone(library), ask.clone());
    blocking(move || {
        let hits = library.search(&ask)?;
        let Some(quoted) = quote::quote(&library, &hits)? else { return Ok(None) };
        let passages = quoted.hits.iter().map(|hit| library.passage(hit));
        Ok(Some((quoted.text, library.sources(passages))))
    })
    .await
}

/// The passages that have to do with a question, best first.
pub async fn search(library: &Arc<Library>, ask: &Ask) -> Result<Vec<Hit>, Failure> {
    let (library, ask) = (Arc::clone(library), ask.clone());
    blocking(move || library.search(&ask)).await
}

/// Runs work that reads files or searches on a thread that may take its time.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> crate::store::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.map_err(|error| Failure::Documents(error.to_string())),
        Err(error) => Err(Failure::Documents(error.to_string())),
    }
}

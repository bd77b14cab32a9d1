//! The documents of one folder, ready to be searched.

use std::collections::BTreeSet;

use super::folder::ReadFile;
use super::markdown::{self, Kind, Unit};
use super::{front_matter, words};
use crate::answers::Source;
use crate::store::Result;
use crate::store::passages::{Entry, Index};

/// A passage is cut where it is longer than this.
const MAX_PASSAGE_CHARS: usize = 1600;

/// Shorter words are not corrected: too many others are near.
pub const MIN_CORRECTED_CHARS: usize = 5;

/// What is known of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its path within the folder.
    pub file: String,
    /// What it is called.
    pub title: String,
    /// Where visitors find it; empty when it does not say.
    pub url: String,
    /// How many passages it has.
    pub passages: usize,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// A part of a document that stands for itself.
#[derive(Clone, Debug)]
pub struct Passage {
    document: usize,
    /// The document's title, and the headings above.
    path: Vec<String>,
    /// Its text.
    pub units: Vec<Unit>,
}

/// The documents of one folder.
pub struct Library {
    /// All files, also those that cannot be read.
    pub documents: Vec<Document>,
    /// Why the folder, or a part of it, is not read.
    pub problem: Option<String>,
    pub(super) passages: Vec<Passage>,
    pub(super) index: Index,
    /// All words that stand somewhere, for those that are spelled wrong.
    pub(super) vocabulary: BTreeSet<String>,
}

impl Passage {
    /// What it is about.
    pub fn name(&self) -> String {
        self.path.join(" › ")
    }

    /// All of its text.
    pub fn markdown(&self) -> String {
        let all: Vec<usize> = (0..self.units.len()).collect();
        self.markdown_of(&all)
    }

    /// Some of its units, in their order.
    pub fn markdown_of(&self, units: &[usize]) -> String {
        let mut text = String::new();
        let mut before: Option<(usize, Kind)> = None;
        for &place in units {
            let unit = &self.units[place];
            text += match (before, unit.kind) {
                (None, _) => "",
                (Some((_, Kind::Item)), Kind::Item) => "\n",
                (Some((last, Kind::Sentence { .. })), Kind::Sentence { opens: false })
                    if last + 1 == place =>
                {
                    " "
                }
                _ => "\n\n",
            };
            text += &unit.markdown;
            before = Some((place, unit.kind));
        }
        text
    }
}

impl Library {
    /// Reads files.
    pub fn of(files: Vec<ReadFile>, problem: Option<String>) -> Result<Self> {
        let mut documents = Vec::new();
        let (mut passages, mut entries) = (Vec::new(), Vec::new());
        for file in files {
            let mut document = Document { file: file.name, ..Document::default() };
            match file.text {
                Err(problem) => document.problem = Some(problem),
                Ok(text) => {
                    let row = documents.len();
                    for (passage, entry) in read(row, &mut document, &text) {
                        passages.push(passage);
                        entries.push(entry);
                    }
                }
            }
            documents.push(document);
        }
        let index = Index::of(&entries)?;
        Ok(Self { documents, problem, passages, index, vocabulary: vocabulary(&entries) })
    }

    /// How many passages there are.
    pub fn len(&self) -> usize {
        self.passages.len()
    }

    /// Whether there is nothing to search.
    pub fn is_empty(&self) -> bool {
        self.passages.is_empty()
    }

    /// The passage that was found.
    pub fn passage(&self, hit: &super::Hit) -> &Passage {
        &self.passages[hit.passage]
    }

    /// The documents of passages, each once.
    pub fn sources<'a>(&self, passages: impl Iterator<Item = &'a Passage>) -> Vec<Source> {
        let mut sources: Vec<Source> = Vec::new();
        for passage in passages {
            let document = &self.documents[passage.document];
            let source = Source { title: document.title.clone(), url: document.url.clone() };
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        Source::fit_to_show(sources)
    }
}

/// The passages of a document, each as it is quoted and as it is searched.
fn read(row: usize, document: &mut Document, text: &str) -> Vec<(Passage, Entry)> {
    let (matter, text) = front_matter::split(text);
    let (heading, parts) = markdown::split(text);
    document.title = Some(matter.title).filter(|title| !title.is_empty()).or(heading).unwrap_or_else(|| {
        let name = document.file.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or(name, |(stem, _)| stem).replace(['-', '_'], " ")
    });
    document.url = matter.url;
    document.problem = matter.problem;
    let mut read = Vec::new();
    for part in parts {
        for units in cut(part.units) {
            let entry = Entry {
                title: document.title.clone(),
                heading: part.heading.join("\n"),
                keywords: matter.keywords.clone(),
                units: units.iter().map(|unit| unit.markdown.clone()).collect(),
            };
            let path = std::iter::once(document.title.clone()).chain(part.heading.clone()).collect();
            read.push((Passage { document: row, path, units }, entry));
        }
    }
    document.passages = read.len();
    if read.is_empty() && document.problem.is_none() {
        document.problem = Some("has no text".to_owned());
    }
    read
}

/// Cuts what is long where a paragraph begins.
fn cut(units: Vec<Unit>) -> Vec<Vec<Unit>> {
    let mut pieces: Vec<Vec<Unit>> = vec![Vec::new()];
    let mut chars = 0;
    for unit in units {
        let may_cut = matches!(unit.kind, Kind::Sentence { opens: true });
        if chars > MAX_PASSAGE_CHARS && may_cut {
            pieces.push(Vec::new());
            chars = 0;
        }
        chars += unit.markdown.chars().count();
        if let Some(last) = pieces.last_mut() {
            last.push(unit);
        }
    }
    pieces
}

fn vocabulary(entries: &[Entry]) -> BTreeSet<String> {
    let texts = entries.iter().flat_map(|entry| {
        let units = entry.units.iter().map(String::as_str);
        units.chain([&*entry.title, &*entry.heading, &*entry.keywords])
    });
    let all = texts.flat_map(words::all);
    all.filter(|word| word.chars().count() >= MIN_CORRECTED_CHARS - 1).collect()
}

//! The catalogue as a table for readers.

use std::fmt::Write;
use std::path::Path;

use crate::cases::{Case, Expected, Step, catalogue};

const INTRODUCTION: &str = "# What the ingest path answers to bad input

Generated from `tests/bad_input/*.toml`, which `cargo test --test bad_input` plays against the real server; change those
and run it with `WRITE_DOCS=1`. `later`, `never`, `split` and `resnapshot` say what the recorder does with the batch. What
each type of problem means stands under `/problems/TYPE` of a running server.

After every row holds: the process lives and has given its memory back; nothing is added or changed in the database but
what the row says; a good batch of the same session is stored at once; the refusal is counted and logged in one line
without body, key or address; nothing of the input comes back; no transaction is left open.
";

#[test]
fn the_documentation_is_the_data() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/bad-input.md");
    let table = table();
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::write(&path, &table).expect("docs can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == table, "docs/bad-input.md is not what the data says; run this with WRITE_DOCS=1");
}

fn table() -> String {
    let mut text = INTRODUCTION.to_owned();
    for group in catalogue() {
        write!(text, "\n## {}\n\n| # | Input | Answer | |\n|---|---|---|---|\n", group.heading)
            .expect("memory");
        for case in &group.case {
            let note = case.note.as_deref().unwrap_or_default();
            let (id, input, answers) = (&case.id, &case.input, answers(case));
            writeln!(text, "| {id} | {} | {answers} | {} |", cell(input), cell(note)).expect("memory");
        }
    }
    text
}

/// Each answer of the row once.
fn answers(case: &Case) -> String {
    let mut answers: Vec<String> = case.steps.iter().flat_map(answers_of).collect();
    if answers.is_empty() {
        return "see the test".to_owned();
    }
    let mut seen = std::collections::BTreeSet::new();
    answers.retain(|answer| seen.insert(answer.clone()));
    answers.join("; ")
}

fn answers_of(step: &Step) -> Vec<String> {
    match step {
        Step::Send(send) => vec![answer(&send.expected)],
        Step::Parallel(parallel) => vec![answer(&parallel.send.expected)],
        Step::Pipeline(pipeline) => vec![answer(&pipeline.send.expected)],
        Step::Stalled(stalled) => vec![answer(&stalled.expected)],
        Step::Stop(expected) => vec![answer(expected)],
        Step::HangUp(hang_up) => {
            vec![
                hang_up.counted.as_ref().map_or("nothing".to_owned(), |reason| format!("counted `{reason}`")),
            ]
        }
        Step::Raw(raw) => raw
            .statuses
            .iter()
            .map(|status| match (status, &raw.r#type) {
                (0, _) => "closed".to_owned(),
                (status, Some(kind)) => format!("{status} `{kind}`"),
                (status, None) => status.to_string(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn answer(expected: &Expected) -> String {
    let kinds = |kind: &String| format!(" `{}`", kind.replace('|', "` or `"));
    let kind = expected.r#type.as_ref().map(kinds).unwrap_or_default();
    let retry = expected.retry.as_ref().map(|retry| format!(", {retry}")).unwrap_or_default();
    format!("{}{kind}{retry}", expected.status)
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

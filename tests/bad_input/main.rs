//! The bad-input catalogue: what a stranger can send to the ingest path, and what becomes of it.
//!
//! Its rows are data; one runner plays them over raw sockets against the real server,
//! with the clock in hand, and holds after each that the process is alive and has given
//! its memory back, that nothing is left behind, that a good batch is stored, that the
//! refusal was counted and logged, and that nothing of the input came back.

mod cases;
mod client;
mod docs;
mod play;
#[path = "../it/server.rs"]
#[allow(dead_code, reason = "the other test program uses the rest")]
mod server;
mod witness;

use std::path::Path;

use cases::catalogue;
use play::{Stage, play};

/// The letters of the catalogue, and how many rows each has.
const ROWS: [(&str, usize); 7] = [("B", 24), ("J", 21), ("T", 5), ("S", 14), ("K", 10), ("R", 8), ("H", 12)];

#[test]
fn every_row_holds() {
    witness::keep_log();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let shared = Stage::new(runtime.handle(), None);
    let only = std::env::var("BAD_INPUT").ok();
    let groups = catalogue();
    for (number, case) in groups.iter().flat_map(|group| &group.case).enumerate() {
        if case.steps.is_empty() || only.as_ref().is_some_and(|only| *only != case.id) {
            continue;
        }
        if case.settings.is_empty() {
            play(&shared, case, number);
        } else {
            play(&Stage::new(runtime.handle(), Some(case)), case, number);
        }
    }
}

#[test]
fn the_catalogue_is_complete() {
    let groups = catalogue();
    let mut ids: Vec<&str> =
        groups.iter().flat_map(|group| &group.case).map(|case| case.id.as_str()).collect();
    let mut expected: Vec<String> =
        ROWS.iter().flat_map(|(letter, rows)| (1..=*rows).map(move |row| format!("{letter}{row}"))).collect();
    ids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ids, expected);
    assert_eq!(ids.len(), 94);
}

#[test]
fn what_is_played_elsewhere_is_a_test() {
    for case in catalogue().iter().flat_map(|group| &group.case) {
        assert!(!case.steps.is_empty() || !case.played_by.is_empty(), "{} is played nowhere", case.id);
        for place in &case.played_by {
            let (file, test) = place.split_once("::").expect("file::test");
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let code = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{place}: {error}"));
            let is_test = code.split("#[test]").skip(1).chain(code.split("#[tokio::test]").skip(1));
            let mut starts = is_test.map(|rest| rest.split('{').next().unwrap_or_default());
            assert!(
                starts.any(|start| start.contains(&format!("fn {test}("))),
                "{}: no test {place}",
                case.id
            );
        }
    }
}

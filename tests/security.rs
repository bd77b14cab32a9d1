//! What SECURITY.md and the checklist claim is shown by tests that exist.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of a table, by the begin of their first cell; each as its cells.
fn rows(document: &str, prefix: &str) -> Vec<Vec<String>> {
    let text = read(&root().join(document));
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    let is_row =
        |row: &Vec<String>| row[0].strip_prefix(prefix).is_some_and(|number| number.parse::<u32>().is_ok());
    text.lines().filter(|line| line.starts_with('|')).map(cells).filter(is_row).collect()
}

/// The names of tests in a cell: what stands in backticks.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The file that may hold a test, and the test's own name.
fn place(name: &str) -> Option<(PathBuf, String)> {
    if let Some((path, title)) = name.split_once(".spec.ts: ") {
        return Some((root().join(format!("{path}.spec.ts")), title.to_owned()));
    }
    let (path, function) = name.rsplit_once("::")?;
    if path.ends_with(".rs") {
        return Some((root().join(path), function.to_owned()));
    }
    let below = root().join("tests").join(path.replace("::", "/"));
    let own = below.with_extension("rs");
    Some((if own.is_file() { own } else { below.join("mod.rs") }, function.to_owned()))
}

fn exists(name: &str) -> bool {
    let Some((path, own)) = place(name).filter(|(path, _)| path.is_file()) else { return false };
    let text = read(&path);
    if path.extension().is_some_and(|extension| extension == "ts") {
        return text.contains(&format!("test(\"{own}\"")) || text.contains(&format!("test('{own}'"));
    }
    let declared = format!("fn {own}(");
    text.match_indices(&declared).any(|(at, _)| {
        let before: Vec<&str> = text[..at].lines().rev().take(4).collect();
        let is_attribute = |line: &&str| line.trim().starts_with("#[") && line.contains("test");
        before.iter().any(is_attribute)
    })
}

#[test]
fn every_threat_has_a_row_and_every_row_a_test_or_a_reason() {
    let rows = rows("SECURITY.md", "T");
    let numbers: Vec<String> = rows.iter().map(|row| row[0].clone()).collect();
    let expected: Vec<String> = (1..=63).map(|number| format!("T{number}")).collect();
    assert_eq!(numbers, expected);
    for row in &rows {
        let [number, threat, _, shown] = &row[..] else { panic!("{row:?} has not four cells") };
        assert!(!threat.is_empty(), "{number}");
        let missing: Vec<&str> = names(shown).filter(|name| !exists(name)).collect();
        assert!(missing.is_empty(), "{number} names what is not there: {missing:?}");
        let is_open = shown.starts_with("not yet: ") || shown.starts_with("does not apply: ");
        assert!(names(shown).count() > 0 || is_open, "{number} is shown by nothing");
    }
}

#[test]
fn a_test_that_is_not_there_is_found_out() {
    assert!(exists("tests/security.rs::a_test_that_is_not_there_is_found_out"));
    for name in ["tests/security.rs::rows", "it::changing::nothing", "it::nothing::nothing", "nothing"] {
        assert!(!exists(name), "{name}");
    }
}

#[test]
fn the_checklist_is_whole_and_its_results_are_one_of_three() {
    let rows = rows("docs/security-checklist.md", "C");
    let numbers: Vec<String> = rows.iter().map(|row| row[0].clone()).collect();
    let expected: Vec<String> = (1..=50).map(|number| format!("C{number:02}")).collect();
    assert_eq!(numbers, expected);
    for row in &rows {
        let [number, requirement, command, result] = &row[..] else { panic!("{row:?} has not four cells") };
        assert!(!requirement.is_empty() && names(command).count() > 0, "{number} has no command");
        let known = ["passes", "partly", "not yet run"].iter().any(|word| result.starts_with(word));
        assert!(known, "{number}: {result}");
        // Tests that a command names by their files are there.
        for name in names(command).flat_map(str::split_whitespace) {
            let path = root().join("browser").join(name);
            let is_there = path.is_file() || result.starts_with("not yet run");
            assert!(!name.ends_with(".spec.ts") || is_there, "{number}: {name} is not there");
        }
    }
}

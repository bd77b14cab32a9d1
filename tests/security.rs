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

#[test]
fn every_line_of_the_standard_says_how_it_stands_and_what_shows_it() {
    let text = read(&root().join("docs/asvs.md"));
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| ") && line[2..].starts_with(|first: char| first.is_ascii_digit()))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() > 80, "{} lines", rows.len());
    for row in &rows {
        let [number, asked, state, holds, shown] = &row[..] else { panic!("{row:?} has not five cells") };
        assert!(!asked.is_empty(), "{number}");
        assert!(["met", "partly", "not met", "not applicable"].contains(state), "{number}: {state}");
        assert!(*state == "met" || !holds.is_empty(), "{number} says why it is {state}");
        let missing: Vec<&str> = names(shown).filter(|name| !exists(name)).collect();
        assert!(missing.is_empty(), "{number} names what is not there: {missing:?}");
        assert!(names(shown).count() > 0 || *state != "met", "{number} is shown by nothing");
    }
}

/// How much a row of the checklist counts: what loses or tells recordings the most.
fn weight(number: &str) -> usize {
    match number.trim_start_matches('C').parse::<usize>().expect("a number") {
        1..=20 => 3,
        48.. => 1,
        _ => 2,
    }
}

/// Two points for what passes, one for a part of it, times its weight.
fn points(row: &[String]) -> usize {
    let passed = if row[3].starts_with("passes") { 2 } else { usize::from(row[3].starts_with("partly")) };
    passed * weight(&row[0])
}

#[test]
fn the_head_of_the_checklist_says_what_its_rows_come_to() {
    let rows = rows("docs/security-checklist.md", "C");
    let most: usize = rows.iter().map(|row| 2 * weight(&row[0])).sum();
    let come_to: usize = rows.iter().map(|row| points(row)).sum();
    let (grave, open) =
        (rows.iter().filter(|row| weight(&row[0]) == 3), |row: &&Vec<String>| points(row) < 6);
    let open: Vec<&str> = grave.filter(open).map(|row| row[0].as_str()).collect();
    let is_shut = !open.is_empty() || come_to * 10 < most * 9;
    let gate = if is_shut { "shut" } else { "open" };
    let missing = if open.is_empty() { "none".to_owned() } else { open.join(", ") };
    let sentence = format!(
        "**The gate is {gate}: {come_to} of {most} points; of the rows of weight 3 that do not pass: {missing}.**"
    );
    let page = read(&root().join("docs/security-checklist.md"));
    let said = page.lines().find(|line| line.starts_with("**The gate is ")).unwrap_or_default();
    if said != sentence && std::env::var_os("HINDSIGHT_WRITE_DOCS").is_some() {
        let written = page.replacen(said, &sentence, 1);
        fs::write(root().join("docs/security-checklist.md"), written).expect("written");
        return;
    }
    assert_eq!(said, sentence, "HINDSIGHT_WRITE_DOCS=1 writes it anew");
}

//! `hindsight plugin test`, as an author or a script of theirs runs it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command_line::{folder, run, stderr, stdout};

/// A visit of the demo shop.
const VISIT: &str = "browser/demo/visits/card-declined.json.gz";

/// A project of `plugin new`, and what was said when it was run.
struct Project(TempDir);

impl Project {
    fn new(kind: &str) -> Self {
        let data = folder();
        let made = run(data.path(), &["plugin", "new", "tried", "--kind", kind]);
        assert!(made.status.success(), "{}", stderr(&made));
        Self(data)
    }

    /// The exit code, and all that was printed.
    fn test(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = run(self.0.path(), &[&["plugin", "test", "tried"], arguments].concat());
        (output.status.code(), format!("{}{}", stdout(&output), stderr(&output)))
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.path().join("tried").join(file), text).expect("writable");
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.path().join("tried").join(file)).expect("readable")
    }
}

fn visit() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(VISIT).to_str().expect("UTF-8").to_owned()
}

#[test]
fn a_plugin_is_held_against_its_test() {
    let project = Project::new("analyzer");
    let (code, said) = project.test(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("0:09.000  pay-error  high      “Pay” was followed by an error"), "{said}");
    assert!(said.contains("fuel ") && said.contains("; read 7 events"), "{said}");

    project.write("tests/expected.json", r#"{"findings": [{"kind": "pay-error", "at": 9001}]}"#);
    let (code, said) = project.test(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("wrong: findings[0].at is 9000, and 9001 was expected"), "{said}");

    project.write("tests/expected.json", r#"{"findings": [{"kind": "pai-error", "at": 9000}]}"#);
    let (code, said) = project.test(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("expected.json: findings[0].kind is \"pai-error\", which the manifest"), "{said}");

    let (code, said) = project.test(&["--update"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(project.test(&[]).0, Some(0));
    let written: Value = serde_json::from_str(&project.read("tests/expected.json")).expect("JSON");
    assert_eq!(written["findings"][0]["at"], 9000);
}

#[test]
fn what_goes_wrong_is_told_with_its_place() {
    let project = Project::new("analyzer");
    let input = project.read("tests/input.json");
    project.write("tests/input.json", &input.replacen("\"kind\"", "\"kid\"", 1));
    let (code, said) = project.test(&[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("input.json: events[0]: missing field `kind`"), "{said}");

    project.write("tests/input.json", r#"{"spans": []}"#);
    let (_, said) = project.test(&[]);
    assert!(said.contains("it is the input of a masker, and tried is analyzer"), "{said}");

    project.write("plugin.js", "export function analyze() {\n  return sesion;\n}\n");
    let (code, said) = project.test(&["--session", &visit()]);
    assert_eq!(code, Some(1));
    assert!(said.contains("sesion is not defined") && said.contains("plugin.js:2:"), "{said}");

    let (code, said) = Project::new("reporter").test(&["--session", &visit()]);
    assert_eq!(code, Some(1));
    assert!(said.contains("tried is a reporter, which reads what was said about many sessions"), "{said}");
    let (_, said) = Project::new("masker").test(&["--session", "not/there"]);
    assert!(said.contains("\"not/there\" is neither a file nor the id of a session"), "{said}");
}

#[test]
fn a_run_is_repeated_with_its_settings() {
    let project = Project::new("analyzer");
    let mut input: Value = serde_json::from_str(&project.read("tests/input.json")).expect("JSON");
    input["settings"] = json!({ "label": "Buy" });
    project.write("run.json", &input.to_string());
    let (code, said) = project.test(&["--replay", "tried/run.json"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("no findings"), "nobody clicked that: {said}");
    input["settings"] = json!({ "labl": "Pay" });
    project.write("run.json", &input.to_string());
    let (code, said) = project.test(&["--replay", "tried/run.json"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("the settings of tried do not fit: ") && said.contains("labl"), "{said}");
}

#[test]
fn a_masker_shows_what_it_would_hide_to_people_only() {
    let project = Project::new("masker");
    let manifest = project.read("plugin.toml").replace("\"C-\"", "\"3\"");
    project.write("plugin.toml", &manifest);
    let (code, said) = project.test(&["--session", &visit()]);
    assert_eq!(code, Some(0), "{said}");
    let hidden: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("- ")).collect();
    assert!(!hidden.is_empty() && said.contains("customer number in "), "{said}");
    let (_, counted) = project.test(&["--session", &visit(), "--json"]);
    let counts: Value = serde_json::from_str(&counted).expect("one object");
    assert_eq!(counts["returned"]["changes"], hidden.len());
    assert!(hidden.iter().all(|text| !counted.contains(text)), "{counted}");
}

//! What analyzers return: declared, in range, bounded, and text only.

use hindsight::model::Severity;
use hindsight::plugins::run::Cause;
use serde_json::json;

use super::guests::{self, ANALYZER};
use super::{load, session};

/// What comes of an output with so many copies of one finding.
fn findings(kind: &str, title: &str, at: u32, until: Option<u32>, count: u32) -> Result<usize, String> {
    let until = until.map_or(String::new(), |until| {
        format!(
            "(i32.store8 (i32.const 4128) (i32.const 1)) (i32.store (i32.const 4132) (i32.const {until}))"
        )
    });
    // The finding is written once, at 4096, and copied behind itself.
    let body = format!(
        "(drop (memory.grow (i32.const 64)))
         (i32.store (i32.const 4096) (i32.const 2048)) (i32.store (i32.const 4100) (i32.const {}))
         (i32.store8 (i32.const 4104) (i32.const 2))
         (i32.store (i32.const 4108) (i32.const 3072)) (i32.store (i32.const 4112) (i32.const {}))
         (i32.store (i32.const 4124) (i32.const {at})) {until}
         (memory.copy (i32.const 4156) (i32.const 4096) (i32.const 60))
         (local.set $length (i32.const 2))
         (loop
            (memory.copy
                (i32.add (i32.const 4096) (i32.mul (local.get $length) (i32.const 60)))
                (i32.const 4096) (i32.const 60))
            (local.set $length (i32.add (local.get $length) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $length) (i32.const {count}))))
         (i32.store (i32.const 1028) (i32.const 4096)) (i32.store (i32.const 1032) (i32.const {count}))",
        kind.len(),
        title.len(),
    );
    let data = format!("(data (i32.const 2048) {kind:?}) (data (i32.const 3072) {title:?})");
    let plugin = load(ANALYZER, &guests::analyzer(&body, &data)).expect("harmless in its trial");
    let settings = plugin.settings(&[&json!({ "evil": true })]).expect("a valid setting");
    let run = plugin.analyze(&session(1000), std::iter::empty(), &settings);
    let analysis = run.outcome.map_err(|failure| {
        assert_eq!(failure.cause, Cause::Output);
        failure.message
    })?;
    for finding in &analysis.findings {
        assert_eq!((finding.kind.as_str(), finding.severity), ("rage", Severity::Medium));
        assert!(finding.title.chars().count() <= 200 && !finding.title.contains(char::is_control));
    }
    Ok(analysis.findings.len())
}

#[test]
fn a_finding_arrives() {
    assert_eq!(findings("rage", "<script>alert(1)</script>", 1000, Some(1000), 1), Ok(1));
    assert_eq!(findings("rage", &"x".repeat(900), 0, None, 1000), Ok(1000));
}

#[test]
fn what_may_not_be_is_named() {
    for (outcome, expected) in [
        (findings("rage", "", 0, None, 1001), "returned 1001 findings; 1000 are allowed"),
        (
            findings("dead", "", 0, None, 1),
            "findings[0].kind is \"dead\", which the manifest does not declare; add it to kinds of [analyzer]",
        ),
        (
            findings("rage", "", 1001, None, 1),
            "findings[0].at is 1001, after the end of the session (1000 ms)",
        ),
        (
            findings("rage", "", 10, Some(5000), 1),
            "findings[0].until is 5000, after the end of the session (1000 ms)",
        ),
        (findings("rage", "", 10, Some(9), 3), "findings[0].until is 9, before its at (10)"),
    ] {
        assert_eq!(outcome, Err(expected.to_owned()));
    }
}

//! How bad a session was, and why.

use hindsight_plugin::{Finding, Score};

/// What one finding of a kind takes away from a session without any, and how it is counted.
const WEIGHTS: [(&str, f64, &str, &str); 10] = [
    ("rage-click", 0.30, "rage click", "rage clicks"),
    ("error-click", 0.25, "error after a click", "errors after clicks"),
    ("form-errors", 0.25, "form refused again", "forms refused again"),
    ("form-abandoned", 0.20, "form given up", "forms given up"),
    ("dead-click", 0.12, "dead click", "dead clicks"),
    ("slow-response", 0.10, "slow response", "slow responses"),
    ("thrashing", 0.08, "shaken cursor", "shaken cursors"),
    ("u-turn", 0.08, "way back and forth", "ways back and forth"),
    ("excessive-scrolling", 0.06, "page searched by scrolling", "pages searched by scrolling"),
    ("quick-back", 0.03, "quick back", "quick backs"),
];

/// The score: each finding takes its share of what is left, so many small ones never reach a
/// hundred and the order does not matter.
pub fn of(findings: &[Finding]) -> Score {
    let mut left = 1.0;
    let mut reasons = Vec::new();
    for (kind, weight, one, many) in WEIGHTS {
        let count = findings.iter().filter(|finding| finding.kind == kind).count();
        if count > 0 {
            let share = (1.0_f64 - weight).powi(i32::try_from(count).unwrap_or(i32::MAX));
            left *= share;
            reasons.push((1.0 - share, format!("{count} {}", if count == 1 { one } else { many })));
        }
    }
    reasons.sort_by(|one, other| other.0.total_cmp(&one.0));
    let reasons: Vec<String> = reasons.into_iter().map(|(_, reason)| reason).collect();
    let why = if reasons.is_empty() { "nothing stood in the way".to_owned() } else { reasons.join(", ") };
    Score { points: (100.0 * (1.0 - left)).round() as u32, why }
}

//! What scripts return: JSON, read leniently where the manifest knows the rest.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::manifest::Analyzer;
use super::spans::Change;
use super::text;
use crate::model::{Analysis, Fact, Fields, Finding, Report, Score, Section, Severity};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    findings: Option<Vec<Value>>,
    facts: Option<Vec<Value>>,
    score: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LooseFinding {
    kind: String,
    at: f64,
    until: Option<f64>,
    severity: Option<Severity>,
    title: Option<String>,
    detail: Option<String>,
    selector: Option<String>,
    fields: Option<Fields>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LooseFact {
    kind: String,
    at: f64,
    fields: Option<Fields>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LooseScore {
    points: f64,
    why: Option<String>,
}

/// What `analyze` returned.
pub fn analysis(json: &str, analyzer: &Analyzer) -> Result<Analysis, String> {
    let output: Option<Output> = parse("analyze", json)?;
    let Some(output) = output else { return Ok(Analysis::default()) };
    let finding = |(index, value)| {
        let place = format!("findings[{index}]");
        let loose: LooseFinding = part(&place, value)?;
        let declared = analyzer.kind(&loose.kind).map(|kind| kind.severity);
        Ok(Finding {
            severity: loose.severity.or(declared).unwrap_or_default(),
            title: loose.title.unwrap_or_default(),
            detail: loose.detail.unwrap_or_default(),
            at: whole(&format!("{place}.at"), loose.at)?,
            until: loose.until.map(|until| whole(&format!("{place}.until"), until)).transpose()?,
            selector: loose.selector,
            fields: loose.fields.unwrap_or_default(),
            kind: loose.kind,
        })
    };
    let fact = |(index, value)| {
        let place = format!("facts[{index}]");
        let loose: LooseFact = part(&place, value)?;
        let at = whole(&format!("{place}.at"), loose.at)?;
        Ok(Fact { kind: loose.kind, at, fields: loose.fields.unwrap_or_default() })
    };
    let score = |value| {
        let loose: LooseScore = part("score", value)?;
        Ok::<_, String>(Score {
            points: whole("score.points", loose.points)?,
            why: loose.why.unwrap_or_default(),
        })
    };
    let findings = output.findings.unwrap_or_default().into_iter().enumerate();
    let facts = output.facts.unwrap_or_default().into_iter().enumerate();
    Ok(Analysis {
        findings: findings.map(finding).collect::<Result<_, String>>()?,
        facts: facts.map(fact).collect::<Result<_, String>>()?,
        score: output.score.map(score).transpose()?,
    })
}

/// What `mask` returned.
pub fn changes(json: &str) -> Result<Vec<Change>, String> {
    let values: Option<Vec<Value>> = parse("mask", json)?;
    let change = |(index, value)| part(&format!("changes[{index}]"), value);
    values.unwrap_or_default().into_iter().enumerate().map(change).collect()
}

/// What `summarize` returned.
pub fn report(json: &str) -> Result<Report, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Loose {
        title: String,
        summary: Option<String>,
        sections: Option<Vec<Value>>,
    }
    let loose: Loose = parse("summarize", json)?;
    let section = |(index, value)| part(&format!("sections[{index}]"), value);
    let sections = loose.sections.unwrap_or_default().into_iter().enumerate().map(section);
    Ok(Report {
        title: loose.title,
        summary: loose.summary.unwrap_or_default(),
        sections: sections.collect::<Result<Vec<Section>, String>>()?,
    })
}

fn parse<T: DeserializeOwned>(function: &str, json: &str) -> Result<T, String> {
    serde_json::from_str(json)
        .map_err(|error| format!("what `{function}` returned: {}", without_place(&error)))
}

fn part<T: DeserializeOwned>(place: &str, value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("{place}: {}", without_place(&error)))
}

/// The lines and columns of JSON that nobody sees help nobody.
fn without_place(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.split_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    text::line(message, 300)
}

/// Scripts compute with fractions; times are whole.
fn whole(place: &str, number: f64) -> Result<u32, String> {
    let rounded = number.round();
    if (0.0..=f64::from(u32::MAX)).contains(&rounded) {
        // Within the range, as was just seen.
        return Ok(rounded as u32);
    }
    Err(format!("{place} is {number}, which is no time or count"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn analyzer() -> Analyzer {
        toml::from_str(
            "events = [\"click\"]\nkinds = [{ id = \"rage\", title = \"Rage\", severity = \"high\" }]\n",
        )
        .expect("a manifest's table")
    }

    #[test]
    fn the_manifest_knows_what_a_script_leaves_out() {
        let json = r#"{"findings":[{"kind":"rage","at":10.4,"until":null}],"score":{"points":7}}"#;
        let analysis = analysis(json, &analyzer()).expect("right");
        let [finding] = &analysis.findings[..] else { panic!("one finding") };
        assert_eq!((finding.severity, finding.at, finding.until), (Severity::High, 10, None));
        assert_eq!(analysis.score.expect("a score").points, 7);
        assert_eq!(super::analysis("null", &analyzer()), Ok(Analysis::default()));
    }

    #[test]
    fn complaints_name_the_place() {
        let rows = [
            ("{", "what `analyze` returned: EOF while parsing an object"),
            ("[]", "what `analyze` returned: "),
            (r#"{"finding":[]}"#, "unknown field `finding`, expected one of `findings`"),
            (r#"{"findings":[{"at":1}]}"#, "findings[0]: missing field `kind`"),
            (r#"{"findings":[{"kind":"a","at":-1}]}"#, "findings[0].at is -1, which is no time or count"),
            (r#"{"facts":[{"kind":"a","at":1},{"kind":"a","at":"x"}]}"#, "facts[1]: invalid type: string"),
            (r#"{"facts":[{"kind":"a","at":1,"fields":{"x":[1]}}]}"#, "facts[0]: data did not match"),
        ];
        for (json, expected) in rows {
            let complaint = analysis(json, &analyzer()).expect_err(json);
            assert!(complaint.contains(expected), "{complaint} lacks {expected}");
        }
        assert_eq!(
            changes(r#"[{"index":0,"edit":"hid"}]"#).expect_err("no edit").split(',').next(),
            Some("changes[0]: unknown variant `hid`")
        );
    }
}

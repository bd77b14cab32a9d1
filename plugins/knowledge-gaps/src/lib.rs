//! x
use hindsight_plugin::*;
struct F;
#[derive(serde::Deserialize)]
struct S { a: u32 }
impl Analyzer for F { type Settings = S; fn analyze(_: &SessionInfo, e: impl Iterator<Item=Event>, s: &S) -> Result<Output,String> { let mut o = Output::default(); for _ in e { o.facts.push(Fact::new("x", s.a)); } Ok(o) } }
impl Reporter for F { type Settings = S; fn summarize(_: &Period, e: impl Iterator<Item=Row>, s: &S) -> Result<Report,String> { Ok(Report{title: format!("{}", e.count()), summary: s.a.to_string(), sections: vec![]}) } }
export!(analyzer: F, reporter: F);

//! x
use hindsight_plugin::*;
struct F;
#[derive(serde::Deserialize)]
struct S { a: u32 }
impl Analyzer for F { type Settings = S; fn analyze(_: &SessionInfo, e: impl Iterator<Item=Event>, s: &S) -> Result<Output,String> { let mut o = Output::default(); for _ in e { o.facts.push(Fact::new("x", s.a)); } Ok(o) } }
export!(analyzer: F);

//! JSON through the cursor, alone and inside an event, with small and large limits of
//! depth: it takes what `serde_json` takes, and the verdict is that of a recursive twin.

#![no_main]

use hindsight::rrweb::{self, Error, Limits};
use hindsight_fuzz::grammar::{self, Wrong};
use hindsight_fuzz::{choice, seeds};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

/// The first byte says how deep a text may be; above the small limits comes this one.
const SMALL_LIMITS: u8 = 15;
const LARGE_LIMIT: usize = 100_000;

fuzz_target!(init: seeds::plant(seeds()), |data: &[u8]| {
    let Some((small, rest)) = choice(data, SMALL_LIMITS + 1) else { return };
    let depth = if small == SMALL_LIMITS { LARGE_LIMIT } else { usize::from(small) };
    let Ok(text) = std::str::from_utf8(rest) else { return };

    let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
    assert_eq!(grammar::check(text, usize::MAX).is_ok(), is_json, "the twin is wrong");
    let _judged_inside = scan(text, depth);
    for key in ["x", "data", "data\":{\"node"] {
        let levels = 2 + key.matches('{').count();
        let inside = format!(r#"[{{"type":0,"timestamp":1,"{key}":{text}{}]"#, "}".repeat(levels - 1));
        let verdict = scan(&inside, depth.saturating_add(levels));
        // What is JSON by itself makes a good event: the limits are all that can be wrong.
        if is_json {
            let fits = grammar::check(text, depth).is_ok();
            assert_eq!(verdict, if fits { Ok(()) } else { Err(Error::EventTooDeep { index: 0 }) });
        }
    }
});

fn seeds() -> Vec<Vec<u8>> {
    let nested = "[{\"a\":".repeat(8) + "1" + &"}]".repeat(8);
    vec![
        seeds::chosen(SMALL_LIMITS, &[seeds::PAGE.as_bytes()]),
        seeds::chosen(5, &[seeds::PAGE.as_bytes()]),
        seeds::chosen(15, &[nested.as_bytes()]),
        seeds::chosen(14, &[nested.as_bytes()]),
        seeds::chosen(3, &[br#" [ true , {"a" : [ -0.5e+10, "\ud83d\"\\" ] } ] "#]),
    ]
}

/// Walks a text as a batch and holds the verdict against the twin's.
fn scan(text: &str, depth: usize) -> Result<(), Error> {
    let limits = Limits { depth, events: usize::MAX, event_bytes: usize::MAX };
    let verdict = rrweb::events(text, &limits).map(drop);
    let truth = grammar::check(text, depth);
    match &verdict {
        Ok(()) => assert_eq!(truth, Ok(())),
        Err(Error::Syntax { at }) => {
            assert_eq!(truth, Err(Wrong::Syntax));
            assert!(*at <= text.len());
        }
        Err(Error::TooDeep | Error::EventTooDeep { .. }) => assert_eq!(truth, Err(Wrong::TooDeep)),
        // Events that are none end the walk: what comes behind them is not looked at.
        Err(_) => {}
    }
    verdict
}

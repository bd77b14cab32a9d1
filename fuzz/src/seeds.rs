//! The inputs that a target starts from, made by the target itself.

use std::path::Path;
use std::{env, fs};

/// The folder that `fuzz/run` names, where libFuzzer looks for inputs.
const FOLDER: &str = "HINDSIGHT_SEEDS";

/// A small recording of one page: an array of events.
pub const PAGE: &str = r#"[
{"type":4,"data":{"href":"https://shop.example/a?b=\u00e9","width":1280,"height":720},"timestamp":1700000000000},
{"type":2,"data":{"node":{"type":0,"id":1,"childNodes":[{"type":2,"tagName":"style","attributes":{"_cssText":"a{b:c}"},"childNodes":[],"id":2}]},"initialOffset":{"left":0,"top":0}},"timestamp":1700000000010},
{"type":3,"data":{"source":2,"type":2,"id":2,"x":7,"y":-8.5e1},"timestamp":1700000000900.4},
{"type":5,"data":{"tag":"hindsight.identify","payload":{"id":"ad\u0061","traits":{"plan":null}}},"timestamp":1700000001000},
{"type":6,"data":{"plugin":"rrweb/console@1","payload":{"level":"warn","payload":["\"a\\ud83d\""]}},"timestamp":1700000002000}
]"#;

/// Writes inputs to where libFuzzer starts from; does nothing where no folder is named.
pub fn plant(seeds: impl IntoIterator<Item = Vec<u8>>) {
    let Some(folder) = env::var_os(FOLDER) else { return };
    for (number, seed) in seeds.into_iter().enumerate() {
        let path = Path::new(&folder).join(format!("seed-{number}"));
        fs::write(&path, seed).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

/// A seed that begins with a choice.
pub fn chosen(choice: u8, rest: &[&[u8]]) -> Vec<u8> {
    [&[choice][..], &rest.concat()].concat()
}

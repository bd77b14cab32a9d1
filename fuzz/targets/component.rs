//! A file that is put into the folder of plugins, up to the compiler: looked at, made a
//! component where it is a plain module, and its packed manifest read.

#![no_main]

use hindsight::plugins::manifest::Manifest;
use hindsight::plugins::scan;
use hindsight_fuzz::{choice, seeds};
use libfuzzer_sys::fuzz_target;

const AS_FOUND: u8 = 0;
const MODULE: u8 = 1;
const COMPONENT: u8 = 2;
const MANIFEST: u8 = 3;

fuzz_target!(init: seeds::plant(seeds()), |data: &[u8]| {
    let Some((shape, rest)) = choice(data, 4) else { return };
    match shape {
        MODULE => file(&[b"\0asm\x01\0\0\0", rest].concat()),
        COMPONENT => file(&[b"\0asm\x0d\0\x01\0", rest].concat()),
        MANIFEST => manifest(&String::from_utf8_lossy(rest)),
        _ => file(rest),
    }
});

fn seeds() -> Vec<Vec<u8>> {
    let text: &[u8] = b"[plugin]\nid = \"a\"\nname = \"A\"\nversion = \"1\"\napi = \"0.1\"\n[masker]\n";
    vec![
        seeds::chosen(AS_FOUND, &[b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x09\x01\x03env\x01x\0\0"]),
        seeds::chosen(COMPONENT, &[b"\0\x15\x12hindsight:manifest[]"]),
        seeds::chosen(MANIFEST, &[text]),
    ]
}

fn file(bytes: &[u8]) {
    let Ok(seen) = scan::scan(bytes) else {
        scan::componentize(bytes).expect_err("what is not whole becomes no component");
        return;
    };
    if let Some(text) = &seen.manifest {
        manifest(text);
    }
    if let Ok(component) = scan::componentize(bytes) {
        let form = scan::scan(&component).map(|seen| seen.form);
        assert!(matches!(form, Ok(scan::Form::Component)), "{form:?}");
    }
}

/// What is refused is told on one line.
fn manifest(text: &str) {
    if let Err(sentence) = Manifest::parse(text) {
        assert!(!sentence.contains('\n'), "{sentence}");
    }
}

//! Files that are no plugins, or other ones than they say: each is refused with one
//! sentence, before anything of it runs.

use std::time::Instant;

use super::guests::{self, ANALYZER, MASKER};
use super::{load, refusal};

#[test]
fn what_is_no_component_is_refused() {
    for (bytes, expected) in [
        (&b""[..], "plugin.wasm: it is not WebAssembly"),
        (b"#!/bin/sh\n", "plugin.wasm: it is not WebAssembly"),
        (b"\0asm\x0d\0\x01\0\x07", "plugin.wasm: it is not whole"),
        (b"\0asm\x01\0\0\0", "plugin.wasm: it exports nothing, and a plugin exports"),
    ] {
        let sentence = refusal(ANALYZER, bytes);
        assert!(sentence.starts_with(expected), "{sentence}");
    }
}

#[test]
fn a_truncated_or_flipped_file_harms_nobody() {
    let module = guests::analyzer("", "");
    for length in (0..module.len()).step_by(module.len() / 8) {
        let sentence = refusal(ANALYZER, &module[..length]);
        assert!(sentence.starts_with("plugin.wasm: ") || sentence.starts_with("plugin.toml"), "{sentence}");
    }
    for place in (8..module.len()).step_by(module.len() / 12) {
        let mut flipped = module.clone();
        flipped[place] ^= 0x55;
        // Some flips change nothing that counts; no flip may be more than refused.
        if let Err(error) = load(ANALYZER, &flipped) {
            assert!(!error.to_string().contains("panicked at src"), "{error}");
        }
    }
}

#[test]
fn imports_that_compute_nothing_are_refused() {
    let own = "package test:guest; world w { import evil:net/tcp; export hindsight:plugin/analyzer@0.1.0; }";
    let others = ["package evil:net; interface tcp { connect: func(port: u32); }"];
    let text = guests::component_text(&guests::analyzer("", ""));
    assert!(!text.contains("evil"));
    let module = guests::module(
        r#"(module
            (import "evil:net/tcp" "connect" (func $connect (param i32)))
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (unreachable))
            (func (export "hindsight:plugin/analyzer@0.1.0#analyze") (param i32 i32 i32) (result i32)
                (call $connect (i32.const 80)) (i32.const 0)))"#,
        own,
        &others,
    );
    assert_eq!(
        refusal(ANALYZER, &module),
        "plugin.wasm: it imports evil:net/tcp, which plugins may not have: they can compute, and nothing else"
    );
}

#[test]
fn another_version_of_the_interface_is_named() {
    let text = guests::component_text(&guests::analyzer("", "")).replace("@0.1.0", "@0.2.0");
    let newer = wat::parse_str(text).expect("a component");
    assert_eq!(
        refusal(ANALYZER, &newer),
        "plugin.wasm: it was built for version 0.2.0 of the interface, and this server speaks 0.1; rebuild it for 0.1"
    );
    let text = guests::component_text(&guests::analyzer("", "")).replace("@0.1.0", "@0.1.9");
    load(ANALYZER, &wat::parse_str(text).expect("a component")).expect("the same track");
}

#[test]
fn the_manifest_must_say_what_the_file_can_do() {
    assert_eq!(
        refusal(MASKER, &guests::analyzer("", "")),
        "plugin.toml has tables for masker, and the file is analyzer; make them the same"
    );
    let other = ANALYZER.replace("id = \"guest\"", "id = \"other\"");
    assert_eq!(
        refusal(&other, &guests::analyzer("", "")),
        "plugin.toml: plugin.id is \"other\", and the plugin stands in \"guest\"; make them the same"
    );
}

#[test]
fn bombs_for_the_compiler_are_refused_at_a_glance() {
    let start = Instant::now();
    let functions = "(func)".repeat(200_000);
    let many = wat::parse_str(format!("(module {functions})")).expect("a module");
    assert_eq!(refusal(ANALYZER, &many), "plugin.wasm: it has 200000 functions; 100000 are allowed");
    let steps = "(local.set 0 (i32.mul (local.get 0) (i32.const 12345)))".repeat(200_000);
    let long = wat::parse_str(format!("(module (func (param i32) {steps}))")).expect("a module");
    assert!(refusal(ANALYZER, &long).contains("bytes in one function; 1048576 are allowed"));
    // Writing them took most of this; compiling them would take half a minute.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

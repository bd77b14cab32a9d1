//! Plugins for tests, written as WebAssembly text: core modules that say which world they
//! are of, as a compiler would write them.

use std::path::Path;

use wit_component::StringEncoding;
use wit_parser::Resolve;

/// The manifest of the analyzers here. With `evil` they do what a test is about; without,
/// as in the trial, they return nothing and harm nobody.
pub const ANALYZER: &str = r#"
[plugin]
id = "guest"
name = "A guest"
version = "1.0.0"
api = "0.1"

[analyzer]
events = ["click"]
kinds = [{ id = "rage", title = "Rage click", severity = "high" }]
facts = ["page"]

[settings]
type = "object"
additionalProperties = false
[settings.properties.evil]
type = "boolean"
"#;

/// The manifest of the maskers here.
pub const MASKER: &str = r#"
[plugin]
id = "guest"
name = "A guest"
version = "1.0.0"
api = "0.1"

[masker]
"#;

/// What every module here has: memory, and a way to get more of it.
const COMMON: &str = r#"
    (global $top (mut i32) (i32.const 32768))
    (func $alloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
        (global.set $top (i32.add (local.get $at) (local.get 3)))
        (block
            (br_if 0 (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
            (drop (memory.grow (i32.add (i32.div_u (local.get 3) (i32.const 65536)) (i32.const 1)))))
        (local.get $at))
"#;

const MEMORY: &str = r#"(memory (export "memory") 1)"#;

/// An analyzer that runs `body` when it is evil, and then returns what stands at 1024:
/// zeros, which are an empty output, unless somebody wrote there.
pub fn analyzer(body: &str, more: &str) -> Vec<u8> {
    let memory = if more.contains("(memory") { "" } else { MEMORY };
    let text = format!(
        r#"(module
            (import "hindsight:plugin/host@0.1.0" "log" (func $log (param i32 i32 i32)))
            (import "hindsight:plugin/host@0.1.0" "[method]timeline.next" (func $next (param i32 i32 i32)))
            (import "hindsight:plugin/host@0.1.0" "[resource-drop]timeline" (func $drop (param i32)))
            {memory}
            {COMMON}
            (func (export "hindsight:plugin/analyzer@0.1.0#analyze")
                (param $session i32) (param $settings i32) (param $length i32) (result i32)
                (if (i32.gt_u (local.get $length) (i32.const 2)) (then {body}))
                (call $drop (local.get $session))
                (i32.const 1024))
            {more}
        )"#
    );
    module(&text, "analyzer-plugin", &[])
}

/// A masker with this body. Its parameters are the pointer to the spans, how many there
/// are, and the settings; zeros at 1024 are no changes.
pub fn masker(body: &str, more: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            {MEMORY}
            {COMMON}
            (func (export "hindsight:plugin/masker@0.1.0#mask")
                (param $spans i32) (param $count i32) (param i32 i32) (result i32)
                {body}
                (i32.const 1024))
            {more}
        )"#
    );
    module(&text, "masker-plugin", &[])
}

/// A reporter with this body; zeros at 1024 are an empty report.
pub fn reporter(body: &str, more: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (import "hindsight:plugin/host@0.1.0" "[method]rows.next" (func $next (param i32 i32 i32)))
            (import "hindsight:plugin/host@0.1.0" "[resource-drop]rows" (func $drop (param i32)))
            {MEMORY}
            {COMMON}
            (func (export "hindsight:plugin/reporter@0.1.0#summarize")
                (param $rows i32) (param i32 i32) (result i32)
                {body}
                (call $drop (local.get $rows))
                (i32.const 1024))
            {more}
        )"#
    );
    module(&text, "reporter-plugin", &[])
}

/// A core module of a world; `others` are packages that it knows beside ours.
pub fn module(text: &str, world: &str, others: &[&str]) -> Vec<u8> {
    let mut resolve = Resolve::default();
    for (index, other) in others.iter().enumerate() {
        resolve.push_str(format!("other-{index}.wit"), other).unwrap_or_else(|error| panic!("{error:#}"));
    }
    let (package, _) = resolve
        .push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("wit"))
        .unwrap_or_else(|error| panic!("{error:#}"));
    let world = match world.contains("world") {
        true => {
            let own = resolve.push_str("own.wit", world).unwrap_or_else(|error| panic!("{error:#}"));
            resolve.select_world(&[own], None)
        }
        false => resolve.select_world(&[package], Some(world)),
    };
    let world = world.unwrap_or_else(|error| panic!("{error:#}"));
    let mut module = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .unwrap_or_else(|error| panic!("{error:#}"));
    module
}

/// A component as text, such as the host makes of a module.
pub fn component_text(module: &[u8]) -> String {
    let component = hindsight::plugins::scan::componentize(module).expect("a component");
    wasmprinter::print_bytes(component).expect("readable")
}

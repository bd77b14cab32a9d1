//! WASI as plugins get it: there is nothing in it, and nothing in it waits.

use std::time::Instant;

use hindsight::plugins::Plugin;
use serde_json::json;

use super::guests::{self, ANALYZER};
use super::{A_MOMENT, load, session};

const WASI: [&str; 6] = [
    "package wasi:io@0.2.0;
     interface error { resource error; }
     interface poll { resource pollable { block: func(); } }
     interface streams {
        use error.{error};
        variant stream-error { last-operation-failed(error), closed }
        resource output-stream {
            blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
        }
     }",
    "package wasi:clocks@0.2.0;
     interface monotonic-clock {
        use wasi:io/poll@0.2.0.{pollable};
        now: func() -> u64;
        subscribe-duration: func(when: u64) -> pollable;
     }
     interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; }",
    "package wasi:random@0.2.0; interface random { get-random-u64: func() -> u64; }",
    "package wasi:cli@0.2.0;
     interface environment { get-environment: func() -> list<tuple<string, string>>; }
     interface exit { exit: func(status: result); }
     interface stderr { use wasi:io/streams@0.2.0.{output-stream}; get-stderr: func() -> output-stream; }",
    "package wasi:filesystem@0.2.0;
     interface types { resource descriptor; }
     interface preopens {
        use types.{descriptor};
        get-directories: func() -> list<tuple<descriptor, string>>;
     }",
    "package wasi:sockets@0.2.0;
     interface network { enum ip-address-family { ipv4, ipv6 } enum error-code { unknown, access-denied } }
     interface tcp { resource tcp-socket; }",
];

/// An analyzer that does this with WASI when it is evil, and says at its end what stands
/// in `$said`, as an error of 8 bytes.
fn plugin(body: &str) -> Plugin {
    let world = "package test:guest;
        world w {
            import hindsight:plugin/host@0.1.0;
            import wasi:clocks/monotonic-clock@0.2.0;
            import wasi:clocks/wall-clock@0.2.0;
            import wasi:random/random@0.2.0;
            import wasi:cli/environment@0.2.0;
            import wasi:cli/exit@0.2.0;
            import wasi:cli/stderr@0.2.0;
            import wasi:filesystem/preopens@0.2.0;
            export hindsight:plugin/analyzer@0.1.0;
        }";
    let text = format!(
        r#"(module
            (import "hindsight:plugin/host@0.1.0" "[resource-drop]timeline" (func $drop (param i32)))
            (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))
            (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $sleep (param i64) (result i32)))
            (import "wasi:clocks/wall-clock@0.2.0" "now" (func $wall (param i32)))
            (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
            (import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))
            (import "wasi:cli/environment@0.2.0" "get-environment" (func $environment (param i32)))
            (import "wasi:cli/exit@0.2.0" "exit" (func $exit (param i32)))
            (import "wasi:cli/stderr@0.2.0" "get-stderr" (func $stderr (result i32)))
            (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush"
                (func $write (param i32 i32 i32 i32)))
            (import "wasi:filesystem/preopens@0.2.0" "get-directories" (func $directories (param i32)))
            (memory (export "memory") 2)
            (global $top (mut i32) (i32.const 65536))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (global.set $top (i32.add (global.get $top) (i32.const 64)))
                (global.get $top))
            (data (i32.const 2048) "ValueError: no such thing\n")
            (func $deed (result i64) (local i32 i32) {body})
            (func (export "hindsight:plugin/analyzer@0.1.0#analyze")
                (param $session i32) (param i32) (param $length i32) (result i32)
                (if (i32.gt_u (local.get $length) (i32.const 2)) (then
                    (i64.store (i32.const 4096) (call $hex (call $deed)))
                    (i32.store8 (i32.const 1024) (i32.const 1))
                    (i32.store (i32.const 1028) (i32.const 4096))
                    (i32.store (i32.const 1032) (i32.const 8))))
                (call $drop (local.get $session))
                (i32.const 1024))
            ;; The lower 32 bits as eight letters from A on.
            (func $hex (param $number i64) (result i64) (local $text i64) (local $i i32)
                (loop
                    (local.set $text (i64.or
                        (i64.shl (local.get $text) (i64.const 8))
                        (i64.add (i64.const 65) (i64.and (local.get $number) (i64.const 15)))))
                    (local.set $number (i64.shr_u (local.get $number) (i64.const 4)))
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br_if 0 (i32.lt_u (local.get $i) (i32.const 8))))
                (local.get $text))
        )"#
    );
    load(ANALYZER, &guests::module(&text, world, &WASI)).expect("harmless in its trial")
}

/// What it says: the number as hexadecimal, with letters from A to P.
fn said(plugin: &Plugin, session_id: &str) -> String {
    let settings = plugin.settings(&[&json!({ "evil": true })]).expect("a valid setting");
    let mut session = session(1000);
    session.id = session_id.to_owned();
    let run = plugin.analyze(&session, std::iter::empty(), &settings);
    run.outcome.expect_err("it answers by an error").message
}

fn letters(number: u32) -> String {
    (0..8).rev().map(|place| char::from(b'A' + (number >> (4 * place) & 15) as u8)).collect()
}

#[test]
fn there_is_no_environment_and_no_file() {
    for call in ["environment", "directories"] {
        let body = format!("(call ${call} (i32.const 512)) (i64.load32_u (i32.const 516))");
        assert_eq!(said(&plugin(&body), "a"), letters(0), "{call}");
    }
}

#[test]
fn the_clock_stands_at_the_start_of_the_session() {
    let plugin = plugin("(call $wall (i32.const 512)) (i64.load (i32.const 512))");
    // 2026-02-03T04:05:06Z
    assert_eq!(said(&plugin, "a"), letters(1_770_091_506));
}

#[test]
fn sleeping_takes_no_time_but_moves_the_clock() {
    let body = "(call $block (call $sleep (i64.const 3600000000000)))
        (i64.div_u (call $now) (i64.const 1000000000))";
    let plugin = plugin(body);
    let start = Instant::now();
    assert_eq!(said(&plugin, "a"), letters(3600));
    assert!(start.elapsed() < 10 * A_MOMENT, "{:?}", start.elapsed());
}

#[test]
fn chance_is_the_same_for_the_same_session() {
    let plugin = plugin("(call $random)");
    assert_eq!(said(&plugin, "a"), said(&plugin, "a"));
    assert_ne!(said(&plugin, "a"), said(&plugin, "b"));
}

#[test]
fn leaving_is_a_crash() {
    let plugin = plugin("(call $exit (i32.const 1)) (i64.const 0)");
    assert_eq!(said(&plugin, "a"), "Ended itself with code 1");
}

const COMPLAIN: &str =
    "(call $write (call $stderr) (i32.const 2048) (i32.const 26) (i32.const 512)) (unreachable)";

#[test]
fn what_stands_on_stderr_tells_of_a_crash() {
    assert_eq!(said(&plugin(COMPLAIN), "a"), "Panicked: ValueError: no such thing");
}

#[tokio::test]
async fn wasi_works_inside_of_a_runtime_too() {
    assert_eq!(said(&plugin(COMPLAIN), "a"), "Panicked: ValueError: no such thing");
}

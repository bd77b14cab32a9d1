//! Plugins that want to do harm: each is contained, and what happened is told in words.

use hindsight::plugins::run::{Cause, Failure};
use serde_json::json;

use super::guests::{self, ANALYZER, MASKER};
use super::{A_MOMENT, analyze, load, refusal, session};

/// What becomes of an analyzer that does this when it is evil.
fn deed(body: &str, more: &str) -> Failure {
    let plugin = load(ANALYZER, &guests::analyzer(body, more)).expect("harmless in its trial");
    let settings = plugin.settings(&[&json!({ "evil": true })]).expect("a valid setting");
    let run = plugin.analyze(&session(1000), std::iter::empty(), &settings);
    assert_eq!(analyze(&plugin).outcome, Ok(Default::default()), "the plugin goes on after a crash");
    assert!(run.usage.memory_bytes <= 64 << 20, "{:?}", run.usage);
    run.outcome.expect_err("contained")
}

#[test]
fn an_endless_loop_is_stopped_by_its_cpu_time() {
    let failure = deed("(loop (br 0))", "");
    assert_eq!(failure.cause, Cause::TooSlow);
    assert!(!failure.would_repeat());
    assert_eq!(failure.message, "Stopped after 0.3 s of CPU (limit 0.3 s)");
}

#[test]
fn filling_memory_in_a_loop_counts_as_time() {
    let body = "(drop (memory.grow (i32.const 500)))
        (loop (memory.fill (i32.const 65536) (i32.const 1) (i32.const 32000000)) (br 0))";
    assert_eq!(deed(body, "").cause, Cause::TooSlow);
}

#[test]
fn a_start_that_never_ends_is_stopped() {
    let module = guests::analyzer("", "(func $start (loop (br 0))) (start $start)");
    let sentence = refusal(ANALYZER, &module);
    assert_eq!(sentence, "the trial run failed: Stopped after 0.3 s of CPU (limit 0.3 s)");
}

#[test]
fn a_memory_bomb_is_named() {
    let failure = deed("(loop (drop (memory.grow (i32.const 16))) (br 0))", "");
    assert_eq!(
        (failure.cause, failure.message.as_str()),
        (Cause::TooMuch, "Asked for more memory than its 64 MiB")
    );
}

#[test]
fn a_memory_that_begins_too_large_is_refused() {
    let sentence = refusal(ANALYZER, &guests::analyzer("", r#"(memory (export "memory") 65536)"#));
    assert_eq!(sentence, "the trial run failed: Asked for more memory than its 64 MiB");
}

#[test]
fn memories_of_many_modules_are_one_sum() {
    let text = guests::component_text(&guests::analyzer("", ""));
    let many = |count: usize| {
        let bombs = (0..count).map(|_| "(core instance (instantiate $bomb))").collect::<String>();
        let more = format!("(component (core module $bomb (memory 160)) {bombs}");
        wat::parse_str(text.replacen("(component", &more, 1)).expect("a component")
    };
    load(ANALYZER, &many(6)).expect("60 MiB and a page");
    let sentence = refusal(ANALYZER, &many(7));
    assert_eq!(sentence, "the trial run failed: Asked for more memory than its 64 MiB");
    let sentence = refusal(ANALYZER, &many(200));
    assert!(sentence.contains("memory") || sentence.contains("instance"), "{sentence}");
}

#[test]
fn a_table_bomb_is_named() {
    let sentence = refusal(ANALYZER, &guests::analyzer("", "(table 10000000 funcref)"));
    assert_eq!(sentence, "the trial run failed: Asked for more than 500000 table entries");
    let failure =
        deed("(loop (drop (table.grow $t (ref.null func) (i32.const 1000))) (br 0))", "(table $t 1 funcref)");
    assert_eq!(failure.message, "Asked for more than 500000 table entries");
}

#[test]
fn recursion_without_end_is_named() {
    let failure = deed("(call $f)", "(func $f (call $f) (call $f))");
    assert_eq!(failure.message, "Called itself too deeply: the stack is full");
}

#[test]
fn a_panic_tells_its_message_and_place() {
    let body = "(call $log (i32.const 3) (i32.const 2048) (i32.const 37)) (unreachable)";
    let failure = deed(body, r#"(data (i32.const 2048) "panicked at src/lib.rs:12:5:\nasked to")"#);
    assert_eq!(
        (failure.cause, failure.message.as_str()),
        (Cause::Crashed, "Panicked: asked to at src/lib.rs:12:5")
    );
    let silent = deed("(unreachable)", "");
    assert_eq!(silent.message, "Crashed without a word; its log may tell more");
    let division = deed("(drop (i32.div_u (i32.const 1) (i32.const 0)))", "");
    assert_eq!(division.message, "Crashed: wasm trap: integer divide by zero");
    let outside = deed("(drop (i32.load (i32.const -4)))", "");
    assert!(outside.message.starts_with("Reached outside of its memory"), "{outside}");
}

#[test]
fn an_error_of_the_plugin_is_its_own_sentence() {
    let body = "(i32.store8 (i32.const 1024) (i32.const 1)) (i32.store (i32.const 1028) (i32.const 2048))
        (i32.store (i32.const 1032) (i32.const 12))";
    let failure = deed(body, r#"(data (i32.const 2048) "no <b>clicks")"#);
    assert_eq!((failure.cause, failure.message.as_str()), (Cause::GaveUp, "no <b>clicks"));
}

#[test]
fn what_is_returned_is_bounded() {
    // An error of 40 MB.
    let body = "(drop (memory.grow (i32.const 700))) (i32.store8 (i32.const 1024) (i32.const 1))
        (i32.store (i32.const 1028) (i32.const 2048)) (i32.store (i32.const 1032) (i32.const 40000000))";
    let failure = deed(body, "");
    assert_eq!(
        (failure.cause, failure.message.as_str()),
        (Cause::TooMuch, "Passed more than 16 MiB in one call")
    );
    // An error that points outside of its memory.
    let body = "(i32.store8 (i32.const 1024) (i32.const 1)) (i32.store (i32.const 1028) (i32.const -8))
        (i32.store (i32.const 1032) (i32.const 100))";
    let failure = deed(body, "");
    assert_eq!(failure.cause, Cause::Crashed, "{failure}");
    // And one that is not UTF-8.
    let body = "(i32.store8 (i32.const 1024) (i32.const 1)) (i32.store (i32.const 1028) (i32.const 2048))
        (i32.store (i32.const 1032) (i32.const 2))";
    let failure = deed(body, r#"(data (i32.const 2048) "\ff\fe")"#);
    assert!(failure.message.contains("utf-8"), "{failure}");
}

#[test]
fn a_flood_of_log_lines_is_cut() {
    let body = "(local.set $length (i32.const 5000))
        (loop
            (call $log (i32.const 1) (i32.const 2048) (i32.const 1000))
            (local.set $length (i32.sub (local.get $length) (i32.const 1)))
            (br_if 0 (local.get $length)))";
    let plugin = load(ANALYZER, &guests::analyzer(body, r#"(data (i32.const 2048) "x")"#)).expect("harmless");
    let settings = plugin.settings(&[&json!({ "evil": true })]).expect("a valid setting");
    let run = plugin.analyze(&session(1000), std::iter::empty(), &settings);
    let kept: usize = run.log.lines.iter().map(|line| line.text.len()).sum();
    assert!(run.outcome.is_ok() && kept <= 64 * 1024, "{:?} with {kept} bytes", run.outcome);
    assert_eq!(run.log.lines.len() + run.log.dropped, 5000);
}

#[test]
fn a_masker_that_crashed_is_dead_for_its_session() {
    let plugin = load(MASKER, &guests::masker("(if (local.get $count) (then (nop)))", "")).expect("loads");
    let settings = plugin.settings(&[]).expect("none");
    let mut masking = plugin.mask(&session(1000), &settings);
    assert_eq!(masking.mask(&[]), Ok(Vec::new()));
    let run = masking.finish();
    assert_eq!(run.outcome, Ok(()));

    // It crashes at the third batch; the trial has one.
    let third = "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (if (i32.eq (global.get $calls) (i32.const 3)) (then (unreachable)))";
    let module = guests::masker(third, "(global $calls (mut i32) (i32.const 0))");
    let plugin = load(MASKER, &module).expect("harmless in its trial");
    let mut masking = plugin.mask(&session(1000), &settings);
    let outcomes: Vec<_> = (0..5).map(|_| masking.mask(&[]).map_err(|failure| failure.cause)).collect();
    let crashed = Err(Cause::Crashed);
    assert_eq!(outcomes, [Ok(vec![]), Ok(vec![]), crashed.clone(), crashed.clone(), crashed]);
    assert_eq!(masking.finish().outcome.map_err(|failure| failure.cause), Err(Cause::Crashed));
}

#[test]
fn the_time_of_a_masker_is_counted_over_all_batches() {
    let slow = "(local $i i32) (local.set $i (i32.const 20000000))
        (loop (local.set $i (i32.sub (local.get $i) (i32.const 1))) (br_if 0 (local.get $i)))";
    let plugin = load(MASKER, &guests::masker(slow, "")).expect("fast enough for its trial");
    let settings = plugin.settings(&[]).expect("none");
    let mut masking = plugin.mask(&session(1000), &settings);
    let failure = (0..10_000).find_map(|_| masking.mask(&[]).err()).expect("stopped");
    assert_eq!(failure.cause, Cause::TooSlow);
    assert!(masking.finish().usage.cpu < 2 * A_MOMENT + A_MOMENT, "not much more than 300 ms");
}

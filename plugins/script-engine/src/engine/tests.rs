use std::cell::RefCell;

use super::*;

/// A session that gives its batches one after the other.
struct Batches {
    about: String,
    batches: RefCell<Vec<String>>,
}

impl Source for Batches {
    fn about(&self) -> String {
        self.about.clone()
    }

    fn next(&self) -> String {
        let mut left = self.batches.borrow_mut();
        if left.is_empty() { "[]".to_owned() } else { left.remove(0) }
    }
}

fn session() -> Batches {
    let about = r#"{"id":"s1","startedAt":"2026-01-02T03:04:05Z","to":"2026-02-01T00:00:00Z","sessions":2}"#;
    let batches = [
        r#"[{"at":1,"page":0,"kind":"click","x":3},{"at":2,"page":0,"kind":"hidden"}]"#,
        r#"[{"at":7,"page":1,"kind":"click","x":4}]"#,
    ];
    Batches { about: about.to_owned(), batches: RefCell::new(batches.map(str::to_owned).into()) }
}

fn engine(source: &str) -> Engine {
    let mut engine = Engine::new(Rc::new(|_, _| ())).expect("it starts");
    engine.load("plugin.js", source).expect("it loads");
    engine
}

fn loading(source: &str) -> Result<Vec<String>, String> {
    Engine::new(Rc::new(|_, _| ())).expect("it starts").load("plugin.js", source)
}

fn analysis(body: &str) -> Result<String, String> {
    engine(&format!("export function analyze(session, settings) {{\n{body}\n}}")).analyze(session(), "{}")
}

fn complaint(body: &str) -> String {
    analysis(body).expect_err(body)
}

#[test]
fn a_script_walks_through_its_session() {
    let source = "
        export function analyze(session, settings) {
          const findings = [];
          for (const event of session) {
            if (event.kind === settings.kind) findings.push({ kind: 'seen', at: event.at, title: session.info.id });
          }
          return { findings };
        }";
    assert_eq!(
        engine(source).analyze(session(), r#"{"kind":"click"}"#),
        Ok(r#"{"findings":[{"at":1,"kind":"seen","title":"s1"},{"at":7,"kind":"seen","title":"s1"}]}"#
            .to_owned())
    );
}

#[test]
fn functions_make_the_capabilities() {
    assert_eq!(loading("export function analyze() {}"), Ok(vec!["analyzer".to_owned()]));
    assert_eq!(
        loading("export const summarize = () => {}; export async function mask() {}"),
        Ok(vec!["masker".to_owned(), "reporter".to_owned()])
    );
    let nothing = loading("function analyze() {}").expect_err("nothing is exported");
    assert!(nothing.starts_with("plugin.js exports none of the functions"), "{nothing}");
}

#[test]
fn errors_name_the_place() {
    let syntax = loading("let a = 1;\nlet b = ;").expect_err("no value");
    assert!(syntax.starts_with("SyntaxError: ") && syntax.contains("plugin.js:2:"), "{syntax}");
    assert_eq!(
        complaint("  function inner() { return undefined.x; }\n  inner();"),
        "TypeError: cannot read property 'x' of undefined, at plugin.js:2:29 in inner, called at plugin.js:3:3 in analyze"
    );
    assert_eq!(complaint("gone();"), "ReferenceError: gone is not defined, at plugin.js:2:1 in analyze");
    assert_eq!(
        complaint("throw 'text';"),
        "plugin.js threw \"text\", which does not say where; throw new Error(…) instead"
    );
    assert_eq!(
        loading("boom(); export function analyze() {}"),
        Err("ReferenceError: boom is not defined, at plugin.js:1:1".to_owned())
    );
}

#[test]
fn imports_are_refused_with_the_way_out() {
    let refused =
        loading("import { x } from './helper.js'; export function analyze() {}").expect_err("an import");
    assert!(
        refused.starts_with("plugin.js imports \"helper.js\", but a plugin.js stands alone"),
        "{refused}"
    );
    let later = analysis("return import('./helper.js');").expect_err("an import");
    assert!(later.contains("stands alone"), "{later}");
}

#[test]
fn results_are_checked_by_their_fields() {
    for (body, sentence) in [
        ("", "analyze returned nothing: it returns a result of analyze { findings?, facts?, score? }"),
        (
            "return [];",
            "what analyze returned is an array, not a result of analyze { findings?, facts?, score? }",
        ),
        (
            "return { finding: [] };",
            "what analyze returned has \"finding\", which is not part of a result of analyze; did you mean \"findings\"?",
        ),
        (
            "return { findings: [{ kind: 'a', at: 1 }, { kind: 'a', at: 'soon' }] };",
            "findings[1].at is \"soon\", not a whole number from 0",
        ),
        ("return { findings: [{ kind: 'a' }] };", "findings[0] has no \"at\": it is a whole number from 0"),
        (
            "return { findings: [{ kind: 'a', at: 1, severity: 'hgh' }] };",
            "findings[0].severity is \"hgh\", not \"info\", \"low\", \"medium\" or \"high\"",
        ),
        ("return { findings: [{ kind: 'a', at: -1 }] };", "findings[0].at is -1, not a whole number from 0"),
        (
            "return { score: { points: NaN, why: '' } };",
            "score.points is NaN, not a whole number from 0 to 100",
        ),
        (
            "return { facts: [{ kind: 'a', at: 1, fields: { b: [] } }] };",
            "facts[0].fields.b is an array, not a text, a number or a boolean",
        ),
    ] {
        assert_eq!(complaint(body), sentence);
    }
}

#[test]
fn results_are_brought_into_shape() {
    let body = "return { findings: null, facts: [{ kind: 'a', at: 1.6, \
                fields: { n: 1.5, t: 'x\\ud800', f: true, gone: undefined } }] };";
    assert_eq!(
        analysis(body),
        Ok(r#"{"facts":[{"at":2,"fields":{"f":true,"n":1.5,"t":"x�"},"kind":"a"}]}"#.to_owned())
    );
}

#[test]
fn a_getter_that_throws_is_an_error_with_its_place() {
    let thrown = complaint("return { get findings() { throw new Error('no'); } };");
    assert!(thrown.starts_with("Error: no, at plugin.js:2:"), "{thrown}");
}

#[test]
fn a_session_is_walked_through_once_and_only_during_its_call() {
    assert!(complaint("[...session]; [...session];").contains("keep it with [...session]"));
    let source = "
        let kept;
        export function analyze(session) { kept = session; return {}; }
        export function mask() { return [...kept]; }";
    let engine = engine(source);
    assert_eq!(engine.analyze(session(), "{}"), Ok("{}".to_owned()));
    let late = engine.mask("[]", "{}").expect_err("it is over");
    assert!(late.starts_with("Error: the session is over"), "{late}");
}

#[test]
fn asynchronous_functions_are_waited_for() {
    let source = "export async function analyze() { await null; return { score: { points: 3, why: 'w' } }; }";
    assert_eq!(engine(source).analyze(session(), "{}"), Ok(r#"{"score":{"points":3,"why":"w"}}"#.to_owned()));
    let never = "export async function analyze() { await new Promise(() => {}); }";
    let stuck = engine(never).analyze(session(), "{}").expect_err("nothing settles it");
    assert!(stuck.starts_with("plugin.js waits for a promise"), "{stuck}");
}

#[test]
fn endless_recursion_is_an_error() {
    let deep = complaint("const again = () => again() + 1; return again();");
    assert!(deep.starts_with("RangeError: Maximum call stack size exceeded, at plugin.js:2:"), "{deep}");
}

#[test]
fn maskers_return_changes() {
    let source = "
        export function mask(spans) {
          return spans.flatMap((span, index) => {
            if (span.text === 'cover') return [{ index, edit: 'cover' }];
            if (span.text === 'hide') {
              return [{ index, edit: 'hide', secrets: [{ value: 'h', with: '*', kind: 'letter' }] }];
            }
            return span.text === 'odd' ? [{ index, edit: 'odd' }] : [];
          });
        }";
    let engine = engine(source);
    assert_eq!(
        engine.mask(r#"[{"text":"no"},{"text":"cover"},{"text":"hide"}]"#, "{}"),
        Ok(r#"[{"edit":"cover","index":1},{"edit":"hide","index":2,"secrets":[{"kind":"letter","value":"h","with":"*"}]}]"#.to_owned())
    );
    assert_eq!(
        engine.mask(r#"[{"text":"odd"}]"#, "{}"),
        Err("[0].edit is \"odd\", not \"hide\", \"cover\" or \"block\"".to_owned())
    );
}

#[test]
fn reporters_return_sections() {
    let source = "
        export function summarize(source) {
          const rows = [...source].map((event) => ['click', event.at, { session: 's', at: event.at, label: 'Look' }]);
          return {
            title: 'T', summary: `${source.period.sessions} sessions`,
            sections: [
              { section: 'markdown', text: '# Hello' },
              { section: 'metrics', metrics: [{ name: 'n', value: 2 }] },
              { section: 'table', title: 'T', columns: [{ title: 'c' }], rows },
              { section: 'chart', title: 'C', chart: 'bar', series: [{ name: 's', points: [{ x: 'a', y: 1 }] }] },
            ],
          };
        }";
    let report = engine(source).summarize(session(), "{}").expect("a report");
    assert!(report.contains(r#""unit":"""#) && report.contains(r#""numeric":false"#), "{report}");
    assert!(report.contains(r#"["click",7.0,{"at":7,"label":"Look","session":"s"}]"#), "{report}");
}

#[test]
fn what_the_console_gets_is_logged() {
    let lines = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&lines);
    let mut engine =
        Engine::new(Rc::new(move |level, text: &str| log.borrow_mut().push((level, text.to_owned()))))
            .expect("it starts");
    let source = "
        const circle = {}; circle.circle = circle;
        console.log('a', 1, { b: [null] }, undefined, circle, Symbol.iterator);
        console.warn(); console.error(new TypeError('t'));
        export function analyze() {}";
    engine.load("plugin.js", source).expect("it loads");
    let lines = lines.borrow();
    assert_eq!(lines[0], (Level::Info, "a 1 {\"b\":[null]} undefined [object Object] symbol".to_owned()));
    assert_eq!(lines[1], (Level::Warn, String::new()));
    assert!(lines[2].0 == Level::Error && lines[2].1.starts_with("TypeError: t\n    at "), "{:?}", lines[2]);
}

#[test]
fn nothing_of_the_outside_is_there() {
    for name in ["fetch", "setTimeout", "require", "process", "Deno", "std", "os", "WebAssembly"] {
        assert_eq!(
            analysis(&format!("if (typeof {name} !== 'undefined') throw new Error('{name}'); return {{}};")),
            Ok("{}".to_owned())
        );
    }
}

/// Runs a template's plugin over its input; returns what came of it, and what should have.
macro_rules! template {
    ($kind:literal) => {{
        (
            engine(include_str!(concat!("../../../templates/languages/js/", $kind, "/plugin.js"))),
            json(include_str!(concat!("../../../templates/kinds/", $kind, "/tests/input.json"))),
            json(include_str!(concat!("../../../templates/kinds/", $kind, "/tests/expected.json"))),
        )
    }};
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("JSON")
}

fn input(about: &serde_json::Value, items: &serde_json::Value) -> Batches {
    Batches { about: about.to_string(), batches: RefCell::new(vec![items.to_string()]) }
}

#[test]
fn the_templates_do_what_their_tests_say() {
    let (engine, input_json, expected) = template!("analyzer");
    let session = input(&input_json["session"], &input_json["events"]);
    let found = engine.analyze(session, r#"{"label":"Pay","within_ms":5000}"#).expect("an analysis");
    assert_eq!(json(&found), expected);

    let (engine, input_json, expected) = template!("masker");
    let changes = engine.mask(&input_json["spans"].to_string(), r#"{"prefix":"C-"}"#).expect("changes");
    assert_eq!(json(&changes), expected);

    let (engine, input_json, expected) = template!("reporter");
    let rows = input(&input_json["period"], &input_json["rows"]);
    let report = engine.summarize(rows, r#"{"rows":20}"#).expect("a report");
    assert_eq!(json(&report.replace(".0,", ",")), expected);
}

//! What holds for any recording and any secrets.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Keys whose values say where things are, never what people wrote.
const MACHINE: [&str; 14] = [
    "type",
    "timestamp",
    "source",
    "id",
    "parentId",
    "nextId",
    "rootId",
    "tagName",
    "isShadow",
    "isStyle",
    "tag",
    "plugin",
    "class",
    "style",
];

/// Words that a page is made of: some are secret, some are nearly so.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => secret(),
        1 => secret().prop_map(|secret| secret.to_uppercase()),
        1 => secret().prop_map(|secret| secret.replace('@', "%40").replace(' ', "+")),
        1 => secret().prop_map(|secret| secret.replace(' ', "")),
        1 => secret().prop_map(|secret| secret.replace(' ', "-")),
        1 => secret().prop_map(|secret| secret.chars().take(5).collect()),
        1 => secret().prop_map(|secret| secret.chars().skip(5).collect()),
        2 => "[a-z]{0,6}",
        1 => any::<String>(),
        1 => "[<>&;%+\\\\\"u0-9 ]{0,8}",
    ]
}

fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("bob@example.com".to_owned()),
        Just("4111 1111 1111 1111".to_owned()),
        Just("Müller Straße".to_owned()),
        Just("tok_😀abc\"\\n".to_owned()),
        Just("aaaa".to_owned()),
    ]
}

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 0..4).prop_map(|words| words.concat())
}

fn node() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        5 => (1..30_i64, words()).prop_map(|(id, words)| text(id, &words)),
        1 => (1..30_i64, words()).prop_map(|(id, words)| json!({"type": 5, "textContent": words, "id": id})),
        1 => (1..30_i64, words()).prop_map(|(id, words)| {
            json!({"type": 3, "textContent": words, "isStyle": true, "id": id})
        }),
        1 => words().prop_map(|words| json!({"type": 3, "textContent": words})),
    ];
    let tag = prop::sample::select(vec![
        "p", "b", "span", "input", "textarea", "style", "x-a", "svg", "title", "a",
    ]);
    let name = prop::sample::select(vec![
        "title",
        "value",
        "href",
        "class",
        "data-a",
        "style",
        "name",
        "aria-label",
    ]);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let attributes = prop::collection::btree_map(name.clone(), words(), 0..3);
        (1..30_i64, tag.clone(), attributes, prop::collection::vec(inner, 0..4), any::<bool>()).prop_map(
            |(id, tag, attributes, children, is_shadow)| {
                let mut node = element(id, tag, json!(attributes), children);
                node["isShadow"] = is_shadow.into();
                node
            },
        )
    })
}

fn recording() -> impl Strategy<Value = Vec<Value>> {
    let id = || -1..30_i64;
    let event = prop_oneof![
        2 => prop::collection::vec(node(), 0..4).prop_map(page),
        4 => (
            prop::collection::vec((id(), prop::option::of(id()), node()), 0..3),
            prop::collection::vec((id(), words()), 0..3),
            prop::collection::vec((id(), words()), 0..2),
            prop::collection::vec(id(), 0..2),
        ).prop_map(|(adds, texts, attributes, removes)| {
            let adds: Vec<_> = adds.into_iter().map(|(parent, next, node)| add(parent, next, node)).collect();
            let texts: Vec<_> = texts.into_iter().map(|(id, value)| json!({"id": id, "value": value})).collect();
            let changed = |(id, value)| json!({"id": id, "attributes": {"value": value, "class": null}});
            let attributes: Vec<_> = attributes.into_iter().map(changed).collect();
            let removes: Vec<_> = removes.into_iter().map(|id| json!({"parentId": 3, "id": id})).collect();
            mutation(0, json!({"adds": adds, "texts": texts, "attributes": attributes, "removes": removes}))
        }),
        2 => (id(), words()).prop_map(|(id, words)| input(0, id, &words)),
        1 => words().prop_map(|words| event(4, 0, json!({"href": words, "width": 1, "height": 1}))),
        1 => (words(), words(), any::<i64>()).prop_map(|(key, words, number)| {
            event(5, 0, json!({"tag": "t", "payload": {"a": [words, {key: number}]}}))
        }),
        1 => (6..20_i64, words()).prop_map(|(source, words)| event(3, 0, json!({"source": source, "x": words}))),
    ];
    prop::collection::vec(event, 1..8).prop_map(|mut events| {
        (0..).zip(&mut events).for_each(|(at, event)| event["timestamp"] = (at * 700).into());
        events
    })
}

/// Reads a tree with ordinary means: every text that people may have written.
fn allowed(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let is_style =
                fields.get("isStyle") == Some(&json!(true)) || fields.get("tagName") == Some(&json!("style"));
            let is_wordless = fields.get("source").is_some_and(|source| {
                source
                    .as_i64()
                    .is_some_and(|source| [1, 2, 3, 4, 6, 7, 8, 10, 12, 13, 14, 15].contains(&source))
            });
            // A text of a mutation may belong to a style, which only the page would tell.
            if is_style
                || is_wordless
                || fields.contains_key("parentId")
                || fields.contains_key("value") && fields.contains_key("id")
            {
                return;
            }
            let is_svg = fields.get("tagName") == Some(&json!("svg"));
            for (key, value) in fields.iter().filter(|(key, _)| !MACHINE.contains(&key.as_str())) {
                if !(is_svg && key == "attributes") && key != "name" {
                    allowed(value, found);
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| allowed(value, found)),
        Value::String(text) => found.push(text.clone()),
        _ => {}
    }
}

/// The same event with nothing in its texts.
fn shape(value: &mut Value) {
    match value {
        Value::Object(fields) => fields
            .iter_mut()
            .filter(|(key, _)| !MACHINE.contains(&key.as_str()))
            .for_each(|(_, value)| shape(value)),
        Value::Array(values) => values.iter_mut().for_each(shape),
        Value::String(text) => text.clear(),
        _ => {}
    }
}

/// Whether a secret can be read in a text: as it is, or written in an address.
fn shows(text: &str, secret: &str) -> bool {
    let bare = |text: &str| text.replace([' ', '-', '\u{a0}'], "").to_lowercase();
    let read = text.replace("%40", "@").replace('+', " ");
    text.to_lowercase().contains(&secret.to_lowercase())
        || read.to_lowercase().contains(&secret.to_lowercase())
        || (secret.starts_with('4') && bare(&read).contains(&bare(secret)))
}

proptest! {
    #[test]
    fn a_masker_that_changes_nothing_leaves_every_byte(events in recording()) {
        let events: Vec<String> = events.iter().map(Value::to_string).collect();
        let (idle, report) = masked_texts(&events, |_: &[Span]| Ok(Vec::new()));
        prop_assert_eq!(&idle, &events);
        prop_assert_eq!(report, Report::default());
        let nowhere = |spans: &[Span]| {
            let secret = Secret { value: "nowhere at all".to_owned(), with: String::new(), kind: String::new() };
            let edit = Edit::Hide { secrets: vec![secret] };
            Ok(if spans.is_empty() { Vec::new() } else { vec![Change { index: 0, edit }] })
        };
        prop_assert_eq!(masked_texts(&events, nowhere).0, events);
    }

    #[test]
    fn no_secret_is_left_and_nothing_else_changes(
        events in recording(),
        secrets in prop::collection::btree_set(secret(), 1..4),
        with in prop_oneof![Just(String::new()), Just("[…]".to_owned()), words()],
    ) {
        let told: BTreeSet<String> = secrets.clone();
        let masker = |spans: &[Span]| {
            let secret = |value: &String| Secret { value: value.clone(), with: with.clone(), kind: "k".to_owned() };
            let edit = Edit::Hide { secrets: told.iter().map(secret).collect() };
            Ok((0..spans.len()).map(|index| Change { index: index as u32, edit: edit.clone() }).collect())
        };
        let out = masked(&events, masker);
        for (before, after) in events.iter().zip(&out) {
            let mut texts = Vec::new();
            allowed(&after["data"], &mut texts);
            for text in texts {
                for secret in &secrets {
                    prop_assert!(!shows(&text, secret), "{:?} shows {:?}\n{}\n{}", text, secret, before, after);
                }
            }
            if before["type"] != 5 {
                let (mut before, mut after) = (before.clone(), after.clone());
                shape(&mut before);
                shape(&mut after);
                prop_assert_eq!(before, after);
            }
        }
    }

    #[test]
    fn covering_and_blocking_all_leaves_a_recording(events in recording(), block in any::<bool>()) {
        let edit = if block { Edit::Block } else { Edit::Cover };
        let masker = |spans: &[Span]| {
            Ok((0..spans.len()).map(|index| Change { index: index as u32, edit: edit.clone() }).collect())
        };
        let out = masked(&events, masker);
        prop_assert_eq!(out.len(), events.len());
        for event in out {
            let mut texts = Vec::new();
            allowed(&event["data"], &mut texts);
            for text in texts.iter().filter(|text| !text.ends_with("rr-block")) {
                let is_size = text == "auto" || text.ends_with("em") || text.ends_with("px");
                prop_assert!(is_size || !text.contains(char::is_alphanumeric), "{:?} in {}", text, event);
            }
        }
    }
}

//! Each place in which a secret can stand, and those that are never touched.

use super::*;

const MAIL: &str = "bob@example.com";

/// Masks one event after a page with a field (4) and a text (6) in a paragraph (5).
fn masked_after_page(last: Value) -> Value {
    let field = element(4, "input", json!({"name": "mail"}), vec![]);
    let paragraph = element(5, "p", json!({}), vec![text(6, "hello")]);
    let events = [page(vec![field, paragraph]), last];
    masked(&events, hiding(&[MAIL])).pop().expect("two events")
}

#[test]
fn texts_of_the_page_are_masked() {
    let nodes = vec![element(4, "p", json!({}), vec![text(5, "mail bob@example.com, please")])];
    let out = masked(&[page(nodes)], hiding(&[MAIL]));
    assert_eq!(body(&out[0])[0]["childNodes"][0]["textContent"], "mail […], please");
}

#[test]
fn attributes_are_masked_and_looks_are_not() {
    let attributes = json!({
        "class": MAIL, "id": MAIL, "style": MAIL, "_cssText": MAIL, "onclick": MAIL, "rr_scrollTop": 3,
        "title": MAIL, "alt": MAIL, "aria-label": MAIL, "placeholder": MAIL, "data-user": MAIL, "value": MAIL,
        "href": "/u?m=bob%40example.com", "src": "data:image/png;base64,bob@example.com", "checked": true,
    });
    let out = masked(&[page(vec![element(4, "input", attributes, vec![])])], hiding(&[MAIL]));
    let left = &body(&out[0])[0]["attributes"];
    for name in ["class", "id", "style", "_cssText", "onclick"] {
        assert_eq!(left[name], MAIL, "{name}");
    }
    for name in ["title", "alt", "aria-label", "placeholder", "data-user", "value"] {
        assert_eq!(left[name], "[…]", "{name}");
    }
    assert_eq!(left["href"], "/u?m=%5B%E2%80%A6%5D");
    assert_eq!(left["src"], "data:image/png;base64,bob@example.com");
    assert_eq!((&left["checked"], &left["rr_scrollTop"]), (&json!(true), &json!(3)));
}

#[test]
fn styles_and_scripts_are_left_alone_wherever_they_come() {
    let style = element(4, "style", json!({}), vec![text(5, MAIL)]);
    let script = element(6, "script", json!({}), vec![text(7, MAIL)]);
    let marked = json!({"type": 3, "textContent": MAIL, "isStyle": true, "id": 8});
    let rule = event(3, 1_002, json!({"source": 8, "id": 4, "adds": [{"rule": MAIL}]}));
    let events = [
        page(vec![style, script, marked, text(9, MAIL)]),
        mutation(
            1_001,
            json!({
                "texts": [{"id": 5, "value": MAIL}, {"id": 7, "value": MAIL}],
                "adds": [add(4, None, text(10, MAIL))],
                "attributes": [{"id": 4, "attributes": {"_cssText": MAIL, "style": {"color": MAIL}}}],
            }),
        ),
        rule,
    ];
    let out = masked(&events, hiding(&[MAIL]));
    assert_eq!(out[1..], events[1..]);
    assert_eq!(body(&out[0]).items()[..3], body(&events[0]).items()[..3]);
    assert_eq!(body(&out[0])[3]["textContent"], "[…]");
}

trait Items {
    fn items(&self) -> Vec<Value>;
}

impl Items for Value {
    fn items(&self) -> Vec<Value> {
        self.as_array().cloned().unwrap_or_default()
    }
}

#[test]
fn a_text_that_is_split_over_nodes_is_one() {
    let bold =
        element(5, "b", json!({}), vec![text(6, "1111 11"), json!({"type": 5, "textContent": "c", "id": 7})]);
    let nodes = vec![element(4, "p", json!({}), vec![text(8, "card 4111 "), bold, text(9, "11-1111!")])];
    let events = [page(nodes)];
    assert_eq!(texts_asked(&events)[0], "card 4111 1111 1111-1111!");
    let out = masked(&events, hiding(&["4111 1111 1111-1111"]));
    let left = body(&out[0])[0]["childNodes"].items();
    assert_eq!(left[0]["textContent"], "card […]");
    assert_eq!(left[1]["childNodes"][0]["textContent"], "");
    assert_eq!(left[2]["textContent"], "!");
}

#[test]
fn blocks_fields_and_frames_end_a_text() {
    let frame = |id: i64, inside: Value| {
        element(id, "iframe", json!({}), vec![json!({"type": 0, "childNodes": [inside], "id": id + 1})])
    };
    let nodes = vec![
        text(4, "a"),
        element(5, "div", json!({}), vec![text(6, "b")]),
        text(7, "c"),
        element(8, "br", json!({}), vec![]),
        text(9, "d"),
        frame(10, element(12, "p", json!({}), vec![text(13, MAIL)])),
        element(
            14,
            "x-card",
            json!({}),
            vec![json!({
                "type": 2, "tagName": "p", "attributes": {}, "isShadow": true, "id": 15,
                "childNodes": [text(16, MAIL)],
            })],
        ),
    ];
    let events = [page(nodes)];
    assert_eq!(texts_asked(&events), ["a", "b", "c", "d", MAIL, MAIL]);
    assert!(!masked(&events, hiding(&[MAIL]))[0].to_string().contains("bob"));
}

#[test]
fn frames_that_come_later_are_masked() {
    let document =
        json!({"type": 0, "childNodes": [element(21, "html", json!({}), vec![text(22, MAIL)])], "id": 20});
    let frame = element(4, "iframe", json!({}), vec![]);
    let attach = mutation(1_001, json!({"adds": [add(4, None, document)], "isAttachIframe": true}));
    let later = mutation(1_002, json!({"texts": [{"id": 22, "value": format!("to {MAIL}")}]}));
    let out = masked(&[page(vec![frame]), attach, later], hiding(&[MAIL]));
    assert_eq!(out[1]["data"]["adds"][0]["node"]["childNodes"][0]["childNodes"][0]["textContent"], "[…]");
    assert_eq!(out[2]["data"]["texts"][0]["value"], "to […]");
}

#[test]
fn mutations_are_masked_in_every_part() {
    let added =
        add(5, None, element(20, "a", json!({"href": "mailto:bob@example.com"}), vec![text(21, MAIL)]));
    let out = masked_after_page(mutation(
        1_001,
        json!({
            "adds": [added],
            "texts": [{"id": 6, "value": MAIL}, {"id": 777, "value": MAIL}, {"id": 6, "value": null}],
            "attributes": [
                {"id": 4, "attributes": {"value": MAIL, "title": null, "class": MAIL}},
                {"id": 888, "attributes": {"title": MAIL}},
            ],
        }),
    ));
    let data = &out["data"];
    assert_eq!(data["adds"][0]["node"]["attributes"]["href"], "mailto:%5B%E2%80%A6%5D");
    assert_eq!(data["adds"][0]["node"]["childNodes"][0]["textContent"], "[…]");
    assert_eq!(data["texts"][0]["value"], "[…]");
    assert_eq!(data["texts"][1]["value"], "[…]");
    assert_eq!(data["texts"][2]["value"], Value::Null);
    assert_eq!(data["attributes"][0]["attributes"], json!({"value": "[…]", "title": null, "class": MAIL}));
    assert_eq!(data["attributes"][1]["attributes"]["title"], "[…]");
}

#[test]
fn a_child_may_come_before_its_parent() {
    let out = masked_after_page(mutation(
        1_001,
        json!({"adds": [
            add(20, None, text(21, MAIL)),
            add(3, None, element(20, "p", json!({}), vec![])),
            add(999, None, text(22, MAIL)),
        ]}),
    ));
    assert!(!out.to_string().contains("bob"), "{out}");
}

#[test]
fn what_is_said_is_masked() {
    let said = |tag: &str, payload: Value| {
        masked_after_page(event(5, 1_001, json!({"tag": tag, "payload": payload})))
    };
    let custom = said("track", json!({"name": "paid", "props": {MAIL: 1, "list": [MAIL, true, null]}}));
    assert_eq!(
        custom["data"]["payload"],
        json!({"name": "paid", "props": {"[…]": 1, "list": ["[…]", true, null]}})
    );
    let navigate = said("hindsight.navigate", json!({"href": "/a#bob%40example.com", "title": MAIL}));
    assert_eq!(navigate["data"]["payload"], json!({"href": "/a#%5B%E2%80%A6%5D", "title": "[…]"}));
    let console = masked_after_page(event(
        6,
        1_001,
        json!({
            "plugin": "rrweb/console@1", "payload": {"level": "log", "payload": ["\"bob@example.com\""], "trace": [MAIL]},
        }),
    ));
    assert_eq!(console["data"]["payload"], json!({"level": "log", "payload": ["\"[…]\""], "trace": ["[…]"]}));
    let meta = masked_after_page(event(
        4,
        1_001,
        json!({"href": "https://x.org/?m=bob@example.com", "width": 1, "height": 2}),
    ));
    assert_eq!(meta["data"]["href"], "https://x.org/?m=%5B%E2%80%A6%5D");
    let unknown = masked_after_page(event(8, 1_001, json!({"type": "caption", "text": MAIL})));
    assert_eq!(unknown["data"]["text"], "[…]");
    let drawn = masked_after_page(event(
        3,
        1_001,
        json!({
            "source": 9, "id": 4, "type": 0, "commands": [{"property": "fillText", "args": [MAIL, 3, 4]}],
        }),
    ));
    assert_eq!(drawn["data"]["commands"][0]["args"], json!(["[…]", 3, 4]));
}

#[test]
fn spans_say_where_they_stand() {
    let form = element(
        4,
        "form",
        json!({"id": "pay", "class": "a b"}),
        vec![
            element(5, "input", json!({"name": "card", "class": "wide", "value": "one"}), vec![]),
            element(
                6,
                "p",
                json!({}),
                vec![element(7, "b", json!({"title": "two"}), vec![text(8, "three")])],
            ),
            element(9, "textarea", json!({"name": "note"}), vec![text(10, "four")]),
            element(
                11,
                "select",
                json!({}),
                vec![element(12, "option", json!({"value": "five"}), vec![text(13, "six")])],
            ),
        ],
    );
    let events = [
        page(vec![form]),
        event(5, 1_001, json!({"tag": "hindsight.prompt", "payload": {"id": "p", "text": "seven"}})),
        event(
            5,
            1_002,
            json!({"tag": "hindsight.reply", "payload": {"text": "eight", "sources": [{"title": "nine"}]}}),
        ),
        input(1_003, 5, "ten"),
    ];
    let told: Vec<_> = asked(&events)
        .into_iter()
        .map(|span| {
            format!("{} {:?} <{}> [{}] {}", span.text, span.place, span.tag, span.name, span.selector)
        })
        .collect();
    assert_eq!(
        told,
        [
            "two Attribute <b> [title] #pay > p > b",
            "three Text <p> [] #pay > p",
            "five Attribute <option> [value] #pay > select > option",
            "six Text <option> [] #pay > select > option",
            "id Prompt <> [] ",
            "p Prompt <> [id] ",
            "text Prompt <> [] ",
            "seven Prompt <> [text] ",
            "text Reply <> [] ",
            "eight Reply <> [text] ",
            "sources Reply <> [] ",
            "title Reply <> [] ",
            "nine Title <> [title] ",
            "one InputValue <input> [card] #pay > input.wide",
            "four InputValue <textarea> [note] #pay > textarea",
            "ten InputValue <input> [card] #pay > input.wide",
        ]
    );
}

#[test]
fn escapes_stay_as_they_were_written() {
    let written =
        r#"{"type":5,"data":{"tag":"t","payload":"a\ud83d b\u0040x.org \/ \u00e9\n"},"timestamp":1}"#;
    let (out, _) = masked_texts(&[written.to_owned()], hiding(&["b@x.org"]));
    assert_eq!(out[0], r#"{"type":5,"data":{"tag":"t","payload":"a\ud83d […] \/ \u00e9\n"},"timestamp":1}"#);
}

#[test]
fn a_number_that_is_a_secret_becomes_a_text() {
    let said = event(5, 1_001, json!({"tag": "t", "payload": {"card": 4_111_111_111_111_111_i64, "n": 4}}));
    let out = masked(&[page(vec![text(4, "4111 1111 1111 1111")]), said], hiding(&["4111 1111 1111 1111"]));
    assert_eq!(out[1]["data"]["payload"], json!({"card": "[…]", "n": 4}));
}

#[test]
fn a_replacement_cannot_make_a_secret() {
    let masker = |with: &'static str| {
        move |spans: &[Span]| {
            let secret = Secret { value: "secret".to_owned(), with: with.to_owned(), kind: "k".to_owned() };
            Ok(spans
                .iter()
                .enumerate()
                .map(|(index, _)| Change {
                    index: index as u32,
                    edit: Edit::Hide { secrets: vec![secret.clone()] },
                })
                .collect())
        }
    };
    for with in ["", "secret", "my secret!"] {
        let out = masked(&[page(vec![text(4, "a secsecretret b")])], masker(with));
        let left = body(&out[0])[0]["textContent"].as_str().expect("a text").to_owned();
        assert!(!left.contains("secret") && left.starts_with("a "), "{with:?}: {left}");
    }
}

#[test]
fn covering_keeps_the_length_and_stays_where_it_is() {
    let nodes = vec![
        element(4, "p", json!({}), vec![text(5, "Ann Lee")]),
        element(6, "h1", json!({}), vec![text(7, "Ann Lee")]),
    ];
    let masker = |spans: &[Span]| {
        let spans = spans.iter().enumerate().filter(|(_, span)| span.tag == "p");
        Ok(spans.map(|(index, _)| Change { index: index as u32, edit: Edit::Cover }).collect())
    };
    let out = masked(&[page(nodes)], masker);
    assert_eq!(body(&out[0])[0]["childNodes"][0]["textContent"], "*** ***");
    assert_eq!(body(&out[0])[1]["childNodes"][0]["textContent"], "Ann Lee");
}

#[test]
fn each_distinct_text_is_asked_about_once() {
    let nodes = (0..3_000)
        .map(|id| element(10 + 2 * id, "p", json!({}), vec![text(11 + 2 * id, &format!(" {} ", id % 700))]));
    let events: Vec<String> = vec![page(nodes.collect()).to_string(); 3];
    let mut batches = Vec::new();
    masked_texts(&events, |spans: &[Span]| {
        batches.push(spans.len());
        Ok(Vec::new())
    });
    assert_eq!(batches, [512, 188]);
}

#[test]
fn what_a_masker_cannot_mean_is_said() {
    let snapshot = page(vec![text(4, "a")]).to_string();
    let failed = |masker: Box<dyn Masker>| {
        let batch = format!("[{snapshot}]");
        let events = rrweb::events(&batch, &LIMITS).expect("events");
        let mut collecting = Collecting::new(vec![masker]);
        collecting.read(1, &events[0]).expect("a batch is not full");
        collecting.finish().expect_err("the masker fails").to_string()
    };
    let no_such = |_: &[Span]| Ok(vec![Change { index: 7, edit: Edit::Cover }]);
    assert_eq!(
        failed(Box::new(no_such)),
        "the masker changes span 7 of a batch of 1: spans are counted from 0"
    );
    assert_eq!(failed(Box::new(|_: &[Span]| Err("out of memory".to_owned()))), "out of memory");
}

#[test]
fn what_was_done_is_told_without_what_was_there() {
    let events = [
        page(vec![element(4, "p", json!({"title": MAIL}), vec![text(5, "mail bob@example.com now")])]),
        mutation(1_001, json!({"texts": [{"id": 5, "value": "BOB@example.com"}]})),
        input(1_002, 9, "nothing"),
    ];
    let events: Vec<String> = events.iter().map(Value::to_string).collect();
    let (_, report) = masked_texts(&events, hiding(&[MAIL]));
    let counted: Vec<_> =
        report.hidden.iter().map(|hidden| (hidden.kind.as_str(), hidden.place, hidden.times)).collect();
    assert_eq!(counted, [("test", Place::Text, 2), ("test", Place::Attribute, 1)]);
    assert_eq!((report.events, report.blocked), (2, 0));
    assert!(!serde_json::to_string(&report).expect("JSON").to_lowercase().contains("bob"));
    assert_eq!(report.samples[0].masked, "mail […] now");
}

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::recording::{Privacy, Recording};
use crate::model::text_rules::TextRules;
use crate::rrweb::{self, Limits};

const LIMITS: Limits = Limits { depth: usize::MAX, events: usize::MAX, event_bytes: usize::MAX };

fn rules(privacy: Privacy) -> Rules {
    Rules::of(&Recording { privacy: Some(privacy), ..Recording::default() }, &TextRules::default())
}

/// The batch as it would be stored.
fn stored(rules: &Rules, marks: &mut Marks, batch: &Value) -> (Value, Counts) {
    let json = batch.to_string();
    let events = rrweb::events(&json, &LIMITS).expect("a batch");
    match hide(&json, &events, rules, marks).expect("of an honest size") {
        None => (batch.clone(), Counts::new()),
        Some(hidden) => (serde_json::from_str(&hidden.json).expect("still JSON"), hidden.counts),
    }
}

fn element(id: i64, tag: &str, attributes: Value, children: Vec<Value>) -> Value {
    json!({"type": 2, "id": id, "tagName": tag, "attributes": attributes, "childNodes": children})
}

fn text(id: i64, text: &str) -> Value {
    json!({"type": 3, "id": id, "textContent": text})
}

fn snapshot(nodes: Vec<Value>) -> Value {
    let document = json!({"type": 0, "id": 1, "childNodes": nodes});
    json!([{"type": 2, "data": {"node": document, "initialOffset": {"top": 0, "left": 0}}, "timestamp": 1}])
}

fn increment(data: Value) -> Value {
    json!([{"type": 3, "data": data, "timestamp": 2}])
}

fn mutation(texts: Value, attributes: Value, adds: Value) -> Value {
    increment(json!({"source": 0, "texts": texts, "attributes": attributes, "removes": [], "adds": adds}))
}

fn said(tag: &str, payload: Value) -> Value {
    json!([{"type": 5, "data": {"tag": tag, "payload": payload}, "timestamp": 3}])
}

const CARD: &str = "4111 1111 1111 1111";

fn page() -> Value {
    snapshot(vec![
        element(
            2,
            "style",
            json!({"_cssText": "a{b:'4111111111111111'}"}),
            vec![text(3, "i{x:'ada@x.org'}")],
        ),
        element(
            4,
            "p",
            json!({"class": "u4111111111111111", "title": "ada@x.org"}),
            vec![text(5, "ada@x.org is 30")],
        ),
        element(6, "input", json!({"type": "password", "value": "hunter2", "name": "pw"}), vec![]),
        element(7, "input", json!({"type": "text", "value": "Ada", "placeholder": "Name"}), vec![]),
        element(8, "textarea", json!({}), vec![text(9, "Dear you")]),
        element(10, "input", json!({"type": "hidden", "value": "token"}), vec![]),
        element(11, "input", json!({"type": "submit", "value": "Pay"}), vec![]),
        element(
            12,
            "div",
            json!({"class": "rr-mask"}),
            vec![element(13, "b", json!({}), vec![text(14, "Ada")])],
        ),
        element(15, "a", json!({"href": "/u?mail=ada%40x.org&password=x"}), vec![]),
        element(16, "img", json!({"src": "/me.png"}), vec![]),
    ])
}

/// The texts and attributes that differ, as `id:now`.
fn shown(batch: &Value) -> String {
    let mut lines = Vec::new();
    let mut open = vec![&batch[0]["data"]["node"]];
    while let Some(node) = open.pop() {
        let what = if node["textContent"].is_string() { &node["textContent"] } else { &node["attributes"] };
        lines.push((node["id"].as_i64().expect("an id"), what.to_string()));
        open.extend(node["childNodes"].as_array().into_iter().flatten());
    }
    lines.sort();
    lines.iter().skip(1).map(|(id, what)| format!("{id} {what}\n")).collect()
}

#[test]
fn balanced_hides_fields_secrets_and_personal_data_and_nothing_else() {
    let (batch, counts) = stored(&rules(Privacy::Balanced), &mut Marks::default(), &page());
    let expected = r#"2 {"_cssText":"a{b:'4111111111111111'}"}
3 "i{x:'ada@x.org'}"
4 {"class":"u4111111111111111","title":"*********"}
5 "********* is 30"
6 {"type":"password","value":"********","name":"pw"}
7 {"type":"text","value":"***","placeholder":"Name"}
8 {}
9 "**** ***"
10 {"type":"hidden","value":"********"}
11 {"type":"submit","value":"Pay"}
12 {"class":"rr-mask"}
13 {}
14 "***"
15 {"href":"/u?mail=*********&password=********"}
16 {"src":"/me.png"}
"#;
    assert_eq!(shown(&batch), expected);
    let expected = [("email", 3), ("field", 2), ("secret", 3), ("text", 1)];
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn strict_masks_all_text_and_leaves_media_out() {
    let (batch, _) = stored(&rules(Privacy::Strict), &mut Marks::default(), &page());
    let shown = shown(&batch);
    for line in [
        "4 {\"class\":\"u4111111111111111\",\"title\":\"*********\"}",
        "5 \"********* ** **\"",
        "15 {\"href\":\"/u\"}",
        "16 {\"src\":\"\"}",
        "3 \"i{x:'ada@x.org'}\"",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}

#[test]
fn open_hides_secrets_alone() {
    let (batch, counts) = stored(&rules(Privacy::Open), &mut Marks::default(), &page());
    let shown = shown(&batch);
    for line in [
        "5 \"ada@x.org is 30\"",
        "\"value\":\"Ada\"",
        "14 \"***\"",
        "password=********",
        "\"value\":\"********\",\"name\":\"pw\"",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [("secret", 3), ("text", 1)]);
    let (same, counts) =
        stored(&Rules::default(), &mut Marks::default(), &said("x", json!({"mail": "ada@x.org"})));
    assert!(counts.is_empty() && same == said("x", json!({"mail": "ada@x.org"})));
}

#[test]
fn later_batches_are_held_against_the_page_they_belong_to() {
    let (open, mut marks) = (rules(Privacy::Open), Marks::default());
    stored(&open, &mut marks, &page());
    let typed =
        |id: i64, text: &str| increment(json!({"source": 5, "id": id, "text": text, "isChecked": false}));
    let text_of = |(batch, _): (Value, Counts)| batch[0]["data"]["text"].clone();
    assert_eq!(text_of(stored(&open, &mut marks, &typed(6, "hunter2"))), "********");
    assert_eq!(text_of(stored(&open, &mut marks, &typed(7, "Ada"))), "Ada");
    // A button shows what was typed; the page puts it into another field of the same name.
    let shows = mutation(
        json!([]),
        json!([{"id": 6, "attributes": {"type": "text", "value": "hunter2"}}]),
        json!([]),
    );
    let (batch, _) = stored(&open, &mut marks, &shows);
    assert_eq!(batch[0]["data"]["attributes"][0]["attributes"]["value"], "********");
    let other = element(30, "input", json!({"type": "text", "name": "pw", "value": "hunter2"}), vec![]);
    let adds = json!([{"parentId": 4, "nextId": null, "node": other}]);
    let (batch, _) = stored(&open, &mut marks, &mutation(json!([]), json!([]), adds));
    assert_eq!(batch[0]["data"]["adds"][0]["node"]["attributes"]["value"], "********");
    // Text that is added to a masked element, and changed there.
    let adds = json!([
        {"parentId": 40, "nextId": null, "node": text(41, "Lovelace")},
        {"parentId": 12, "nextId": null, "node": element(40, "i", json!({}), vec![])},
    ]);
    let (batch, _) =
        stored(&open, &mut marks, &mutation(json!([{"id": 14, "value": "Ada L"}]), json!([]), adds));
    assert_eq!(batch[0]["data"]["adds"][0]["node"]["textContent"], "********");
    assert_eq!(batch[0]["data"]["texts"][0]["value"], "*** *");
    // Style stays what it is.
    let style = mutation(json!([{"id": 3, "value": "a{b:'1234567'}"}]), json!([]), json!([]));
    assert_eq!(stored(&rules(Privacy::Strict), &mut marks, &style).0, style);
}

#[test]
fn what_is_said_beside_the_page_is_hidden_by_whose_words_it_is() {
    let balanced = rules(Privacy::Balanced);
    let payload = |tag: &str, payload: Value| {
        stored(&balanced, &mut Marks::default(), &said(tag, payload)).0[0]["data"]["payload"].clone()
    };
    let hidden = payload(
        "hindsight.console",
        json!({"level": "error", "message": "no 1234567 for ada@x.org", "line": 1234567}),
    );
    assert_eq!(hidden, json!({"level": "error", "message": "no ******* for *********", "line": 1234567}));
    let prompt =
        payload("hindsight.prompt", json!({"id": "12345678", "text": format!("order 1234567, {CARD}")}));
    assert_eq!(prompt, json!({"id": "12345678", "text": "order 1234567, **** **** **** ****"}));
    assert_eq!(payload("hindsight.identify", json!({"id": "ada@x.org"})), json!({"id": "ada@x.org"}));
    assert_eq!(
        payload("hindsight.request", json!({"url": "/a?token=1234567", "status": 200})),
        json!({"url": "/a?token=*******", "status": 200})
    );
    assert_eq!(payload("track", json!({"card": 4111111111111111_i64})), json!({"card": "****************"}));
}

#[test]
fn selectors_and_words_of_ones_own_are_heeded() {
    let recording = Recording {
        mask_text_selector: ".name, div > b".into(),
        ignore_selector: "input[name=\"x\"]".into(),
        ..Recording::default()
    };
    let texts = TextRules { kinds: vec![], words: "falcon\n/KD-\\d+/".into() };
    let rules = Rules::of(&recording, &texts);
    let page = snapshot(vec![
        element(2, "p", json!({"class": "a name"}), vec![text(3, "Ada")]),
        element(4, "input", json!({"name": "x", "value": "why"}), vec![]),
        element(5, "p", json!({}), vec![text(6, "Falcon KD-12 ada@x.org")]),
    ]);
    let shown = shown(&stored(&rules, &mut Marks::default(), &page).0);
    assert!(shown.contains("3 \"***\"") && shown.contains("\"value\":\"********\""), "{shown}");
    assert!(shown.contains("6 \"****** ***** ada@x.org\""), "{shown}");
}

fn has_signs(json: &str) -> bool {
    signs::Signs::find(json).is_none_or(|signs| !signs.is_empty())
}

#[test]
fn signs_in_texts_of_the_page_are_told_apart() {
    let page = snapshot(vec![element(2, "p", json!({}), vec![text(3, "at /?otp=7")])]).to_string();
    let signs = signs::Signs::find(&page).expect("a processor that can");
    let found: Vec<signs::Sign> = signs.within(0..page.len()).expect("few").collect();
    let at = page.find("?otp").expect("a password") + 1;
    assert_eq!(found, [signs::Sign { at, is_in_text: true }]);
    assert_eq!(signs.within(at - 5..page.len()).expect("few").map(|sign| sign.at).collect::<Vec<_>>(), [5]);
}

#[test]
fn signs_are_in_order_wherever_they_stand() {
    for before in 8000..8200 {
        let url = format!("/?{}&otp=1&cvc=2&x-one-time-code-otp=3", "x".repeat(before));
        let page = snapshot(vec![element(2, "a", json!({"href": url}), vec![])]).to_string();
        let signs = signs::Signs::find(&page).expect("a processor that can");
        let found: Vec<usize> = signs.within(0..page.len()).expect("few").map(|sign| sign.at).collect();
        let expected: Vec<usize> =
            ["otp=1", "cvc", "one-time", "otp=3"].iter().filter_map(|word| page.find(word)).collect();
        assert_eq!(found, expected, "{before}");
        for start in 0..40 {
            let start = page.len() - start;
            let here = signs.within(start..page.len()).expect("few").count();
            assert_eq!(here, expected.iter().filter(|at| **at >= start).count());
        }
    }
}

#[test]
fn where_signs_are_many_nothing_is_known() {
    let links = snapshot(vec![element(2, "a", json!({"href": "/?otp=12"}), vec![]); 5000]);
    let page = links.to_string();
    let signs = signs::Signs::find(&page).expect("a processor that can");
    assert!(signs.within(0..page.len() / 2).is_some() && signs.within(0..page.len()).is_none());
    let (hidden, counts) = stored(&rules(Privacy::Open), &mut Marks::default(), &links);
    assert!(!hidden.to_string().contains("otp=12") && counts["secret"] == 5000, "{counts:?}");
}

#[test]
fn signs_count_where_secrets_stand() {
    let page = |tag: &str, attributes: Value| {
        snapshot(vec![element(2, tag, attributes, vec![text(3, "Your token, your password?")])]).to_string()
    };
    for (tag, attributes) in [
        ("input", json!({"type": "Password"})),
        ("input", json!({"type": "hidden", "value": "x"})),
        ("input", json!({"autocomplete": "section-a cc-number"})),
        ("input", json!({"name": "user_PWD"})),
        ("meta", json!({"name": "csrf-token", "content": "x"})),
        ("div", json!({"class": "a rr-block"})),
        ("a", json!({"href": "/?x=1&otp=12"})),
        ("input", json!({"data-rr-is-password": "true"})),
        ("a", json!({"title": "x".repeat(20_000), "href": "/?x=1&otp=12"})),
    ] {
        assert!(has_signs(&page(tag, attributes.clone())), "{attributes}");
    }
    for (tag, attributes) in [
        (
            "style",
            json!({"_cssText": "input[type=\"password\"]{color:#fff} .footprint:hover,.rr-block{a:b}"}),
        ),
        ("a", json!({"href": "/password/reset?page=2", "class": "overflow-hidden token"})),
        ("script", json!({"nonce": "abc", "src": "/verify.js?v=2"})),
    ] {
        assert!(!has_signs(&page(tag, attributes.clone())), "{attributes}");
    }
}

#[test]
fn events_that_take_more_memory_than_their_size_calls_for_are_refused() {
    let strict = rules(Privacy::Strict);
    let hidden = |nodes: &str| {
        let json = format!(
            r#"[{{"type":2,"data":{{"node":{{"type":0,"id":1,"childNodes":[{nodes}]}}}},"timestamp":1}}]"#
        );
        let events = rrweb::events(&json, &LIMITS).expect("a batch");
        let hidden = hide(&json, &events, &strict, &mut Marks::default());
        hidden.map(|hidden| hidden.is_some_and(|hidden| hidden.json.contains("\"*\"")))
    };
    let too_large = Err(rrweb::Error::EventTooLarge { index: 0 });
    assert_eq!(hidden(&["{}"; 100_000].join(",")), too_large);
    let attributes = [r#""alt":"b""#; 100_000].join(",");
    let element = format!(r#"{{"type":2,"id":2,"tagName":"img","attributes":{{{attributes}}}}}"#);
    assert_eq!(hidden(&element), too_large);
    // The smallest that rrweb writes.
    let honest: Vec<String> =
        (0..100_000).map(|id| format!(r#"{{"type":3,"textContent":"a","id":{id}}}"#)).collect();
    assert_eq!(hidden(&honest.join(",")), Ok(true));
}

/// Pieces of strings that may be signs, or what stands around them.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "password",
        "Passw",
        "otp",
        "cc-",
        "token",
        "csrf",
        "rr-mask",
        "hidden",
        "one-time-code",
        "cvc",
        "text",
        " ",
        "=",
        "?",
        "&",
        ";",
        "#",
        "\"",
        "\\",
        "\n",
        "\u{e9}",
        "/",
        "x",
    ];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..6).prop_map(|words| words.concat())
}

fn attribute_name() -> impl Strategy<Value = &'static str> {
    let names = ["class", "Name", "name", "id", "type", "autocomplete", "href", "title", "content", "data-x"];
    proptest::sample::select(names.to_vec())
}

/// A node as rrweb writes it: what stands in it comes last but for its id.
fn written(node: &Value) -> String {
    let children: Vec<String> = node["childNodes"].as_array().into_iter().flatten().map(written).collect();
    let (id, children) = (&node["id"], children.join(","));
    match node["tagName"].as_str() {
        Some(tag) => format!(
            r#"{{"type":2,"tagName":"{tag}","attributes":{},"childNodes":[{children}],"id":{id}}}"#,
            node["attributes"]
        ),
        None => format!(r#"{{"type":3,"textContent":{},"id":{id}}}"#, node["textContent"]),
    }
}

/// Elements in elements; ids are given later.
fn tree() -> impl Strategy<Value = Value> {
    let tag =
        proptest::sample::select(vec!["div", "input", "textarea", "select", "option", "meta", "a", "style"]);
    let attributes = proptest::collection::btree_map(attribute_name(), piece(), 0..4);
    let field = proptest::sample::select(vec![
        json!({"type": "password", "name": "key", "value": "1"}),
        json!({"type": "text", "name": "key", "value": "2"}),
        json!({"class": "rr-block"}),
        json!({"class": "rr-mask", "id": "key"}),
    ]);
    let attributes = prop_oneof![3 => attributes.prop_map(|map| json!(map)), 1 => field];
    let leaf = prop_oneof![
        piece().prop_map(|words| text(0, &words)),
        (tag.clone(), attributes.clone()).prop_map(|(tag, of)| element(0, tag, of, vec![])),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        (tag.clone(), attributes.clone(), proptest::collection::vec(inner, 0..4))
            .prop_map(|(tag, of, children)| element(0, tag, of, children))
    })
}

fn number(node: &mut Value, next: &mut i64) {
    node["id"] = json!(*next);
    *next += 1;
    node["childNodes"].as_array_mut().into_iter().flatten().for_each(|child| number(child, next));
}

proptest! {
    #[test]
    fn what_is_read_by_signs_is_what_is_read_whole(mut page in tree(), after in tree()) {
        let mut count = 2;
        number(&mut page, &mut count);
        let json = format!(
            r#"[{{"type":2,"data":{{"node":{{"type":0,"childNodes":[{},{}],"id":1}}}},"timestamp":1}}]"#,
            written(&page), written(&after),
        );
        let events = rrweb::events(&json, &LIMITS).expect("a batch");
        let open = rules(Privacy::Open);
        let (mut by_signs, mut whole) = (Marks::default(), Marks::default());
        let hidden = hide(&json, &events, &open, &mut by_signs).expect("of an honest size");
        let event = Pass::new(&open).event(&events[0], &mut whole);
        prop_assert_eq!(hidden.map(|hidden| hidden.json), event.map(|event| format!("[{event}]")));
        for id in 1..count {
            prop_assert_eq!(by_signs.of(id).exposure, whole.of(id).exposure, "{}", id);
        }
        prop_assert_eq!(by_signs.knows_passwords(), whole.knows_passwords());
    }

    #[test]
    fn where_no_signs_are_nothing_is_hidden(
        tag in proptest::sample::select(vec!["div", "input", "meta", "a", "style", "select", "x-field"]),
        attributes in proptest::collection::btree_map(attribute_name(), piece(), 0..4),
        said_of in proptest::sample::select(vec!["url", "sources", "name", "password", "text"]),
        texts in proptest::collection::vec(piece(), 3),
    ) {
        let node = element(2, tag, json!(attributes), vec![text(3, &texts[0])]);
        let batches = [
            snapshot(vec![node.clone()]),
            mutation(json!([]), json!([{"id": 7, "attributes": attributes}]), json!([{"parentId": 1, "nextId": null, "node": node}])),
            json!([{"type": 4, "data": {"href": texts[1]}, "timestamp": 1}]),
            said("hindsight.request", json!({said_of: [texts[2], {"url": texts[1]}]})),
        ];
        let open = rules(Privacy::Open);
        for batch in batches {
            let json = batch.to_string();
            if has_signs(&json) {
                continue;
            }
            let mut marks = Marks::default();
            for event in rrweb::events(&json, &LIMITS).expect("a batch") {
                prop_assert_eq!(Pass::new(&open).event(&event, &mut marks), None);
            }
            prop_assert!(!marks.knows_passwords());
            prop_assert!((1..9).all(|id| marks.of(id).exposure == marks::Exposure::Shown));
        }
    }

    #[test]
    fn masking_twice_is_masking_once(
        texts in proptest::collection::vec("[a-z0-9@. +:/?&=%\"\\\\\u{e9}\u{1f600}-]{0,40}", 6),
        strict in any::<bool>(),
    ) {
        let rules = rules(if strict { Privacy::Strict } else { Privacy::Balanced });
        let page = snapshot(vec![
            element(2, "p", json!({"title": texts[0], "href": texts[1], "data-x": texts[2]}), vec![text(3, &texts[3])]),
            element(4, "input", json!({"type": "text", "value": texts[4], "placeholder": texts[5]}), vec![]),
        ]);
        let (once, _) = stored(&rules, &mut Marks::default(), &page);
        let (twice, counts) = stored(&rules, &mut Marks::default(), &once);
        prop_assert_eq!(&twice, &once);
        prop_assert!(counts.is_empty(), "{:?}", counts);
    }

    #[test]
    fn any_events_stay_events(text in any::<String>(), kind in 0..9_u8, source in 0..18_u8) {
        let batch = json!([{"type": kind, "timestamp": 1, "data": {
            "source": source, "id": 3, "text": text, "href": text, "tag": text, "payload": {"a": [text]},
            "node": {"id": 1, "type": 0, "childNodes": [{"id": 2, "type": 2, "tagName": text, "attributes": {"value": text}}]},
            "texts": [{"id": 1, "value": text}], "attributes": [{"id": 2, "attributes": {"value": text}}], "adds": [], "removes": [],
        }}]);
        let json = batch.to_string();
        let Ok(events) = rrweb::events(&json, &LIMITS) else { return Ok(()) };
        if let Ok(Some(hidden)) = hide(&json, &events, &rules(Privacy::Strict), &mut Marks::default()) {
            prop_assert!(rrweb::events(&hidden.json, &LIMITS).is_ok());
        }
    }
}

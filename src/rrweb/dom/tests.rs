use proptest::prelude::*;

use super::*;
use crate::rrweb::{self, Limits};

const LIMITS: Limits = Limits { depth: 5000, events: usize::MAX, event_bytes: usize::MAX };

fn feed(mirror: &mut Mirror, events: &str) -> Vec<Changes> {
    let events = rrweb::events(events, &LIMITS).expect("events");
    events.iter().map(|event| mirror.apply(event)).collect()
}

fn page(body: &str) -> Mirror {
    let mut mirror = Mirror::default();
    feed(
        &mut mirror,
        &format!(
            r#"[{{"type":2,"timestamp":1,"data":{{"node":{{"type":0,"id":1,"childNodes":[
                {{"type":2,"id":2,"tagName":"body","attributes":{{}},"childNodes":[{body}]}}]}}}}}}]"#
        ),
    );
    mirror
}

fn mutation(fields: &str) -> String {
    format!(r#"[{{"type":3,"timestamp":2,"data":{{"source":0,{fields}}}}}]"#)
}

/// The tree as text: `tag#id(children)`, texts in quotes.
fn shape(node: Node<'_>) -> String {
    let children: Vec<String> = node.children().map(shape).collect();
    let own = if node.is_text() { format!("'{}'", node.text()) } else { node.tag().to_owned() };
    if children.is_empty() { own } else { format!("{own}({})", children.join(" ")) }
}

fn shape_of(mirror: &Mirror) -> String {
    mirror.document().map(shape).unwrap_or_default()
}

const PARAGRAPH: &str = r#"{"type":2,"id":3,"tagName":"p","attributes":{"class":"a","id":"first"},"childNodes":[
    {"type":3,"id":4,"textContent":"caf\u00e9"},
    {"type":2,"id":5,"tagName":"b","attributes":{},"childNodes":[{"type":3,"id":6,"textContent":"x"}]}]}"#;

#[test]
fn a_snapshot_is_read_with_its_texts_and_attributes() {
    let mirror = page(PARAGRAPH);
    assert_eq!(shape_of(&mirror), "(body(p('café' b('x'))))");
    let paragraph = mirror.node(3).expect("a node");
    assert_eq!(paragraph.attribute("class").as_deref(), Some("a"));
    assert_eq!(paragraph.with_id("first"), Some(paragraph));
    let text = mirror.node(6).expect("a node");
    assert_eq!(text.block(), Some(paragraph));
    assert_eq!(text.ancestors().map(|node| node.id()).collect::<Vec<_>>(), [5, 3, 2, 1]);
    assert_eq!(mirror.node(-1), None);
}

#[test]
fn styles_and_scripts_are_not_kept() {
    let mirror = page(
        r#"{"type":2,"id":3,"tagName":"style","attributes":{"_cssText":"a{}"},"childNodes":[
            {"type":3,"id":4,"textContent":"b{}"}]},
           {"type":2,"id":5,"tagName":"i","attributes":{"style":"x","src":"data:","title":"y"},"childNodes":[]}"#,
    );
    assert_eq!(mirror.node(4).expect("a node").text(), "");
    assert!(mirror.node(4).expect("a node").is_unseen());
    let names: Vec<&str> = mirror.node(5).expect("a node").attributes().map(|(name, _)| name).collect();
    assert_eq!(names, ["title"]);
}

#[test]
fn a_mutation_changes_the_page_and_says_where() {
    let mut mirror = page(PARAGRAPH);
    let changes = feed(
        &mut mirror,
        &mutation(
            r#""texts":[{"id":4,"value":"tea"}],
               "attributes":[{"id":3,"attributes":{"class":null,"title":"t","style":{"color":"red"}}}],
               "removes":[{"parentId":5,"id":6}],
               "adds":[{"parentId":3,"nextId":8,"node":{"type":2,"id":7,"tagName":"i","attributes":{},"childNodes":[]}},
                       {"parentId":3,"nextId":5,"node":{"type":2,"id":8,"tagName":"u","attributes":{},"childNodes":[]}}]"#,
        ),
    );
    assert_eq!(shape_of(&mirror), "(body(p('tea' i u b)))");
    let paragraph = mirror.node(3).expect("a node");
    assert_eq!(paragraph.attribute("title").as_deref(), Some("t"));
    assert!(!paragraph.has_attribute("class"));
    assert_eq!(
        changes,
        [Changes { added: 2, removed: 1, texts: 1, attributes: 1, target: Some(3), came: Came::More }]
    );
}

#[test]
fn a_node_that_comes_again_has_moved() {
    let mut mirror = page(PARAGRAPH);
    let moved = r#""removes":[],"adds":[{"parentId":2,"nextId":3,"node":{"type":2,"id":5,"tagName":"b","attributes":{},"childNodes":[]}}]"#;
    feed(&mut mirror, &mutation(moved));
    assert_eq!(shape_of(&mirror), "(body(b p('café')))");
    assert_eq!(mirror.node(6), None);
}

#[test]
fn nothing_comes_to_stand_in_itself() {
    let mut mirror = page(PARAGRAPH);
    let around_itself = r#""adds":[{"parentId":5,"nextId":null,"node":{"type":2,"id":3,"tagName":"p","attributes":{},"childNodes":[
        {"type":2,"id":3,"tagName":"q","attributes":{},"childNodes":[]}]}},
        {"parentId":9,"nextId":null,"node":{"type":2,"id":9,"tagName":"s","attributes":{},"childNodes":[]}}]"#;
    feed(&mut mirror, &mutation(around_itself));
    assert_eq!(shape_of(&mirror), "(body(p('café' b('x' p(q)))))");
    assert_eq!(mirror.node(9), None);
}

#[test]
fn frames_and_shadow_roots_belong_to_their_elements() {
    let mut mirror = page(
        r#"{"type":2,"id":3,"tagName":"iframe","attributes":{},"childNodes":[]},
           {"type":2,"id":4,"tagName":"x-y","isShadowHost":true,"attributes":{},"childNodes":[
            {"type":2,"id":5,"tagName":"i","isShadow":true,"attributes":{},"childNodes":[]}]}"#,
    );
    let frame = |id: i64| {
        format!(
            r#""isAttachIframe":true,"adds":[{{"parentId":3,"nextId":null,"node":{{"type":0,"id":{id},"rootId":{id},"childNodes":[]}}}}]"#
        )
    };
    feed(&mut mirror, &mutation(&frame(10)));
    feed(&mut mirror, &mutation(&frame(11)));
    assert_eq!(mirror.node(10), None, "a frame has one document");
    let document = mirror.node(11).expect("a node");
    assert!(document.is_document() && document.parent() == mirror.node(3));
    assert!(mirror.node(5).expect("a node").is_in_shadow());
}

#[test]
fn what_is_typed_is_the_value() {
    let mut mirror = page(
        r#"{"type":2,"id":3,"tagName":"input","attributes":{"id":"mail","value":""},"childNodes":[]},
           {"type":2,"id":4,"tagName":"label","attributes":{"for":"mail"},"childNodes":[]}"#,
    );
    feed(
        &mut mirror,
        r#"[{"type":3,"timestamp":2,"data":{"source":5,"id":3,"text":"a@b","isChecked":true}}]"#,
    );
    let field = mirror.node(3).expect("a node");
    assert_eq!(field.attribute("value").as_deref(), Some("a@b"));
    assert!(field.has_attribute("checked"));
    assert_eq!(field.label_for(), mirror.node(4));
    feed(&mut mirror, &mutation(r#""removes":[{"parentId":2,"id":4}]"#));
    assert_eq!(mirror.node(3).and_then(|field| field.label_for()), None);
}

#[test]
fn memory_goes_with_the_page_and_not_with_the_visit() {
    let mut mirror = page("");
    for round in 0..20_000_i64 {
        let id = 4 + round;
        let text = "x".repeat(500);
        feed(
            &mut mirror,
            &mutation(&format!(
                r#""removes":[{{"parentId":2,"id":{}}}],"adds":[{{"parentId":2,"nextId":null,
                   "node":{{"type":2,"id":{id},"tagName":"p","attributes":{{"title":"{text}"}},"childNodes":[]}}}}]"#,
                id - 1
            )),
        );
    }
    assert_eq!(shape_of(&mirror), "(body(p))");
    assert!(mirror.tree.bytes() < 600_000, "{} bytes", mirror.tree.bytes());
}

fn any_node() -> impl Strategy<Value = String> {
    let id = -2..20_i64;
    let leaf = (id.clone(), 0..6_u8, "[a-c]{0,3}").prop_map(|(id, kind, text)| {
        format!(
            r#"{{"type":{kind},"tagName":"{text}","attributes":{{"id":"{text}","for":"{text}"}},"textContent":"{text}","childNodes":[],"id":{id}}}"#
        )
    });
    leaf.prop_recursive(4, 24, 4, move |inner| {
        (prop::collection::vec(inner, 0..4), id.clone(), any::<bool>()).prop_map(|(children, id, first)| {
            let children = children.join(",");
            let id = format!(r#""id":{id},"#);
            let (before, after) = if first { (id.as_str(), "") } else { ("", id.as_str()) };
            format!(
                r#"{{{before}"type":2,"tagName":"iframe","childNodes":[{children}],{after}"attributes":{{"class":"x"}}}}"#
            )
        })
    })
}

fn any_event() -> impl Strategy<Value = String> {
    let id = || -2..20_i64;
    let add = (id(), prop::option::of(id()), any_node()).prop_map(|(parent, next, node)| {
        let next = next.map_or("null".to_owned(), |next| next.to_string());
        format!(r#"{{"parentId":{parent},"nextId":{next},"node":{node}}}"#)
    });
    let remove = (id(), id()).prop_map(|(parent, id)| format!(r#"{{"parentId":{parent},"id":{id}}}"#));
    let text = id().prop_map(|id| format!(r#"{{"id":{id},"value":"t"}}"#));
    let attributes = (id(), "[a-c]")
        .prop_map(|(id, value)| format!(r#"{{"id":{id},"attributes":{{"id":"{value}","for":null,"x":1}}}}"#));
    prop_oneof![
        1 => any_node().prop_map(|node| format!(r#"{{"type":2,"timestamp":1,"data":{{"node":{node}}}}}"#))
            .prop_filter("a full snapshot's node has an id", |event| rrweb::events(&format!("[{event}]"), &LIMITS).is_ok()),
        6 => (prop::collection::vec(remove, 0..3), prop::collection::vec(add, 0..5), prop::collection::vec(text, 0..3), prop::collection::vec(attributes, 0..3))
            .prop_map(|(removes, adds, texts, attributes)| format!(
                r#"{{"type":3,"timestamp":1,"data":{{"source":0,"texts":[{}],"removes":[{}],"adds":[{}],"attributes":[{}]}}}}"#,
                texts.join(","), removes.join(","), adds.join(","), attributes.join(",")
            )),
        1 => id().prop_map(|id| format!(r#"{{"type":3,"timestamp":1,"data":{{"source":5,"id":{id},"text":"ab","isChecked":false}}}}"#)),
    ]
}

proptest! {
    #[test]
    fn whatever_is_said_it_stays_a_tree(events in prop::collection::vec(any_event(), 1..40)) {
        let mut mirror = Mirror::default();
        for event in events {
            feed(&mut mirror, &format!("[{event}]"));
            mirror.tree.check();
            for id in -2..20 {
                let Some(node) = mirror.node(id) else { continue };
                prop_assert_eq!(node.id(), id);
                prop_assert!(node.ancestors().all(|ancestor| ancestor != node));
                prop_assert!(node.children().all(|child| child.parent() == Some(node)));
                let _label = (node.label_for(), node.block(), node.is_unseen(), node.descendants().count());
                prop_assert!(mirror.common(id, 2).is_none_or(|common| common == node || node.ancestors().any(|around| around == common)));
            }
        }
    }
}

impl Tree {
    /// What holds whatever was read.
    fn check(&self) {
        let (mut bytes, mut attributes, mut used) = (0, 0, 0);
        for slot in (0..self.capacity() as u32).filter(|slot| self.node(*slot).kind != tree::Kind::Free) {
            used += 1;
            bytes += self.written(self.node(slot).text).len();
            for attribute in self.attributes_of(slot) {
                attributes += 1;
                bytes += self.written(attribute.value).len();
            }
        }
        assert_eq!(self.counts(), (used, bytes, attributes), "what is counted is what is there");
    }
}

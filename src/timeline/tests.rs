//! Recordings made by hand, and what is told of them.

use proptest::prelude::*;

use super::*;
use crate::rrweb::{self, Limits};

const LIMITS: Limits = Limits { depth: 5000, events: usize::MAX, event_bytes: usize::MAX };

/// The timeline of a session of one stream.
fn told(events: &str) -> Vec<Event> {
    let events = rrweb::events(events, &LIMITS).expect("events");
    let mut stream = Stream::of_session(events.first().map_or(0, |event| event.timestamp));
    events.iter().for_each(|event| stream.push(event, event.timestamp));
    let mut told = Vec::new();
    join(vec![stream.finish()], |event| told.push(event.clone())).expect("blocks");
    told
}

/// A page with some content, and what happens on it.
fn on_page(body: &str, events: &[String]) -> Vec<Event> {
    let begin = format!(
        r#"{{"type":4,"timestamp":1000,"data":{{"href":"https://shop.example/a","width":800,"height":600}}}},
           {{"type":2,"timestamp":1000,"data":{{"node":{{"type":0,"id":1,"childNodes":[
             {{"type":2,"id":2,"tagName":"html","attributes":{{}},"childNodes":[
               {{"type":2,"id":3,"tagName":"head","attributes":{{}},"childNodes":[
                 {{"type":2,"id":4,"tagName":"title","attributes":{{}},"childNodes":[
                   {{"type":3,"id":5,"textContent":"The shop"}}]}}]}},
               {{"type":2,"id":6,"tagName":"body","attributes":{{}},"childNodes":[{body}]}}]}}]}}}}}}"#
    );
    told(&format!("[{begin}{}]", events.iter().map(|event| format!(",{event}")).collect::<String>()))
}

/// A change at this many milliseconds after the page.
fn change(at: u32, data: &str) -> String {
    format!(r#"{{"type":3,"timestamp":{},"data":{{{data}}}}}"#, 1000 + at)
}

fn interaction(at: u32, kind: u8, id: i64) -> String {
    change(at, &format!(r#""source":2,"type":{kind},"id":{id},"x":5,"y":6"#))
}

fn input(at: u32, id: i64, text: &str) -> String {
    change(at, &format!(r#""source":5,"id":{id},"text":"{text}","isChecked":false"#))
}

fn said(at: u32, tag: &str, payload: &str) -> String {
    format!(r#"{{"type":5,"timestamp":{},"data":{{"tag":"{tag}","payload":{payload}}}}}"#, 1000 + at)
}

/// All but the first page view, as lines: the time and the sentence.
fn lines(events: &[Event]) -> Vec<String> {
    events.iter().skip(1).map(|event| format!("{} {}", event.at, sentence(event))).collect()
}

const BUTTON: &str = r#"{"type":2,"id":10,"tagName":"button","attributes":{"id":"buy"},"childNodes":[
    {"type":2,"id":11,"tagName":"span","attributes":{},"childNodes":[{"type":3,"id":12,"textContent":" Buy\n now "}]}]}"#;

const FIELD: &str = r#"{"type":2,"id":20,"tagName":"label","attributes":{"for":"mail"},"childNodes":[
      {"type":3,"id":21,"textContent":"E-mail"}]},
    {"type":2,"id":22,"tagName":"input","attributes":{"id":"mail","type":"email"},"childNodes":[]}"#;

#[test]
fn a_page_is_told_with_its_title_and_size() {
    let events = on_page("", &[]);
    let kind = Kind::PageView {
        url: "https://shop.example/a".to_owned(),
        title: "The shop".to_owned(),
        cause: PageCause::Load,
        width: 800,
        height: 600,
    };
    assert_eq!(events, [Event { at: 0, page: 0, kind }]);
}

#[test]
fn a_click_is_of_the_button_around_what_was_hit() {
    let events = on_page(BUTTON, &[interaction(10, 2, 11)]);
    let Kind::Click { target, button, x, y } = &events[1].kind else { panic!("{:?}", events[1]) };
    assert_eq!((target.node, &*target.tag, &*target.selector), (10, "button", "#buy"));
    assert_eq!((&*target.label, &*target.role, target.interactive), ("Buy now", "button", true));
    assert_eq!((*button, *x, *y), (Button::Primary, 5, 6));
    assert_eq!(target.attrs, [Attr { name: "id".to_owned(), value: "buy".to_owned() }]);
}

#[test]
fn a_link_is_told_with_what_a_click_on_it_does() {
    let links = r#"{"type":2,"id":10,"tagName":"a","attributes":{"href":"/export","download":"","style":"x"},"childNodes":[
          {"type":3,"id":11,"textContent":"Export"}]},
        {"type":2,"id":12,"tagName":"a","attributes":{"href":""},"childNodes":[{"type":3,"id":13,"textContent":"Offers"}]}"#;
    let events = on_page(links, &[interaction(10, 2, 11), interaction(900, 2, 13)]);
    let told = events.iter().filter_map(|event| match &event.kind {
        Kind::Click { target, .. } => Some((&*target.role, target.interactive, attributes(target))),
        _ => None,
    });
    let told: Vec<_> = told.collect();
    assert_eq!(told[0], ("link", true, vec![("download", ""), ("href", "/export")]));
    assert_eq!(told[1], ("link", true, vec![("href", "")]));
}

fn attributes(element: &Element) -> Vec<(&str, &str)> {
    element.attrs.iter().map(|attr| (&*attr.name, &*attr.value)).collect()
}

#[test]
fn a_double_click_is_the_second_of_two() {
    let events = on_page(BUTTON, &[interaction(10, 2, 10), interaction(90, 2, 11), interaction(91, 4, 11)]);
    assert_eq!(lines(&events), ["10 Clicked button “Buy now”", "90 Double-clicked button “Buy now”"]);
}

#[test]
fn a_tap_is_told_once() {
    let finger = |at| change(at, r#""source":2,"type":2,"id":10,"x":5,"y":6,"pointerType":2"#);
    let with_click = [interaction(10, 7, 10), interaction(60, 9, 10), finger(70)];
    assert_eq!(lines(&on_page(BUTTON, &with_click)), ["70 Tapped button “Buy now”"]);
    let without = [interaction(10, 7, 10), interaction(60, 9, 10), interaction(2000, 3, 10)];
    assert_eq!(
        lines(&on_page(BUTTON, &without)),
        ["60 Tapped button “Buy now”", "2000 Right-clicked button “Buy now”"]
    );
    let swipe = [interaction(10, 7, 10), change(30, r#""source":6,"positions":[]"#), interaction(60, 9, 10)];
    assert_eq!(lines(&on_page(BUTTON, &swipe)), [""; 0]);
}

#[test]
fn edits_of_a_field_are_one_run() {
    let typed = [
        interaction(10, 5, 22),
        input(100, 22, "a"),
        input(200, 22, "ab"),
        input(300, 22, "abc"),
        interaction(400, 6, 22),
    ];
    let events = on_page(FIELD, &typed);
    assert_eq!(
        lines(&events),
        ["10 Entered “E-mail”", "300 Typed 3 characters into “E-mail”", "400 Left “E-mail”"]
    );
    let Kind::Input { value, length, edits, since, .. } = &events[2].kind else { panic!("{events:?}") };
    assert_eq!((&**value, *length, *edits, *since), ("abc", 3, 3, 100));
}

#[test]
fn a_field_that_is_emptied_as_it_is_sent_is_told_with_what_stood_in_it() {
    let sent = [interaction(10, 5, 22), input(100, 22, "a"), input(200, 22, "ab"), input(250, 22, "")];
    assert_eq!(
        lines(&on_page(FIELD, &sent)),
        ["10 Entered “E-mail”", "200 Typed 2 characters into “E-mail”"]
    );
}

#[test]
fn what_scripts_fill_in_is_not_told() {
    assert_eq!(lines(&on_page(FIELD, &[input(3000, 22, "from the server")])), [""; 0]);
}

#[test]
fn the_length_of_a_masked_value_is_told_and_no_value() {
    let events = on_page(FIELD, &[interaction(10, 5, 22), input(100, 22, "*****")]);
    let Kind::Input { value, length, .. } = &events[2].kind else { panic!("{events:?}") };
    assert_eq!((&**value, *length), ("", 5));
}

#[test]
fn what_is_written_into_an_editor_is_typed() {
    let editor = r#"{"type":2,"id":30,"tagName":"div","attributes":{"contenteditable":"true","aria-label":"Message"},
        "childNodes":[{"type":3,"id":31,"textContent":"h"}]}"#;
    let text = |at, text| change(at, &format!(r#""source":0,"texts":[{{"id":31,"value":"{text}"}}]"#));
    let events = on_page(editor, &[interaction(10, 5, 30), text(100, "he"), text(200, "hey")]);
    let typed: Vec<String> = lines(&events).into_iter().filter(|line| line.contains("Typed")).collect();
    assert_eq!(typed, ["200 Typed 3 characters into “Message”"]);
}

#[test]
fn changes_of_the_page_are_joined_until_something_is_done() {
    let add = |at, id| {
        change(
            at,
            &format!(
                r#""source":0,"adds":[{{"parentId":6,"nextId":null,"node":{{"type":2,"id":{id},"tagName":"p","attributes":{{}},"childNodes":[]}}}}]"#
            ),
        )
    };
    let events = on_page(
        BUTTON,
        &[add(10, 50), add(60, 51), interaction(80, 2, 10), add(85, 52), add(150, 53), add(400, 54)],
    );
    assert_eq!(
        lines(&events),
        [
            "10 Page changed: 2 nodes added",
            "80 Clicked button “Buy now”",
            "85 Page changed: 2 nodes added",
            "400 Page changed: 1 node added"
        ]
    );
    let Kind::Mutation { target: Some(target), .. } = &events[1].kind else { panic!("{events:?}") };
    assert_eq!(&*target.selector, "body");
}

#[test]
fn runs_of_scrolling_and_resizing_are_told_by_their_end() {
    let scroll = |at, y| change(at, &format!(r#""source":3,"id":1,"x":0,"y":{y}"#));
    let size = |at, width| change(at, &format!(r#""source":4,"width":{width},"height":600"#));
    let events = [scroll(10, 100), scroll(110, 250), scroll(1000, 90), size(1010, 700), size(1100, 650)];
    assert_eq!(
        lines(&on_page("", &events)),
        [
            "110 Scrolled the page to 250 px",
            "1000 Scrolled the page to 90 px",
            "1100 Resized the window to 650 × 600"
        ]
    );
}

#[test]
fn the_pointer_is_told_when_it_was_where() {
    let moves = change(
        500,
        r#""source":1,"positions":[{"x":1,"y":2,"id":-1,"timeOffset":-450},{"x":3,"y":4,"id":6,"timeOffset":-400},
            {"x":5.6,"y":6,"id":6,"timeOffset":-350},{"x":7,"y":8,"id":6,"timeOffset":0}]"#,
    );
    assert_eq!(
        lines(&on_page("", &[interaction(200, 2, 6), moves])),
        ["50 Pointed at 1, 2", "150 Pointed at 6, 6", "200 Clicked body body", "500 Pointed at 7, 8"]
    );
}

#[test]
fn where_the_pointer_was_before_a_page_is_of_the_page_before() {
    let go = said(300, "hindsight.navigate", r#"{"href":"https://shop.example/b","kind":"push"}"#);
    let moves = change(
        500,
        r#""source":1,"positions":[{"x":1,"y":2,"timeOffset":-300},{"x":3,"y":4,"timeOffset":-100}]"#,
    );
    let events = on_page("", &[go, moves]);
    let told: Vec<(Millis, u32)> = events.iter().map(|event| (event.at, event.page)).collect();
    assert_eq!(told, [(0, 0), (200, 0), (300, 1), (400, 1)]);
}

#[test]
fn a_long_pause_is_told_when_it_ends() {
    let events = on_page(BUTTON, &[interaction(100, 2, 10), interaction(9_100, 2, 10)]);
    assert_eq!(
        lines(&events),
        ["100 Clicked button “Buy now”", "9100 Did nothing for 9.0 s", "9100 Clicked button “Buy now”"]
    );
}

#[test]
fn routes_of_a_page_are_pages() {
    let go = |at, href: &str, kind: &str| {
        let payload = format!(r#"{{"href":"https://shop.example/{href}","title":"T","kind":"{kind}"}}"#);
        said(at, "hindsight.navigate", &payload)
    };
    let events = on_page("", &[go(1, "a", "load"), go(10, "b", "push"), go(20, "b#c", "hash")]);
    let pages: Vec<(u32, PageCause)> = events
        .iter()
        .filter_map(|event| match event.kind {
            Kind::PageView { cause, .. } => Some((event.page, cause)),
            _ => None,
        })
        .collect();
    assert_eq!(pages, [(0, PageCause::Load), (1, PageCause::History), (2, PageCause::Hash)]);
}

#[test]
fn a_checkout_is_no_page_and_a_document_that_loads_is() {
    let meta = |at| {
        format!(
            r#"{{"type":4,"timestamp":{},"data":{{"href":"https://shop.example/a","width":800,"height":600}}}}"#,
            1000 + at
        )
    };
    let loaded = r#"{"type":0,"timestamp":1500,"data":{}}"#.to_owned();
    let snapshot =
        r#"{"type":2,"timestamp":1600,"data":{"node":{"type":0,"id":1,"childNodes":[]}}}"#.to_owned();
    let events = on_page("", &[meta(10), loaded, meta(600), snapshot]);
    assert_eq!(lines(&events), ["600 Loaded /a again"]);
}

#[test]
fn a_reply_is_told_with_how_long_it_took() {
    let events = on_page(
        "",
        &[
            said(100, "hindsight.prompt", r#"{"id":"p","text":"Where is my order?"}"#),
            said(900, "hindsight.reply", r#"{"id":"r","to":"p","text":"On its way."}"#),
            said(950, "hindsight.feedback", r#"{"id":"r","value":-1}"#),
        ],
    );
    assert!(matches!(events[2].kind, Kind::Reply { took: 800, .. }), "{events:?}");
    assert_eq!(
        lines(&events),
        ["100 Asked “Where is my order?”", "900 Was answered “On its way.”", "950 Found the answer bad"]
    );
}

#[test]
fn elements_are_found_through_frames_and_shadow_roots() {
    let body = r#"{"type":2,"id":40,"tagName":"x-app","attributes":{"data-testid":"app"},"isShadowHost":true,"childNodes":[
        {"type":2,"id":41,"tagName":"p","isShadow":true,"attributes":{},"childNodes":[]},
        {"type":2,"id":42,"tagName":"iframe","isShadow":true,"attributes":{},"childNodes":[]}]}"#;
    let frame = change(
        10,
        r#""source":0,"isAttachIframe":true,"adds":[{"parentId":42,"nextId":null,"node":{"type":0,"id":50,"childNodes":[
          {"type":2,"id":51,"tagName":"html","attributes":{},"childNodes":[
            {"type":2,"id":52,"tagName":"body","attributes":{},"childNodes":[
              {"type":2,"id":53,"tagName":"a","attributes":{"href":"/x"},"childNodes":[{"type":3,"id":54,"textContent":"More"}]},
              {"type":2,"id":55,"tagName":"a","attributes":{"href":"/y"},"childNodes":[]}]}]}]}}]"#,
    );
    let events = on_page(body, &[frame, interaction(300, 2, 54)]);
    let Some(Kind::Click { target, .. }) = events.last().map(|event| &event.kind) else {
        panic!("{events:?}")
    };
    assert_eq!(target.selector, "[data-testid=\"app\"] >>> iframe >>> a:nth-of-type(1)");
    assert_eq!((&*target.label, &*target.role), ("More", "link"));
}

#[test]
fn what_is_marked_is_told_as_text() {
    let body = r#"{"type":2,"id":10,"tagName":"p","attributes":{},"childNodes":[{"type":3,"id":11,"textContent":"One two"}]},
        {"type":2,"id":12,"tagName":"p","attributes":{},"childNodes":[{"type":3,"id":13,"textContent":"three four"}]}"#;
    let select = |at, end| {
        change(
            at,
            &format!(r#""source":14,"ranges":[{{"start":11,"startOffset":4,"end":13,"endOffset":{end}}}]"#),
        )
    };
    assert_eq!(
        lines(&on_page(body, &[select(10, 0), select(100, 3), select(200, 5)])),
        ["200 Selected “two three”"]
    );
}

#[test]
fn labels_come_from_what_names_an_element() {
    for (attributes, children, expected) in [
        (r#""aria-label":"Close""#, "×", "Close"),
        (r#""title":"Close it""#, "", "Close it"),
        ("", "  Save   all  ", "Save all"),
        (r#""aria-labelledby":"other""#, "×", "Elsewhere"),
    ] {
        let body = format!(
            r#"{{"type":2,"id":10,"tagName":"button","attributes":{{{attributes}}},"childNodes":[{{"type":3,"id":11,"textContent":"{children}"}}]}},
               {{"type":2,"id":12,"tagName":"b","attributes":{{"id":"other"}},"childNodes":[{{"type":3,"id":13,"textContent":"Elsewhere"}}]}}"#
        );
        let events = on_page(&body, &[interaction(10, 2, 10)]);
        assert_eq!(lines(&events), [format!("10 Clicked button “{expected}”")], "{attributes}");
    }
}

fn any_event() -> impl Strategy<Value = String> {
    let id = || -2..15_i64;
    let data = prop_oneof![
        (id(), 0..12_u8, -9..9_i32).prop_map(|(id, kind, x)| format!(
            r#"{{"source":2,"type":{kind},"id":{id},"x":{x},"y":1e99,"pointerType":{}}}"#,
            id % 3
        )),
        (id(), -5000..100_i32).prop_map(|(id, late)| format!(
            r#"{{"source":1,"positions":[{{"x":1,"y":2,"id":{id},"timeOffset":{late}}},7,{{}}]}}"#
        )),
        (id(), "[a*]{0,4}", any::<bool>()).prop_map(|(id, text, checked)| format!(
            r#"{{"source":5,"id":{id},"text":"{text}","isChecked":{checked}}}"#
        )),
        (id(), any::<i64>()).prop_map(|(id, y)| format!(r#"{{"source":3,"id":{id},"x":0,"y":{y}}}"#)),
        (id(), id(), 0..9_u8).prop_map(|(start, end, offset)| format!(
            r#"{{"source":14,"ranges":[{{"start":{start},"startOffset":{offset},"end":{end},"endOffset":{offset}}}]}}"#
        )),
        (id(), id(), id()).prop_map(|(parent, id, other)| format!(
            r#"{{"source":0,"removes":[{{"parentId":{parent},"id":{other}}}],"adds":[{{"parentId":{parent},"nextId":null,"node":
               {{"type":2,"id":{id},"tagName":"input","attributes":{{"type":"radio","contenteditable":"","id":"{id}","aria-labelledby":"{other}"}},
               "childNodes":[{{"type":3,"id":{other},"textContent":"x"}}]}}}}],"texts":[{{"id":{other},"value":"{parent}"}}]}}"#
        )),
    ];
    let change = data.prop_map(|data| format!(r#""type":3,"data":{data}"#));
    let tags = ["prompt", "reply", "navigate", "identify", "visibility", "request", "feedback", "track"];
    let custom = (0..tags.len(), any::<bool>()).prop_map(move |(tag, has_fields)| {
        let payload = if has_fields {
            r#"{"id":"p","to":"p","text":"t","kind":"push","href":"/x","value":1}"#
        } else {
            "[null]"
        };
        format!(r#""type":5,"data":{{"tag":"hindsight.{}","payload":{payload}}}"#, tags[tag])
    });
    let page = "[a-c#/:]{0,4}".prop_map(|url| format!(r#""type":4,"data":{{"href":"{url}","width":-1}}"#));
    let snapshot = id().prop_map(|id| {
        format!(r#""type":2,"data":{{"node":{{"type":0,"id":{id},"childNodes":[{{"type":2,"tagName":"body","id":2,"childNodes":[]}}]}}}}"#)
    });
    prop_oneof![6 => change, 2 => custom, 1 => page, 1 => snapshot, 1 => Just(r#""type":0"#.to_owned())]
}

proptest! {
    #[test]
    fn whatever_was_recorded_becomes_a_timeline(
        steps in prop::collection::vec((any_event(), -100..3_000_i64), 1..120)
    ) {
        let mut at = 1_700_000_000_000;
        let mut events = Vec::new();
        for (event, later) in steps {
            at += later;
            events.push(format!(r#"{{{event},"timestamp":{at}}}"#));
        }
        let events = told(&format!("[{}]", events.join(",")));
        prop_assert!(events.is_sorted_by_key(|event| event.at), "time runs forward");
        let views: Vec<u32> = events.iter().filter(|event| event.kind.name() == KindName::PageView).map(|event| event.page).collect();
        prop_assert!(views.is_sorted(), "pages are counted up: {views:?}");
        let mut facts = Facts::default();
        for event in &events {
            facts.add(event);
            prop_assert!(!sentence(event).is_empty());
            if let Kind::Input { since, .. } = event.kind {
                prop_assert!(since <= event.at);
            }
        }
        prop_assert!(facts.search_text.len() <= 32 * 1024);
    }
}

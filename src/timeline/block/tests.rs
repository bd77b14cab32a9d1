use proptest::prelude::*;

use super::*;
use crate::timeline::event::{Attr, Button, Kind, KindName, Level, PageCause};

fn any_element() -> impl Strategy<Value = Arc<Element>> {
    ("[a-z]{0,2}", any::<u32>(), ".{0,3}", any::<bool>(), prop::collection::vec(("[a-b]", ".{0,2}"), 0..3))
        .prop_map(|(tag, node, label, interactive, attrs)| {
            let attrs = attrs.into_iter().map(|(name, value)| Attr { name, value }).collect();
            let (selector, role) = (format!("#{tag}"), tag.clone());
            Arc::new(Element { node, tag, selector, label, role, interactive, attrs })
        })
}

fn any_kind() -> impl Strategy<Value = Kind> {
    let text = || ".{0,4}";
    prop_oneof![
        (text(), text(), any::<u32>()).prop_map(|(url, title, width)| Kind::PageView {
            url,
            title,
            cause: PageCause::Hash,
            width,
            height: 1
        }),
        (any_element(), any::<i32>(), any::<i32>()).prop_map(|(target, x, y)| Kind::Click {
            target,
            button: Button::Tap,
            x,
            y
        }),
        (any_element(), text(), any::<Option<bool>>(), any::<u32>()).prop_map(
            |(target, value, checked, since)| Kind::Input {
                target,
                value,
                length: 3,
                checked,
                edits: 2,
                since
            }
        ),
        any_element().prop_map(|target| Kind::Focus { target }),
        any_element().prop_map(|target| Kind::Blur { target }),
        (prop::option::of(any_element()), any::<i32>()).prop_map(|(target, x)| Kind::Scroll {
            target,
            x,
            y: -x / 2
        }),
        any::<(i32, i32)>().prop_map(|(x, y)| Kind::Pointer { x, y }),
        any::<(u32, u32)>().prop_map(|(width, height)| Kind::Resize { width, height }),
        (prop::option::of(any_element()), any::<[u32; 4]>()).prop_map(|(target, counts)| {
            let [added, removed, texts, attributes] = counts;
            Kind::Mutation { added, removed, texts, attributes, target }
        }),
        text().prop_map(|text| Kind::Selection { text }),
        text().prop_map(|text| Kind::Copy { text }),
        (text(), text()).prop_map(|(text, stack)| Kind::Console { level: Level::Warn, text, stack }),
        (text(), text()).prop_map(|(text, stack)| Kind::Error { text, stack }),
        (text(), text(), any::<u32>()).prop_map(|(method, url, status)| Kind::Request {
            method,
            url,
            status,
            took: 9
        }),
        (text(), text()).prop_map(|(id, text)| Kind::Prompt { id, conversation: String::new(), text }),
        (text(), any::<Option<bool>>(), prop::collection::vec(text(), 0..3), any::<u32>()).prop_map(
            |(id, answered, sources, took)| Kind::Reply {
                to: id.clone(),
                text: id.clone(),
                id,
                answered,
                sources,
                took
            }
        ),
        (text(), any::<i32>()).prop_map(|(id, value)| Kind::Feedback { id, value }),
        text().prop_map(|id| Kind::Identify {
            traits: vec![Attr { name: id.clone(), value: String::new() }],
            id
        }),
        Just(Kind::Hidden),
        Just(Kind::Visible),
        any::<u32>().prop_map(|lasted| Kind::Idle { lasted }),
        (text(), text()).prop_map(|(name, json)| Kind::Custom { name, json }),
    ]
}

fn any_events() -> impl Strategy<Value = Vec<Event>> {
    let event = (0..100_000_u32, any::<u32>(), any_kind());
    prop::collection::vec(event, 0..60).prop_map(|steps| {
        let mut at = 0;
        let next = |(later, page, kind)| {
            at += later;
            Event { at, page, kind }
        };
        steps.into_iter().map(next).collect()
    })
}

fn written(events: &[Event]) -> Vec<Block> {
    let mut writer = Writer::default();
    events.iter().for_each(|event| writer.push(event));
    writer.finish()
}

fn read_all(blocks: &[Block], wanted: Kinds) -> Vec<Event> {
    blocks.iter().flat_map(|block| read(&block.bytes, wanted).expect("written by this version")).collect()
}

proptest! {
    #[test]
    fn what_was_written_is_read(events in any_events()) {
        let blocks = written(&events);
        prop_assert_eq!(&read_all(&blocks, Kinds::ALL), &events);
        for block in &blocks {
            let own = read(&block.bytes, Kinds::ALL).expect("a block");
            prop_assert_eq!(block.events as usize, own.len());
            prop_assert_eq!(Some(block.first_at), own.first().map(|event| event.at));
            prop_assert_eq!(Some(block.last_at), own.last().map(|event| event.at));
            let kinds: Kinds = own.iter().map(|event| event.kind.name()).collect();
            prop_assert_eq!(block.kinds, kinds);
        }
    }

    #[test]
    fn wanted_kinds_are_read_as_if_there_were_no_others(events in any_events(), bits in any::<u32>()) {
        let wanted = Kinds::from_bits(bits);
        let picked: Vec<Event> =
            events.iter().filter(|event| wanted.contains(event.kind.name())).cloned().collect();
        prop_assert_eq!(read_all(&written(&events), wanted), picked);
    }

    #[test]
    fn damaged_blocks_are_refused_or_read(events in any_events(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for block in written(&events) {
            let mut bytes = block.bytes;
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _either = read(&bytes, Kinds::ALL);
            bytes.truncate(at);
            prop_assert!(read(&bytes, Kinds::ALL).is_err());
        }
    }
}

#[test]
fn long_timelines_are_cut_into_blocks() {
    let event = |at: u32| Event { at, page: 0, kind: Kind::Pointer { x: at as i32, y: 0 } };
    let events: Vec<Event> = (0..5_000).map(event).collect();
    let blocks = written(&events);
    assert_eq!(
        blocks.iter().map(|block| (block.events, block.first_at, block.last_at)).collect::<Vec<_>>(),
        [(2_000, 0, 1_999), (2_000, 2_000, 3_999), (1_000, 4_000, 4_999)]
    );
    let custom =
        |number: usize| Kind::Custom { name: number.to_string(), json: "x".repeat(100_000 + number) };
    let events: Vec<Event> = (0..6).map(|number| Event { at: 0, page: 0, kind: custom(number) }).collect();
    assert_eq!(written(&events).len(), 2, "long texts make short blocks");
    assert!(read_all(&blocks, [KindName::Click].into_iter().collect()).is_empty());
}

#[test]
fn a_form_that_is_newer_is_told() {
    let error = read(&[VERSION + 1, 0], Kinds::ALL).expect_err("another version");
    assert_eq!(error, Error::Version { found: VERSION + 1 });
    assert_eq!(read(&[], Kinds::ALL), Err(Error::Damaged));
}

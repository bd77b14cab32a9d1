//! Timelines: any events as a page and as what was done on it, and any bytes as a stored
//! part of a timeline.

#![no_main]

use std::collections::HashSet;

use hindsight::rrweb::dom::Node;
use hindsight::rrweb::{self, Event, Limits, Mirror};
use hindsight::timeline::block::{self, Kinds};
use hindsight::timeline::{self, Block, Facts, Kind, KindName, Stream};
use hindsight_fuzz::{choice, seeds, visits};
use libfuzzer_sys::fuzz_target;

/// Nesting is no matter: nothing recurses.
const ANY: Limits = Limits { depth: 100_000, events: usize::MAX, event_bytes: usize::MAX };

const SHAPES: u8 = 4;
const EVENTS: u8 = 0;
const STEPS: u8 = 1;
const TABS: u8 = 2;
const BLOCK: u8 = 3;

fuzz_target!(init: seeds::plant(seeds()), |data: &[u8]| {
    let Some((shape, rest)) = choice(data, SHAPES) else { return };
    match shape {
        EVENTS => read_text(rest),
        STEPS => read(&[visits::from_steps(rest)]),
        TABS => {
            let (one, other) = rest.split_at(rest.len() / 2);
            read(&[visits::from_steps(one), visits::from_steps(other)]);
        }
        _ => read_block(rest),
    }
});

fn seeds() -> Vec<Vec<u8>> {
    let page = seeds::PAGE.as_bytes();
    let steps: Vec<u8> = (0..120_u8).flat_map(|step| [step, step * 2, step / 3, 255 - step, 9]).collect();
    let events = rrweb::events(seeds::PAGE, &ANY).expect("events");
    let blocks = streamed(&events).into_iter().map(|block| seeds::chosen(BLOCK, &[&block.bytes]));
    let texts =
        [seeds::chosen(EVENTS, &[page]), seeds::chosen(STEPS, &[&steps]), seeds::chosen(TABS, &[&steps])];
    blocks.chain(texts).collect()
}

fn read_text(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        read(&[text.to_owned()]);
    }
}

/// Reads the streams of a session.
fn read(streams: &[String]) {
    let mut blocks = Vec::new();
    for stream in streams {
        let Ok(events) = rrweb::events(stream, &ANY) else { continue };
        look_at_pages(&events);
        blocks.push(streamed(&events));
    }
    let mut told = Vec::new();
    let mut facts = Facts::default();
    let stored = timeline::join(blocks, |event| {
        facts.add(event);
        assert!(!timeline::sentence(event).is_empty());
        told.push(event.clone());
    });
    let stored = stored.expect("what was just written is read");
    let read: Vec<timeline::Event> =
        stored.iter().flat_map(|block| block::read(&block.bytes, Kinds::ALL).expect("a block")).collect();
    assert!(read == told, "a stored timeline is another one");
    assert!(told.is_sorted_by_key(|event| event.at), "time runs backwards");
    let views = told.iter().filter(|event| event.kind.name() == KindName::PageView);
    let pages: HashSet<u32> = views.clone().map(|event| event.page).collect();
    assert_eq!(pages.len(), views.clone().count(), "two views have one page");
    assert_eq!(facts.pages as usize, pages.len());
    for event in &told {
        if let Kind::Input { since, .. } = event.kind {
            assert!(since <= event.at, "a run ends before it begins");
        }
    }
}

fn streamed(events: &[Event<'_>]) -> Vec<Block> {
    let started_at = events.iter().map(|event| event.timestamp).min().unwrap_or_default();
    let mut stream = Stream::of_session(started_at);
    events.iter().for_each(|event| stream.push(event, event.timestamp));
    stream.finish()
}

/// Each page is a tree after each event, whatever the event says.
fn look_at_pages(events: &[Event<'_>]) {
    let mut mirror = Mirror::default();
    for event in events {
        mirror.apply(event);
        if let Some(document) = mirror.document() {
            check(&mirror, document);
        }
    }
}

fn check(mirror: &Mirror, root: Node<'_>) {
    let mut open = vec![root];
    let mut in_order = Vec::new();
    while let Some(node) = open.pop() {
        in_order.push(node.id());
        assert!(node.id() == -1 || mirror.node(node.id()) == Some(node), "a node is not found by its id");
        let children: Vec<Node<'_>> = node.children().collect();
        for (child, next) in children.iter().zip(children.iter().skip(1)) {
            assert!(child.next() == Some(*next) && next.previous() == Some(*child));
        }
        assert!(children.iter().all(|child| child.parent() == Some(node)));
        open.extend(children.into_iter().rev());
    }
    let walked: Vec<i64> = root.descendants().map(|node| node.id()).collect();
    assert_eq!(in_order[1..], walked, "the walk goes another way");
}

/// Any bytes as a stored block: what is read of some kinds is a part of what is read of all.
fn read_block(bytes: &[u8]) {
    let Ok(all) = block::read(bytes, Kinds::ALL) else { return };
    let wanted = Kinds::from_bits(0x5555_5555);
    let some = block::read(bytes, wanted).expect("it was read before");
    assert!(all.iter().filter(|event| wanted.contains(event.kind.name())).eq(&some));
}

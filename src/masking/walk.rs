//! Every text of a recording, with where it stands, event by event.
//!
//! The walk is the same when texts are collected and when they are rewritten, so what
//! was asked about is what is changed.

use std::borrow::Cow;

use super::Place;
use super::page::{Page, kind};
use super::places;
use crate::rrweb::Event;
use crate::rrweb::skim::{self, Attribute, Leaf, NONE, Skim};
use crate::rrweb::tokens::{Part, unescaped};

/// Longer strings in drawings and in what scripts said are files, not words, in bytes.
const LONGEST_LOOSE: usize = 256 * 1024;

/// rrweb's `IncrementalSource`s.
mod source {
    pub const MUTATION: i64 = 0;
    pub const INPUT: i64 = 5;
    pub const CANVAS: i64 = 9;
    pub const LOG: i64 = 11;
    /// Those that hold coordinates, rules of style sheets, or nothing.
    pub const WORDLESS: [i64; 12] = [1, 2, 3, 4, 6, 7, 8, 10, 12, 13, 14, 15];
}

/// A text, and where it stands.
#[derive(Debug)]
pub(super) struct Spot<'s> {
    pub place: Place,
    pub tag: &'s str,
    pub name: &'s str,
    /// The element that it belongs to, on the page; or [`NONE`].
    pub element: u32,
    /// What people type into bit by bit: the id of the node that holds it.
    pub holder: Option<i64>,
    /// Whether it changed while the page was shown.
    pub is_change: bool,
    /// It is read as one, and may be written in several nodes.
    pub pieces: &'s [Piece<'s>],
}

/// A part of a text, in one node or value.
#[derive(Debug)]
pub(super) struct Piece<'s> {
    pub text: Cow<'s, str>,
    /// Where this event writes it; `None` when an earlier one did.
    pub written: Option<Leaf>,
}

impl Spot<'_> {
    /// The whole text as it is read.
    pub fn text(&self) -> Cow<'_, str> {
        match self.pieces {
            [piece] => Cow::Borrowed(&piece.text),
            pieces => pieces.iter().map(|piece| &*piece.text).collect(),
        }
    }
}

/// Reads the events of a session, stream after stream.
#[derive(Debug, Default)]
pub(super) struct Walker {
    pub page: Page,
    pub skim: Skim,
    stream: Option<i64>,
    /// Whether the texts of the event are what is in fields.
    pub is_input: bool,
    /// Where the nodes of the event are on the page.
    pub places: Vec<u32>,
    told: Vec<bool>,
    run: Vec<u32>,
}

impl Walker {
    /// Visits each text of an event.
    pub fn walk(&mut self, stream: i64, event: &Event<'_>, mut visit: impl FnMut(&Page, &Spot<'_>)) {
        if self.stream != Some(stream) {
            self.stream = Some(stream);
            self.page.clear();
        }
        self.page.now += 1;
        self.is_input = false;
        self.skim.clear();
        self.places.clear();
        let json = event.json;
        let Some(data) = skim::value_of(json, 0, "data") else { return };
        match event.kind {
            0 | 1 => {}
            2 => self.walk_snapshot(json, data, &mut visit),
            3 => self.walk_increment(json, data, &mut visit),
            4 => {
                let Some(href) = skim::value_of(json, data, "href") else { return };
                let text = skim::text_at(json, href);
                self.tell_one(json, Place::Url, ("", "href"), Leaf::Text(text), &mut visit);
            }
            5 | 6 => self.walk_payload(json, data, event.kind == 5, &mut visit),
            _ => self.walk_loose(json, data, Place::Custom, "", &mut visit),
        }
    }

    fn walk_increment(&mut self, json: &str, data: usize, visit: &mut impl FnMut(&Page, &Spot<'_>)) {
        let source = skim::value_of(json, data, "source").and_then(|at| skim::integer_at(json, at));
        match source {
            Some(source::MUTATION) => self.walk_mutation(json, data, visit),
            Some(source::INPUT) => self.walk_input(json, data, visit),
            Some(source::CANVAS) => self.walk_loose(json, data, Place::Text, "canvas", visit),
            Some(source::LOG) => self.walk_loose(json, data, Place::Console, "", visit),
            Some(source) if source::WORDLESS.contains(&source) => {}
            _ => self.walk_loose(json, data, Place::Custom, "", visit),
        }
    }

    fn walk_snapshot(&mut self, json: &str, data: usize, visit: &mut impl FnMut(&Page, &Spot<'_>)) {
        self.page.clear();
        self.skim.read_snapshot(json, data);
        self.places.resize(self.skim.nodes.len(), NONE);
        if !self.skim.nodes.is_empty() {
            self.page.insert(json, &self.skim, 0, (None, None), &mut self.places);
        }
        self.tell_nodes(json, false, visit);
    }

    fn walk_mutation(&mut self, json: &str, data: usize, visit: &mut impl FnMut(&Page, &Spot<'_>)) {
        self.skim.read_mutation(json, data);
        for remove in &self.skim.removes {
            self.page.remove(remove.id);
        }
        self.insert_added(json);
        let nodes = self.skim.nodes.len() as u32;
        for (source, text) in (nodes..).zip(&self.skim.texts) {
            if let Some(at) = self.page.find(text.id) {
                self.page.set_text(at, &unescaped(text.text.of(json)), source);
            }
        }
        self.rename(json);
        self.tell_nodes(json, true, visit);
        for change in &self.skim.changes {
            let at = self.page.find(change.id).unwrap_or(NONE);
            for attribute in self.skim.between(change.from, change.until) {
                tell_attribute(&self.page, json, (at, true), self.page.tag(at), attribute, visit);
            }
        }
    }

    /// Puts added nodes on the page. One may come before the node that it belongs into.
    fn insert_added(&mut self, json: &str) {
        self.places.resize(self.skim.nodes.len(), NONE);
        let mut waiting: Vec<usize> = (0..self.skim.adds.len()).collect();
        loop {
            let before = waiting.len();
            waiting.retain(|index| {
                let add = &self.skim.adds[*index];
                let is_placeable = self.page.find(add.parent).is_some();
                if is_placeable {
                    let around = (Some(add.parent), add.next);
                    self.page.insert(json, &self.skim, add.node, around, &mut self.places);
                }
                !is_placeable
            });
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        for index in waiting {
            let node = self.skim.adds[index].node;
            self.page.insert(json, &self.skim, node, (None, None), &mut self.places);
        }
    }

    /// Calls elements whose class, id or name has changed by their new selectors.
    fn rename(&mut self, json: &str) {
        for change in &self.skim.changes {
            let Some(at) = self.page.find(change.id) else { continue };
            let names_it =
                |attribute: &&Attribute| matches!(attribute.name.of(json), "class" | "id" | "name");
            if self.skim.between(change.from, change.until).any(|attribute| names_it(&attribute)) {
                let attributes = self.skim.between(change.from, change.until);
                self.page.rename(json, at, attributes);
            }
        }
    }

    fn walk_input(&mut self, json: &str, data: usize, visit: &mut impl FnMut(&Page, &Spot<'_>)) {
        self.is_input = true;
        self.skim.read_input(json, data);
        let Some(input) = self.skim.texts.first() else { return };
        let at = self.page.find(input.id).unwrap_or(NONE);
        let name = self.page.slot(at).map_or("", |slot| self.page.names.text(slot.name));
        let piece = Piece { text: unescaped(input.text.of(json)), written: Some(Leaf::Text(input.text)) };
        let spot = Spot {
            place: Place::InputValue,
            tag: self.page.tag(at),
            name,
            element: at,
            holder: Some(input.id),
            is_change: true,
            pieces: &[piece],
        };
        visit(&self.page, &spot);
    }

    fn walk_payload(
        &mut self,
        json: &str,
        data: usize,
        is_custom: bool,
        visit: &mut impl FnMut(&Page, &Spot<'_>),
    ) {
        let by = if is_custom { "tag" } else { "plugin" };
        let by = skim::value_of(json, data, by).map(|at| unescaped(skim::text_at(json, at).of(json)));
        let by = by.as_deref().unwrap_or_default();
        let place = if is_custom { places::of_custom(by) } else { places::of_recorder_plugin(by) };
        if let Some(payload) = skim::value_of(json, data, "payload") {
            self.walk_loose(json, payload, place, "", visit);
        }
    }

    fn walk_loose(
        &mut self,
        json: &str,
        value: usize,
        place: Place,
        tag: &str,
        visit: &mut impl FnMut(&Page, &Spot<'_>),
    ) {
        self.skim.read_loose(json, value);
        for loose in &self.skim.loose {
            let key = unescaped(loose.key.of(json));
            let name = if loose.is_key { "" } else { &*key };
            let place = if loose.is_key { place } else { places::of_key(name, place) };
            self.tell_one(json, place, (tag, name), loose.leaf, visit);
        }
    }

    fn tell_one(
        &self,
        json: &str,
        place: Place,
        (tag, name): (&str, &str),
        leaf: Leaf,
        visit: &mut impl FnMut(&Page, &Spot<'_>),
    ) {
        let text = text_of(json, leaf);
        if text.len() > LONGEST_LOOSE || places::is_bytes(&text) {
            return;
        }
        let pieces = [Piece { text, written: Some(leaf) }];
        visit(
            &self.page,
            &Spot { place, tag, name, element: NONE, holder: None, is_change: true, pieces: &pieces },
        );
    }

    /// Visits the texts of nodes and of changed texts.
    fn tell_nodes(&mut self, json: &str, is_change: bool, visit: &mut impl FnMut(&Page, &Spot<'_>)) {
        self.told.clear();
        self.told.resize(self.skim.nodes.len() + self.skim.texts.len(), false);
        for index in 0..self.skim.nodes.len() {
            let node = &self.skim.nodes[index];
            match node.kind {
                kind::ELEMENT => {
                    let at = self.places.get(index).copied().unwrap_or(NONE);
                    let at = if self.page.is_from(at, index) { at } else { NONE };
                    let tag = unescaped(node.tag.of(json));
                    for attribute in self.skim.attributes_of(node) {
                        tell_attribute(&self.page, json, (at, is_change), &tag, attribute, visit);
                    }
                }
                kind::TEXT | kind::CDATA | kind::COMMENT => {
                    self.tell_text(json, (index, node.id, node.text), is_change, visit)
                }
                _ => {}
            }
        }
        for index in 0..self.skim.texts.len() {
            let skim::Text { id, text, .. } = self.skim.texts[index];
            self.tell_text(json, (self.skim.nodes.len() + index, id, text), is_change, visit);
        }
    }

    /// Visits a text with those around it that are read as one with it.
    fn tell_text(
        &mut self,
        json: &str,
        (source, id, written): (usize, i64, Part),
        is_change: bool,
        visit: &mut impl FnMut(&Page, &Spot<'_>),
    ) {
        if self.told[source] {
            return;
        }
        self.told[source] = true;
        let at = self.page.find(id).unwrap_or(NONE);
        let is_there = self.page.is_from(at, source);
        let is_known = is_there || source >= self.skim.nodes.len();
        let is_machine = if is_known { self.page.is_machine(at) } else { self.is_machine(json, source) };
        if is_machine {
            return;
        }
        if !is_there || !self.page.is_text(at) {
            // The page has it no longer, or never had.
            self.tell_one(json, Place::Text, ("", ""), Leaf::Text(written), visit);
            return;
        }
        let mut run = std::mem::take(&mut self.run);
        self.page.run_of(at, &mut run);
        let mut pieces = Vec::with_capacity(run.len());
        for at in &run {
            let Some(slot) = self.page.slot(*at) else { continue };
            let is_new = slot.changed == self.page.now
                && (slot.source as usize == source || !self.told[slot.source as usize]);
            if is_new {
                self.told[slot.source as usize] = true;
            }
            let written = is_new.then(|| Leaf::Text(self.written(slot.source as usize)));
            pieces.push(Piece { text: Cow::Borrowed(&*slot.text), written });
        }
        self.tell_run(&run, &pieces, is_change, visit);
        self.run = run;
    }

    fn tell_run(
        &self,
        run: &[u32],
        pieces: &[Piece<'_>],
        is_change: bool,
        visit: &mut impl FnMut(&Page, &Spot<'_>),
    ) {
        let Some(head) = run.first().and_then(|at| self.page.slot(*at)) else { return };
        let block = self.page.block_of(run[0]);
        let tag = self.page.tag(block);
        let (place, name) = match tag {
            "title" if !head.is_svg => (Place::Title, ""),
            "textarea" => {
                (Place::InputValue, self.page.slot(block).map_or("", |slot| self.page.names.text(slot.name)))
            }
            _ => (Place::Text, ""),
        };
        let holder = if place == Place::InputValue {
            self.page.slot(block).map(|slot| slot.id)
        } else {
            Some(head.id)
        };
        visit(&self.page, &Spot { place, tag, name, element: block, holder, is_change, pieces });
    }

    fn written(&self, source: usize) -> Part {
        match self.skim.nodes.get(source) {
            Some(node) => node.text,
            None => self
                .skim
                .texts
                .get(source - self.skim.nodes.len())
                .map_or_else(Part::default, |text| text.text),
        }
    }

    /// Whether a text that is not on the page stands in a style or a script.
    fn is_machine(&self, json: &str, source: usize) -> bool {
        let Some(node) = self.skim.nodes.get(source) else { return false };
        let parent = self.skim.nodes.get(node.parent as usize);
        let tag = parent.map(|parent| unescaped(parent.tag.of(json)));
        node.is_style || tag.is_some_and(|tag| places::flow_of(&tag) == places::Flow::Machine)
    }
}

fn text_of(json: &str, leaf: Leaf) -> Cow<'_, str> {
    match leaf {
        Leaf::Text(part) => unescaped(part.of(json)),
        Leaf::Number(part) => Cow::Borrowed(part.of(json)),
    }
}

fn tell_attribute(
    page: &Page,
    json: &str,
    (at, is_change): (u32, bool),
    tag: &str,
    attribute: &Attribute,
    visit: &mut impl FnMut(&Page, &Spot<'_>),
) {
    let name = unescaped(attribute.name.of(json));
    let slot = page.slot(at);
    let Some(place) = places::of_attribute(tag, &name, slot.is_some_and(|slot| slot.is_svg)) else { return };
    let text = text_of(json, attribute.value);
    if places::is_bytes(&text) {
        return;
    }
    let is_value = place == Place::InputValue;
    let shown = if is_value { slot.map_or("", |slot| page.names.text(slot.name)) } else { &*name };
    let holder = if is_value { slot.map(|slot| slot.id) } else { None };
    let pieces = [Piece { text, written: Some(attribute.value) }];
    visit(page, &Spot { place, tag, name: shown, element: at, holder, is_change, pieces: &pieces });
}

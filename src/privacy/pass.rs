//! An event without what is to be hidden: every text of it is asked whose it is.

use std::borrow::Cow;
use std::collections::HashMap;

use super::fields::{self, Holds, Signs};
use super::marks::{Exposure, Mark, Marks, Role};
use super::rules::{Counts, Rules};
use super::urls::{self, SECRET_MASK, Showing};
use super::words::asterisks;
use crate::rrweb::Event;
use crate::rrweb::event::{kind, source};
use crate::rrweb::skim::{self, Attribute, Leaf, NONE, Node, Skim};
use crate::rrweb::tokens::{Part, unescaped};

/// rrweb's `NodeType`s.
const ELEMENT: u8 = 2;
const TEXTS: std::ops::RangeInclusive<u8> = 3..=5;

/// Hides in one event after the other, by the same rules.
pub struct Pass<'r> {
    pub(super) rules: &'r Rules,
    /// What was hidden so far.
    pub counts: Counts,
    pub(super) skim: Skim,
    /// What is known of the nodes of the event.
    marks: Vec<Mark>,
    /// What takes the place of which part of the event: a part of what is shown.
    edits: Vec<(Part, Part)>,
    shown: String,
    /// How many bytes of memory an event may take, by how many it has.
    room_for: fn(usize) -> usize,
}

impl<'r> Pass<'r> {
    /// Has hidden nothing yet.
    pub fn new(rules: &'r Rules) -> Self {
        let counts = Counts::default();
        let (skim, room_for) = (Skim::default(), |_| usize::MAX);
        Self { rules, counts, skim, marks: Vec::new(), edits: Vec::new(), shown: String::new(), room_for }
    }

    /// Takes no more memory for an event than this says of its size.
    pub(super) fn within(self, room_for: fn(usize) -> usize) -> Self {
        Self { room_for, ..self }
    }

    /// The JSON of an event as it may be stored. `None`: as it is.
    pub fn event(&mut self, event: &Event<'_>, known: &mut Marks) -> Option<String> {
        self.find(event, known);
        if !self.has_found() {
            return None;
        }
        let mut hidden = String::with_capacity(event.json.len());
        self.write(event.json, &mut hidden);
        Some(hidden)
    }

    /// Forgets the event before.
    pub(super) fn begin(&mut self, event: &Event<'_>) {
        self.skim.clear();
        self.skim.limit((self.room_for)(event.json.len()));
        self.edits.clear();
        self.shown.clear();
    }

    /// Finds what is to be hidden in an event.
    pub(super) fn find(&mut self, event: &Event<'_>, known: &mut Marks) {
        self.begin(event);
        match (event.kind, event.source) {
            (kind::DOM_CONTENT_LOADED | 1, _) => return,
            (kind::INCREMENTAL, Some(source)) if is_wordless(source) => return,
            _ => {}
        }
        let json = event.json;
        let Some(data) = skim::value_of(json, 0, "data") else { return };
        match (event.kind, event.source) {
            (kind::FULL_SNAPSHOT, _) => {
                known.clear();
                self.skim.read_snapshot(json, data);
                self.hide_nodes(json, known);
            }
            (kind::INCREMENTAL, Some(source::MUTATION)) => self.hide_mutation(json, data, known),
            (kind::INCREMENTAL, Some(source::INPUT)) => self.hide_input(json, data, known),
            (kind::META, _) => self.hide_page(json, data),
            _ => self.hide_said(event, data),
        }
    }

    /// Whether anything was found.
    pub(super) fn has_found(&self) -> bool {
        !self.edits.is_empty()
    }

    /// Whether the event has more in it than could be read within its limit.
    pub(super) fn has_given_up(&self) -> bool {
        self.skim.is_full()
    }

    /// Writes the event that was read last, without what was found in it.
    pub(super) fn write(&mut self, json: &str, hidden: &mut String) {
        self.edits.sort_by_key(|(part, _)| part.start);
        let mut from = 0;
        for (part, shown) in &self.edits {
            // Only JSON that says a thing twice has parts that overlap.
            let Some(between) = json.get(from..part.start as usize) else { continue };
            hidden.push_str(between);
            hidden.push_str(shown.of(&self.shown));
            from = part.end as usize;
        }
        hidden.push_str(&json[from..]);
    }

    fn hide_page(&mut self, json: &str, data: usize) {
        let Some(href) = skim::value_of(json, data, "href") else { return };
        let part = skim::text_at(json, href);
        let url = unescaped(part.of(json));
        let shown = self.address(&url, Exposure::Shown);
        self.put(json, Leaf::Text(part), &shown);
    }

    fn hide_mutation(&mut self, json: &str, data: usize, known: &mut Marks) {
        self.skim.read_mutation(json, data);
        self.note_changed(json, known);
        self.hide_nodes(json, known);
        for index in 0..self.skim.texts.len() {
            let text = &self.skim.texts[index];
            let (part, mark) = (text.text, known.of(text.id));
            self.hide_text(json, part, mark);
        }
        for index in 0..self.skim.changes.len() {
            let change = &self.skim.changes[index];
            let mark = known.of(change.id);
            for at in change.from..change.until {
                self.hide_attribute(json, "", mark, self.skim.attributes[at as usize]);
            }
        }
    }

    /// What changed attributes say of their elements holds from now on.
    fn note_changed(&mut self, json: &str, known: &mut Marks) {
        for change in &self.skim.changes {
            let attributes = || self.skim.between(change.from, change.until);
            let value = |name: &str| attribute_of(json, attributes(), name).unwrap_or_default();
            let telling = |attribute: &Attribute| {
                let name = attribute.name.of(json);
                matches!(name, "class" | "id" | "type" | "autocomplete" | "name" | "contenteditable")
                    || name.starts_with("data-")
            };
            if attributes().any(telling) {
                let before = known.of(change.id);
                let is_field = matches!(before.role, Role::Field | Role::Typed)
                    || fields::is_only_of_fields(&value("type"), &value("autocomplete"), &value("name"));
                let tag = if is_field { "input" } else { "" };
                let mark = own_mark(self.rules, json, tag, attributes, known);
                known.put(change.id, Mark { role: before.role, ..mark });
            }
        }
    }

    fn hide_input(&mut self, json: &str, data: usize, known: &Marks) {
        self.skim.read_input(json, data);
        let Some(input) = self.skim.texts.first() else { return };
        let (part, mark) = (input.text, known.of(input.id));
        let role = if mark.role == Role::Any { Role::Field } else { mark.role };
        let text = unescaped(part.of(json));
        let shown = self.value(&text, Mark { role, ..mark });
        self.put(json, Leaf::Text(part), &shown);
    }

    /// Hides in the nodes that a snapshot has or a mutation adds.
    fn hide_nodes(&mut self, json: &str, known: &mut Marks) {
        self.mark_added(json, known);
        self.hide_marked(json);
    }

    fn mark_added(&mut self, json: &str, known: &mut Marks) {
        let around: HashMap<u32, i64> = self.skim.adds.iter().map(|add| (add.node, add.parent)).collect();
        // A node may come before the one that it belongs into.
        let before = known.len();
        self.mark_nodes(json, &around, known);
        if !around.is_empty() && known.len() > before {
            self.mark_nodes(json, &around, known);
        }
    }

    /// Hides in the nodes that were marked.
    pub(super) fn hide_marked(&mut self, json: &str) {
        for index in 0..self.skim.nodes.len() {
            let (mark, node) = (self.marks[index], &self.skim.nodes[index]);
            if TEXTS.contains(&node.kind) {
                let text = node.text;
                self.hide_text(json, text, mark);
            } else if node.kind == ELEMENT && node.from < node.until {
                let tag = unescaped(node.tag.of(json));
                let is_token = tag.eq_ignore_ascii_case("meta")
                    && attribute_of(json, self.skim.attributes_of(node), "name")
                        .is_some_and(|name| fields::is_token_meta(&name));
                let mark = if is_token { Mark { exposure: Exposure::Secret, ..mark } } else { mark };
                for at in node.from..node.until {
                    self.hide_attribute(json, &tag, mark, self.skim.attributes[at as usize]);
                }
            }
        }
    }

    pub(super) fn mark_nodes(&mut self, json: &str, around: &HashMap<u32, i64>, known: &mut Marks) {
        self.marks.clear();
        for (index, node) in (0..).zip(&self.skim.nodes) {
            let parent = match node.parent {
                NONE => around.get(&index).map_or_else(Mark::default, |parent| known.of(*parent)),
                parent => self.marks.get(parent as usize).copied().unwrap_or_default(),
            };
            let mark = mark_of(self.rules, json, node, &self.skim, parent, known);
            known.put(node.id, mark);
            self.marks.push(mark);
        }
    }

    fn hide_text(&mut self, json: &str, part: Part, mark: Mark) {
        if mark.role == Role::Machine || part.start == part.end {
            return;
        }
        let text = unescaped(part.of(json));
        let shown = match mark.role {
            Role::Typed => self.value(&text, mark),
            _ if mark == Mark::default() && is_css(&text) => return,
            _ => self.text(&text, mark.exposure),
        };
        self.put(json, Leaf::Text(part), &shown);
    }

    fn hide_attribute(&mut self, json: &str, tag: &str, mark: Mark, attribute: Attribute) {
        let name = unescaped(attribute.name.of(json));
        let holds = fields::holds(&name);
        if holds == Holds::Shape {
            return;
        }
        let (Leaf::Text(part) | Leaf::Number(part)) = attribute.value;
        let text = unescaped(part.of(json));
        let is_media = self.rules.no_media && mark.role == Role::Media;
        let shown = match holds {
            Holds::Address | Holds::Picture if is_media || mark.exposure == Exposure::Secret => {
                self.count_if("media", !text.is_empty());
                Cow::Borrowed("")
            }
            Holds::Address => self.address(&text, mark.exposure),
            Holds::Value => self.value(&text, mark),
            // In place of an empty field's placeholder, a mask would look like a value.
            Holds::Text if mark.exposure == Exposure::Secret && name == "placeholder" => "".into(),
            Holds::Text => self.text(&text, mark.exposure),
            Holds::Other if mark.exposure == Exposure::Secret && fields::is_field(tag) => {
                self.secret(&text).into()
            }
            Holds::Other if name.starts_with("data-") || self.rules.is_everywhere => self.precisely(&text),
            Holds::Shape | Holds::Picture | Holds::Other => return,
        };
        self.put(json, attribute.value, &shown);
    }

    /// What is in a field.
    fn value<'t>(&mut self, text: &'t str, mark: Mark) -> Cow<'t, str> {
        match mark {
            Mark { exposure: Exposure::Secret, .. } => self.secret(text).into(),
            Mark { role: Role::Plain, .. } => text.into(),
            // Of an element that is not known it is taken for one.
            Mark { role: Role::Field | Role::Typed | Role::Any, .. } if self.rules.mask_inputs => {
                let masked = asterisks(text);
                self.count_if("field", masked != text);
                masked.into()
            }
            Mark { exposure, .. } => self.text(text, exposure),
        }
    }

    fn secret(&mut self, text: &str) -> &'static str {
        if text.is_empty() {
            return "";
        }
        self.count_if("secret", text != SECRET_MASK);
        SECRET_MASK
    }

    /// Text that people read.
    pub(super) fn text<'t>(&mut self, text: &'t str, exposure: Exposure) -> Cow<'t, str> {
        match exposure.max(self.rules.base) {
            Exposure::Secret if text.trim().is_empty() => text.into(),
            Exposure::Secret => self.secret(text).into(),
            Exposure::Masked => {
                let masked = asterisks(text);
                self.count_if("text", masked != text);
                masked.into()
            }
            Exposure::Shown => {
                let counts = &mut self.counts;
                self.rules.words.hide(text, |found| *counts.entry(found.name()).or_default() += 1)
            }
        }
    }

    /// What is not meant for reading: only what is personal data for certain goes.
    pub(super) fn precisely<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        let counts = &mut self.counts;
        self.rules.precise.hide(text, |found| *counts.entry(found.name()).or_default() += 1)
    }

    pub(super) fn address<'t>(&mut self, url: &'t str, exposure: Exposure) -> Cow<'t, str> {
        let counts = &mut self.counts;
        let showing = match exposure.max(self.rules.base) {
            Exposure::Shown if self.rules.words.is_empty() => Showing::Open,
            Exposure::Shown => Showing::Without(&self.rules.words),
            _ => Showing::Bare,
        };
        urls::shown(url, showing, |what| *counts.entry(what).or_default() += 1)
    }

    fn count_if(&mut self, what: &'static str, is_new: bool) {
        if is_new {
            *self.counts.entry(what).or_default() += 1;
        }
    }

    /// Puts a text into the place of a string or a number.
    pub(super) fn put(&mut self, json: &str, leaf: Leaf, shown: &str) {
        let (Leaf::Text(part) | Leaf::Number(part)) = leaf;
        if unescaped(part.of(json)) == shown {
            return;
        }
        let quoted = serde_json::Value::from(shown).to_string();
        let text = match leaf {
            Leaf::Text(_) => &quoted[1..quoted.len() - 1],
            Leaf::Number(_) => &quoted,
        };
        if self.skim.has_room_for::<(Part, Part)>(text.len()) {
            let start = self.shown.len();
            self.shown.push_str(text);
            self.edits.push((part, Part::new(start, self.shown.len())));
        }
    }
}

/// Sources of increments that hold coordinates, rules of style sheets, or nothing.
fn is_wordless(source: u8) -> bool {
    matches!(source, 1 | 2 | 3 | 4 | 6 | 7 | 8 | 10 | 12..=15)
}

/// Of a text whose element is not known: whether it is a piece of a style sheet.
fn is_css(text: &str) -> bool {
    text.contains('{') && text.contains(':') && text.trim_end().ends_with('}')
}

/// What is known of a node: by itself, and by what it stands in.
fn mark_of(rules: &Rules, json: &str, node: &Node, skim: &Skim, parent: Mark, known: &mut Marks) -> Mark {
    if node.kind != ELEMENT {
        let role = match parent.role {
            _ if node.is_style => Role::Machine,
            role @ (Role::Machine | Role::Typed) => role,
            _ => Role::Any,
        };
        return Mark { role, ..parent };
    }
    let tag = unescaped(node.tag.of(json));
    let own = own_mark(rules, json, &tag, || skim.attributes_of(node), known);
    // What stands in a list or a wrapped field is no field for that.
    Mark { exposure: own.exposure.max(parent.exposure), role: own.role }
}

/// What an element says of itself.
fn own_mark<'a, I: Iterator<Item = &'a Attribute>>(
    rules: &Rules,
    json: &str,
    tag: &str,
    attributes: impl Fn() -> I,
    known: &mut Marks,
) -> Mark {
    let attribute = |name: &str| attribute_of(json, attributes(), name);
    let kind = attribute("type").unwrap_or_default();
    // rrweb writes most tags in lower case.
    let is_lower = !tag.bytes().any(|byte| byte.is_ascii_uppercase());
    let lower = if is_lower { Cow::Borrowed(tag) } else { Cow::Owned(tag.to_ascii_lowercase()) };
    let role = match &*lower {
        "style" | "script" => Role::Machine,
        "textarea" => Role::Typed,
        "option" | "li" | "progress" | "meter" | "data" | "param" => Role::Plain,
        _ if fields::is_button(tag, &kind) => Role::Plain,
        _ if fields::is_field(tag) => Role::Field,
        _ if rules.no_media && fields::is_media(tag) => Role::Media,
        _ => Role::Any,
    };
    if rules.block.match_element(tag, attribute) || rules.ignore.match_element(tag, attribute) {
        return Mark { exposure: Exposure::Secret, role };
    }
    if fields::is_field(tag) && is_secret_field(tag, &kind, attribute, known) {
        return Mark { exposure: Exposure::Secret, role };
    }
    let is_editable =
        rules.mask_editable && attribute("contenteditable").is_some_and(|value| value != "false");
    let is_masked = is_editable || rules.mask.match_element(tag, attribute);
    Mark { exposure: if is_masked { Exposure::Masked } else { Exposure::Shown }, role }
}

fn is_secret_field<'a>(
    tag: &str,
    kind: &str,
    attribute: impl Fn(&str) -> Option<Cow<'a, str>>,
    known: &mut Marks,
) -> bool {
    let text = |name: &str| attribute(name).unwrap_or_default();
    let (autocomplete, name, id) = (text("autocomplete"), text("name"), text("id"));
    let was_password = attribute("data-rr-is-password").is_some();
    let signs = Signs { kind, autocomplete: &autocomplete, names: [&name, &id], was_password };
    if signs.is_password() {
        known.note_password(&name);
        known.note_password(&id);
    }
    signs.is_secret(tag) || [&name, &id].iter().any(|name| known.is_password_name(name))
}

fn attribute_of<'a, 'j>(
    json: &'j str,
    mut attributes: impl Iterator<Item = &'a Attribute>,
    wanted: &str,
) -> Option<Cow<'j, str>> {
    let found = attributes.find(|attribute| attribute.name.of(json).eq_ignore_ascii_case(wanted))?;
    let (Leaf::Text(part) | Leaf::Number(part)) = found.value;
    Some(unescaped(part.of(json)))
}

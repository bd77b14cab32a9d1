//! The incremental events of a stream: what is done with the pointer, the keyboard and
//! the window, and how the page changes.

use crate::rrweb::dom::{Changes, Node};
use crate::rrweb::event::source;
use crate::rrweb::json::{self, Cursor};
use crate::rrweb::{self, text};

use super::event::{Button, Event, Kind, Millis};
use super::runs::{Moving, Typing};
use super::stream::Stream;
use super::{element, role, selection};
use crate::rrweb::fields::{Fields, cut};

/// rrweb's `MouseInteractions`.
mod interaction {
    pub const CLICK: i64 = 2;
    pub const CONTEXT_MENU: i64 = 3;
    pub const DOUBLE_CLICK: i64 = 4;
    pub const FOCUS: i64 = 5;
    pub const BLUR: i64 = 6;
    pub const TOUCH_START: i64 = 7;
    pub const TOUCH_END: i64 = 9;
    pub const TOUCH_CANCEL: i64 = 10;
}

/// rrweb's `PointerTypes`.
const POINTER_IS_FINGER: i64 = 2;

/// Where the pointer is told to be some ten times in a second.
const POINTER_EVERY_MS: Millis = 90;

/// What changes in a field so soon after it was clicked was changed by that.
const CAUSED_WITHIN_MS: Millis = 1_000;

/// A second click is part of a double one within this time.
const DOUBLE_WITHIN_MS: Millis = 500;

/// Longer values of fields are cut; their length is told.
const MOST_VALUE_CHARS: usize = 2_000;

impl Stream {
    /// Reads an incremental event.
    pub(super) fn change(&mut self, source: u8, event: &rrweb::Event<'_>) {
        match source {
            source::MUTATION => {
                let changes = self.apply(event);
                self.write_into(&changes);
                self.runs.changed(self.now, self.page(), changes, &self.mirror);
            }
            source::INPUT => {
                self.edit(event.data);
                self.apply(event);
            }
            source::MOUSE_MOVE | source::DRAG => self.point(event.data),
            source::TOUCH_MOVE => {
                self.touch.give_up();
                self.act(self.now);
            }
            source::MOUSE_INTERACTION => self.interact(&Fields::of(event.data)),
            source::SCROLL => self.scroll(&Fields::of(event.data)),
            source::SELECTION => self.select(&Fields::of(event.data)),
            source::VIEWPORT_RESIZE => {
                let fields = Fields::of(event.data);
                let (width, height) = (fields.count("width"), fields.count("height"));
                self.resize(width, height);
                self.act(self.now);
                self.moved(Moving::Size, Kind::Resize { width, height });
            }
            source::MEDIA_INTERACTION => self.act(self.now),
            _ => {}
        }
    }

    fn moved(&mut self, moving: Moving, kind: Kind) {
        let event = Event { at: self.now, page: self.page(), kind };
        if let Some(before) = self.runs.moved(moving, event) {
            self.order.put(before);
        }
    }

    fn point(&mut self, data: &str) {
        let Some(positions) = Fields::of(data).json("positions") else { return };
        let mut cursor = Cursor::new(positions, usize::MAX);
        // Events come out of a check of their JSON, so this breaks nowhere.
        let _read = cursor.array(|cursor| {
            let position = Fields::of(cursor.value()?);
            let late = position.number("timeOffset").unwrap_or_default().min(0.0).abs();
            let at = self.now.saturating_sub(late.round() as Millis);
            self.act(at);
            if self.pointed_at.is_none_or(|before| at.saturating_sub(before) >= POINTER_EVERY_MS) {
                self.pointed_at = Some(at);
                let (x, y) = (position.coordinate("x"), position.coordinate("y"));
                self.tell_at(at, Kind::Pointer { x, y });
            }
            Ok::<_, json::Error>(())
        });
    }

    fn interact(&mut self, fields: &Fields<'_>) {
        let (Some(kind), Some(id)) = (fields.integer("type"), fields.integer("id")) else { return };
        let place = (fields.coordinate("x"), fields.coordinate("y"));
        if !matches!(kind, interaction::FOCUS | interaction::BLUR) {
            self.act(self.now);
        }
        match kind {
            interaction::CLICK => {
                let is_finger = fields.integer("pointerType") == Some(POINTER_IS_FINGER);
                let is_tap = self.touch.clicked() || is_finger;
                self.click(id, if is_tap { Button::Tap } else { Button::Primary }, place);
            }
            interaction::CONTEXT_MENU => {
                self.touch.give_up();
                self.click(id, Button::Secondary, place);
            }
            interaction::DOUBLE_CLICK => self.double_click(id, place),
            // The window's own focus is of no element.
            interaction::FOCUS | interaction::BLUR if self.mirror.node(id).is_none() => {}
            interaction::FOCUS => {
                (self.focused, self.has_focused) = (Some(id), true);
                let target = self.element(id);
                self.tell(Kind::Focus { target });
            }
            interaction::BLUR => {
                self.focused = None;
                self.end_typing();
                let target = self.element(id);
                self.tell(Kind::Blur { target });
            }
            interaction::TOUCH_START => self.touch.start(self.now, place.0, place.1),
            interaction::TOUCH_CANCEL => self.touch.give_up(),
            interaction::TOUCH_END => {
                let (target, (x, y)) = (self.meant(id), place);
                let kind = Kind::Click { target, button: Button::Tap, x, y };
                let tap = Event { at: self.now, page: self.page(), kind };
                self.touch.end(self.now, place, || tap);
            }
            _ => {}
        }
    }

    fn click(&mut self, id: i64, button: Button, (x, y): (i32, i32)) {
        // What the page does next is an answer to this.
        self.end_burst();
        self.clicked = Some((id, self.now));
        let target = self.meant(id);
        self.tell(Kind::Click { target, button, x, y });
    }

    /// A double click comes after the clicks it consists of, and is the second of them.
    fn double_click(&mut self, id: i64, (x, y): (i32, i32)) {
        let earliest = self.now.saturating_sub(DOUBLE_WITHIN_MS);
        let target = self.meant(id);
        let last = self.order.find(|kind| matches!(kind, Kind::Click { .. }));
        match last {
            Some(Event { at, kind: Kind::Click { target: clicked, button, .. }, .. })
                if *at >= earliest && clicked.node == target.node =>
            {
                *button = Button::Double;
            }
            _ => self.tell(Kind::Click { target, button: Button::Double, x, y }),
        }
    }

    fn scroll(&mut self, fields: &Fields<'_>) {
        let Some(id) = fields.integer("id") else { return };
        let node = self.mirror.node(id);
        // A frame's document scrolls within its frame.
        let node = node.and_then(|node| if node.is_document() { node.parent() } else { Some(node) });
        // A field scrolls by what is typed.
        if self.focused == Some(id) && node.is_some_and(|node| matches!(node.tag(), "input" | "textarea")) {
            return;
        }
        let target = node.filter(|node| !matches!(node.tag(), "html" | "body")).map(element::describe);
        self.act(self.now);
        self.touch.scrolled(self.now);
        let (x, y) = (fields.coordinate("x"), fields.coordinate("y"));
        self.moved(Moving::Scroll(id), Kind::Scroll { target, x, y });
    }

    fn select(&mut self, fields: &Fields<'_>) {
        let text = selection::text(&self.mirror, &fields.list("ranges"));
        if !text.is_empty() {
            self.act(self.now);
            self.moved(Moving::Selection, Kind::Selection { text });
        }
    }

    /// A field has another content.
    fn edit(&mut self, data: &str) {
        let fields = Fields::of(data);
        let (Some(id), Some(text)) = (fields.integer("id"), fields.json("text").and_then(text::text_of))
        else {
            return;
        };
        let length = length_of(&text);
        if !self.is_typed(id, length, fields.flag("userTriggered")) {
            return;
        }
        self.act(self.now);
        let value = if is_masked(&text) { String::new() } else { cut(text, MOST_VALUE_CHARS) };
        if self.is_toggle(id) {
            self.toggle(id, value, length, fields.flag("isChecked").unwrap_or_default());
            return;
        }
        // What the page does next is an answer to this.
        self.end_burst();
        self.type_into(id, &value, length);
    }

    /// What is written into a part of the page that can be edited shows as changes of it.
    fn write_into(&mut self, changes: &Changes) {
        let Some(editor) = self.focused.and_then(|id| self.mirror.node(id)) else { return };
        let target = changes.target.and_then(|target| self.mirror.node(target));
        let is_inside = |node: Node<'_>| node == editor || node.ancestors().any(|around| around == editor);
        let is_written = changes.added + changes.removed + changes.texts > 0;
        if !is_written || !role::is_editable(editor) || !target.is_some_and(is_inside) {
            return;
        }
        let id = editor.id();
        let text = selection::text_in(editor);
        let length = length_of(&text);
        let value = if is_masked(&text) { String::new() } else { cut(text, MOST_VALUE_CHARS) };
        self.act(self.now);
        self.type_into(id, &value, length);
    }

    fn type_into(&mut self, id: i64, value: &str, length: u32) {
        let now = self.now;
        let typing = self.runs.typing();
        let mut was_sent = false;
        if let Some(typing) = typing {
            if typing.goes_on(id, now, value, length) {
                return;
            }
            was_sent = length == 0 && typing.is_sent(id, now);
        }
        self.end_typing();
        if was_sent {
            return;
        }
        let (target, page, value) = (self.element(id), self.page(), value.to_owned());
        let typing = Typing { node: id, target, page, since: now, last: now, edits: 1, value, length };
        self.runs.start_typing(typing);
    }

    /// Whether a field changed because the visitor did something: scripts fill fields, too.
    fn is_typed(&mut self, id: i64, length: u32, user_triggered: Option<bool>) -> bool {
        let is_typing = self.runs.typing().is_some_and(|typing| typing.node == id);
        let is_clicked = self
            .clicked
            .is_some_and(|(clicked, at)| clicked == id && self.now.saturating_sub(at) <= CAUSED_WITHIN_MS);
        // A field that had the focus when recording began was never seen to get it.
        let is_first = self.focused.is_none() && !self.has_focused && length == 1;
        user_triggered.unwrap_or(is_typing || self.focused == Some(id) || is_clicked || is_first)
    }

    fn is_toggle(&self, id: i64) -> bool {
        let node = self.mirror.node(id).filter(|node| node.tag() == "input");
        node.is_some_and(|node| matches!(&*role::input_type(node), "checkbox" | "radio"))
    }

    fn toggle(&mut self, id: i64, value: String, length: u32, checked: bool) {
        let target = self.element(id);
        // That one of a group is chosen says that the others are not.
        if target.role == "radio" && !checked {
            return;
        }
        self.end_burst();
        let since = self.now;
        self.tell(Kind::Input { target, value, length, checked: Some(checked), edits: 1, since });
    }
}

fn length_of(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// Whether a recorder put marks in the place of what was typed.
fn is_masked(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|char| matches!(char, '*' | '•'))
}

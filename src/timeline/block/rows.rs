//! Which field of an event stands in which column. The order of the fields is the form of
//! the stored timelines: another one needs another version.

use std::sync::Arc;

use super::Error;
use super::columns::{Eye, Pen};
use crate::timeline::event::{Attr, Button, Element, Event, Kind, KindName, Level, Millis, PageCause};

/// Elements are rows, too.
pub const ELEMENT: u8 = 255;

const CAUSES: [PageCause; 4] = [PageCause::Load, PageCause::History, PageCause::Hash, PageCause::Reload];
const BUTTONS: [Button; 5] =
    [Button::Primary, Button::Secondary, Button::Middle, Button::Double, Button::Tap];
const LEVELS: [Level; 4] = [Level::Debug, Level::Info, Level::Warn, Level::Error];
const ANSWERS: [Option<bool>; 3] = [None, Some(false), Some(true)];

/// Writes what happened; `number` gives the numbers of elements.
pub fn write(pen: &mut Pen, event: &Event, number: impl FnOnce(&mut Pen, &Arc<Element>) -> u32) {
    // An element that is new is a row of its own, and comes first.
    let element = element_of(&event.kind).map_or(0, |element| 1 + number(pen, element));
    pen.row(event.kind.name() as u8);
    match &event.kind {
        Kind::PageView { url, title, cause, width, height } => {
            pen.text(url);
            pen.text(title);
            pen.number(*cause as u32);
            pen.number(*width);
            pen.number(*height);
        }
        Kind::Click { button, x, y, .. } => {
            pen.number(element);
            pen.number(*button as u32);
            pen.near(*x);
            pen.near(*y);
        }
        Kind::Input { value, length, checked, edits, since, .. } => {
            pen.number(element);
            pen.text(value);
            pen.number(*length);
            pen.number(place(&ANSWERS, checked));
            pen.number(*edits);
            pen.number(event.at.wrapping_sub(*since));
        }
        Kind::Focus { .. } | Kind::Blur { .. } => pen.number(element),
        Kind::Scroll { x, y, .. } => {
            pen.number(element);
            pen.near(*x);
            pen.near(*y);
        }
        Kind::Pointer { x, y } => {
            pen.near(*x);
            pen.near(*y);
        }
        Kind::Resize { width, height } => {
            pen.number(*width);
            pen.number(*height);
        }
        Kind::Mutation { added, removed, texts, attributes, .. } => {
            pen.number(element);
            for count in [added, removed, texts, attributes] {
                pen.number(*count);
            }
        }
        said => write_said(pen, said),
    }
}

/// Writes what was said.
fn write_said(pen: &mut Pen, kind: &Kind) {
    match kind {
        Kind::Selection { text } | Kind::Copy { text } => pen.text(text),
        Kind::Console { level, text, stack } => {
            pen.number(*level as u32);
            pen.text(text);
            pen.text(stack);
        }
        Kind::Error { text, stack } => {
            pen.text(text);
            pen.text(stack);
        }
        Kind::Request { method, url, status, took } => {
            pen.text(method);
            pen.text(url);
            pen.number(*status);
            pen.number(*took);
        }
        Kind::Prompt { id, conversation, text } => {
            for part in [id, conversation, text] {
                pen.text(part);
            }
        }
        Kind::Reply { id, to, text, answered, sources, took } => {
            for part in [id, to, text] {
                pen.text(part);
            }
            pen.number(place(&ANSWERS, answered));
            pen.texts(sources.iter().map(String::as_str));
            pen.number(*took);
        }
        Kind::Feedback { id, value } => {
            pen.text(id);
            pen.near(*value);
        }
        Kind::Identify { id, traits } => {
            pen.text(id);
            write_attrs(pen, traits);
        }
        Kind::Idle { lasted } => pen.number(*lasted),
        Kind::Custom { name, json } => {
            pen.text(name);
            pen.text(json);
        }
        _ => {}
    }
}

/// Reads what happened at `at`.
pub fn read(eye: &mut Eye<'_>, name: KindName, at: Millis, elements: &[Arc<Element>]) -> Result<Kind, Error> {
    eye.row(name as u8);
    let about = |number: u32| match number.checked_sub(1) {
        None => Ok(None),
        Some(index) => elements.get(index as usize).cloned().map(Some).ok_or(Error::Damaged),
    };
    let element = |number: u32| about(number)?.ok_or(Error::Damaged);
    Ok(match name {
        KindName::PageView => Kind::PageView {
            url: eye.text()?,
            title: eye.text()?,
            cause: one_of(&CAUSES, eye.number()?)?,
            width: eye.number()?,
            height: eye.number()?,
        },
        KindName::Click => Kind::Click {
            target: element(eye.number()?)?,
            button: one_of(&BUTTONS, eye.number()?)?,
            x: eye.near()?,
            y: eye.near()?,
        },
        KindName::Input => Kind::Input {
            target: element(eye.number()?)?,
            value: eye.text()?,
            length: eye.number()?,
            checked: one_of(&ANSWERS, eye.number()?)?,
            edits: eye.number()?,
            since: at.wrapping_sub(eye.number()?),
        },
        KindName::Focus => Kind::Focus { target: element(eye.number()?)? },
        KindName::Blur => Kind::Blur { target: element(eye.number()?)? },
        KindName::Scroll => Kind::Scroll { target: about(eye.number()?)?, x: eye.near()?, y: eye.near()? },
        KindName::Pointer => Kind::Pointer { x: eye.near()?, y: eye.near()? },
        KindName::Resize => Kind::Resize { width: eye.number()?, height: eye.number()? },
        KindName::Mutation => Kind::Mutation {
            target: about(eye.number()?)?,
            added: eye.number()?,
            removed: eye.number()?,
            texts: eye.number()?,
            attributes: eye.number()?,
        },
        said => read_said(eye, said)?,
    })
}

fn read_said(eye: &mut Eye<'_>, name: KindName) -> Result<Kind, Error> {
    Ok(match name {
        KindName::Selection => Kind::Selection { text: eye.text()? },
        KindName::Copy => Kind::Copy { text: eye.text()? },
        KindName::Console => {
            Kind::Console { level: one_of(&LEVELS, eye.number()?)?, text: eye.text()?, stack: eye.text()? }
        }
        KindName::Error => Kind::Error { text: eye.text()?, stack: eye.text()? },
        KindName::Request => Kind::Request {
            method: eye.text()?,
            url: eye.text()?,
            status: eye.number()?,
            took: eye.number()?,
        },
        KindName::Prompt => Kind::Prompt { id: eye.text()?, conversation: eye.text()?, text: eye.text()? },
        KindName::Reply => Kind::Reply {
            id: eye.text()?,
            to: eye.text()?,
            text: eye.text()?,
            answered: one_of(&ANSWERS, eye.number()?)?,
            sources: eye.texts()?,
            took: eye.number()?,
        },
        KindName::Feedback => Kind::Feedback { id: eye.text()?, value: eye.near()? },
        KindName::Identify => Kind::Identify { id: eye.text()?, traits: read_attrs(eye)? },
        KindName::Hidden => Kind::Hidden,
        KindName::Visible => Kind::Visible,
        KindName::Idle => Kind::Idle { lasted: eye.number()? },
        KindName::Custom => Kind::Custom { name: eye.text()?, json: eye.text()? },
        _ => return Err(Error::Damaged),
    })
}

/// Writes an element as a row of its own.
pub fn write_element(pen: &mut Pen, element: &Element) {
    pen.row(ELEMENT);
    // Ids rise slowly, and what is wrapped here is unwrapped when it is read.
    pen.near(element.node as i32);
    for part in [&element.tag, &element.selector, &element.label, &element.role] {
        pen.text(part);
    }
    pen.number(element.interactive.into());
    write_attrs(pen, &element.attrs);
}

/// Reads the next element.
pub fn read_element(eye: &mut Eye<'_>) -> Result<Element, Error> {
    eye.row(ELEMENT);
    Ok(Element {
        node: eye.near()? as u32,
        tag: eye.text()?,
        selector: eye.text()?,
        label: eye.text()?,
        role: eye.text()?,
        interactive: eye.number()? != 0,
        attrs: read_attrs(eye)?,
    })
}

fn write_attrs(pen: &mut Pen, attrs: &[Attr]) {
    let texts: Vec<&str> = attrs.iter().flat_map(|attr| [&*attr.name, &*attr.value]).collect();
    pen.texts(texts.into_iter());
}

fn read_attrs(eye: &mut Eye<'_>) -> Result<Vec<Attr>, Error> {
    let texts = eye.texts()?;
    let attr = |pair: &[String]| match pair {
        [name, value] => Ok(Attr { name: name.clone(), value: value.clone() }),
        _ => Err(Error::Damaged),
    };
    texts.chunks(2).map(attr).collect()
}

/// The element that an event is about.
fn element_of(kind: &Kind) -> Option<&Arc<Element>> {
    match kind {
        Kind::Click { target, .. }
        | Kind::Input { target, .. }
        | Kind::Focus { target }
        | Kind::Blur { target } => Some(target),
        Kind::Scroll { target, .. } | Kind::Mutation { target, .. } => target.as_ref(),
        _ => None,
    }
}

fn place<T: PartialEq>(list: &[T], wanted: &T) -> u32 {
    list.iter().zip(0..).find(|(one, _)| *one == wanted).map_or(0, |(_, place)| place)
}

fn one_of<T: Copy>(list: &[T], number: u32) -> Result<T, Error> {
    list.get(number as usize).copied().ok_or(Error::Damaged)
}

//! How elements are called: `#checkout > form.card > input.number`.
//!
//! Made of tags, ids and classes alone, so that the same place in many rows and many
//! visits is called the same.

use std::collections::HashMap;

use super::page::Page;
use crate::rrweb::skim::{Attribute, Leaf, NONE};
use crate::rrweb::tokens::unescaped;

/// No selector names more elements than this.
const MOST_PARTS: usize = 8;

/// Names that many nodes share, each kept once.
#[derive(Debug)]
pub(super) struct Names {
    texts: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self { texts: Vec::new(), numbers: HashMap::new() };
        names.number("");
        names
    }
}

impl Names {
    /// The number of a name.
    pub fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }

    pub fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", |name| name)
    }

    /// How an element is called by itself, and the name of a field.
    pub fn of_element<'a>(
        &mut self,
        json: &str,
        tag: &str,
        attributes: impl Iterator<Item = &'a Attribute>,
    ) -> (u32, u32) {
        if tag.is_empty() {
            return (0, 0);
        }
        let (mut part, mut id, mut name) = (tag.to_owned(), None, 0);
        for attribute in attributes {
            let Leaf::Text(value) = attribute.value else { continue };
            let value = || unescaped(value.of(json));
            match attribute.name.of(json) {
                "class" => {
                    for class in value().split_ascii_whitespace() {
                        part.push('.');
                        part.push_str(class);
                    }
                }
                "id" if !value().is_empty() => id = Some(value()),
                "name" => name = self.number(&value()),
                _ => {}
            }
        }
        if let Some(id) = id {
            part = format!("#{id}");
        }
        (self.number(&part), name)
    }
}

/// The parts of an element's selector, from the element outwards to the nearest id.
fn parts(page: &Page, at: u32) -> impl Iterator<Item = u32> {
    let own = (at != NONE).then_some(at);
    let mut done = false;
    own.into_iter()
        .chain(page.around(at))
        .filter_map(|at| page.slot(at).map(|slot| slot.part))
        .filter(|part| *part != 0)
        .take_while(move |part| {
            let goes_on = !done;
            done = page.names.text(*part).starts_with('#');
            goes_on
        })
        .take(MOST_PARTS)
}

/// A number that is the same for the same selector.
pub(super) fn hash_of(page: &Page, at: u32) -> u64 {
    parts(page, at).fold(0, |hash: u64, part| {
        (hash ^ u64::from(part)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
    })
}

/// The selector of an element; "" of none.
pub(super) fn of(page: &Page, at: u32) -> String {
    let mut parts: Vec<&str> = parts(page, at).map(|part| page.names.text(part)).collect();
    parts.reverse();
    parts.join(" > ")
}

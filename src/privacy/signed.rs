//! Full snapshots of which only those elements are read that bear signs of secrets.
//!
//! Most of a large page has nothing to do with the one field in it that holds a secret.
//! What is hidden of an element depends on its own attributes and on those it stands in,
//! and what stands in an element is read with it: so nothing is missed by leaving out
//! what has no sign, in itself and around it. What is not written as rrweb writes it is
//! read as a whole.

use std::collections::HashMap;
use std::sync::LazyLock;

use memchr::memmem::{Finder, FinderRev};
use memchr::{memchr, memrchr};

use super::marks::Marks;
use super::pass::Pass;
use super::signs::Sign;
use crate::rrweb::Event;
use crate::rrweb::skim::{Leaf, NONE, Skim};
use crate::rrweb::tokens::{Part, unescaped};

/// How an element begins (rrweb-snapshot, `serializeElementNode`), up to its tag, and
/// behind it.
const ELEMENT: &[u8] = br#"{"type":2,"tagName":"#;
static ATTRIBUTES: LazyLock<FinderRev<'static>> = LazyLock::new(|| FinderRev::new(b",\"attributes\":{"));

/// What gives a field a name by which a password is known again.
static NAMES: LazyLock<[Finder<'static>; 2]> =
    LazyLock::new(|| [Finder::new(b"\"name\":\""), Finder::new(b"\"id\":\"")]);

impl Pass<'_> {
    /// Finds what is to be hidden in a full snapshot, by the signs that are in it.
    pub(super) fn find_by_signs(
        &mut self,
        event: &Event<'_>,
        signs: impl Iterator<Item = Sign>,
        known: &mut Marks,
    ) {
        if known.knows_passwords() {
            return self.find(event, known);
        }
        self.begin(event);
        known.clear();
        if read(&mut self.skim, event.json, signs).is_some() {
            self.mark_nodes(event.json, &HashMap::new(), known);
            if !known.knows_passwords() || !names_a_password(event.json, &self.skim, known) {
                return self.hide_marked(event.json);
            }
            *known = Marks::default();
        }
        self.find(event, known);
    }
}

/// Reads the elements that have signs in their attributes. `None` where a sign stands
/// anywhere else, but for texts.
fn read(skim: &mut Skim, json: &str, signs: impl Iterator<Item = Sign>) -> Option<()> {
    let mut read_to = 0;
    for sign in signs.filter(|sign| !sign.is_in_text) {
        if sign.at < read_to {
            continue;
        }
        let start = element_before(json.as_bytes(), read_to, sign.at)?;
        let node = skim.read_node_at(json, start)?;
        read_to = node.whole.end as usize;
        let (from, until) = (node.from, node.until);
        let holds = |part: Part| (part.start as usize..=part.end as usize).contains(&sign.at);
        let is_own = skim.between(from, until).any(|attribute| {
            let (Leaf::Text(value) | Leaf::Number(value)) = attribute.value;
            holds(attribute.name) || holds(value)
        });
        if !is_own || skim.is_full() {
            return None;
        }
    }
    Some(())
}

/// Where the element begins whose attributes are the last to begin before a place.
fn element_before(json: &[u8], from: usize, at: usize) -> Option<usize> {
    let attributes = from + ATTRIBUTES.rfind(json.get(from..at)?)?;
    let tag = json[from..attributes].strip_suffix(b"\"")?;
    let before_tag = &tag[..memrchr(b'"', tag)?];
    before_tag.ends_with(ELEMENT).then(|| from + before_tag.len() - ELEMENT.len())
}

/// Whether what was not read may have a field with the name of a password that was.
fn names_a_password(json: &str, skim: &Skim, known: &Marks) -> bool {
    let bytes = json.as_bytes();
    let read: Vec<Part> =
        skim.nodes.iter().filter(|node| node.parent == NONE).map(|node| node.whole).collect();
    let is_read = |at: usize| {
        let before = read.partition_point(|part| part.start as usize <= at);
        read[..before].last().is_some_and(|part| at < part.end as usize)
    };
    NAMES.iter().any(|key| {
        key.find_iter(bytes).map(|at| at + key.needle().len()).any(|start| {
            let length = memchr(b'"', &bytes[start..]).unwrap_or_default();
            known.is_password_name(&unescaped(&json[start..start + length])) && !is_read(start)
        })
    })
}

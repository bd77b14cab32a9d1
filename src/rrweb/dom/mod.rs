//! The page as it was at each moment: nodes with their parents, tags, attributes and texts.
//!
//! A [`Mirror`] is fed with the events of one stream in their order. Whatever they say,
//! it stays a tree: what names unknown nodes is passed over. Stylesheets, scripts and
//! what only says how things look are not kept. How much memory it takes goes with the
//! page, not with how long it is open.

mod ids;
mod names;
mod node;
mod read;
mod tree;

pub use node::Node;
use tree::Tree;

use super::Event;
use super::event::{self, kind};

/// The page.
#[derive(Debug, Default)]
pub struct Mirror {
    tree: Tree,
}

/// What an event changed on the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Nodes that came.
    pub added: u32,
    /// Nodes that went, without what stood in them.
    pub removed: u32,
    /// Texts that became others.
    pub texts: u32,
    /// Nodes of which attributes changed.
    pub attributes: u32,
    /// The innermost node around all of it.
    pub target: Option<i64>,
    /// Which element came, without those that stand in it.
    pub came: Came,
}

/// What came to a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Came {
    /// No element.
    #[default]
    Nothing,
    /// This one, with all that stands in it.
    One(i64),
    /// More than one.
    More,
}

impl Came {
    /// With another element that came.
    #[must_use]
    pub fn and(self, id: i64) -> Self {
        match self {
            Self::Nothing => Self::One(id),
            Self::One(known) if known == id => self,
            Self::One(_) | Self::More => Self::More,
        }
    }
}

impl Mirror {
    /// Takes an event in. Most events change nothing.
    pub fn apply(&mut self, event: &Event<'_>) -> Changes {
        let mut changes = Changes::default();
        self.tree.event = self.tree.event.wrapping_add(1);
        // Events come out of a check of their JSON; of what breaks nevertheless, the rest is passed over.
        let _read = match (event.kind, event.source) {
            (kind::FULL_SNAPSHOT, _) => self.tree.read_snapshot(event.data),
            (kind::INCREMENTAL, Some(event::source::MUTATION)) => {
                self.tree.read_mutation(event.data, &mut changes)
            }
            (kind::INCREMENTAL, Some(event::source::INPUT)) => self.tree.read_input(event.data),
            _ => Ok(()),
        };
        changes
    }

    /// The node with this id.
    pub fn node(&self, id: i64) -> Option<Node<'_>> {
        self.tree.ids.get(id).map(|slot| Node::new(&self.tree, slot))
    }

    /// The node that the full snapshot begins with.
    pub fn document(&self) -> Option<Node<'_>> {
        // It is read first, and nothing takes its place.
        (self.tree.capacity() > 0).then(|| Node::new(&self.tree, 0)).filter(Node::is_document)
    }

    /// The innermost node around both.
    pub fn common(&self, one: i64, other: i64) -> Option<Node<'_>> {
        let common = self.tree.common(self.tree.ids.get(one)?, self.tree.ids.get(other)?);
        (common != tree::NONE).then(|| Node::new(&self.tree, common))
    }
}

#[cfg(test)]
mod tests;

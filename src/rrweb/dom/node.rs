//! A node of the page, to look at.

use std::borrow::Cow;

use super::super::text;
use super::names::{FOR, ID};
use super::tree::{Kind, MOST_ANCESTORS, NONE, Slot, Tree};

/// A node of the page.
#[derive(Clone, Copy, Debug)]
pub struct Node<'m> {
    tree: &'m Tree,
    slot: Slot,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.slot == other.slot
    }
}

impl<'m> Node<'m> {
    pub(super) fn new(tree: &'m Tree, slot: Slot) -> Self {
        Self { tree, slot }
    }

    fn at(self, slot: Slot) -> Option<Self> {
        (slot != NONE).then_some(Self { slot, ..self })
    }

    /// rrweb's id; -1 when it has none of its own.
    pub fn id(&self) -> i64 {
        self.tree.node(self.slot).id
    }

    /// Whether it is the page's document or that of a frame.
    pub fn is_document(&self) -> bool {
        self.tree.node(self.slot).kind == Kind::Document
    }

    /// Whether it is an element.
    pub fn is_element(&self) -> bool {
        self.tree.node(self.slot).kind == Kind::Element
    }

    /// Whether it is a text.
    pub fn is_text(&self) -> bool {
        self.tree.node(self.slot).kind == Kind::Text
    }

    /// Whether it stands in the shadow root of its parent.
    pub fn is_in_shadow(&self) -> bool {
        self.tree.node(self.slot).in_shadow
    }

    /// An element's tag as rrweb writes it: in lower case but for some of SVG; "" for other nodes.
    pub fn tag(&self) -> &'m str {
        self.tree.names.name(self.tree.node(self.slot).tag)
    }

    /// The text of a text node; "" for other nodes, and in scripts and stylesheets.
    pub fn text(&self) -> Cow<'m, str> {
        text::text_of_written(self.written_text())
    }

    /// The text as it is written in JSON between its quotes.
    pub fn written_text(&self) -> &'m str {
        self.tree.written(self.tree.node(self.slot).text)
    }

    /// The value of an attribute; "" where it has none.
    pub fn attribute(&self, name: &str) -> Option<Cow<'m, str>> {
        let number = self.tree.names.find(name)?;
        let attribute =
            self.tree.attributes_of(self.slot).iter().find(|attribute| attribute.name == number)?;
        Some(text::text_of_written(self.tree.written(attribute.value)))
    }

    /// Whether it has an attribute.
    pub fn has_attribute(&self, name: &str) -> bool {
        self.tree.names.find(name).is_some_and(|number| {
            self.tree.attributes_of(self.slot).iter().any(|attribute| attribute.name == number)
        })
    }

    /// Its attributes, but for those that are long and only say how it looks.
    pub fn attributes(self) -> impl Iterator<Item = (&'m str, Cow<'m, str>)> {
        let tree = self.tree;
        tree.attributes_of(self.slot).iter().map(move |attribute| {
            (tree.names.name(attribute.name), text::text_of_written(tree.written(attribute.value)))
        })
    }

    /// The node it stands in: of a frame's document that is the frame, of a shadow root's
    /// nodes its host.
    pub fn parent(&self) -> Option<Self> {
        self.at(self.tree.node(self.slot).parent)
    }

    /// The nodes it stands in, innermost first; of absurdly many the first thousand.
    pub fn ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), Self::parent).take(MOST_ANCESTORS)
    }

    /// The nodes that stand in it, shadow roots and the documents of frames included.
    pub fn children(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.at(self.tree.node(self.slot).first), Self::next)
    }

    /// The node after it in its parent.
    pub fn next(&self) -> Option<Self> {
        self.at(self.tree.node(self.slot).next)
    }

    /// The node before it in its parent.
    pub fn previous(&self) -> Option<Self> {
        self.at(self.tree.node(self.slot).previous)
    }

    /// All nodes within it, in the order of the document.
    pub fn descendants(self) -> impl Iterator<Item = Self> {
        let (tree, root) = (self.tree, self.slot);
        std::iter::successors(self.at(tree.following(root, root)), move |node| {
            node.at(tree.following(node.slot, root))
        })
    }

    /// All nodes after it in the order of the document, beginning with what stands in it.
    pub fn following(self) -> impl Iterator<Item = Self> {
        let tree = self.tree;
        let next = move |node: &Self| node.at(tree.following(node.slot, NONE));
        std::iter::successors(next(&self), next)
    }

    /// The node after it and all that stands in it, in the order of the document.
    pub fn after(&self) -> Option<Self> {
        self.at(self.tree.after(self.slot, NONE))
    }

    /// Whether it stands in a script, a stylesheet, or what is shown without scripts only.
    pub fn is_unseen(&self) -> bool {
        let unseen = |node: &Self| matches!(node.tag(), "script" | "style" | "noscript" | "template");
        unseen(self) || self.ancestors().any(|node| unseen(&node))
    }

    /// The innermost element around it that is not part of a line of text.
    pub fn block(&self) -> Option<Self> {
        self.ancestors().find(|node| !node.is_inline())
    }

    /// Whether it is an element that stands in a line of text.
    pub fn is_inline(&self) -> bool {
        self.is_element() && self.tree.names.is_inline(self.tree.node(self.slot).tag)
    }

    /// The element with the id that an attribute of this one names.
    pub fn with_id(&self, id: &str) -> Option<Self> {
        self.landmark(ID, id)
    }

    /// The `label` that names this element by its id.
    pub fn label_for(&self) -> Option<Self> {
        self.landmark(FOR, &self.attribute("id")?).filter(|label| label.tag() == "label")
    }

    fn landmark(&self, name: u16, value: &str) -> Option<Self> {
        // Values are looked up as they are written; what is written with escapes is not found,
        // unless the two escape the same way.
        self.tree.find_landmark(name, value).and_then(|slot| self.at(slot))
    }
}

impl Tree {
    /// The innermost node around both; none when they share none within reach.
    pub(super) fn common(&self, one: Slot, other: Slot) -> Slot {
        let depth = |mut slot: Slot| {
            let mut depth = 0;
            while slot != NONE && depth < MOST_ANCESTORS {
                slot = self.node(slot).parent;
                depth += 1;
            }
            depth
        };
        let (mut one, mut other) = (one, other);
        let (depth_of_one, depth_of_other) = (depth(one), depth(other));
        for _ in depth_of_other..depth_of_one {
            one = self.node(one).parent;
        }
        for _ in depth_of_one..depth_of_other {
            other = self.node(other).parent;
        }
        for _ in 0..MOST_ANCESTORS {
            if one == other || one == NONE || other == NONE {
                break;
            }
            (one, other) = (self.node(one).parent, self.node(other).parent);
        }
        if one == other { one } else { NONE }
    }
}

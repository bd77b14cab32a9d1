//! What maskers read and say, as plain data; its JSON is what scripts see.

use serde::{Deserialize, Serialize};

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the interface documents each")]
pub enum Place {
    Text,
    Attribute,
    InputValue,
    Url,
    Title,
    Console,
    Prompt,
    Reply,
    Custom,
}

/// A text of a session, with where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// For a text of the page the whole of a block.
    pub text: String,
    /// Where it stands.
    pub place: Place,
    /// The element's tag, "" when there is none.
    pub tag: String,
    /// The attribute's or the field's name, "" when there is none.
    pub name: String,
    /// The element, "" when there is none.
    pub selector: String,
}

/// What is to happen to one span of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which one.
    pub index: u32,
    /// What is to happen to it.
    #[serde(flatten)]
    pub edit: Edit,
}

/// What can happen to a span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "kebab-case")]
pub enum Edit {
    /// Parts of it are hidden, here and wherever else they stand in the session.
    Hide {
        /// The parts.
        secrets: Vec<Secret>,
    },
    /// Every letter and digit becomes an asterisk.
    Cover,
    /// The element becomes a grey box of its size.
    Block,
}

/// A part of a text, and what to put in its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "said above")]
pub struct Secret {
    pub value: String,
    #[serde(default)]
    pub with: String,
    #[serde(default)]
    pub kind: String,
}

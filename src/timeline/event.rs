//! What a person did: the words of `wit/hindsight.wit`, as plain data.
//!
//! Their JSON is what `plugin.js`, the downloads and the replay page see: one flat
//! object for each event, with `kind` as in the interface and fields in camel case.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Milliseconds since the first event of the session, by the visitor's clock.
pub type Millis = u32;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it happened.
    pub at: Millis,
    /// Which page view it belongs to, from 0.
    pub page: u32,
    /// What happened.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What happened; the variants are those of the interface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the interface documents each")]
pub enum Kind {
    PageView {
        url: String,
        title: String,
        cause: PageCause,
        width: u32,
        height: u32,
    },
    Click {
        target: Arc<Element>,
        button: Button,
        x: i32,
        y: i32,
    },
    Input {
        target: Arc<Element>,
        value: String,
        length: u32,
        checked: Option<bool>,
        edits: u32,
        since: Millis,
    },
    Focus {
        target: Arc<Element>,
    },
    Blur {
        target: Arc<Element>,
    },
    Scroll {
        target: Option<Arc<Element>>,
        x: i32,
        y: i32,
    },
    Pointer {
        x: i32,
        y: i32,
    },
    Resize {
        width: u32,
        height: u32,
    },
    Mutation {
        added: u32,
        removed: u32,
        texts: u32,
        attributes: u32,
        target: Option<Arc<Element>>,
    },
    Selection {
        text: String,
    },
    Copy {
        text: String,
    },
    Console {
        level: Level,
        text: String,
        stack: String,
    },
    Error {
        text: String,
        stack: String,
    },
    Request {
        method: String,
        url: String,
        status: u32,
        took: Millis,
    },
    Prompt {
        id: String,
        conversation: String,
        text: String,
    },
    Reply {
        id: String,
        to: String,
        text: String,
        answered: Option<bool>,
        sources: Vec<String>,
        took: Millis,
    },
    Feedback {
        id: String,
        value: i32,
    },
    Identify {
        id: String,
        traits: Vec<Attr>,
    },
    Hidden,
    Visible,
    Idle {
        lasted: Millis,
    },
    Custom {
        name: String,
        json: String,
    },
}

/// A kind of event, as manifests name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the interface documents each")]
pub enum KindName {
    PageView,
    Click,
    Input,
    Focus,
    Blur,
    Scroll,
    Pointer,
    Resize,
    Mutation,
    Selection,
    Copy,
    Console,
    Error,
    Request,
    Prompt,
    Reply,
    Feedback,
    Identify,
    Hidden,
    Visible,
    Idle,
    Custom,
}

impl Kind {
    /// What it is called.
    pub fn name(&self) -> KindName {
        match self {
            Self::PageView { .. } => KindName::PageView,
            Self::Click { .. } => KindName::Click,
            Self::Input { .. } => KindName::Input,
            Self::Focus { .. } => KindName::Focus,
            Self::Blur { .. } => KindName::Blur,
            Self::Scroll { .. } => KindName::Scroll,
            Self::Pointer { .. } => KindName::Pointer,
            Self::Resize { .. } => KindName::Resize,
            Self::Mutation { .. } => KindName::Mutation,
            Self::Selection { .. } => KindName::Selection,
            Self::Copy { .. } => KindName::Copy,
            Self::Console { .. } => KindName::Console,
            Self::Error { .. } => KindName::Error,
            Self::Request { .. } => KindName::Request,
            Self::Prompt { .. } => KindName::Prompt,
            Self::Reply { .. } => KindName::Reply,
            Self::Feedback { .. } => KindName::Feedback,
            Self::Identify { .. } => KindName::Identify,
            Self::Hidden => KindName::Hidden,
            Self::Visible => KindName::Visible,
            Self::Idle { .. } => KindName::Idle,
            Self::Custom { .. } => KindName::Custom,
        }
    }
}

/// An element as it was when the event happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Element {
    /// rrweb's id of the node.
    pub node: u32,
    /// In lower case.
    pub tag: String,
    /// Short, and the same in most visits.
    pub selector: String,
    /// What a person would call it; at most 80 characters.
    pub label: String,
    /// The ARIA role, given or implied; "" when none.
    pub role: String,
    /// Whether a person would expect something to happen when it is clicked.
    pub interactive: bool,
    /// The attributes that say what it is.
    pub attrs: Vec<Attr>,
}

/// A name and a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "said above")]
pub struct Attr {
    pub name: String,
    pub value: String,
}

/// How a page came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the interface documents each")]
pub enum PageCause {
    Load,
    History,
    Hash,
    Reload,
}

/// What was clicked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the interface documents each")]
pub enum Button {
    Primary,
    Secondary,
    Middle,
    Double,
    Tap,
}

/// How grave a line of the console is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the console's own words")]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

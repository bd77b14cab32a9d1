//! What the build put into the binary: browser bundles, templates of pages and of plugins, plugins, the demo's visits.

use std::borrow::Cow;

use crate::ingest::gzip::{self, Limits};

/// Bytes in the binary, in the one form in which they are there.
#[derive(Clone, Copy, Debug)]
pub enum Packed {
    /// As they are: compressing makes fonts no smaller.
    Plain(&'static [u8]),
    /// As one gzip member, which most browsers take as it is.
    Gzip(&'static [u8]),
}

impl Packed {
    /// The bytes, inflated anew each time.
    pub fn bytes(self) -> Cow<'static, [u8]> {
        match self {
            Self::Plain(bytes) => bytes.into(),
            Self::Gzip(member) => gzip::inflate(member, Limits::STORED).expect("the build made it").into(),
        }
    }

    /// The bytes as text.
    pub fn text(self) -> String {
        String::from_utf8(self.bytes().into_owned()).expect("only texts are asked for as text")
    }

    /// The bytes as a gzip member, where they are that.
    pub fn gzip(self) -> Option<&'static [u8]> {
        match self {
            Self::Plain(_) => None,
            Self::Gzip(member) => Some(member),
        }
    }
}

/// A file for the browser.
#[derive(Clone, Debug)]
pub struct Asset {
    /// What the sources call it.
    pub name: &'static str,
    /// The path it is served under.
    pub path: &'static str,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Whether its path has a hash of its content, so that it may be cached for ever.
    pub immutable: bool,
    /// Its content.
    pub content: Packed,
}

/// The interface of plugins, which projects of plugins carry along.
pub const PLUGIN_INTERFACE: &str = include_str!("../wit/hindsight.wit");

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

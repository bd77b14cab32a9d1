//! What the build put into the binary: browser bundles, templates of pages and of plugins, plugins, the demo's visits.

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
    pub bytes: &'static [u8],
    /// Its content as one gzip member, where that is smaller.
    pub gzip: Option<&'static [u8]>,
}

/// The interface of plugins, which projects of plugins carry along.
pub const PLUGIN_INTERFACE: &str = include_str!("../wit/hindsight.wit");

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

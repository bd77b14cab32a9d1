//! What the build put into the binary: browser bundles, templates, plugins, the demo's visits.

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

/// The plugins that come with the server: `plugin.toml` and component of each, as
/// `plugins/build.sh` built it.
pub const PLUGINS: [(&str, &[u8]); 3] = [
    (include_str!("../plugins/mask-pii/plugin.toml"), include_bytes!("../plugins/dist/mask-pii.wasm")),
    (include_str!("../plugins/friction/plugin.toml"), include_bytes!("../plugins/dist/friction.wasm")),
    (include_str!("../plugins/knowledge-gaps/plugin.toml"), include_bytes!("../plugins/dist/knowledge-gaps.wasm")),
];

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

//! Which paths of the server are its own, and may not be given to anything else.

/// The first segments of our own paths.
const OWN_PATHS: [&str; 20] = [
    ".well-known",
    "account",
    "api",
    "assets",
    "audit",
    "connections",
    "demo",
    "erase",
    "favicon.svg",
    "go",
    "invitation",
    "login",
    "logout",
    "privacy",
    "problems",
    "receipts",
    "setup",
    "storage",
    "tokens",
    "users",
];

/// Whether a path can be ours to give: plain, and not that of a page.
pub fn is_url_path(path: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let Some(segments) = path.strip_prefix('/') else { return false };
    let is_plain = |segment: &str| {
        !segment.is_empty() && segment.bytes().all(allowed) && !segment.bytes().all(|byte| byte == b'.')
    };
    segments.split('/').all(is_plain) && !segments.split('/').any(|first| OWN_PATHS.contains(&first))
}

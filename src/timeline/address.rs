//! The address of a page, and what another address says of how it came to be.

use super::event::{Kind, PageCause};

/// The page that is shown.
#[derive(Clone, Debug, Default)]
pub struct Address {
    pub url: String,
    pub width: u32,
    pub height: u32,
}

impl Address {
    /// Tells of it.
    pub fn view(&self, title: String, cause: PageCause) -> Kind {
        let Self { url, width, height } = self.clone();
        Kind::PageView { url, title, cause, width, height }
    }
}

/// Why a recorder takes another snapshot, from the addresses before and now, and whether a
/// document was loaded between them. None: the page is the same.
pub fn cause(before: &str, now: &str, loaded: bool) -> Option<PageCause> {
    if loaded {
        return Some(if before == now { PageCause::Reload } else { PageCause::Load });
    }
    if before == now {
        return None;
    }
    Some(if without_hash(before) == without_hash(now) {
        PageCause::Hash
    } else if origin(before) == origin(now) {
        PageCause::History
    } else {
        PageCause::Load
    })
}

fn without_hash(url: &str) -> &str {
    url.split_once('#').map_or(url, |(page, _)| page)
}

/// Scheme, host and port, as they are written.
fn origin(url: &str) -> &str {
    let Some((scheme, rest)) = url.split_once("://") else { return url };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    &url[..scheme.len() + "://".len() + host.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_snapshot_means_is_seen_by_the_address() {
        let page = "https://a.example/one?x=1";
        for (now, loaded, expected) in [
            (page, false, None),
            (page, true, Some(PageCause::Reload)),
            ("https://a.example/one?x=1#two", false, Some(PageCause::Hash)),
            ("https://a.example/two", false, Some(PageCause::History)),
            ("https://a.example/two", true, Some(PageCause::Load)),
            ("https://b.example/one?x=1", false, Some(PageCause::Load)),
            ("", false, Some(PageCause::Load)),
        ] {
            assert_eq!(cause(page, now, loaded), expected, "{now} {loaded}");
        }
    }
}

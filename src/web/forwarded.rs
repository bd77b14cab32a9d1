//! Whom a request came from, when proxies stand in between.
//!
//! What a proxy writes into `X-Forwarded-For` and `X-Forwarded-Proto` is believed when the
//! settings name it (`[server] trusted_proxies`); from anybody else it is a claim, and
//! changes nothing. `X-Forwarded-Host` and `Host` are never believed: links are made of
//! `public_url`.

use std::net::IpAddr;
use std::sync::Once;

use warp::http::{HeaderMap, HeaderName};

use super::peer::Peer;
use super::request::{Arrival, Request};
use crate::config::Networks;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Who sent a request, behind the proxies that are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The visitor, or a program.
    pub peer: Peer,
    /// Whether it came by https as far as the first proxy.
    pub is_secure: bool,
}

impl Sender {
    /// Whoever is at the other end itself, in the clear.
    pub fn beside(peer: Peer) -> Self {
        Self { peer, is_secure: false }
    }

    /// Goes from the other end of the connection over all hops that are trusted.
    pub fn of(arrival: &Arrival, headers: &HeaderMap, trusted: &Networks, public_url: &str) -> Self {
        let is_trusted = trusted.contain(arrival.peer.address());
        if !is_trusted {
            warn_of_untrusted(arrival.peer, headers);
        }
        let by_proxy = is_trusted && last_word(headers, FORWARDED_PROTO).eq_ignore_ascii_case("https");
        Self {
            peer: walk(arrival.peer, headers, trusted),
            is_secure: arrival.is_tls || by_proxy || public_url.starts_with("https://"),
        }
    }
}

impl Request {
    /// The visitor's address, behind the proxies that are trusted. The other end of the
    /// connection itself is `arrival.peer`.
    pub fn peer(&self) -> Peer {
        self.sender.peer
    }

    /// Whether the browser came by https: to us, or to a proxy that is trusted and says so,
    /// or since that is how the server is reached. Cookies are marked as `Secure` then.
    pub fn is_secure(&self) -> bool {
        self.sender.is_secure
    }
}

/// Each proxy adds whom it heard from at the end, so the list is read from there. Who is not
/// trusted may have written all that stands before; what cannot be read ends it as well.
fn walk(from: Peer, headers: &HeaderMap, trusted: &Networks) -> Peer {
    let lines = headers.get_all(FORWARDED_FOR).into_iter().rev();
    let mut hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    let mut here = from;
    while trusted.contain(here.address()) {
        let Some(before) = hops.next().and_then(address) else { break };
        here = before.into();
    }
    here
}

/// An address, which some proxies write with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().map(|address: std::net::SocketAddr| address.ip());
    bare.parse().or_else(|_| with_port()).ok()
}

/// What the nearest proxy says.
fn last_word(headers: &HeaderMap, name: HeaderName) -> &str {
    let last = headers.get_all(name).into_iter().next_back();
    let text = last.and_then(|line| line.to_str().ok()).unwrap_or_default();
    text.rsplit(',').next().unwrap_or_default().trim()
}

/// Whether somebody says whom the request is from.
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED_FOR)
}

/// Says once that a proxy in front is not known as one: all visitors count as the proxy then.
fn warn_of_untrusted(peer: Peer, headers: &HeaderMap) {
    static SAID: Once = Once::new();
    if peer.is_private() && is_forwarded(headers) {
        SAID.call_once(|| {
            tracing::warn!(
                proxy = %peer.address(),
                "requests come with X-Forwarded-For, which is not believed; if this proxy is yours, name it in \
                 [server] trusted_proxies, so that limits and the log tell visitors apart"
            );
        });
    }
}

#[cfg(test)]
mod tests {
    use warp::http::HeaderValue;

    use super::super::framing::Ambiguous;
    use super::*;

    /// Who is found behind a connection, and whether by https.
    fn sender(from: &str, headers: &[(&'static str, &str)], trusted: &str) -> (String, bool) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        let peer = from.parse::<IpAddr>().expect("an address").into();
        let arrival = Arrival { peer, is_tls: false, ambiguous: Ambiguous::default() };
        let trusted = trusted.parse().expect("networks");
        let sender = Sender::of(&arrival, &map, &trusted, "http://127.0.0.1:7700");
        (sender.peer.address().to_string(), sender.is_secure)
    }

    const FOR: &str = "x-forwarded-for";
    const PROTO: &str = "x-forwarded-proto";

    #[test]
    fn who_is_not_trusted_says_what_they_like() {
        let claims = [(FOR, "198.51.100.1"), (PROTO, "https")];
        for (from, trusted) in
            [("203.0.113.5", ""), ("127.0.0.1", ""), ("203.0.113.5", "127.0.0.1 10.0.0.0/8")]
        {
            assert_eq!(sender(from, &claims, trusted), (from.to_owned(), false), "{from}");
        }
    }

    #[test]
    fn trusted_hops_are_walked_from_the_right() {
        let trusted = "10.0.0.0/8 127.0.0.1 2001:db8:1::/48";
        for (list, found) in [
            ("198.51.100.1", "198.51.100.1"),
            ("6.6.6.6, 198.51.100.1", "198.51.100.1"),
            ("127.0.0.1, 198.51.100.1, 10.1.1.1", "198.51.100.1"),
            ("198.51.100.1,10.2.2.2 , 2001:db8:1::5", "198.51.100.1"),
            ("[2001:db8:2::1]:4711", "2001:db8:2::1"),
            ("2001:db8:2::1", "2001:db8:2::1"),
            ("198.51.100.1:4711", "198.51.100.1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("10.3.3.3, 10.2.2.2", "10.3.3.3"),
            // What is no address ends the walk at the last one that is known.
            ("198.51.100.1, unknown", "127.0.0.1"),
            ("198.51.100.1, unknown, 10.2.2.2", "10.2.2.2"),
            ("198.51.100.1,", "127.0.0.1"),
            ("", "127.0.0.1"),
            ("<script>", "127.0.0.1"),
        ] {
            assert_eq!(sender("127.0.0.1", &[(FOR, list)], trusted).0, found, "{list:?}");
        }
    }

    #[test]
    fn several_header_lines_are_one_list() {
        let lines = [(FOR, "6.6.6.6"), (FOR, "198.51.100.1, 10.1.1.1"), (FOR, "10.2.2.2")];
        assert_eq!(sender("127.0.0.1", &lines, "127.0.0.1 10.0.0.0/8").0, "198.51.100.1");
        let broken = [(FOR, "198.51.100.1"), (FOR, "\u{fc}"), (FOR, "10.2.2.2")];
        assert_eq!(sender("127.0.0.1", &broken, "127.0.0.1 10.0.0.0/8").0, "10.2.2.2");
    }

    #[test]
    fn the_nearest_proxy_says_how_the_browser_came() {
        for (lines, secure) in [
            (&["https"][..], true),
            (&["HTTPS"], true),
            (&["http"], false),
            (&["https, http"], false),
            (&["http", "https"], true),
            (&["https", "http"], false),
            (&["httpsx"], false),
            (&[], false),
        ] {
            let lines: Vec<_> = lines.iter().map(|line| (PROTO, *line)).collect();
            assert_eq!(sender("127.0.0.1", &lines, "127.0.0.1").1, secure, "{lines:?}");
        }
    }
}

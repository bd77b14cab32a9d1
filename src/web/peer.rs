//! Where something comes from, as far as limits and the log need to know.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::is_private;

/// The other end of a connection, or whoever is behind the proxy there (`forwarded`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(IpAddr);

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        // IPv4 that came in over IPv6 is IPv4.
        Self(address.to_canonical())
    }
}

impl Peer {
    /// The whole address, which is neither logged nor kept.
    pub fn address(self) -> IpAddr {
        self.0
    }

    /// What limits count together: an IPv4 address, or a /64 of IPv6, which is what one
    /// customer gets.
    pub fn network(self) -> u128 {
        match self.0 {
            IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
            IpAddr::V6(address) => address.to_bits() >> 64,
        }
    }

    /// Whether this is a machine or a network of the operator's: a proxy, most often,
    /// through which all visitors come.
    pub fn is_private(self) -> bool {
        is_private(self.0)
    }

    /// For the log: the network without what tells one household from the next.
    pub fn truncated(self) -> String {
        match self.0 {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}::/48")
            }
        }
    }
}

/// How many connections each network has open. Clones count together.
#[derive(Clone, Default)]
pub struct Open(Arc<Mutex<HashMap<u128, u32>>>);

/// One open connection, until it is dropped.
pub struct OpenOne {
    open: Open,
    network: u128,
}

impl Open {
    /// Counts a connection. `None` when its network has `limit` already.
    pub fn one_more(&self, peer: Peer, limit: u32) -> Option<OpenOne> {
        let network = peer.network();
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(network).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(OpenOne { open: self.clone(), network })
    }
}

impl Drop for OpenOne {
    fn drop(&mut self) {
        let mut counts = self.open.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Peer {
        address.parse::<IpAddr>().expect("an address").into()
    }

    #[test]
    fn a_network_is_an_address_or_a_64() {
        assert_eq!(peer("2001:db8:1:2::1").network(), peer("2001:db8:1:2:ffff::9").network());
        assert_ne!(peer("2001:db8:1:2::1").network(), peer("2001:db8:1:3::1").network());
        assert_ne!(peer("192.0.2.1").network(), peer("192.0.2.2").network());
        assert_eq!(peer("::ffff:192.0.2.1"), peer("192.0.2.1"));
    }

    #[test]
    fn private_networks_are_told_from_the_world() {
        for private in ["127.0.0.1", "10.1.2.3", "172.17.0.1", "192.168.1.1", "::1", "fd00::1", "fe80::1"] {
            assert!(peer(private).is_private(), "{private}");
        }
        for public in ["192.0.2.1", "172.32.0.1", "2001:db8::1", "::ffff:8.8.8.8"] {
            assert!(!peer(public).is_private(), "{public}");
        }
    }

    #[test]
    fn the_log_sees_no_whole_address() {
        assert_eq!(peer("192.0.2.77").truncated(), "192.0.2.0/24");
        assert_eq!(peer("2001:db8:1:2::1").truncated(), "2001:db8:1::/48");
    }

    #[test]
    fn connections_of_a_network_are_counted_while_they_are_open() {
        let open = Open::default();
        let first = open.one_more(peer("192.0.2.1"), 2).expect("the first");
        let _second = open.one_more(peer("192.0.2.1"), 2).expect("the second");
        assert!(open.one_more(peer("192.0.2.1"), 2).is_none());
        assert!(open.one_more(peer("192.0.2.2"), 2).is_some());
        drop(first);
        assert!(open.one_more(peer("192.0.2.1"), 2).is_some());
        assert_eq!(open.0.lock().expect("no panic").len(), 1);
    }
}

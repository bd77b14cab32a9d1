//! Networks as settings name them: addresses and CIDR, with spaces or commas between them.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::Deserialize;

/// Some networks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Networks(Vec<IpNet>);

/// Whether an address is of a machine or a network of the operator's.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

/// A word that is no network.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is neither an address nor a network such as \"10.0.0.0/8\"")]
pub struct NoNetwork(String);

impl Networks {
    /// Whether the address is in one of them. IPv4 that came in over IPv6 is IPv4.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether none is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Networks {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let words = text.split([' ', ',', '\t', '\n']).filter(|word| !word.is_empty());
        let network = |word: &str| {
            let address = || word.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
            word.parse::<IpNet>().ok().or_else(address).ok_or_else(|| NoNetwork(word.to_owned()))
        };
        words.map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl TryFrom<String> for Networks {
    type Error = NoNetwork;

    fn try_from(text: String) -> Result<Self, NoNetwork> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_addresses_and_cidr() {
        let networks: Networks = " 10.0.0.0/8, 192.0.2.7 2001:db8::/32 ".parse().expect("three");
        for (address, inside) in [
            ("10.255.0.1", true),
            ("::ffff:10.0.0.1", true),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("2001:db8:1::1", true),
            ("2001:db9::1", false),
            ("11.0.0.1", false),
        ] {
            assert_eq!(networks.contain(address.parse().expect("an address")), inside, "{address}");
        }
        assert!("".parse::<Networks>().expect("none").is_empty());
        for bad in ["10.0.0.0/33", "localhost", "10.0.0", "10.0.0.1:80", "*"] {
            assert!(bad.parse::<Networks>().is_err(), "{bad}");
        }
    }
}

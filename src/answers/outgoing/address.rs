//! Which addresses may be asked: the public internet, private networks where the operator
//! allows them, and some never.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A host of the internet.
    Public,
    /// This machine, or a network of the operator's.
    Private,
    /// Nothing that answers questions: metadata services of clouds, link-local and
    /// reserved addresses, groups.
    Never,
}

/// Where clouds tell machines who they are, as far as no range has it already.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];
const METADATA_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];

/// Says what an address is.
pub fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let is_reserved = matches!(
        address.octets(),
        [0, ..]
            | [169, 254, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [224..=255, ..]
    );
    let is_shared = matches!(address.octets(), [100, 64..=127, ..]);
    if is_reserved || METADATA_V4.contains(&address) {
        Reach::Never
    } else if address.is_loopback() || address.is_private() || is_shared {
        Reach::Private
    } else {
        Reach::Public
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    if METADATA_V6.contains(&address) {
        return Reach::Never;
    }
    // Where an IPv4 address is meant, what counts is that one.
    if let Some(inner) = address.to_ipv4_mapped().or_else(|| translated(address)) {
        return reach_v4(inner);
    }
    match address.segments() {
        _ if address.is_loopback() => Reach::Private,
        [0xfc00..=0xfdff, ..] => Reach::Private,
        // Teredo, documentation, and what is set aside in the first /23.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, ..] => Reach::Never,
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Never,
    }
}

/// The IPv4 address within one of NAT64 or 6to4.
fn translated(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(of(high, low)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_public_private_or_out_of_the_question() {
        let rows = [
            (
                Reach::Public,
                "1.1.1.1 8.8.8.8 172.32.0.1 192.0.1.1 100.128.0.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808",
            ),
            (
                Reach::Private,
                "127.0.0.1 127.9.9.9 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 ::1 fd12::1 \
                 fc00::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 64:ff9b::a00:1 2002:7f00:1::1 2002:c0a8:101::",
            ),
            (
                Reach::Never,
                "0.0.0.0 0.1.2.3 169.254.169.254 169.254.0.1 100.100.100.200 168.63.129.16 192.0.0.1 192.0.2.1 \
                 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 :: fe80::1 \
                 fec0::1 ff02::1 ::ffff:169.254.169.254 ::ffff:0.0.0.0 ::127.0.0.1 64:ff9b::a9fe:a9fe \
                 2002:a9fe:a9fe:: 2001:db8::1 2001::1 100::1 fd00:ec2::254 fd20:ce::254 64:ff9b:1::1",
            ),
        ];
        for (expected, addresses) in rows {
            for address in addresses.split_whitespace() {
                assert_eq!(reach(address.parse().expect(address)), expected, "{address}");
            }
        }
    }
}

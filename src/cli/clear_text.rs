//! Whether what goes over the internet could be read on its way.

use url::{Host, Url};

use crate::config::{Error, is_private};

/// Endings of names that lead nowhere on the internet (RFC 6761, 6762, 8375, and what homes use).
const LOCAL_NAMES: [&str; 7] = ["localhost", "local", "internal", "home.arpa", "lan", "test", "localdomain"];

/// Refuses an address by which recordings and passwords would cross the internet in clear text.
pub fn refuse(public_url: &str) -> Result<(), Error> {
    if is_safe(public_url) { Ok(()) } else { Err(Error::ClearText { url: public_url.to_owned() }) }
}

fn is_safe(public_url: &str) -> bool {
    let Ok(url) = Url::parse(public_url) else { return true };
    if url.scheme() != "http" {
        return true;
    }
    match url.host() {
        Some(Host::Ipv4(address)) => is_private(address.into()),
        Some(Host::Ipv6(address)) => is_private(address.to_canonical()),
        // A name of one word is one of this network.
        Some(Host::Domain(name)) => {
            let ends = |local: &str| {
                name.strip_suffix(local).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            };
            !name.contains('.') || LOCAL_NAMES.into_iter().any(ends)
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_and_this_network_are_reached_in_clear_text() {
        for safe in [
            "https://replay.example",
            "http://127.0.0.1:7700",
            "http://[::1]:7700",
            "http://192.168.1.5",
            "http://[fd00::1]",
            "http://localhost",
            "http://replay.localhost:7700",
            "http://desk:7700",
            "http://desk.local",
        ] {
            assert!(refuse(safe).is_ok(), "{safe}");
        }
        for open in [
            "http://1.2.3.4",
            "http://[2001:db8::1]:80",
            "http://replay.example",
            "http://notlocal.example",
            "http://evil-lan.xlan.example",
        ] {
            assert!(refuse(open).is_err(), "{open}");
        }
    }
}

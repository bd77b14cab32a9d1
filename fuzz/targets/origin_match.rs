//! Origins: what an operator types as an allowed one, and what a browser or a page's address
//! says. What matches must be the same scheme, host and port, read plainly.

#![no_main]

use hindsight::ingest::origins;
use hindsight_fuzz::{choice, seeds};
use libfuzzer_sys::fuzz_target;

const TYPED: u8 = 0;
const ADDRESS: u8 = 1;

fuzz_target!(init: seeds::plant(seeds()), |data: &[u8]| {
    let Some((shape, rest)) = choice(data, 2) else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    if shape == TYPED { typed(text) } else { address(text) }
});

fn seeds() -> Vec<Vec<u8>> {
    let typed = ["https://shop.example", "HTTP://Shop.Example:80/", "http://[::1]:8080", "https://*.shop.example", "null"];
    let addresses = [
        "https://shop.example/cart?a=b#c",
        "https://shop.example@evil.example/",
        "https://evil.example\\@shop.example",
        "https://shop.example:443/",
        "file:///etc/passwd",
        "http://127.1/",
    ];
    let typed = typed.iter().map(|text| seeds::chosen(TYPED, &[text.as_bytes()]));
    typed.chain(addresses.iter().map(|text| seeds::chosen(ADDRESS, &[text.as_bytes()]))).collect()
}

/// What is kept is what browsers write, and is kept as it is when it is typed again.
fn typed(text: &str) {
    match origins::read(text) {
        Ok(kept) => {
            assert_eq!(origins::read(&kept).as_ref(), Ok(&kept), "{text:?}");
            assert_eq!(origins::of_page(&format!("{kept}/any?where#at")), kept, "{text:?}");
            assert_plain(&kept);
        }
        Err(sentence) => assert!(!sentence.contains('\n'), "{sentence}"),
    }
    if let Some(origin) = plainly(text) {
        assert_eq!(origins::read(text), Ok(origin), "{text:?}");
    }
}

/// A page is of the origin that its address says, whatever follows.
fn address(text: &str) {
    let origin = origins::of_page(text);
    if origin.is_empty() {
        assert_eq!(plainly(text), None, "{text:?}");
        return;
    }
    assert_plain(&origin);
    let (head, rest) = text.split_once('/').map_or((text, ""), |(head, rest)| (head, rest.trim_start_matches('/')));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some(expected) = plainly(&format!("{head}//{authority}")) {
        assert_eq!(origin, expected, "{text:?}");
    }
}

fn assert_plain(origin: &str) {
    let (scheme, host) = origin.split_once("://").expect("scheme and host");
    assert!(["http", "https"].contains(&scheme) && !host.is_empty(), "{origin:?}");
    assert!(!host.contains(['/', '?', '#', '@', '\\', '*']) && origin.is_ascii(), "{origin:?}");
    assert!(!origin.bytes().any(|byte| byte <= b' '), "{origin:?}");
}

/// The origin of an address in which nothing is out of the ordinary: a name of letters, and
/// perhaps a port.
fn plainly(text: &str) -> Option<String> {
    let (scheme, authority) = text.split_once("://")?;
    let scheme = Some(scheme.to_ascii_lowercase()).filter(|scheme| scheme == "http" || scheme == "https")?;
    let (name, port) = authority.split_once(':').map_or((authority, None), |(name, port)| (name, Some(port)));
    let is_label = |label: &str| {
        label.starts_with(|first: char| first.is_ascii_alphabetic())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && !label.to_ascii_lowercase().starts_with("xn")
    };
    let is_plain = name.len() < 60 && name.split('.').all(is_label);
    let port = match port {
        None => None,
        Some(port) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(port.parse::<u16>().ok()?)
        }
        Some(_) => return None,
    };
    let usual = if scheme == "http" { 80 } else { 443 };
    let port = port.filter(|port| *port != usual).map(|port| format!(":{port}")).unwrap_or_default();
    is_plain.then(|| format!("{scheme}://{}{port}", name.to_ascii_lowercase()))
}

//! Origins as browsers write them into the `Origin` header.

/// The origin that somebody typed, or what is wrong with it.
pub fn read(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).ok().filter(|url| {
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let has_user = !url.username().is_empty() || url.password().is_some();
        matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare && !has_user
    });
    match url {
        // A host with a star is a URL, and no page has it.
        Some(url) if !url.host_str().unwrap_or_default().contains('*') => {
            Ok(url.origin().ascii_serialization())
        }
        _ => {
            Err(format!("{text:?} is not an origin; write scheme and host, such as \"https://shop.example\""))
        }
    }
}

/// The origin of a page's address; "" when it has none.
pub fn of_page(address: &str) -> String {
    let url = url::Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_kept_as_browsers_write_them() {
        let read = |text| read(text).map_err(|_| ());
        for (typed, kept) in [
            ("HTTPS://Shop.Example:443/", "https://shop.example"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(read(typed), Ok(kept.to_owned()));
        }
        for bad in [
            "shop.example",
            "https://shop.example/path",
            "https://*.shop.example",
            "null",
            "https://a?b",
            " ",
        ] {
            assert_eq!(read(bad), Err(()), "{bad}");
        }
        assert_eq!(of_page("https://shop.example/cart?a=b"), "https://shop.example");
        assert_eq!(of_page("about:blank"), "");
    }
}

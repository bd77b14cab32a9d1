//! Origins as browsers write them into the `Origin` header.

/// The origin that somebody typed, or what is wrong with it.
pub fn read(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).ok().filter(|url| {
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let has_user = !url.username().is_empty() || url.password().is_some();
        is_of_a_site(url) && is_bare && !has_user
    });
    url.map(|url| url.origin().ascii_serialization()).ok_or_else(|| {
        format!("{text:?} is not an origin; write scheme and host, such as \"https://shop.example\"")
    })
}

/// The origin of a page's address; "" when it has none.
pub fn of_page(address: &str) -> String {
    let url = url::Url::parse(address).ok().filter(is_of_a_site);
    url.map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// A host with a star is one by the standard of URLs, and no page has it.
fn is_of_a_site(url: &url::Url) -> bool {
    let is_host = |host: &str| !host.is_empty() && !host.contains('*');
    matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(is_host)
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
        for elsewhere in ["about:blank", "https:*/shop.example", "https://*.shop.example/cart"] {
            assert_eq!(of_page(elsewhere), "", "{elsewhere}");
        }
    }
}

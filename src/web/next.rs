//! Where a login leads to: the page that was asked for, if it is one of ours.

use url::Url;

/// Anything: only the path below it is kept.
const BASE: &str = "http://own.invalid";

/// Pages that lead nowhere for whoever has just logged in.
const DOORS: [&str; 4] = ["/login", "/logout", "/setup", "/invitation"];

/// The address as it is safe to lead to. `/` for one that is not a page of this server.
pub fn own_page(wanted: &str) -> String {
    own_path(wanted).unwrap_or_else(|| "/".to_owned())
}

fn own_path(wanted: &str) -> Option<String> {
    let is_plain = |text: &str| {
        text.starts_with('/') && !text[1..].starts_with(['/', '\\']) && !text.contains(char::is_control)
    };
    if !is_plain(wanted) {
        return None;
    }
    // Written anew as browsers read it: `/.//evil` would be another host after that.
    let base = Url::parse(BASE).ok()?;
    let url = base.join(wanted).ok().filter(|url| url.origin() == base.origin())?;
    let path = url.as_str().strip_prefix(BASE)?;
    let is_door = DOORS.iter().any(|door| url.path() == *door || url.path().starts_with(&format!("{door}/")));
    (is_plain(path) && path.is_ascii() && !is_door).then(|| path.to_owned())
}

/// The login that leads on to a page.
pub fn login_url(path: &str, query: &str) -> String {
    let page = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    match own_page(&page).as_str() {
        "/" => "/login".to_owned(),
        page => {
            let next =
                url::form_urlencoded::Serializer::new(String::new()).append_pair("next", page).finish();
            format!("/login?{next}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_our_own_pages_only() {
        for (wanted, leads_to) in [
            ("/connections/1/sessions?q=a%20b&sort=new#x", "/connections/1/sessions?q=a%20b&sort=new#x"),
            ("/storage", "/storage"),
            ("", "/"),
            ("storage", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("\\\\evil.example", "/"),
            ("https://evil.example/", "/"),
            ("javascript:alert(1)", "/"),
            ("/.//evil.example", "/"),
            ("/a/..//evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("/%09/evil.example", "/%09/evil.example"),
            ("/x\r\nSet-Cookie: a=b", "/"),
            ("/logout", "/"),
            ("/login?next=/storage", "/"),
            ("/ünï", "/%C3%BCn%C3%AF"),
        ] {
            assert_eq!(own_page(wanted), leads_to, "{wanted:?}");
        }
    }

    #[test]
    fn the_page_that_was_asked_for_comes_after_the_login() {
        assert_eq!(login_url("/", ""), "/login");
        assert_eq!(login_url("/storage", "a=b&c"), "/login?next=%2Fstorage%3Fa%3Db%26c");
    }
}

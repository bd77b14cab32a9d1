//! Where a request that changes something comes from.
//!
//! Browsers say so by themselves: `Sec-Fetch-Site` to secure origins and localhost,
//! `Origin` to all others. So no form needs a token, and another site cannot send
//! ours in its visitor's name. This does not ask who somebody is.

use warp::http::header;

use super::problem::Problem;
use super::request::Request;

/// Refuses what a page of another site made a browser send, and what does not say where it comes from.
pub fn check(request: &Request, public_url: &str) -> Result<(), Problem> {
    let ours = match request.headers.get("sec-fetch-site") {
        // `none` is the person: an address that was typed, a bookmark.
        Some(site) => site == "same-origin" || site == "none",
        None => is_ours(request.header(header::ORIGIN), request.header(header::HOST), public_url),
    };
    if ours { Ok(()) } else { Err(cross_site()) }
}

/// Whether an origin is how browsers reach the server: directly, or through a proxy that changes `Host`.
fn is_ours(origin: &str, host: &str, public_url: &str) -> bool {
    let direct = origin.split_once("://").is_some_and(|(_, named)| named.eq_ignore_ascii_case(host));
    !origin.is_empty() && (direct || origin.eq_ignore_ascii_case(public_url))
}

fn cross_site() -> Problem {
    let detail = "This was not sent from a page of this server, so nothing was changed. Open the page here and \
        press the button again. A program says where it comes from with the header `Sec-Fetch-Site: none`.";
    Problem::cross_site(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_ours_by_host_and_port_or_by_the_public_address() {
        let public = "https://replay.example";
        for (origin, host, ours) in [
            ("http://192.168.1.5:7700", "192.168.1.5:7700", true),
            ("http://Desk:7700", "desk:7700", true),
            ("https://replay.example", "127.0.0.1:7700", true),
            ("http://desk:7701", "desk:7700", false),
            ("https://replay.example.evil.example", "127.0.0.1:7700", false),
            ("https://evil.example", "replay.example", false),
            ("null", "null", false),
            ("", "", false),
        ] {
            assert_eq!(is_ours(origin, host, public), ours, "{origin} to {host}");
        }
    }
}

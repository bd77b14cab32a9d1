//! By which name the server was asked for, where nobody says who they are.
//!
//! A page of another site can have its own name lead to this machine, and would then be
//! taken for one of ours. It cannot do so with an address, nor with a name of this machine.

use warp::http::header;

use super::App;
use super::problem::Problem;
use super::request::Request;

/// Refuses a name that is not ours.
pub fn check(app: &App, request: &Request) -> Result<(), Problem> {
    if is_ours(request.header(header::HOST), &app.public_url) { Ok(()) } else { Err(Problem::foreign_host()) }
}

fn is_ours(host: &str, public_url: &str) -> bool {
    let Ok(asked) = url::Url::parse(&format!("http://{host}/")) else { return false };
    match asked.host() {
        Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => true,
        Some(url::Host::Domain(name)) => {
            let public = url::Url::parse(public_url).ok();
            let public = public.as_ref().and_then(url::Url::host_str);
            name == "localhost" || name.ends_with(".localhost") || public == Some(name)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_anybody_can_register_is_not_ours() {
        let public = "https://replay.example";
        for ours in
            ["localhost:7700", "127.0.0.1:7700", "[::1]:7700", "a.localhost", "replay.example", "LOCALHOST"]
        {
            assert!(is_ours(ours, public), "{ours}");
        }
        for foreign in
            ["evil.example:7700", "localhost.evil.example", "x.replay.example", "", "a/b@localhost:x", "desk"]
        {
            assert!(!is_ours(foreign, public), "{foreign}");
        }
    }
}

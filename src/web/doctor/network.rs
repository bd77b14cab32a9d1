//! How whoever looks at the page reaches the server: what the proxies in front say, and
//! whether they are believed.

use super::super::App;
use super::super::forwarded::is_forwarded;
use super::super::request::Request;
use crate::model::checkup::{Check, Outcome};

/// Whom the server takes the asker for.
pub fn check(app: &App, request: &Request) -> Check {
    let (asker, end) = (request.peer().address(), request.arrival.peer.address());
    let is_trusted = app.settings.server.trusted_proxies.contain(end);
    let is_forwarded = is_forwarded(&request.headers);
    let scheme = if request.is_secure() { "https" } else { "http" };
    let weak = |found| Check::new("network", Outcome::Weak, found);
    match (is_trusted, is_forwarded) {
        (true, true) => {
            let found = format!("You look like {asker} over {scheme}, by way of the proxy at {end}.");
            Check::new("network", Outcome::Good, found)
        }
        (true, false) => weak(format!(
            "You come from {end}, which is trusted as a proxy and does not say whom this request is from."
        ))
        .remedy("If you came by way of the proxy, let it set this header, so that visitors are told apart; with nginx:")
        .line("proxy_set_header X-Forwarded-For $remote_addr;"),
        (false, true) if request.arrival.peer.is_private() => weak(format!(
            "You come by way of a proxy at {end} that config.toml does not name, so all visitors count as one."
        ))
        .remedy("If the proxy is yours, and sets X-Forwarded-For itself, name it.")
        .line(format!("[server]\ntrusted_proxies = \"{end}\"")),
        _ => {
            let found = format!("You look like {asker} over {scheme}, with no proxy in between.");
            Check::new("network", Outcome::Good, found)
        }
    }
}

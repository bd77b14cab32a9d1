//! The cookies that say who is logged in, and who is about to.
//!
//! Cookies know no ports: where the server's address has one, it stands in the name, so that
//! two servers on one host leave each other's alone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;
use warp::http::{HeaderValue, header};

use super::super::App;
use super::super::next::own_page;
use super::super::problem::Problem;
use super::super::request::Request;
use crate::openid::Secrets;

/// Over https no other site, not even one below the same name, can set a cookie that begins like
/// this. Browsers do not agree on whether plain http to localhost may have one.
const OVER_HTTPS: &str = "__Host-";

/// Says who is logged in.
const LOGIN: &str = "sid";

/// Holds what a login through an OpenID provider keeps to itself.
const STEP: &str = "login";

/// Whoever was sent to an OpenID provider has so long to come back.
const STEP_SECONDS: u32 = 10 * 60;

/// Longer addresses are forgotten on the way through an OpenID provider.
const MOST_NEXT_BYTES: usize = 2000;

const DAY_SECONDS: u32 = 24 * 60 * 60;

fn is_https(public_url: &str) -> bool {
    public_url.starts_with("https://")
}

fn name(public_url: &str, what: &str) -> String {
    let prefix = if is_https(public_url) { OVER_HTTPS } else { "" };
    match Url::parse(public_url).ok().and_then(|url| url.port()) {
        Some(port) => format!("{prefix}{what}-{port}"),
        None => format!("{prefix}{what}"),
    }
}

/// A login through an OpenID provider, on its way.
pub struct Step {
    /// What comes back has to fit.
    pub secrets: Secrets,
    /// Whether somebody who has logged in ties their account to the provider.
    pub connects: bool,
    /// Where it leads to.
    pub next: String,
}

/// The token in the request's cookie. Two of them are one too many to say which was meant.
pub fn token(app: &App, request: &Request) -> Result<Option<String>, Problem> {
    value(app, request, LOGIN)
}

fn value(app: &App, request: &Request, what: &str) -> Result<Option<String>, Problem> {
    let name = name(&app.public_url, what);
    let lines = request.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
    let value = values.next();
    if values.next().is_some() {
        return Err(Problem::bad_request(
            "The browser sent two cookies for one login. Delete the cookies of this site and log in again.",
        ));
    }
    Ok(value.filter(|value| !value.is_empty()))
}

/// Has the browser keep a token.
pub fn keeping(app: &App, token: &str) -> HeaderValue {
    let max_age = app.settings.accounts.session_max_days.saturating_mul(DAY_SECONDS);
    set(&app.public_url, LOGIN, token, max_age)
}

/// Has the browser forget it.
pub fn forgetting(app: &App) -> HeaderValue {
    set(&app.public_url, LOGIN, "", 0)
}

/// The login that is on its way in this browser.
pub fn step(app: &App, request: &Request) -> Result<Option<Step>, Problem> {
    Ok(value(app, request, STEP)?.as_deref().and_then(read_step))
}

fn read_step(value: &str) -> Option<Step> {
    let (secrets, rest) = value.split_once('.')?;
    let (connects, next) = rest.split_once('.')?;
    let next = String::from_utf8(URL_SAFE_NO_PAD.decode(next).ok()?).ok()?;
    Some(Step { secrets: Secrets::kept(secrets)?, connects: connects == "1", next: own_page(&next) })
}

/// Has the browser keep what the login needs when it comes back.
pub fn keeping_step(app: &App, step: &Step) -> HeaderValue {
    let next = if step.next.len() > MOST_NEXT_BYTES { "/" } else { &step.next };
    let next = URL_SAFE_NO_PAD.encode(next);
    let value = format!("{}.{}.{next}", step.secrets.text(), u8::from(step.connects));
    set(&app.public_url, STEP, &value, STEP_SECONDS)
}

/// Has the browser forget it.
pub fn forgetting_step(app: &App) -> HeaderValue {
    set(&app.public_url, STEP, "", 0)
}

fn set(public_url: &str, what: &str, value: &str, max_age: u32) -> HeaderValue {
    let secure = if is_https(public_url) { "; Secure" } else { "" };
    let name = name(public_url, what);
    // Lax: whoever comes back from a provider, or by a link, comes from another site.
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}");
    HeaderValue::from_str(&cookie).expect("our own tokens are plain ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_on_one_host_have_cookies_of_their_own() {
        for (public_url, expected) in [
            ("https://replay.example", "__Host-sid"),
            ("https://replay.example:8443", "__Host-sid-8443"),
            ("http://127.0.0.1:7700", "sid-7700"),
            ("http://replay.internal", "sid"),
        ] {
            assert_eq!(name(public_url, LOGIN), expected, "{public_url}");
        }
    }

    #[test]
    fn a_login_on_its_way_leads_to_our_own_pages_only() {
        let secrets = Secrets::new();
        let of = |connects: &str, next: &str| {
            read_step(&format!("{}.{connects}.{}", secrets.text(), URL_SAFE_NO_PAD.encode(next)))
        };
        let step = of("0", "/storage?x=1").expect("a step");
        assert_eq!((step.connects, &*step.next), (false, "/storage?x=1"));
        assert_eq!(of("1", "//evil.example").expect("a step").next, "/");
        for bad in ["", ".", "..", "x.0.Lw", &format!("{}.0.ü", secrets.text()), secrets.text()] {
            assert!(read_step(bad).is_none(), "{bad}");
        }
    }
}

//! The cookie that says who is logged in.

use warp::http::{HeaderValue, header};

use super::super::App;
use super::super::problem::Problem;
use super::super::request::Request;

/// Over https no other site, not even one below the same name, can set this.
const OVER_HTTPS: &str = "__Host-sid";

/// Browsers do not agree on whether plain http to localhost may have a cookie like that.
const OVER_HTTP: &str = "sid";

const DAY_SECONDS: u32 = 24 * 60 * 60;

fn is_https(app: &App) -> bool {
    app.public_url.starts_with("https://")
}

fn name(app: &App) -> &'static str {
    if is_https(app) { OVER_HTTPS } else { OVER_HTTP }
}

/// The token in the request's cookie. Two of them are one too many to say which was meant.
pub fn token(app: &App, request: &Request) -> Result<Option<String>, Problem> {
    let name = name(app);
    let lines = request.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut tokens = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
    let token = tokens.next();
    if tokens.next().is_some() {
        return Err(Problem::bad_request(
            "The browser sent two cookies for one login. Delete the cookies of this site and log in again.",
        ));
    }
    Ok(token.filter(|token| !token.is_empty()))
}

/// Has the browser keep a token.
pub fn keeping(app: &App, token: &str) -> HeaderValue {
    set(app, token, app.settings.accounts.session_max_days.saturating_mul(DAY_SECONDS))
}

/// Has the browser forget it.
pub fn forgetting(app: &App) -> HeaderValue {
    set(app, "", 0)
}

fn set(app: &App, token: &str, max_age: u32) -> HeaderValue {
    let secure = if is_https(app) { "; Secure" } else { "" };
    let cookie = format!("{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}", name(app));
    HeaderValue::from_str(&cookie).expect("our own tokens are plain ASCII")
}

//! Who looks at the dashboard: a user, or one browser where nobody logs in.

use warp::http::{HeaderValue, header};

use super::request::Request;
use super::{App, Response};

/// The cookie that knows a browser again.
const COOKIE: &str = "hindsight-viewer";

/// A year; browsers keep none for longer than 400 days.
const MAX_AGE_SECONDS: u32 = 365 * 24 * 60 * 60;

/// Who marks sessions as watched, and writes notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// `user-` and a number, or the 32 hexadecimal digits of a browser.
    pub id: String,
    /// Whether the browser has the id already.
    pub(super) known: bool,
}

impl Viewer {
    /// The viewer who sent the request; another one for each request of a browser without cookies.
    pub fn of(app: &App, request: &Request) -> Self {
        if let Some((id, _)) = app.asker().user() {
            return Self { id: format!("user-{id}"), known: true };
        }
        let cookies = request.headers.get_all(header::COOKIE).iter();
        let known = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, id)| *name == COOKIE && is_id(id));
        match known {
            Some((_, id)) => Self { id: id.to_owned(), known: true },
            None => Self { id: new_id(), known: false },
        }
    }

    /// The answer, which tells the browser who it is if it does not know.
    pub fn remembered_in(&self, mut response: Response) -> Response {
        if !self.known {
            let cookie =
                format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={MAX_AGE_SECONDS}", self.id);
            let cookie = HeaderValue::from_str(&cookie).expect("hexadecimal digits are plain ASCII");
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn new_id() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! Turning the second factor of one's own account on and off.

use qrcodegen::{QrCode, QrCodeEcc};
use serde::Serialize;
use serde_json::json;
use warp::http::{Method, StatusCode};

use super::super::form::Form;
use super::super::page::Frame;
use super::super::problem::Problem;
use super::super::request::Request;
use super::super::router::{Access, Route, Surface};
use super::super::{App, Response, format, see_other};
use super::own::{current_login, is_own_password, user};
use super::session;
use crate::accounts::secret::Secret;
use crate::accounts::totp;
use crate::model::User;
use crate::store::audit::{self, What};
use crate::store::{logins, second_factor};

/// Where the page is. Whoever needs a second factor and has none is led here.
pub const URL: &str = "/account/second-factor";

/// What apps call the account's server.
const ISSUER: &str = "Hindsight";

/// Light around the picture, as readers need it, in its modules.
const QUIET: i32 = 4;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let (who, surface) = (Access::LoggedIn, Surface::Page);
    vec![
        Route::new(Method::GET, URL, who, surface, page),
        Route::new(Method::POST, URL, who, surface, turn_on),
        Route::new(Method::POST, format!("{URL}/off"), who, surface, turn_off),
        Route::new(Method::POST, format!("{URL}/recovery-codes"), who, surface, renew_codes),
    ]
}

#[derive(Default, Serialize)]
struct FactorPage {
    #[serde(flatten)]
    frame: Frame,
    has_totp: bool,
    /// Whether nothing else can be done before.
    required: bool,
    /// The key, as it goes with the form and as it is typed.
    key: String,
    key_text: String,
    address: String,
    qr: Picture,
    recovery_codes: String,
    problem: Option<String>,
    password_problem: Option<String>,
}

/// A QR code as one path of squares.
#[derive(Default, Serialize)]
struct Picture {
    path: String,
    side: i32,
}

impl Picture {
    fn of(text: &str) -> Self {
        let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return Self::default() };
        let dark = |x: i32, y: i32| code.get_module(x, y);
        let rows = 0..code.size();
        let squares =
            rows.clone().flat_map(|y| rows.clone().map(move |x| (x, y))).filter(|(x, y)| dark(*x, *y));
        let path = squares.map(|(x, y)| format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET)).collect();
        Self { path, side: code.size() + 2 * QUIET }
    }
}

async fn page(app: App, _request: Request) -> Result<Response, Problem> {
    let user = user(&app).await?;
    // Whoever has no password here is asked for a second factor elsewhere.
    if !user.has_password {
        return Ok(see_other("/account"));
    }
    show(&app, &user, hex(&totp::new_key()), Problems::default()).await
}

#[derive(Default)]
struct Problems {
    code: Option<String>,
    password: Option<String>,
}

async fn show(app: &App, user: &User, key: String, problems: Problems) -> Result<Response, Problem> {
    let id = user.id;
    let codes = app.store.read(move |conn| second_factor::recovery_codes_left(conn, id)).await?;
    let wrong = problems.code.is_some() || problems.password.is_some();
    let bytes = unhex(&key).unwrap_or_default();
    let address = totp::address(&bytes, ISSUER, &user.name);
    let page = FactorPage {
        frame: Frame::of_server(app, "account"),
        has_totp: user.has_totp,
        required: app.settings.accounts.require_totp,
        key_text: totp::key_text(&bytes),
        qr: Picture::of(&address),
        address,
        key,
        recovery_codes: format::count(codes, "recovery code"),
        problem: problems.code,
        password_problem: problems.password,
    };
    let mut response = app.templates.page("pages/second_factor.html", &page)?;
    if wrong {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

async fn turn_on(app: App, mut request: Request) -> Result<Response, Problem> {
    let user = user(&app).await?;
    let form = Form::read(&app, &mut request).await?;
    form.takes_only(&["key", "code", "password", "name"])?;
    let text = form.text("key").to_owned();
    let key = unhex(&text).ok_or_else(|| Problem::bad_form("key is the one that the page showed."))?;
    let now = app.clock.now();
    let Some(step) = totp::step_of(&key, form.text("code"), now) else {
        let code = "This is not the code of this key. Look at the clock of the phone, and enter the one that the \
                    app shows now.";
        return show(&app, &user, text, Problems { code: Some(code.to_owned()), password: None }).await;
    };
    if let Err(problem) = is_own_password(&app, &request, &user, form.text("password")).await? {
        return show(&app, &user, text, Problems { code: None, password: Some(problem) }).await;
    }
    let codes = totp::new_recovery_codes();
    let hashes: Vec<[u8; 32]> = codes.iter().map(|code| totp::recovery_hash(code)).collect();
    // Whoever was in with the password alone has another token from now on.
    let (id, login, secret) = (user.id, current_login(&app, &request).await?, Secret::new());
    let to = secret.hash;
    let entry = app.entry(What::TotpOn, None, user.name, json!({}));
    let on = app
        .store
        .write(move |conn| {
            let on = second_factor::turn_on(conn, id, &key, step, &hashes, now)?;
            if on {
                logins::renew(conn, login, &to, now)?;
                audit::append(conn, &entry)?;
            }
            Ok(on)
        })
        .await?;
    if !on {
        return Ok(see_other(URL));
    }
    let mut response = show_codes(&app, codes, true)?;
    session::keep(&app, &mut response, &secret.token);
    Ok(response)
}

#[derive(Serialize)]
struct CodesPage {
    #[serde(flatten)]
    frame: Frame,
    codes: Vec<String>,
    all: String,
    is_new: bool,
}

/// They are shown this once.
fn show_codes(app: &App, codes: Vec<String>, is_new: bool) -> Result<Response, Problem> {
    let page = CodesPage { frame: Frame::of_server(app, "account"), all: codes.join("\n"), codes, is_new };
    app.templates.page("pages/recovery_codes.html", &page)
}

/// Reads the form of somebody who is asked for the password. `Err` is the page that says that it is wrong.
async fn with_password(app: &App, request: &mut Request) -> Result<Result<User, Box<Response>>, Problem> {
    let user = user(app).await?;
    let form = Form::read(app, request).await?;
    form.takes_only(&["password", "name"])?;
    match is_own_password(app, request, &user, form.text("password")).await? {
        Ok(()) => Ok(Ok(user)),
        Err(problem) => {
            let problems = Problems { code: None, password: Some(problem) };
            Ok(Err(Box::new(show(app, &user, String::new(), problems).await?)))
        }
    }
}

async fn turn_off(app: App, mut request: Request) -> Result<Response, Problem> {
    let user = match with_password(&app, &mut request).await? {
        Ok(user) => user,
        Err(page) => return Ok(*page),
    };
    let entry = app.entry(What::TotpOff, None, user.name, json!({}));
    app.store
        .write(
            move |conn| {
                if second_factor::turn_off(conn, user.id)? { audit::append(conn, &entry) } else { Ok(()) }
            },
        )
        .await?;
    Ok(see_other("/account?done=totp-off"))
}

async fn renew_codes(app: App, mut request: Request) -> Result<Response, Problem> {
    let user = match with_password(&app, &mut request).await? {
        Ok(user) if user.has_totp => user,
        Ok(_) => return Ok(see_other(URL)),
        Err(page) => return Ok(*page),
    };
    let codes = totp::new_recovery_codes();
    let hashes: Vec<[u8; 32]> = codes.iter().map(|code| totp::recovery_hash(code)).collect();
    let entry = app.entry(What::UserChanged, None, user.name, json!({ "fields": ["recovery codes"] }));
    app.store
        .write(move |conn| {
            second_factor::set_recovery_codes(conn, user.id, &hashes)?;
            audit::append(conn, &entry)
        })
        .await?;
    show_codes(&app, codes, false)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A key as the page wrote it.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let is_key = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pairs = (0..text.len()).step_by(2);
    is_key.then(|| pairs.filter_map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect())
}

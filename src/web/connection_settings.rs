//! `GET {ingest path}/KEY`: what a connection's owner decided for its pages.
//!
//! A page asks before anything is recorded; the answer is `browser/contracts/settings.ts`.
//! What the loader tells on its way, where it meets something that the doctor should
//! know of, stands in the query.

use serde::Serialize;
use warp::http::{HeaderValue, header};

use super::problem::Problem;
use super::request::Request;
use super::{App, Response, ingest};
use crate::ingest::origins;
use crate::model::recording::{Begin, Recording};
use crate::model::widget::Widget;
use crate::store::connections::Holder;

/// A change reaches pages within a minute.
const CACHE: &str = "private, max-age=60";

/// What the answer hangs on beside its address.
const VARY: &str = "origin, sec-gpc, dnt";

/// What is counted when a page asks.
pub const ASKED: &str = "asked";
/// The page waits until it calls `hindsight.start()`.
pub const WAITS: &str = "waits";
/// The page records a share of its sessions only.
pub const SAMPLED: &str = "sampled";
/// The visitor's browser sends Sec-GPC or DNT, which the connection honours.
pub const OPTED_OUT: &str = "opted-out";
/// The loader was another version's.
pub const OLD_SCRIPT: &str = "old-script";
/// In front of what stood in the way of the loader: a directive of the page's policy, or [`LOAD`].
pub const BLOCKED: &str = "blocked ";
/// The recorder's script did not load, whatever the reason.
pub const LOAD: &str = "load";

/// What a loader can meet. Others are not counted: anybody could invent them.
const OBSTACLES: [&str; 6] =
    [LOAD, "connect-src", "script-src", "script-src-elem", "default-src", "require-trusted-types-for"];

#[derive(Serialize)]
struct Answer<'a> {
    recording: ToRecord<'a>,
    widget: Option<&'a Widget>,
}

#[derive(Serialize)]
struct ToRecord<'a> {
    /// Why nothing is recorded, as a kind of problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    off: Option<&'static str>,
    #[serde(flatten)]
    recording: &'a Recording,
}

/// Answers a page, if it is one that the connection takes recordings from.
pub async fn answer(app: App, request: Request) -> Result<Response, Problem> {
    let key = request.param_text("address");
    if key.contains('/') {
        return Err(Problem::method_not_allowed("POST, OPTIONS".to_owned()));
    }
    ingest::check_rate_of_address(&app, &app.rates, request.peer())?;
    let holder = ingest::holder(&app, key).await?;
    ingest::check_origin(&holder, &request)?;
    note(&app, &request, &holder)?;
    let settings = &holder.settings;
    let answer = Answer {
        recording: ToRecord { off: off(&holder, &request), recording: &settings.recording },
        widget: Some(&settings.widget).filter(|widget| widget.offered).map(|widget| &widget.widget),
    };
    let text = serde_json::to_string(&answer).expect("a struct of text and numbers is always JSON");
    let mut response = Response::new(text.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE));
    headers.insert(header::VARY, HeaderValue::from_static(VARY));
    Ok(response)
}

/// Why nothing is recorded although the page may ask.
fn off(holder: &Holder, request: &Request) -> Option<&'static str> {
    if holder.rules.paused {
        return Some("recording-disabled");
    }
    ingest::is_opted_out(holder, request).then_some(OPTED_OUT)
}

/// Counts what the doctor goes by.
fn note(app: &App, request: &Request, holder: &Holder) -> Result<(), Problem> {
    let origin = origin_of(request);
    let count = |kind: &str| app.sightings.note(holder.connection, kind, &origin);
    if let Some(obstacle) = request.query("blocked")? {
        if OBSTACLES.contains(&obstacle.as_str()) {
            count(&format!("{BLOCKED}{obstacle}"));
        }
        return Ok(());
    }
    count(ASKED);
    if ingest::is_opted_out(holder, request) {
        count(OPTED_OUT);
    }
    let recording = &holder.settings.recording;
    let share = request.query("sample")?.and_then(|text| text.parse().ok()).unwrap_or(1.0_f64);
    if share.min(recording.sample.unwrap_or(1.0)) < 1.0 {
        count(SAMPLED);
    }
    if request.query("start")?.as_deref() == Some("manual") || recording.start == Some(Begin::Manual) {
        count(WAITS);
    }
    if request.query("v")?.is_some_and(|version| version != env!("CARGO_PKG_VERSION")) {
        count(OLD_SCRIPT);
    }
    Ok(())
}

/// The origin of the page that sends a request, as far as its browser says; "" otherwise.
pub fn origin_of(request: &Request) -> String {
    match request.header(header::ORIGIN) {
        "" => origins::of_page(request.header(header::REFERER)),
        origin => origins::of_page(origin),
    }
}

//! `POST {ingest path}/KEY/SESSION/STREAM/SEQ`: uploads of recorders on any site.
//!
//! Checked from the cheapest to the dearest: address, key, headers, length, body.
//! The format is described in `browser/contracts/wire.ts`.

use std::str::FromStr;

use serde::Serialize;
use warp::http::{HeaderValue, Method, StatusCode, header};

use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response};
use crate::disk::Room;
use crate::ingest::{MAX_SEQ, Refused, Upload};
use crate::store;

/// The media types that a batch may be called. Simple CORS requests cannot say JSON,
/// and curl calls all that it sends a form unless it is told otherwise.
const MEDIA_TYPES: [&str; 6] = [
    "",
    "application/json",
    "text/plain",
    "application/octet-stream",
    "application/gzip",
    "application/x-www-form-urlencoded",
];

/// How long a browser may remember the answer to a preflight, in seconds.
const PREFLIGHT_SECONDS: &str = "7200";

/// The routes of this file, below the configured path.
pub fn routes(ingest_path: &str) -> Vec<Route> {
    let paths = [ingest_path.to_owned(), format!("{ingest_path}/"), format!("{ingest_path}/{{*address}}")];
    let both = |path: String| {
        [
            Route::new(Method::POST, path.clone(), Access::WriteKey, Surface::Ingest, take),
            Route::new(Method::OPTIONS, path, Access::Public, Surface::Ingest, preflight),
        ]
    };
    paths.into_iter().flat_map(both).collect()
}

#[derive(Serialize)]
struct Accepted<'a> {
    stored: bool,
    duplicate: bool,
    session: &'a str,
    seq: i64,
    next: i64,
    server_time: i64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    snapshot: bool,
}

async fn take(app: App, mut request: Request) -> Result<Response, Problem> {
    let upload = match read(&app, &mut request).await {
        Ok(upload) => upload,
        Err(problem) => {
            tracing::debug!(kind = problem.kind, detail = problem.detail, "an upload was refused");
            request.body.drain().await;
            return Err(problem);
        }
    };
    let (session, seq) = (upload.session.clone(), upload.seq);
    let receipt = app.ingest.take(upload).await?;
    let accepted = Accepted {
        stored: !receipt.duplicate,
        duplicate: receipt.duplicate,
        session: session.as_str(),
        seq,
        next: receipt.next,
        server_time: app.clock.now(),
        snapshot: receipt.needs_snapshot,
    };
    let text = serde_json::to_string(&accepted).expect("a struct of text and numbers is always JSON");
    let mut response = Response::new(text.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

async fn read(app: &App, request: &mut Request) -> Result<Upload, Problem> {
    match app.store.disk().room() {
        Room::Enough => {}
        Room::Low => return Err(Refused::StorageFull.into()),
        Room::ReadOnly => return Err(store::Error::ReadOnly.into()),
    }
    let address = request.param_text("address").to_owned();
    let mut segments = address.split('/');
    let mut next = || segments.next().unwrap_or_default();
    let (key, session, stream, seq) = (next(), next(), next(), next());
    if segments.next().is_some() {
        return Err(Problem::not_found());
    }
    if key.is_empty() {
        return Err(Refused::MissingKey(app.settings.recorder.ingest_path.clone()).into());
    }
    let holder = app.keys.holder(key).await?.ok_or(Refused::UnknownKey)?;
    let session = session.parse().map_err(|_| Refused::BadSessionId)?;
    let stream = stream.parse().map_err(|_| Refused::BadStreamId)?;
    let digits = Some(seq).filter(|seq| seq.bytes().all(|byte| byte.is_ascii_digit()));
    let seq = digits
        .and_then(|digits| i64::from_str(digits).ok())
        .filter(|seq| (0..=MAX_SEQ).contains(seq))
        .ok_or(Refused::BadSeq { max: MAX_SEQ })?;
    let end = match request.query("end")?.as_deref() {
        None | Some("0") => false,
        Some("1") => true,
        Some(_) => return Err(Refused::BadQuery("end").into()),
    };
    let sent_at = request.query("sent_at")?.and_then(|text| text.parse().ok());
    let labelled_gzip = is_gzip(request)?;
    check_media_type(request)?;
    Ok(Upload {
        connection: holder.connection,
        daily_bytes: holder.rules.daily_bytes,
        session,
        stream,
        seq,
        end,
        labelled_gzip,
        user_agent: request.header(header::USER_AGENT).to_owned(),
        sent_at,
        body: body(app, request).await?,
        received_at: app.clock.now(),
    })
}

async fn body(app: &App, request: &mut Request) -> Result<Vec<u8>, Refused> {
    let settings = &app.settings.ingest;
    let limit = settings.max_body_bytes;
    let announced = request.header(header::CONTENT_LENGTH).parse::<u64>().unwrap_or(0);
    if announced > limit as u64 {
        return Err(Refused::BodyTooLarge { limit });
    }
    request.body.read(limit, settings.body_timeout()).await
}

fn is_gzip(request: &Request) -> Result<bool, Refused> {
    match request.header(header::CONTENT_ENCODING).trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(false),
        "gzip" | "x-gzip" => Ok(true),
        _ => Err(Refused::UnsupportedEncoding),
    }
}

fn check_media_type(request: &Request) -> Result<(), Refused> {
    let content_type = request.header(header::CONTENT_TYPE).to_ascii_lowercase();
    let (media_type, parameters) = content_type.split_once(';').unwrap_or((&content_type, ""));
    let charset = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("charset="));
    let is_utf8 = charset.is_none_or(|charset| matches!(charset.trim_matches('"'), "utf-8" | "utf8"));
    if MEDIA_TYPES.contains(&media_type.trim()) && is_utf8 {
        Ok(())
    } else {
        Err(Refused::UnsupportedMediaType)
    }
}

/// Our recorder asks for no preflight; other senders may.
async fn preflight(_: App, _: Request) -> Result<Response, Problem> {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("content-type, content-encoding"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_SECONDS));
    Ok(response)
}

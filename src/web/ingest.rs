//! `POST {ingest path}/KEY/SESSION/STREAM/SEQ`: uploads of recorders on any site.
//!
//! Checked from the cheapest to the dearest: who sends and how often, address, headers,
//! length, body.
//! The format is described in `browser/contracts/wire.ts`.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use warp::http::{HeaderName, HeaderValue, Method, StatusCode, header};

use super::ask;
use super::body::Pace;
use super::headers::SameOriginOnly;
use super::peer::Peer;
use super::problem::Problem;
use super::request::{MAX_QUERY_BYTES, Request};
use super::router::{Access, Route, Surface};
use super::{App, Response, connection_settings, forget};
use crate::disk::Room;
use crate::ingest::{Body, MAX_SEQ, Rates, Refused, Upload};
use crate::measure;
use crate::model::{ConnectionId, SessionId, user_agent};
use crate::store::{self, connections::Holder};

/// Sent by browsers whose user wants not to be followed.
const SEC_GPC: HeaderName = HeaderName::from_static("sec-gpc");

/// The same of before, which some still send.
const DNT: HeaderName = HeaderName::from_static("dnt");

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
    let all = |path: String| {
        let settings = path.contains('{').then(|| {
            let answer = connection_settings::answer;
            Route::new(Method::GET, path.clone(), Access::WriteKey, Surface::Ingest, answer)
        });
        let uploads = [
            Route::new(Method::POST, path.clone(), Access::WriteKey, Surface::Ingest, take),
            Route::new(Method::OPTIONS, path, Access::Public, Surface::Ingest, preflight),
        ];
        uploads.into_iter().chain(settings)
    };
    paths.into_iter().flat_map(all).collect()
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
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reopened: bool,
}

async fn take(app: App, mut request: Request) -> Result<Response, Problem> {
    let start = Instant::now();
    if ask::is_meant(&request) {
        return ask::answer(app, request).await;
    }
    if forget::is_meant(&request) {
        return forget::answer(app, request).await;
    }
    let upload = match read(&app, &mut request).await {
        Ok(upload) => upload,
        Err(mut problem) => {
            request.let_go(&mut problem).await;
            return Err(problem);
        }
    };
    let (session, seq) = (upload.session.clone(), upload.seq);
    let receipt = app.ingest.take(upload).await?;
    measure::UPLOAD_SECONDS.note(start.elapsed());
    if receipt.duplicate {
        measure::UPLOADS_REPEATED.add(1)
    } else {
        measure::UPLOADS_STORED.add(1)
    }
    let accepted = Accepted {
        stored: !receipt.duplicate,
        duplicate: receipt.duplicate,
        session: session.as_str(),
        seq,
        next: receipt.next,
        server_time: app.clock.now(),
        snapshot: receipt.needs_snapshot,
        reopened: receipt.reopened,
    };
    let text = serde_json::to_string(&accepted).expect("a struct of text and numbers is always JSON");
    let mut response = Response::new(text.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

async fn read(app: &App, request: &mut Request) -> Result<Upload, Problem> {
    check_room(app, request)?;
    let address = request.param_text("address").to_owned();
    let mut segments = address.split('/');
    let mut next = || segments.next().unwrap_or_default();
    let (key, session, stream, seq) = (next(), next(), next(), next());
    if segments.next().is_some() {
        return Err(Problem::not_found());
    }
    let holder = admit(app, request, key).await?;
    let session: SessionId = session.parse().map_err(|_| Refused::BadSessionId)?;
    let stream = stream.parse().map_err(|_| Refused::BadStreamId)?;
    let digits = Some(seq).filter(|seq| seq.bytes().all(|byte| byte.is_ascii_digit()));
    let seq = digits
        .and_then(|digits| i64::from_str(digits).ok())
        .filter(|seq| (0..=MAX_SEQ).contains(seq))
        .ok_or(Refused::BadSeq { max: MAX_SEQ })?;
    let query = Query::read(&request.query, key)?;
    check_beginning(app, request.peer(), holder.connection, &session)?;
    let labelled_gzip = is_gzip(request)?;
    check_media_type(request)?;
    Ok(Upload {
        connection: holder.connection,
        daily_bytes: holder.rules.daily_bytes,
        rules: app.ingest.rules.of(&holder),
        session,
        stream,
        seq,
        end: query.end,
        labelled_gzip,
        user_agent: user_agent(app, request),
        country: country(app, request),
        sent_at: query.sent_at,
        body: body(app, request).await?,
        received_at: app.clock.now(),
        hash: None,
    })
}

/// Whether anything is taken at all, and from this sender.
pub fn check_room(app: &App, request: &Request) -> Result<(), Problem> {
    if app.stopping.has_stopped() {
        return Err(Refused::ShuttingDown.into());
    }
    match app.store.disk().room() {
        Room::Enough => {}
        Room::Low => return Err(Refused::StorageFull.into()),
        Room::ReadOnly => return Err(store::Error::ReadOnly.into()),
    }
    Ok(check_rate_of_address(app, &app.rates, request.peer())?)
}

/// As much of the user agent as the server keeps.
pub fn user_agent(app: &App, request: &Request) -> String {
    let sent = request.header(header::USER_AGENT);
    if app.settings.sessions.whole_user_agents { sent.to_owned() } else { user_agent::reduced(sent) }
}

/// The country that the proxy in front names. What is no code of a country counts as none.
pub fn country(app: &App, request: &Request) -> String {
    let name = &app.settings.server.country_header;
    let sent = request.headers.get(name.as_str()).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let code = sent.trim().to_ascii_uppercase();
    let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    // What Cloudflare says of those it does not know, and of Tor.
    if is_code && code != "XX" { code } else { String::new() }
}

/// Takes a token of the sender's network, where its addresses are counted.
pub fn check_rate_of_address(app: &App, rates: &Rates, peer: Peer) -> Result<(), Refused> {
    if is_unlimited(app, peer) {
        return Ok(());
    }
    rates.take_of_address(peer.network())
}

/// Takes a token of the sender's network for a session that begins.
pub fn check_beginning(
    app: &App,
    peer: Peer,
    connection: ConnectionId,
    session: &SessionId,
) -> Result<(), Refused> {
    if is_unlimited(app, peer) {
        return Ok(());
    }
    app.rates.take_of_session(peer.network(), connection, session)
}

/// Whether nothing of an address is counted.
fn is_unlimited(app: &App, peer: Peer) -> bool {
    peer.is_private() && !app.settings.server.limit_private_addresses
}

/// Who holds the key, if uploads are taken from there.
pub async fn admit(app: &App, request: &Request, key: &str) -> Result<Arc<Holder>, Problem> {
    let holder = holder(app, key).await?;
    if holder.rules.paused {
        return Err(Refused::RecordingDisabled.into());
    }
    check_origin(&holder, request)?;
    if is_opted_out(&holder, request) {
        return Err(Refused::OptedOut.into());
    }
    app.rates.take_of_key(holder.connection)?;
    Ok(holder)
}

/// Who holds the key, if it works.
pub async fn holder(app: &App, key: &str) -> Result<Arc<Holder>, Problem> {
    if key.is_empty() {
        return Err(Refused::MissingKey(app.settings.recorder.ingest_path.clone()).into());
    }
    let holder = app.keys.holder(key).await?.ok_or(Refused::UnknownKey)?;
    if holder.is_revoked(app.clock.now()) { Err(Refused::KeyRevoked.into()) } else { Ok(holder) }
}

/// Whether pages of the request's origin may send.
pub fn check_origin(holder: &Holder, request: &Request) -> Result<(), Refused> {
    if allows_origin(holder, request) { Ok(()) } else { Err(Refused::OriginNotAllowed) }
}

/// Whether the visitor's browser asks not to be recorded, and the connection honours that.
pub fn is_opted_out(holder: &Holder, request: &Request) -> bool {
    let asks = |name| request.header(name).trim() == "1";
    holder.rules.honour_gpc && asks(SEC_GPC) || holder.settings.recording.honour_dnt && asks(DNT)
}

/// Browsers always name the origin; who names none is a program, which could name any.
pub(super) fn allows_origin(holder: &Holder, request: &Request) -> bool {
    let allowed = &holder.rules.allowed_origins;
    allowed.is_empty()
        || !request.headers.contains_key(header::ORIGIN)
        || allowed.iter().any(|origin| origin == request.header(header::ORIGIN))
}

/// What the query string of an upload says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Query {
    end: bool,
    sent_at: Option<i64>,
}

impl Query {
    /// Nothing may stand twice: first and last are both somebody's choice.
    fn read(query: &str, key: &str) -> Result<Self, Refused> {
        if query.len() > MAX_QUERY_BYTES {
            return Err(Refused::BadQuery("it is too long"));
        }
        if !is_percent_encoded(query) {
            return Err(Refused::BadQuery("two hexadecimal digits follow each %"));
        }
        let (mut end, mut sent_at) = (None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "end" => &mut end,
                "sent_at" => &mut sent_at,
                "key" if value != key => return Err(Refused::AmbiguousKey),
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(Refused::BadQuery("a parameter stands twice"));
            }
        }
        let end = match end.as_deref() {
            None | Some("0") => false,
            Some("1") => true,
            Some(_) => return Err(Refused::BadQuery("`end` is 0 or 1")),
        };
        Ok(Self { end, sent_at: sent_at.and_then(|text| text.parse().ok()) })
    }
}

fn is_percent_encoded(text: &str) -> bool {
    let mut parts = text.split('%');
    parts.next();
    parts.all(|part| part.len() >= 2 && part.bytes().take(2).all(|digit| digit.is_ascii_hexdigit()))
}

/// The body, within its limits.
pub async fn body(app: &App, request: &mut Request) -> Result<Body, Refused> {
    let settings = &app.settings.ingest;
    let limit = settings.max_body_bytes;
    let announced = request.header(header::CONTENT_LENGTH).parse::<u64>().unwrap_or(0);
    if announced > limit as u64 {
        return Err(Refused::BodyTooLarge { limit });
    }
    let mut body = app.ingest.budget.body(limit);
    request.body.read_into(&mut body, Pace::from(settings)).await?;
    Ok(body)
}

fn is_gzip(request: &Request) -> Result<bool, Refused> {
    match request.header(header::CONTENT_ENCODING).trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(false),
        "gzip" | "x-gzip" => Ok(true),
        _ => Err(Refused::UnsupportedEncoding),
    }
}

/// What is sent has to be text, as far as its label says.
pub fn check_media_type(request: &Request) -> Result<(), Refused> {
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

/// Our recorder asks for no preflight; other senders may. What the connection would
/// refuse, the browser is not given leave to send.
async fn preflight(app: App, request: Request) -> Result<Response, Problem> {
    let key = request.param_text("address").split('/').next().unwrap_or_default();
    preflight_of(&app, &request, key).await
}

/// Answers a preflight of a client that has this key, as far as is known.
pub async fn preflight_of(app: &App, request: &Request, key: &str) -> Result<Response, Problem> {
    check_rate_of_address(app, &app.rates, request.peer())?;
    let holder = app.keys.holder(key).await.ok().flatten();
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    if holder.is_some_and(|holder| !allows_origin(&holder, request)) {
        response.extensions_mut().insert(SameOriginOnly);
        return Ok(response);
    }
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("content-type, content-encoding"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_SECONDS));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_in_one_way_or_not_at_all() {
        let read = |query: &str| Query::read(query, "hk_a");
        assert_eq!(read(""), Ok(Query::default()));
        assert_eq!(read("sent_at=5&end=1&other=%20"), Ok(Query { end: true, sent_at: Some(5) }));
        assert_eq!(read("key=hk_a"), Ok(Query::default()));
        assert_eq!(read("key=hk_b"), Err(Refused::AmbiguousKey));
        for bad in ["end=2", "end=1&end=0", "sent_at=1&sent_at=1", "a=%", "a=%z0", "a=%0", &"a".repeat(9000)]
        {
            assert!(matches!(read(bad), Err(Refused::BadQuery(_))), "{bad:.20}");
        }
    }
}

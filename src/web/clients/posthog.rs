//! What posthog-js asks for, with `api_host` pointed here and a write key as its token.
//!
//! It is told that there is recording and nothing else: no flags, surveys, heatmaps or
//! autocapture. It gives up on what is refused with a status below 500, so that what it is
//! to send again is told with 503.

use serde_json::{Value, json};
use warp::http::{HeaderValue, Method, header};

use super::super::connection_settings::{ASKED, OPTED_OUT, SAMPLED, origin_of};
use super::super::problem::Problem;
use super::super::request::Request;
use super::super::router::{Access, Route, Surface};
use super::super::{App, Response, ingest};
use super::asks_first;
use crate::clients::posthog;
use crate::ingest::Refused;
use crate::model::recording::{Privacy, Recording};
use crate::store::connections::Holder;

/// Where messages are sent, in the versions of some years.
const UPLOADS: [&str; 6] = ["/s/", "/e/", "/i/v0/e/", "/capture/", "/batch/", "/track/"];

/// Where feature flags are asked for.
const FLAGS: [&str; 4] = ["/flags/", "/flags", "/decide/", "/decide"];

/// A change reaches pages within a minute.
const CACHE: &str = "private, max-age=60";

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let uploads = UPLOADS.iter().flat_map(|path| {
        [
            Route::new(Method::POST, *path, Access::WriteKey, Surface::Ingest, take),
            Route::new(Method::OPTIONS, *path, Access::Public, Surface::Ingest, preflight),
        ]
    });
    let flags = FLAGS.iter().flat_map(|path| {
        [
            Route::new(Method::POST, *path, Access::Public, Surface::Ingest, flags),
            Route::new(Method::OPTIONS, *path, Access::Public, Surface::Ingest, preflight),
        ]
    });
    let asked = [
        Route::new(Method::GET, "/array/{key}/config", Access::WriteKey, Surface::Ingest, config),
        Route::new(Method::GET, "/array/{key}/config.js", Access::WriteKey, Surface::Ingest, config_script),
        Route::new(Method::GET, "/static/{*file}", Access::Public, Surface::Asset, script),
    ];
    uploads.chain(flags).chain(asked).collect()
}

async fn take(app: App, mut request: Request) -> Result<Response, Problem> {
    let taken = receive(&app, &mut request).await;
    let taken = super::refused(taken, &mut request).await;
    taken
        .map(|()| super::json(r#"{"status":1}"#.to_owned()))
        .map_err(|problem| Problem { is_told_as_unavailable: true, ..problem })
}

async fn receive(app: &App, request: &mut Request) -> Result<(), Problem> {
    ingest::check_room(app, request)?;
    let (contents, _turn) = super::read(app, request, posthog::read).await?;
    let holder = super::admit(app, request, &contents.key).await?;
    super::keep(app, request, &holder, contents).await
}

async fn preflight(app: App, request: Request) -> Result<Response, Problem> {
    ingest::preflight_of(&app, &request, "").await
}

/// There are no feature flags.
async fn flags(app: App, mut request: Request) -> Result<Response, Problem> {
    ingest::check_rate_of_address(&app, &app.rates, request.peer())?;
    request.body.drain().await;
    let none = json!({
        "flags": {}, "featureFlags": {}, "featureFlagPayloads": {}, "errorsWhileComputingFlags": false,
        "sessionRecording": false, "surveys": false, "supportedCompression": ["gzip", "gzip-js"],
    });
    Ok(super::json(none.to_string()))
}

async fn config(app: App, request: Request) -> Result<Response, Problem> {
    let answer = answer(&app, &request).await?;
    Ok(cached(super::json(answer.to_string())))
}

async fn config_script(app: App, request: Request) -> Result<Response, Problem> {
    let answer = answer(&app, &request).await?;
    let key = Value::from(request.param_text("key"));
    let script = format!(
        "(window._POSTHOG_REMOTE_CONFIG = window._POSTHOG_REMOTE_CONFIG || {{}})[{key}] = \
         {{ config: {answer}, siteApps: [] }};\n"
    );
    let mut response = Response::new(script.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    Ok(cached(response))
}

fn cached(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE));
    headers.insert(header::VARY, HeaderValue::from_static("origin, sec-gpc"));
    response
}

/// PostHog's own scripts are PostHog's to give.
async fn script(app: App, request: Request) -> Result<Response, Problem> {
    ingest::check_rate_of_address(&app, &app.rates, request.peer())?;
    let detail = "PostHog's scripts are not served here. Bundle `posthog-js/dist/posthog-recorder`, or let \
                  `asset_host` name a server that has them.";
    Err(Problem { detail: detail.to_owned(), ..Problem::not_found() })
}

async fn answer(app: &App, request: &Request) -> Result<Value, Problem> {
    let key = request.param_text("key");
    request.key.is(key);
    ingest::check_rate_of_address(app, &app.rates, request.peer())?;
    let holder = ingest::holder(app, key).await?;
    ingest::check_origin(&holder, request)?;
    note(app, request, &holder);
    // Of surveys nothing is said: told that there are none, the client asks for their script.
    Ok(json!({
        "supportedCompression": ["gzip", "gzip-js"],
        "hasFeatureFlags": false,
        "sessionRecording": recording(&holder, request),
        "heatmaps": false,
        "toolbarParams": {},
        "isAuthenticated": false,
        "siteApps": [],
        "autocapture_opt_out": true,
        "autocaptureExceptions": false,
        "capturePerformance": false,
        "captureDeadClicks": false,
        "conversations": false,
        "productTours": false,
        "logs": { "captureConsoleLogs": false },
        "defaultIdentifiedOnly": true,
    }))
}

/// What is recorded, or `false`.
fn recording(holder: &Holder, request: &Request) -> Value {
    if holder.rules.paused || ingest::is_opted_out(holder, request) || asks_first(holder) {
        return Value::Bool(false);
    }
    let settings = &holder.settings.recording;
    let mut answer = json!({
        "endpoint": "/s/",
        "recorderVersion": "v2",
        "consoleLogRecordingEnabled": true,
        "networkPayloadCapture": { "recordBody": false, "recordHeaders": false },
    });
    if let Some(sample) = settings.sample {
        answer["sampleRate"] = Value::from(sample.to_string());
    }
    if let Some(masking) = masking(settings) {
        answer["masking"] = masking;
    }
    answer
}

/// What the page is to hide, as far as the client can. The rest is hidden as it arrives.
fn masking(settings: &Recording) -> Option<Value> {
    let is_strict = settings.privacy == Some(Privacy::Strict);
    let text = if is_strict { "*" } else { &settings.mask_text_selector };
    let masks_inputs = settings.mask_all_inputs || settings.privacy.is_some_and(|it| it != Privacy::Open);
    let mut masking = serde_json::Map::new();
    if masks_inputs {
        masking.insert("maskAllInputs".to_owned(), Value::Bool(true));
    }
    for (name, selector) in [("maskTextSelector", text), ("blockSelector", &settings.block_selector)] {
        if !selector.is_empty() {
            masking.insert(name.to_owned(), Value::from(selector));
        }
    }
    (!masking.is_empty()).then_some(Value::Object(masking))
}

/// Counts what the doctor goes by, as for our own loader.
fn note(app: &App, request: &Request, holder: &Holder) {
    let origin = origin_of(request);
    let count = |kind: &str| app.sightings.note(holder.connection, kind, &origin);
    count(ASKED);
    if ingest::is_opted_out(holder, request) {
        count(OPTED_OUT);
    }
    if holder.settings.recording.sample.is_some_and(|share| share < 1.0) {
        count(SAMPLED);
    }
    if asks_first(holder) {
        count(Problem::from(Refused::AsksFirst).kind.name);
    }
}

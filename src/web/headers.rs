//! What every response carries, errors included.

use warp::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::Response;
use super::router::Surface;

/// Marks a response that pages of no other origin may read.
#[derive(Clone, Copy)]
pub struct SameOriginOnly;

/// Pages run our own scripts and load our own files, nothing else.
const PAGE_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; \
    object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Answers that are no documents.
const DATA_CSP: &str = "default-src 'none'; frame-ancestors 'none'";

/// The demo shop is a page like any other that is recorded.
const DEMO_CSP: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    frame-ancestors 'none'; base-uri 'none'; object-src 'none'";

/// The policy of the player's document. What a visitor recorded is drawn in a frame
/// that inherits it: without the nonce no script of any kind runs, and there is no
/// place that an image, a style or a font could be loaded from.
pub fn stage_csp(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data: blob:; \
         font-src data:; media-src data: blob:; connect-src 'self'; frame-src 'none'; worker-src 'none'; \
         base-uri 'none'; form-action 'none'; object-src 'none'; frame-ancestors 'self'; \
         sandbox allow-scripts allow-same-origin"
    )
}

/// Tells browsers to come by https only, for a server that is reached that way.
pub fn add_hsts(headers: &mut HeaderMap) {
    let year = HeaderValue::from_static("max-age=31536000");
    headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
}

/// Adds what the surface's responses carry, where the handler has not set it itself.
pub fn add(response: &mut Response, surface: Surface) {
    let is_for_every_site = matches!(surface, Surface::Ingest | Surface::Asset)
        && response.extensions().get::<SameOriginOnly>().is_none();
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Without a referrer of its own site, a page's forms would be sent with `Origin: null`.
    set(header::REFERRER_POLICY, if surface == Surface::Page { "same-origin" } else { "no-referrer" });
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    );
    set(header::CACHE_CONTROL, "no-store");
    let policy = match surface {
        Surface::Page | Surface::Share => PAGE_CSP,
        Surface::Demo => DEMO_CSP,
        Surface::Stage | Surface::Data | Surface::Ingest | Surface::Asset | Surface::Api => DATA_CSP,
    };
    set(header::CONTENT_SECURITY_POLICY, policy);
    match surface {
        // The stage is framed by its page; its policy names who may.
        Surface::Stage => set(header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        _ => set(header::X_FRAME_OPTIONS, "DENY"),
    }
    if is_for_every_site {
        set(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");
        set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        set(header::ACCESS_CONTROL_EXPOSE_HEADERS, "Retry-After, X-Request-Id");
    } else {
        set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
        set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        set(HeaderName::from_static("origin-agent-cluster"), "?1");
        set(header::X_DNS_PREFETCH_CONTROL, "off");
    }
}

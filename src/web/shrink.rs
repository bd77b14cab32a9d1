//! Pages as gzip: markup repeats itself, and comes to a sixth of its size.
//!
//! Only what is a whole page in memory is shrunk. Scripts, styles and pieces of recordings
//! are stored as gzip in any case, and files that are written while they are sent stay as they are.

use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use warp::http::{HeaderValue, header};

use super::Response;
use crate::ingest::gzip;

/// Less than this fits into a packet or two anyhow.
const LEAST_BYTES: u64 = 1024;

/// The same response with its page as gzip, for a client that takes that.
pub async fn shrink(response: Response) -> Response {
    if !is_page(&response) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // What is in memory cannot fail to be read.
    let whole = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let headers = &mut parts.headers;
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, gzip::deflate_fast(&whole).into())
}

fn is_page(response: &Response) -> bool {
    let headers = response.headers();
    let is_html =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let is_known = response.body().size_hint().exact().is_some_and(|bytes| bytes >= LEAST_BYTES);
    is_html && is_known && !headers.contains_key(header::CONTENT_ENCODING)
}

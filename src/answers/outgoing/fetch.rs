//! Small documents of one host that the settings name.

use std::time::Duration;

use hyper::Method;
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderValue};
use tokio::time::Instant;
use url::Url;

use super::super::Failure;
use super::reply::Reply;
use super::{Limits, Outgoing, dressed, host_of};
use crate::config;

/// The largest document.
const MOST_BYTES: usize = 1 << 20;

impl Outgoing {
    /// The same within `within`, for whoever asks this host: it may be in a private network,
    /// since the settings name it.
    pub fn to(settings: &config::Answers, host: &Url, within: Duration) -> Result<Self, String> {
        let mut outgoing = Self::new(settings)?;
        outgoing.private_hosts.push(host_of(host).to_lowercase());
        outgoing.limits = Limits { connect: within, first_byte: within, whole: within, bytes: MOST_BYTES };
        Ok(outgoing)
    }

    /// Gets a document, or posts a form for one; returns it with its status.
    pub async fn fetch(
        &self,
        url: &Url,
        mut headers: HeaderMap,
        form: Option<String>,
    ) -> Result<(u16, Vec<u8>), Failure> {
        let method = if form.is_some() { Method::POST } else { Method::GET };
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if form.is_some() {
            let content_type = HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.insert(header::CONTENT_TYPE, content_type);
        }
        let request = dressed(method, url, headers, Bytes::from(form.unwrap_or_default()));
        let (whole, deadline) = (self.limits.whole, Instant::now() + self.limits.whole);
        let (answer, driven) = self.send(url, request, deadline, whole).await?;
        let status = answer.status().as_u16();
        if (300..400).contains(&status) {
            return Err(Failure::Redirected { status });
        }
        let slow = Failure::Slow { what: "the whole answer", within: whole };
        let reply = Reply::new(answer, self.limits.bytes, deadline, slow, driven)?;
        Ok((status, reply.whole().await?))
    }
}

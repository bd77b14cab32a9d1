//! What comes back, piece by piece and within limits.

use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::{Body, Bytes, Incoming};
use hyper::header;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::super::Failure;

/// A reply whose head is there.
pub struct Reply {
    /// Its media type in lower case, without parameters.
    pub media_type: String,
    body: Incoming,
    left: usize,
    limit: usize,
    deadline: Instant,
    /// What is said at the deadline.
    slow: Option<Failure>,
    _driven: Driven,
}

/// The task that drives a connection, for as long as somebody wants it.
pub struct Driven(JoinHandle<()>);

impl Driven {
    /// Drives it.
    pub fn spawn<E>(connection: impl Future<Output = Result<(), E>> + Send + 'static) -> Self {
        // What goes wrong with the connection, its reply learns.
        Self(tokio::spawn(async { drop(connection.await) }))
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Reply {
    /// A reply that is read within these limits.
    pub fn new(
        answer: Response<Incoming>,
        limit: usize,
        deadline: Instant,
        slow: Failure,
        driven: Driven,
    ) -> Result<Self, Failure> {
        let text =
            |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let coding = text(header::CONTENT_ENCODING);
        if !coding.is_empty() && !coding.eq_ignore_ascii_case("identity") {
            let problem = "it is compressed, which was not asked for; send it as it is";
            return Err(Failure::NotUnderstood(problem.to_owned()));
        }
        let media_type = text(header::CONTENT_TYPE).split(';').next().unwrap_or_default();
        let media_type = media_type.trim().to_ascii_lowercase();
        if answer.body().size_hint().lower() > limit as u64 {
            return Err(Failure::TooLarge { limit });
        }
        let body = answer.into_body();
        Ok(Self { media_type, body, left: limit, limit, deadline, slow: Some(slow), _driven: driven })
    }

    /// The next piece; `None` at the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let frame = match timeout_at(self.deadline, self.body.frame()).await {
                Err(_) => return Err(self.slow.take().unwrap_or(Failure::CutOff)),
                Ok(None) => return Ok(None),
                Ok(Some(frame)) => frame.map_err(|_| Failure::CutOff)?,
            };
            let Ok(bytes) = frame.into_data() else { continue };
            self.left = self.left.checked_sub(bytes.len()).ok_or(Failure::TooLarge { limit: self.limit })?;
            return Ok(Some(bytes));
        }
    }

    /// All of it.
    pub async fn whole(mut self) -> Result<Vec<u8>, Failure> {
        let mut whole = Vec::new();
        while let Some(bytes) = self.chunk().await? {
            whole.extend_from_slice(&bytes);
        }
        Ok(whole)
    }
}

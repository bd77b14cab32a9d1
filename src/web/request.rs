//! A request as handlers see it.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use hyper::body::Bytes;
use warp::http::{HeaderMap, Method, header};

use super::body::Body;
use super::forwarded::Sender;
use super::framing::Ambiguous;
use super::peer::Peer;
use super::problem::Problem;
use super::refusal::NamedKey;

/// The longest query string that is read.
pub const MAX_QUERY_BYTES: usize = 8 * 1024;

/// What is known of the connection that a request came by.
#[derive(Clone)]
pub struct Arrival {
    /// The other end: a visitor, or a proxy.
    pub peer: Peer,
    /// Whether it is encrypted.
    pub is_tls: bool,
    /// Whether its latest request could be read in two ways.
    pub ambiguous: Ambiguous,
}

/// One request.
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Its path as it was sent: nothing is decoded.
    pub path: String,
    /// What the route's `{names}` stand for.
    pub params: Vec<(String, String)>,
    /// What follows the `?`, undecoded.
    pub query: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// How it came.
    pub arrival: Arrival,
    /// Whom it is from.
    pub sender: Sender,
    /// Its body, which is not read yet.
    pub body: Body,
    /// The write key that it comes with.
    pub key: NamedKey,
}

impl Request {
    /// A request that did not come over a socket.
    pub fn of(method: Method, address: &str, headers: HeaderMap, body: Vec<u8>) -> Self {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let pieces = futures_util::stream::iter([Ok::<_, warp::Error>(Bytes::from(body))]);
        let peer = Peer::from(IpAddr::from(Ipv4Addr::LOCALHOST));
        Self {
            method,
            path: path.to_owned(),
            params: Vec::new(),
            query: query.to_owned(),
            headers,
            arrival: Arrival { peer, is_tls: false, ambiguous: Ambiguous::default() },
            sender: Sender::beside(peer),
            body: Body::new(pieces),
            key: NamedKey::default(),
        }
    }

    /// The path parameter, as text. Empty when the route has none of that name.
    pub fn param_text(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The path parameter as a domain type; one that is malformed is simply not found.
    pub fn param<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        self.param_text(name).parse().map_err(|_| Problem::not_found())
    }

    /// The first query parameter of that name.
    pub fn query(&self, name: &str) -> Result<Option<String>, Problem> {
        if self.query.len() > MAX_QUERY_BYTES {
            return Err(Problem::bad_query("the query string is too long"));
        }
        let mut pairs = url::form_urlencoded::parse(self.query.as_bytes());
        Ok(pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()))
    }

    /// The header as text. Empty when there is none or it is not text.
    pub fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Reads on from a refused request for a while, so that the client sees the answer and
    /// may go on on the same connection; where that is not to be had, the answer says so.
    pub async fn let_go(&mut self, problem: &mut Problem) {
        // A client that asks before it sends is answered at once, not encouraged.
        let asks_first = self.headers.contains_key(header::EXPECT) && self.body.received().bytes() == 0;
        if !asks_first {
            self.body.drain().await;
        }
        problem.closes |= !self.body.is_over();
    }

    /// Whether the client takes a content coding.
    pub fn accepts(&self, wanted: &str) -> bool {
        let codings = self.header(header::ACCEPT_ENCODING);
        codings.split(',').any(|coding| {
            let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
            let refused = quality.trim().strip_prefix("q=").and_then(|q| q.parse().ok()) == Some(0.0);
            name.trim().eq_ignore_ascii_case(wanted) && !refused
        })
    }

    /// Whether the client would rather read a page than JSON.
    pub fn wants_html(&self) -> bool {
        self.header(header::ACCEPT).contains("text/html")
    }
}

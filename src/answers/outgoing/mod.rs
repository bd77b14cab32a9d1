//! Requests to the one address that was configured, and to nothing that it could be made
//! to stand for.
//!
//! A name is looked up once for each request, and the address that was looked at is the one
//! that is connected to. No redirect is followed, no proxy of the environment is asked, no
//! header is passed on, and what comes back has limits of size and time. Dropping a request
//! closes its connection.

mod address;
mod fetch;
mod reply;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

use super::Failure;
use crate::config;
use address::{Reach, reach};
use reply::Driven;
pub use reply::Reply;

/// The head of a reply is small.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// A name may have many addresses; so many are tried.
const TRIED: usize = 4;

/// What is said of an address that may not be asked.
const NEVER: &str = "which is a reserved, link-local or metadata address and never asked";
const PRIVATE: &str = "which is in a private network; where that is meant, name the host in \
    `answers.private_hosts` of config.toml, or set `answers.allow_private`";
const PLAIN: &str = "and http:// would send questions and secrets over the internet in clear; write https://";

/// Sends requests within the operator's limits.
pub struct Outgoing {
    tls: TlsConnector,
    allow_private: bool,
    private_hosts: Vec<String>,
    limits: Limits,
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    connect: Duration,
    first_byte: Duration,
    whole: Duration,
    bytes: usize,
}

trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Socket for T {}

impl Outgoing {
    /// Reads the certificates that are trusted.
    pub fn new(settings: &config::Answers) -> Result<Self, String> {
        let limits = Limits {
            connect: settings.connect_timeout(),
            first_byte: settings.first_byte_timeout(),
            whole: settings.timeout(),
            bytes: settings.max_answer_bytes,
        };
        let hosts = settings.private_hosts.split([' ', ',']).filter(|host| !host.is_empty());
        Ok(Self {
            tls: TlsConnector::from(Arc::new(tls(&settings.ca_file)?)),
            allow_private: settings.allow_private,
            private_hosts: hosts.map(str::to_lowercase).collect(),
            limits,
        })
    }

    /// Posts JSON, and once more if nothing came of it; returns when the head of the reply is there.
    pub async fn post_twice(
        &self,
        url: &Url,
        headers: impl Fn() -> HeaderMap,
        body: Bytes,
    ) -> Result<Reply, Failure> {
        let deadline = Instant::now() + self.limits.whole;
        match self.post(url, headers(), body.clone(), deadline).await {
            Err(failure) if failure.is_worth_another_try() => self.post(url, headers(), body, deadline).await,
            posted => posted,
        }
    }

    /// Posts JSON once and reads no more of the answer than its status: one from 200 to 299 is good.
    pub async fn deliver(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
        within: Duration,
    ) -> Result<u16, Failure> {
        let request = request(url, headers, body);
        let (answer, _driven) = self.send(url, request, Instant::now() + within, within).await?;
        match answer.status().as_u16() {
            status @ 200..=299 => Ok(status),
            status @ 300..=399 => Err(Failure::Redirected { status }),
            status => Err(Failure::Status { status }),
        }
    }

    /// Only a status of 200 is a reply.
    async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
        deadline: Instant,
    ) -> Result<Reply, Failure> {
        let request = request(url, headers, body);
        let (answer, driven) = self.send(url, request, deadline, self.limits.first_byte).await?;
        match answer.status().as_u16() {
            200 => {
                let slow = Failure::Slow { what: "the whole answer", within: self.limits.whole };
                Reply::new(answer, self.limits.bytes, deadline, slow, driven)
            }
            status @ 300..=399 => Err(Failure::Redirected { status }),
            status => Err(Failure::Status { status }),
        }
    }

    /// Sends a request; returns when the head of the answer is there.
    async fn send(
        &self,
        url: &Url,
        request: Request<Full<Bytes>>,
        deadline: Instant,
        first_byte: Duration,
    ) -> Result<(Response<Incoming>, Driven), Failure> {
        let slow = |what, within| Failure::Slow { what, within };
        let connect = self.limits.connect;
        let socket = timeout_at(deadline.min(Instant::now() + connect), self.connect(url)).await;
        let socket = socket.map_err(|_| slow("the connection", connect))??;
        let broken = |_| Failure::Broken { host: host_of(url) };
        let mut builder = http1::Builder::new();
        builder.max_buf_size(MAX_HEAD_BYTES);
        let (mut sender, connection) = builder.handshake(TokioIo::new(socket)).await.map_err(broken)?;
        let driven = Driven::spawn(connection);
        let sent = sender.send_request(request);
        let answer = timeout_at(deadline.min(Instant::now() + first_byte), sent).await;
        let answer = answer.map_err(|_| slow("an answer", first_byte))?.map_err(broken)?;
        Ok((answer, driven))
    }

    async fn connect(&self, url: &Url) -> Result<Box<dyn Socket>, Failure> {
        let host = host_of(url);
        let addresses = self.addresses(url, &host).await?;
        let mut outcome = Err(Failure::NoSuchName { host: host.clone() });
        for address in addresses.into_iter().take(TRIED) {
            // One that does not answer leaves time for the next.
            let within = self.limits.connect / 2;
            match timeout(within, TcpStream::connect(address)).await {
                Ok(Ok(socket)) => {
                    outcome = Ok(socket);
                    break;
                }
                Ok(Err(cause)) => outcome = Err(Failure::Connect { host: host.clone(), cause }),
                Err(_) => {
                    let cause = io::ErrorKind::TimedOut.into();
                    outcome = Err(Failure::Connect { host: host.clone(), cause });
                }
            }
        }
        let socket = outcome?;
        // Small requests go out at once; without this they only go out a little later.
        let _ = socket.set_nodelay(true);
        if url.scheme() == "http" {
            return Ok(Box::new(socket));
        }
        let failed = |cause| Failure::Connect { host: host.clone(), cause };
        let name = ServerName::try_from(host.clone()).map_err(|error| failed(io::Error::other(error)))?;
        Ok(Box::new(self.tls.connect(name, socket).await.map_err(failed)?))
    }

    /// The addresses that the host has and that may be asked.
    async fn addresses(&self, url: &Url, host: &str) -> Result<Vec<SocketAddr>, Failure> {
        let port = url.port_or_known_default().unwrap_or(443);
        let found: Vec<SocketAddr> = match url.host() {
            Some(Host::Ipv4(address)) => vec![(address, port).into()],
            Some(Host::Ipv6(address)) => vec![(address, port).into()],
            _ => {
                let looked_up = tokio::net::lookup_host((host, port)).await;
                looked_up.map_err(|_| Failure::NoSuchName { host: host.to_owned() })?.collect()
            }
        };
        let mut refused = None;
        let mut allowed = Vec::new();
        for address in found {
            match self.refusal(url, host, address.ip()) {
                None => allowed.push(address),
                Some(why) => {
                    refused = Some(Failure::Forbidden { host: host.to_owned(), address: address.ip(), why });
                }
            }
        }
        match refused {
            Some(refused) if allowed.is_empty() => Err(refused),
            _ => Ok(allowed),
        }
    }

    /// Why an address is not asked, if it is not.
    fn refusal(&self, url: &Url, host: &str, address: IpAddr) -> Option<&'static str> {
        match reach(address) {
            Reach::Never => Some(NEVER),
            Reach::Private if self.allow_private => None,
            Reach::Private => {
                let is_named = self.private_hosts.iter().any(|named| {
                    let with_port = || url.port().is_some_and(|port| *named == format!("{host}:{port}"));
                    named == host || with_port()
                });
                (!is_named).then_some(PRIVATE)
            }
            Reach::Public => (url.scheme() == "http").then_some(PLAIN),
        }
    }
}

/// The host as certificates and settings name it: IPv6 without brackets.
fn host_of(url: &Url) -> String {
    match url.host() {
        Some(Host::Ipv6(address)) => address.to_string(),
        host => host.map(|host| host.to_string()).unwrap_or_default(),
    }
}

/// JSON that is posted, for an answer that may be streamed.
fn request(url: &Url, mut headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    let accept = "application/json, application/x-ndjson, text/event-stream";
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    dressed(Method::POST, url, headers, body)
}

/// What every request has.
fn dressed(method: Method, url: &Url, mut headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    let authority = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    if let Ok(host) = HeaderValue::from_str(&authority) {
        headers.insert(header::HOST, host);
    }
    let fixed = [
        (header::ACCEPT_ENCODING, "identity"),
        (header::CONNECTION, "close"),
        (header::USER_AGENT, concat!("Hindsight/", env!("CARGO_PKG_VERSION"))),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = target.parse().expect("a parsed address has a path that is one");
    *request.headers_mut() = headers;
    request
}

/// Public certificates, and those of the operator's own.
fn tls(ca_file: &Path) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if !ca_file.as_os_str().is_empty() {
        let certificates = CertificateDer::pem_file_iter(ca_file).map_err(|error| error.to_string())?;
        let before = roots.len();
        for certificate in certificates {
            let certificate = certificate.map_err(|error| error.to_string())?;
            roots.add(certificate).map_err(|error| error.to_string())?;
        }
        if roots.len() == before {
            return Err("it holds no certificate".to_owned());
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

//! TLS of our own, for those who put no proxy in front.
//!
//! The certificate is replaced while the server runs: both files are watched, and a pair
//! that cannot be used changes nothing. It is not fetched from anywhere.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

use crate::config;
use crate::stop::Stopping;
use crate::watch::Folder;

/// What clients may speak inside: cleartext HTTP/2 has no timer of ours (`server`), nor has this one.
const PROTOCOL: &[u8] = b"http/1.1";

/// Those who are neither the owner nor of the group.
const OTHERS: u32 = 0o007;

/// Why certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file is not there, or not ours to read.
    #[error("{}: cannot be read ({cause}); see `server.tls_certificate` and `server.tls_key`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// Anybody on this machine may read the key.
    #[error("{}: everybody on this machine may read this key; run `chmod o= {}`", .0.display(), .0.display())]
    ReadableByAll(PathBuf),
    /// A file holds something else.
    #[error("{}: holds no {wanted} in PEM ({cause})", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        wanted: &'static str,
        /// What the reader says.
        cause: pem::Error,
    },
    /// The two do not belong together, or are of a kind that is not known.
    #[error("{} and {} cannot be used together: {cause}", certificate.display(), key.display())]
    Unfit {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What rustls says.
        cause: rustls::Error,
    },
}

/// The two files as they were read.
#[derive(PartialEq, Eq)]
struct Pair {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// Encrypts what comes and goes. Clones use the same certificate.
#[derive(Clone)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    config: Arc<ArcSwap<ServerConfig>>,
}

impl Tls {
    /// Reads certificate and key; `None` when the settings name none.
    pub fn open(settings: &config::Server) -> Result<Option<Self>, Error> {
        if !settings.has_tls() {
            return Ok(None);
        }
        let (certificate, key) = (settings.tls_certificate.clone(), settings.tls_key.clone());
        let config = Pair::read(&certificate, &key)?.config(&certificate, &key)?;
        Ok(Some(Self { certificate, key, config: Arc::new(ArcSwap::new(config)) }))
    }

    /// Agrees on a key with whoever connected, within some time.
    pub async fn shake_hands(&self, socket: TcpStream, within: Duration) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(self.config.load_full());
        timeout(within, acceptor.accept(socket)).await.map_err(|_| io::ErrorKind::TimedOut)?
    }

    /// Takes a new certificate when there is one, until the server stops.
    pub async fn follow(self, stopping: Stopping) {
        let mut certificate = Folder::watch_file(&self.certificate, stopping.clone());
        let mut key = Folder::watch_file(&self.key, stopping);
        let mut known = Pair::read(&self.certificate, &self.key).ok();
        loop {
            let goes_on = tokio::select! {
                goes_on = certificate.next() => goes_on,
                goes_on = key.next() => goes_on,
            };
            if !goes_on {
                return;
            }
            match self.renewed(&mut known) {
                Ok(None) => {}
                Ok(Some(config)) => {
                    self.config.store(config);
                    tracing::info!("a new certificate is in use");
                }
                Err(error) => tracing::error!("the certificate from before stays in use: {error}"),
            }
        }
    }

    /// What the files make, if it is not what is known. A pair that cannot be used is told of once.
    fn renewed(&self, known: &mut Option<Pair>) -> Result<Option<Arc<ServerConfig>>, Error> {
        let pair = match Pair::read(&self.certificate, &self.key) {
            Ok(pair) if known.as_ref() == Some(&pair) => return Ok(None),
            Ok(pair) => pair,
            Err(_) if known.is_none() => return Ok(None),
            Err(error) => {
                *known = None;
                return Err(error);
            }
        };
        let config = pair.config(&self.certificate, &self.key);
        *known = Some(pair);
        config.map(Some)
    }
}

impl Pair {
    fn read(certificate: &Path, key: &Path) -> Result<Self, Error> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |cause| Error::Unreadable { path, cause }
        };
        let mode = std::fs::metadata(key).map_err(unreadable(key))?.permissions().mode();
        if mode & OTHERS != 0 {
            return Err(Error::ReadableByAll(key.to_owned()));
        }
        Ok(Self {
            certificate: std::fs::read(certificate).map_err(unreadable(certificate))?,
            key: std::fs::read(key).map_err(unreadable(key))?,
        })
    }

    fn config(&self, certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, Error> {
        let not_pem = |path: &Path, wanted| {
            let path = path.to_owned();
            move |cause| Error::NotPem { path, wanted, cause }
        };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<_, _>>()
            .and_then(
                |chain: Vec<_>| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) },
            )
            .map_err(not_pem(certificate, "certificate"))?;
        let private = PrivateKeyDer::from_pem_slice(&self.key).map_err(not_pem(key, "private key"))?;
        let unfit = |cause| Error::Unfit { certificate: certificate.to_owned(), key: key.to_owned(), cause };
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unfit)?
            .with_no_client_auth()
            .with_single_cert(chain, private)
            .map_err(unfit)?;
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(Arc::new(config))
    }
}

//! A client that speaks TLS, and certificates for tests.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ALL_VERSIONS, ClientConfig, RootCertStore, SupportedProtocolVersion};

use crate::server::{Answer, parse};

/// The name in the samples of `docs/proxy`.
pub const NAME: &str = "hindsight.example.org";

const PATIENCE: Duration = Duration::from_secs(20);

/// A certificate for `NAME`, as the files that a server reads.
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub pem: String,
}

/// Writes a new pair into the folder, in the place of one that is there.
pub fn write_pair(folder: &Path) -> Files {
    use std::os::unix::fs::PermissionsExt;
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
    let files = Files { certificate: folder.join("cert.pem"), key: folder.join("key.pem"), pem: cert.pem() };
    std::fs::write(&files.certificate, &files.pem).expect("written");
    std::fs::write(&files.key, signing_key.serialize_pem()).expect("written");
    std::fs::set_permissions(&files.key, PermissionsExt::from_mode(0o640)).expect("ours");
    files
}

/// Who connects, what they trust, and what they speak.
pub struct Client<'a> {
    pub to: SocketAddr,
    pub from: IpAddr,
    pub trusts: &'a str,
    pub versions: &'a [&'static SupportedProtocolVersion],
}

impl<'a> Client<'a> {
    pub fn new(to: SocketAddr, trusts: &'a str) -> Self {
        Self { to, from: [127, 0, 0, 1].into(), trusts, versions: ALL_VERSIONS }
    }

    /// The same client at another address of this machine.
    pub fn at(self, from: [u8; 4]) -> Self {
        Self { from: from.into(), ..self }
    }

    pub async fn connect(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.trusts.as_bytes()).expect("PEM")).expect("a root");
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(self.versions)
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let socket = TcpSocket::new_v4()?;
        socket.bind((self.from, 0).into())?;
        let socket = socket.connect(self.to).await?;
        let name = ServerName::try_from(NAME).expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, socket).await
    }

    /// Sends a request that closes, and reads the answer to its end.
    pub async fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect().await.expect("a handshake");
        stream.write_all(bytes).await.expect("sent");
        let mut answer = Vec::new();
        // Not every server says goodbye as TLS wants it.
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("answered in time");
        parse(&answer)
    }
}

/// Reads until a text has come.
pub async fn read_until(stream: &mut TlsStream<TcpStream>, text: &str) -> String {
    let mut read = String::new();
    let reading = async {
        while !read.contains(text) {
            let mut piece = [0; 4096];
            let length = stream.read(&mut piece).await.expect("it goes on");
            assert_ne!(length, 0, "ended before {text:?}: {read}");
            read += &String::from_utf8_lossy(&piece[..length]);
        }
    };
    timeout(PATIENCE, reading).await.unwrap_or_else(|_| panic!("{text:?} does not come"));
    read
}

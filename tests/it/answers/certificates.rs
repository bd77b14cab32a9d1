//! Agents behind https: their certificate has to be right.

use std::sync::{Arc, Mutex};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::json;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::agent::{Step, serve, whole};
use super::{ask, decide, private, read};
use crate::server::TestServer;

/// A TLS server for this name; answers its port and its certificate as PEM.
async fn secure(name: &str) -> (u16, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a pair");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(socket) = acceptor.accept(socket).await else { return };
                let steps = vec![Step::Send(whole(200, "application/json", r#"{"text":"Safe."}"#))];
                serve(socket, steps, Arc::new(Mutex::default()), Arc::default()).await;
            });
        }
    });
    (port, cert.pem())
}

#[tokio::test]
async fn a_certificate_has_to_be_trusted_and_for_the_name() {
    for (name, is_trusted, expected) in
        [("127.0.0.1", true, "Safe."), ("127.0.0.1", false, ""), ("agent.example", true, "")]
    {
        let (port, pem) = secure(name).await;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, pem).expect("written");
        let server = TestServer::start_with(|settings| {
            private(settings);
            if is_trusted {
                settings.answers.ca_file.clone_from(&file);
            }
        })
        .await;
        let url = format!("https://127.0.0.1:{port}/ask");
        decide(&server, json!({ "kind": "webhook", "webhook": { "url": url } })).await;
        let (text, _) = read(&ask(&server, "Open?").await);
        assert_eq!(text, expected, "{name}, trusted: {is_trusted}");
    }
}

//! `hindsight healthcheck`: whether a server answers where the settings say that it listens.
//!
//! For containers and the like, which have no other program to ask with.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::own_certificate;
use crate::config::Settings;

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Asks whether the server can do its work (/readyz), and not only whether it lives (/healthz).
    #[arg(long)]
    ready: bool,
    /// How many seconds the answer may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 3)]
    timeout: u64,
}

/// Runs the command.
pub async fn run(settings: Settings, arguments: Arguments) -> anyhow::Result<()> {
    let address = reached(settings.server.listen)?;
    let path = if arguments.ready { "/readyz" } else { "/healthz" };
    let within = Duration::from_secs(arguments.timeout);
    let status = tokio::time::timeout(within, ask(&settings, address, path)).await;
    let seconds = arguments.timeout;
    let status = status
        .with_context(|| format!("{address} gave no answer within {seconds} s"))?
        .with_context(|| format!("no server of these settings answers on {address}"))?;
    if status != StatusCode::OK {
        bail!("{address} answers {path} with {status}");
    }
    Ok(writeln!(io::stdout(), "{address} answers {path} with {status}")?)
}

/// Where a server that listens there is reached from the same machine.
fn reached(listen: SocketAddr) -> anyhow::Result<SocketAddr> {
    if listen.port() == 0 {
        bail!(
            "the settings have the server listen on any free port, which nobody else knows: \
             name one in `server.listen`, or here with --listen"
        );
    }
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Ok(SocketAddr::new(ip, listen.port()))
}

async fn ask(settings: &Settings, address: SocketAddr, path: &str) -> anyhow::Result<StatusCode> {
    let socket = TcpStream::connect(address).await?;
    if !settings.server.has_tls() {
        return answer(socket, address, path).await;
    }
    let tls = TlsConnector::from(Arc::new(own_certificate::trusted(&settings.server.tls_certificate)?));
    answer(tls.connect(address.ip().into(), socket).await?, address, path).await
}

async fn answer(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    address: SocketAddr,
    path: &str,
) -> anyhow::Result<StatusCode> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    let driven = tokio::spawn(connection);
    let request = Request::get(path).header(HOST, address.to_string()).body(Empty::<Bytes>::new())?;
    let status = sender.send_request(request).await?.status();
    driven.abort();
    Ok(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_asked_on_this_machine() {
        for (listen, asked) in [
            ("0.0.0.0:7700", Some("127.0.0.1:7700")),
            ("[::]:7700", Some("[::1]:7700")),
            ("192.0.2.7:80", Some("192.0.2.7:80")),
            ("127.0.0.1:0", None),
        ] {
            let reached = reached(listen.parse().expect("an address")).ok();
            assert_eq!(reached.map(|address| address.to_string()).as_deref(), asked, "{listen}");
        }
    }
}

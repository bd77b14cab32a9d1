//! The accept loop around `warp::service`.
//!
//! warp's own `serve` sets no header timeout, no limit on connections and no
//! deadline on shutdown, and speaks cleartext HTTP/2; so connections are accepted
//! here and served by hyper's HTTP/1.1, which does what its timer is told.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use warp::filters::BoxedFilter;
use warp::http::Request;

use super::{App, Response, router};
use crate::config;
use crate::stop::Stopping;

/// More header fields than this are refused (431).
const MAX_HEADERS: usize = 64;

/// All headers together, and hyper's read buffer, in bytes.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// How long to wait when the system has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A port that is taken and answers nobody yet.
pub struct Server {
    listener: TcpListener,
}

/// A server that can start at once.
pub struct Ready {
    listener: TcpListener,
    filter: BoxedFilter<(Response,)>,
    settings: config::Server,
}

impl Server {
    /// Takes the port.
    pub async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await? })
    }

    /// Where it listens: the port that was taken, if any free one was asked for.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Puts what is to be served behind the port.
    pub fn with(self, app: App) -> anyhow::Result<Ready> {
        let settings = app.settings.server.clone();
        Ok(Ready { listener: self.listener, filter: router::filter(app)?, settings })
    }
}

impl Ready {
    /// Serves until it is told to stop; then lets running requests end, for a while.
    pub async fn serve(self, mut stop: Stopping) {
        let Self { listener, filter, settings } = self;
        let service = warp::service(filter);
        let turns = Arc::new(Semaphore::new(settings.max_connections as usize));
        let graceful = GracefulShutdown::new();
        loop {
            // A full house stops accepting: those who wait do so in the system's queue.
            let turn = tokio::select! {
                turn = Arc::clone(&turns).acquire_owned() => turn.expect("it is never closed"),
                () = stop.wait() => break,
            };
            let (socket, _) = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::warn!(%error, "a connection was not accepted");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                },
                () = stop.wait() => break,
            };
            let connection = connection(socket, service.clone(), settings.header_timeout());
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                // A client that breaks off is no failure of ours.
                let _ = connection.await;
                drop(turn);
            });
        }
        drop(listener);
        tokio::select! {
            () = graceful.shutdown() => {}
            () = tokio::time::sleep(settings.shutdown_timeout()) => {
                tracing::warn!("some requests were cut off");
            }
        }
    }
}

fn connection<S>(
    socket: TcpStream,
    service: S,
    header_timeout: Duration,
) -> http1::Connection<TokioIo<TcpStream>, TowerToHyperService<S>>
where
    S: tower_service::Service<Request<Incoming>, Response = Response, Error = Infallible> + Clone,
{
    // Small answers must not wait for more to send.
    let _ = socket.set_nodelay(true);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEADER_BYTES)
        .serve_connection(TokioIo::new(socket), TowerToHyperService::new(service))
}

//! The listener of the figures: `GET /metrics`, and nothing else.
//!
//! It answers whoever reaches it, so it belongs on an address that only the collector
//! reaches.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use warp::http::{Method, Request, Response, StatusCode, header};

use super::collect;
use crate::stop::Stopping;
use crate::web::App;

/// Connections at the same time: collectors are few.
const MOST_CONNECTIONS: usize = 16;

/// How long a request's head may take, and a connection be silent.
const PATIENCE: Duration = Duration::from_secs(30);

/// The media type of the format.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A port that is taken for the figures.
pub struct Metrics(TcpListener);

impl Metrics {
    /// Takes the port.
    pub async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        TcpListener::bind(address).await.map(Self)
    }

    /// Where it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Answers until the server stops.
    pub async fn serve(self, app: App, mut stopping: Stopping) {
        let turns = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                accepted = self.0.accept() => accepted,
                () = stopping.wait() => return,
            };
            let socket = match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    tracing::warn!(%error, "the figures' listener took no connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            // One too many is closed.
            let Ok(turn) = Arc::clone(&turns).try_acquire_owned() else { continue };
            let (app, mut stopping) = (app.clone(), stopping.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = talk(socket, app) => {}
                    () = stopping.wait() => {}
                }
                drop(turn);
            });
        }
    }
}

async fn talk(socket: TcpStream, app: App) {
    let service = service_fn(move |request| {
        let app = app.clone();
        async move { Ok::<_, Infallible>(answer(&app, &request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(socket), service);
    // A collector that breaks off is no failure of ours.
    let _ = connection.await;
}

async fn answer(app: &App, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let (status, text) = match (request.uri().path(), is_read) {
        ("/metrics", true) => (StatusCode::OK, collect::figures(&app.now()).await),
        ("/metrics", false) => (StatusCode::METHOD_NOT_ALLOWED, "the figures are read with GET\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, "the figures are at /metrics\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let content_type = header::HeaderValue::from_static(CONTENT_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

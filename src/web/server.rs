//! The accept loop around `warp::service`.
//!
//! warp's own `serve` sets no header timeout, no limit on connections and no
//! deadline on shutdown, and speaks cleartext HTTP/2; so connections are accepted
//! here and served by hyper's HTTP/1.1, which does what its timer is told. Each
//! request is given what is known of its connection (`request::Arrival`).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use warp::filters::BoxedFilter;
use warp::http::{self, Request, Uri};

use super::framing::{Ambiguous, Watched};
use super::idle::{Attended, Idle, Seat};
use super::listener::Listener;
use super::peer::{Open, OpenOne, Peer};
use super::request::Arrival;
use super::stalling::Stalling;
use super::tls::Tls;
use super::unasked::{self, Dressing, Unasked};
use super::{App, Response, accounts, audited, look, operations, router};
use crate::config;
use crate::disk::Room;
use crate::measure;
use crate::stop::Stopping;

/// More header fields than this are refused (431).
const MAX_HEADERS: usize = 64;

/// All of a head, and hyper's read buffer, in bytes. The latter alone lets a head of nearly twice the size pass.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// How often the log hears of refusals that it was spared.
const SUMMARY_EVERY: Duration = Duration::from_secs(10);

/// A port that is taken and answers nobody yet.
pub struct Server {
    listener: Listener,
}

/// A server that can start at once.
pub struct Ready {
    listener: Listener,
    tls: Option<Tls>,
    filter: BoxedFilter<(Response,)>,
    app: App,
}

impl Server {
    /// Takes the port.
    pub async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        Ok(Self { listener: Listener::bind(address).await? })
    }

    /// Where it listens: the port that was taken, if any free one was asked for.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.address()
    }

    /// Puts what is to be served behind the port.
    pub fn with(self, app: App) -> anyhow::Result<Ready> {
        let tls = Tls::open(&app.settings.server)?;
        Ok(Ready { listener: self.listener, tls, filter: router::filter(app.clone())?, app })
    }
}

impl Ready {
    /// Serves until it is told to stop; then lets running requests end, for a while.
    pub async fn serve(self, mut stop: Stopping) {
        let Self { mut listener, tls, filter, app } = self;
        let turns = Arc::new(Semaphore::new(app.settings.server.max_connections as usize));
        let open = Open::default();
        let graceful = GracefulShutdown::new();
        tokio::spawn(summarise(app.clone(), stop.clone()));
        tokio::spawn(operations::keep_pace(app.clone(), stop.clone()));
        tokio::spawn(note_logins(app.clone(), stop.clone()));
        accounts::tried::restore(&app).await;
        tokio::spawn(accounts::tried::follow(app.clone(), stop.clone()));
        tokio::spawn(look::follow(app.clone()));
        tokio::spawn(audited::follow(app.clone(), stop.clone()));
        if let Some(tls) = tls.clone() {
            tokio::spawn(tls.follow(stop.clone()));
        }
        let service = warp::service(filter);
        let (idle, lines) = (Idle::default(), unasked::lines(app.public_url.starts_with("https://")));
        loop {
            let (socket, address) = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stop.wait() => break,
            };
            let peer = Peer::from(address.ip());
            let settings = app.live.now();
            let settings = &settings.server;
            let Ok(place) = place_of(peer, &open, settings) else { continue };
            // While the house is full of work nothing is accepted: those who wait do so in the system's queue.
            let turn = tokio::select! {
                turn = turn_of(&turns, &idle) => turn,
                () = stop.wait() => break,
            };
            let visit = Visit {
                service: service.clone(),
                peer,
                tls: tls.clone(),
                patience: settings.header_timeout(),
                send_timeout: settings.send_timeout(),
                seat: idle.seat(),
                lines: lines.clone(),
                watcher: graceful.watcher(),
                stop: stop.clone(),
            };
            let open = measure::CONNECTIONS.hold();
            tokio::spawn(async move {
                visit.serve(socket).await;
                drop((turn, place, open));
            });
        }
        drop(listener);
        tokio::select! {
            () = graceful.shutdown() => {}
            () = tokio::time::sleep(app.live.now().server.shutdown_timeout()) => {
                tracing::warn!("some requests were cut off");
            }
        }
        app.write_looks().await;
        accounts::tried::write(&app).await;
    }
}

/// How often it is looked again for a connection that has nothing to do.
const MAKE_ROOM_EVERY: Duration = Duration::from_millis(100);

/// A turn among the connections, at the cost of one that has nothing to do where all are taken.
async fn turn_of(turns: &Arc<Semaphore>, idle: &Idle) -> OwnedSemaphorePermit {
    loop {
        if let Ok(turn) = Arc::clone(turns).try_acquire_owned() {
            return turn;
        }
        idle.close_longest();
        let waiting = tokio::time::timeout(MAKE_ROOM_EVERY, Arc::clone(turns).acquire_owned());
        if let Ok(turn) = waiting.await {
            return turn.expect("it is never closed");
        }
    }
}

/// A network that has as many connections open as it may.
struct TooMany;

/// The connection's place among those of its network, where that is limited.
fn place_of(peer: Peer, open: &Open, settings: &config::Server) -> Result<Option<OpenOne>, TooMany> {
    let limit = settings.max_connections_per_address;
    let is_proxy = settings.trusted_proxies.contain(peer.address());
    if limit == 0 || is_proxy || (peer.is_private() && !settings.limit_private_addresses) {
        return Ok(None);
    }
    open.one_more(peer, limit).map(Some).ok_or_else(|| {
        tracing::debug!(network = peer.truncated(), "one connection too many was closed");
        TooMany
    })
}

/// How often it is written down when logins were used.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// Writes down when logins were used, now and then and at the end.
async fn note_logins(app: App, mut stop: Stopping) {
    if app.settings.accounts.login == config::Login::None {
        return;
    }
    let mut goes_on = true;
    while goes_on {
        goes_on = tokio::time::timeout(SEEN_EVERY, stop.wait()).await.is_err();
        if app.store.disk().room() != Room::ReadOnly {
            accounts::session::write_seen(&app).await;
        }
    }
}

async fn summarise(app: App, mut stop: Stopping) {
    while tokio::time::timeout(SUMMARY_EVERY, stop.wait()).await.is_err() {
        app.refusals.summarise();
        write_sightings(&app).await;
    }
    write_sightings(&app).await;
}

/// What pages asked for and were refused outlives the server.
async fn write_sightings(app: &App) {
    if app.store.disk().room() != Room::ReadOnly
        && let Err(error) = app.sightings.write(&app.store).await
    {
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            "what pages asked for was not written down"
        );
    }
}

/// Gives each request of a connection what is known of it.
struct Arriving<S> {
    service: S,
    arrival: Arrival,
    unasked: Unasked,
    seat: Seat,
}

impl<S, B> hyper::service::Service<Request<Incoming>> for Arriving<S>
where
    S: tower_service::Service<Request<Incoming>, Response = http::Response<B>, Error = Infallible> + Clone,
    S::Future: Send + 'static,
    B: Body,
{
    type Response = http::Response<Attended<B>>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.unasked.is_asked();
        let busy = self.seat.work();
        // `CONNECT host:port` has no path, on which warp panics; no path takes the method either.
        if request.uri().path_and_query().is_none() {
            *request.uri_mut() = Uri::from_static("/");
        }
        request.extensions_mut().insert(self.arrival.clone());
        let answer = self.service.clone().call(request);
        answer.map(|answer| answer.map(|answer| answer.map(|body| Attended::new(body, busy)))).boxed()
    }
}

/// One connection, as long as it is open.
struct Visit<S> {
    service: S,
    peer: Peer,
    tls: Option<Tls>,
    /// How long to wait for a handshake, and then for each head.
    patience: Duration,
    /// How long to wait until a client takes more of an answer.
    send_timeout: Duration,
    seat: Seat,
    /// What is added to what hyper says by itself.
    lines: Bytes,
    watcher: Watcher,
    stop: Stopping,
}

impl<S, B> Visit<S>
where
    S: tower_service::Service<Request<Incoming>, Response = http::Response<B>, Error = Infallible> + Clone,
    S::Future: Send + 'static,
    B: Body + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// Answers requests until either side has enough.
    async fn serve(mut self, socket: TcpStream) {
        // Small answers must not wait for more to send.
        let _ = socket.set_nodelay(true);
        match self.tls.take() {
            None => self.answer(socket, false).await,
            // In a box, or each plain connection would have the room for a TLS session as well.
            Some(tls) => Box::pin(self.serve_encrypted(tls, socket)).await,
        }
    }

    async fn serve_encrypted(mut self, tls: Tls, socket: TcpStream) {
        let shaken = tokio::select! {
            shaken = tls.shake_hands(socket, self.patience) => shaken,
            () = self.seat.is_needed() => return,
            () = self.stop.wait() => return,
        };
        match shaken {
            Ok(socket) => self.answer(socket, true).await,
            Err(error) => {
                tracing::debug!(%error, network = self.peer.truncated(), "no agreement on encryption");
            }
        }
    }

    async fn answer(self, socket: impl AsyncRead + AsyncWrite + Unpin + 'static, is_tls: bool) {
        let ambiguous = Ambiguous::default();
        let arrival = Arrival { peer: self.peer, is_tls, ambiguous: ambiguous.clone() };
        let (unasked, seat) = (Unasked::default(), self.seat.clone());
        let socket = Dressing::new(Stalling::new(socket, self.send_timeout), unasked.clone(), self.lines);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.patience)
            .max_headers(MAX_HEADERS)
            .max_header_size(MAX_HEADER_BYTES)
            .max_buf_size(MAX_HEADER_BYTES)
            .serve_connection(
                TokioIo::new(Watched::new(socket, ambiguous)),
                Arriving { service: self.service, arrival, unasked, seat: self.seat },
            );
        tokio::select! {
            // A client that breaks off is no failure of ours.
            _ = self.watcher.watch(connection) => {}
            () = seat.is_needed() => {}
        }
    }
}

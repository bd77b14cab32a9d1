//! The floor of HTTP: a warp filter that reads the body and answers 200.
//!
//! It is served as the server serves its own, but for what the server does to be safe
//! on the internet; it runs in a process of its own, so that its CPU time can be read.

use std::io::Write as _;

use anyhow::Context as _;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use warp::Filter as _;

use crate::process::Process;

/// Starts the echo server as a process.
pub fn start() -> anyhow::Result<Process> {
    Process::start(std::process::Command::new(std::env::current_exe()?).arg("echo"))
}

/// Is the echo server, until it is killed.
pub fn run() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> anyhow::Result<()> {
    let filter = warp::body::bytes().map(|body: warp::hyper::body::Bytes| body.len().to_string());
    let service = warp::service(filter);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "ready http://{}", listener.local_addr()?)?;
    loop {
        let (socket, _) = listener.accept().await.context("the echo server cannot accept")?;
        socket.set_nodelay(true)?;
        let service = TowerToHyperService::new(service);
        tokio::spawn(async move {
            // A client that breaks off is the end of its connection only.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

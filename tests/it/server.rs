//! Starting the server for a test, and speaking HTTP to it over a plain socket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use hindsight::clock::Clock;
use hindsight::config::{Login, Settings};
use hindsight::finish::reports::{self, Orders};
use hindsight::finish::{Inspection, Worker};
use hindsight::model::{Connection, ConnectionId};
use hindsight::plugins::{Host, Loader, Metering};
use hindsight::stop::{self, Stopper, Stopping};
use hindsight::store::{Store, connections};
use hindsight::web::{App, Server, Start};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// When tests happen: 2026-01-01T00:00:00Z.
pub const NOW: i64 = 1_767_225_600_000;

/// A whole page load, as small as it can be: Meta, full snapshot, one click.
pub fn page_load(at: i64, url: &str, text: &str) -> String {
    format!(
        r#"[{{"type":4,"data":{{"href":"{url}","width":800,"height":600}},"timestamp":{at}}},
        {{"type":2,"data":{{"node":{{"type":0,"childNodes":[{{"type":2,"tagName":"html","attributes":{{}},"childNodes":[
        {{"type":2,"tagName":"body","attributes":{{}},"childNodes":[{{"type":3,"textContent":"{text}","id":4}}],"id":3}}],"id":2}}],"id":1}},
        "initialOffset":{{"left":0,"top":0}}}},"timestamp":{}}},
        {{"type":3,"data":{{"source":2,"type":2,"id":3,"x":1,"y":1}},"timestamp":{}}}]"#,
        at + 1,
        at + 2000,
    )
}

/// A server that runs in this process, with the clock in hand.
pub struct TestServer {
    pub address: SocketAddr,
    pub clock: Clock,
    pub store: Store,
    pub app: App,
    pub settings: Settings,
    /// The connection that tests record to.
    pub connection: Connection,
    pub stopping: Stopping,
    pub stopper: Stopper,
    pub plugins: Host,
    /// The end at which reports are made.
    pub orders: Orders,
    serving: JoinHandle<()>,
    _folder: TempDir,
}

impl TestServer {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut settings = Settings::load(None, Default::default()).expect("the defaults");
        settings.server.data_dir = folder.path().to_owned();
        settings.plugins.folder = folder.path().join("plugins");
        settings.accounts.login = Login::None;
        settings.server.public_url = "http://test".to_owned();
        change(&mut settings);
        let (store, _closing) = Store::open(folder.path(), &settings.store).expect("a new database");
        let server = Server::bind(([127, 0, 0, 1], 0).into()).await.expect("a free port");
        let address = server.address().expect("bound");
        let clock = Clock::by_hand(NOW);
        let (stopper, stopping) = stop::channel();
        let (reports, orders) = reports::channel();
        let plugins = open_plugins(&settings);
        let app = App::new(Start {
            plugins: plugins.clone(),
            reports,
            settings: settings.clone(),
            clock: clock.clone(),
            store: store.clone(),
            public_url: settings.public_url(address),
            demo: None,
            stopping: stopping.clone(),
        })
        .expect("the app starts");
        let serving = tokio::spawn(server.with(app.clone()).expect("routes").serve(stopping.clone()));
        let connection = add_connection(&store, "Shop").await;
        Self {
            address,
            clock,
            store,
            app,
            settings,
            connection,
            stopping,
            stopper,
            plugins,
            orders,
            serving,
            _folder: folder,
        }
    }

    /// Stops the server, and starts another one on the same data.
    pub async fn start_anew(&mut self) {
        self.stopper.stop();
        (&mut self.serving).await.expect("it stops");
        let server = Server::bind(([127, 0, 0, 1], 0).into()).await.expect("a free port");
        self.address = server.address().expect("bound");
        (self.stopper, self.stopping) = stop::channel();
        let (reports, orders) = reports::channel();
        self.orders = orders;
        self.app = App::new(Start {
            plugins: self.plugins.clone(),
            reports,
            settings: self.settings.clone(),
            clock: self.clock.clone(),
            store: self.store.clone(),
            public_url: self.settings.public_url(self.address),
            demo: None,
            stopping: self.stopping.clone(),
        })
        .expect("the app starts");
        let ready = server.with(self.app.clone()).expect("routes");
        self.serving = tokio::spawn(ready.serve(self.stopping.clone()));
    }

    /// The path of a batch of the shop.
    pub fn batch_path(&self, session: &str, stream: &str, seq: i64) -> String {
        format!("/ingest/{}/{session}/{stream}/{seq}", self.connection.write_key)
    }

    pub async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(&request("POST", path, &[], body.as_bytes())).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(&request("GET", path, &["Accept: text/html"], b"")).await
    }

    /// Sends raw bytes on a connection of their own and reads the answer to its end.
    pub async fn send(&self, bytes: &[u8]) -> Answer {
        let (address, bytes) = (self.address, bytes.to_vec());
        tokio::task::spawn_blocking(move || exchange(address, &bytes)).await.expect("a socket thread")
    }

    /// Completes and finishes the sessions that are over by the clock in hand, and erases what is to be.
    pub async fn catch_up(&self) {
        let (store, clock, plugins) = (self.store.clone(), self.clock.clone(), self.plugins.clone());
        let mut inspection = Inspection::new(store, clock, plugins, reports::channel().1);
        // Plugins over the past may have sessions written anew, and then look at them.
        for _ in 0..2 {
            self.finish().await;
            inspection.catch_up(&self.stopping).await.expect("nothing fails");
        }
    }

    /// The same without plugins that look at what is finished.
    pub async fn finish(&self) {
        let (store, clock, plugins) = (self.store.clone(), self.clock.clone(), self.plugins.clone());
        let mut worker = Worker::new(store, clock, self.settings.clone(), plugins);
        worker.catch_up(&self.stopping).await.expect("nothing fails");
    }

    pub fn sessions_path(&self) -> String {
        sessions_path(self.connection.id)
    }
}

/// Plugins as a server has them. What was compiled is kept for other tests, by its content.
fn open_plugins(settings: &Settings) -> Host {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin-code");
    let built_ins = hindsight::cli::plugin::built_ins();
    let loader = Loader::new(&settings.plugins, &cache, built_ins.script_engine, Metering::Time)
        .expect("an engine")
        .with_compiler(env!("CARGO_BIN_EXE_hindsight").into());
    let plugins = Host::with_loader(loader, &settings.plugins, built_ins);
    plugins.refresh();
    plugins
}

pub fn sessions_path(connection: ConnectionId) -> String {
    format!("/connections/{connection}/sessions")
}

pub async fn add_connection(store: &Store, name: &'static str) -> Connection {
    let key = format!("hk_test_{}", name.to_lowercase());
    let added = store.write(move |conn| connections::add(conn, name, &key, NOW)).await;
    added.expect("the store writes").expect("a new name")
}

/// A request with a length, for a connection that is closed after it.
pub fn request(method: &str, path: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for header in headers {
        head += &format!("{header}\r\n");
    }
    let mut bytes = format!("{head}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The header lines, names in lower case.
    pub headers: Vec<String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

pub fn exchange(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut socket = TcpStream::connect(address).expect("the server accepts");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let mut writer = socket.try_clone().expect("a second handle");
    let bytes = bytes.to_vec();
    // A server may answer, and stop reading, before all is sent.
    let sending = std::thread::spawn(move || drop(writer.write_all(&bytes)));
    let mut answer = Vec::new();
    let read = socket.read_to_end(&mut answer);
    assert!(!answer.is_empty(), "no answer: {read:?}");
    sending.join().expect("the sender does not panic");
    parse(&answer)
}

/// Reads an answer that ended with its connection.
pub fn parse(answer: &[u8]) -> Answer {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        format!("{}: {value}", name.to_lowercase())
    });
    let mut answer = Answer {
        status: status.parse().expect("a status"),
        headers: headers.collect(),
        body: answer[end + 4..].to_vec(),
    };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = without_chunks(&answer.body);
    }
    answer
}

/// A body whose length was not known before it was sent.
fn without_chunks(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|window| window == b"\r\n") {
        let length = std::str::from_utf8(&body[..end]).expect("a length");
        let length = usize::from_str_radix(length, 16).expect("a length");
        let chunk = &body[end + 2..];
        whole.extend_from_slice(&chunk[..length]);
        body = &chunk[length + 2..];
    }
    whole
}

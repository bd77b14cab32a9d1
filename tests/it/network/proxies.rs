//! The samples of `docs/proxy` as they are, but for ports and certificate, in front of the server.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hindsight::config::Login;
use hindsight::model::Role;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use super::secure::{Client, Files, NAME, read_until, write_pair};
use crate::command_line::folder;
use crate::pages::{assert_reads, words};
use crate::server::{NOW, TestServer, page_load, parse, request};

const NGINX: &str = include_str!("../../../docs/proxy/nginx.conf");
const CADDY: &str = include_str!("../../../docs/proxy/Caddyfile");

/// Nothing of what a proxy needs takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A proxy in front of a server, ended with the test.
struct Proxy {
    child: Child,
    address: SocketAddr,
    files: Files,
    _folder: TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // nginx ends its workers only when it is asked to.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// The sample with each text replaced, which has to be there.
fn filled(sample: &str, replacements: &[(&str, String)]) -> String {
    replacements.iter().fold(sample.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the sample has no {from:?}");
        text.replace(from, to)
    })
}

fn is_installed(program: &str) -> bool {
    let found = Command::new(program).arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}

impl Proxy {
    /// Starts a program and waits until its port is open.
    fn start(command: &mut Command, port: u16, files: Files, folder: TempDir) -> Self {
        let log = std::fs::File::create(folder.path().join("log")).expect("a file");
        command.stdout(Stdio::null()).stderr(log).env("HOME", folder.path());
        let address = ([127, 0, 0, 1], port).into();
        let mut proxy = Self { child: command.spawn().expect("it starts"), address, files, _folder: folder };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            let log = || std::fs::read_to_string(proxy._folder.path().join("log")).unwrap_or_default();
            assert!(matches!(proxy.child.try_wait(), Ok(None)), "it ended: {}", log());
            assert!(Instant::now() < deadline, "no port: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        proxy
    }

    fn nginx(server: SocketAddr) -> Self {
        Self::nginx_with(server, "")
    }

    /// nginx as it asks for a password by itself, and names the user.
    fn nginx_that_asks(server: SocketAddr) -> Self {
        let users = "auth_basic \"Hindsight\"; auth_basic_user_file HERE/users; \
                     proxy_set_header Remote-User $remote_user;";
        Self::nginx_with(server, users)
    }

    fn nginx_with(server: SocketAddr, more: &str) -> Self {
        let (folder, port) = (folder(), free_port());
        write(folder.path(), "users", "ada:{PLAIN}tea kettle\neve:{PLAIN}coffee pot\n");
        let files = write_pair(folder.path());
        let here = folder.path().display();
        let site = filled(
            NGINX,
            &[
                ("server 127.0.0.1:7700;", format!("server {server};")),
                ("listen 80;", format!("listen 127.0.0.1:{};", free_port())),
                ("listen 443 ssl", format!("listen 127.0.0.1:{port} ssl")),
                (
                    "/etc/letsencrypt/live/hindsight.example.org/fullchain.pem",
                    files.certificate.display().to_string(),
                ),
                ("/etc/letsencrypt/live/hindsight.example.org/privkey.pem", files.key.display().to_string()),
                (
                    "proxy_set_header Host $host;",
                    format!(
                        "proxy_set_header Host $host; {}",
                        more.replace("HERE", &folder.path().display().to_string())
                    ),
                ),
            ],
        );
        let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
        let whole = format!(
            "{user} daemon off; pid {here}/pid; error_log stderr; events {{}}\nhttp {{ access_log off; \
             client_body_temp_path {here}/body; proxy_temp_path {here}/proxy;\n{site} }}"
        );
        let file = write(folder.path(), "nginx.conf", &whole);
        Self::start(Command::new("nginx").args(["-e", "stderr", "-c", &file]), port, files, folder)
    }

    fn caddy(server: SocketAddr) -> Self {
        let (folder, port) = (folder(), free_port());
        let files = write_pair(folder.path());
        let tls = format!("tls {} {}", files.certificate.display(), files.key.display());
        let site = filled(
            CADDY,
            &[
                (
                    "\nhindsight.example.org {",
                    format!("\nhttps://{NAME}:{port} {{\n\tbind 127.0.0.1\n\t{tls}"),
                ),
                ("reverse_proxy 127.0.0.1:7700", format!("reverse_proxy {server}")),
            ],
        );
        let file = write(
            folder.path(),
            "Caddyfile",
            &format!("{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n{site}"),
        );
        let mut command = Command::new("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config", &file]);
        command.env("XDG_DATA_HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path());
        Self::start(&mut command, port, files, folder)
    }

    /// A visitor at this address.
    fn client(&self, from: [u8; 4]) -> Client<'_> {
        Client::new(self.address, &self.files.pem).at(from)
    }
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path.to_string_lossy().into_owned()
}

/// A server that is set up as the samples say.
async fn server() -> TestServer {
    TestServer::start_with(|settings| {
        settings.server.public_url = format!("https://{NAME}");
        settings.server.trusted_proxies = "127.0.0.1".parse().expect("an address");
    })
    .await
}

#[tokio::test]
async fn nginx_works_as_in_the_sample() {
    if is_installed("nginx") {
        let server = server().await;
        let proxy = Proxy::nginx(server.address);
        check(&server, &proxy).await;
    }
}

#[tokio::test]
async fn nginx_says_who_somebody_is_and_nobody_forges_it() {
    if !is_installed("nginx") {
        return;
    }
    let server = TestServer::start_with(|settings| {
        settings.server.public_url = format!("https://{NAME}");
        settings.server.trusted_proxies = "127.0.0.1".parse().expect("an address");
        settings.accounts.login = Login::Required;
        settings.accounts.proxy_header = "Remote-User".to_owned();
        settings.accounts.external.role.0 = Some(Role::Admin);
    })
    .await;
    let proxy = Proxy::nginx_that_asks(server.address);
    let visitor = proxy.client([127, 0, 0, 2]);
    let ask = |headers: &[&str]| {
        let bytes = request("GET", "/account", headers, b"");
        String::from_utf8(bytes)
            .expect("text")
            .replace("Host: localhost", &format!("Host: {NAME}"))
            .into_bytes()
    };
    let login = |pair: &str| format!("Authorization: Basic {}", STANDARD.encode(pair));
    let ada = login("ada:tea kettle");
    for forged in [&[&*ada][..], &[&ada, "Remote-User: eve"], &[&ada, "remote_user: eve", "REMOTE-USER: eve"]]
    {
        let page = visitor.send(&ask(forged)).await;
        assert!(page.status == 200 && page.header("set-cookie").is_none(), "{forged:?}: {}", page.text());
        assert!(words(&page).contains("Name ada Role"), "{forged:?}: {}", words(&page));
    }
    assert_eq!(visitor.send(&ask(&["Remote-User: ada"])).await.status, 401, "the proxy asks first");
    assert_eq!(visitor.send(&ask(&[&login("ada:guessed"), "Remote-User: ada"])).await.status, 401);
    // Around the proxy.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 2], 0).into()).expect("bound");
    let mut socket = socket.connect(server.address).await.expect("connected");
    socket.write_all(&ask(&["Remote-User: ada", "Accept: text/html"])).await.expect("sent");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.expect("answered");
    assert_eq!(parse(&answer).header("location"), Some("/login?next=%2Faccount"));
}

#[tokio::test]
async fn caddy_works_as_in_the_sample() {
    if is_installed("caddy") {
        let server = server().await;
        let proxy = Proxy::caddy(server.address);
        check(&server, &proxy).await;
    }
}

async fn check(server: &TestServer, proxy: &Proxy) {
    // A visitor who is not where the proxy is.
    let visitor = proxy.client([127, 0, 0, 2]);
    let host = format!("Host: {NAME}");
    let ask = |method: &str, path: &str, headers: &[&str], body: &[u8]| {
        let bytes = request(method, path, headers, body);
        String::from_utf8(bytes).expect("text").replace("Host: localhost", &host).into_bytes()
    };

    let doctor = format!("/connections/{}/settings/doctor", server.connection.id);
    let found = "You look like 127.0.0.2 over https, by way of the proxy at 127.0.0.1.";
    assert_reads(&visitor.send(&ask("GET", &doctor, &[], b"")).await, &[found]);
    let forged = [
        "X-Forwarded-For: 198.51.100.7",
        "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-Proto: http",
        "X-Forwarded-Host: evil.example",
    ];
    assert_reads(&visitor.send(&ask("GET", &doctor, &forged, b"")).await, &[found]);

    let install = format!("/connections/{}/settings/install", server.connection.id);
    let page = visitor.send(&ask("GET", &install, &forged, b"")).await;
    assert!(
        words(&page).contains(&format!("https://{NAME}/hindsight.js"))
            && !page.text().contains("evil.example")
    );
    assert_eq!(page.header("strict-transport-security"), Some("max-age=31536000"));

    live_updates_come_at_once(server, &visitor, &ask).await;

    let text: String = (0..500_000).map(|number| format!("{number:07} ")).collect();
    let large = page_load(NOW, "https://shop.example/", &text);
    let path = server.batch_path("session-of-4-mb-000", "stream-0000000001", 0);
    let stored = visitor.send(&ask("POST", &path, &[], large.as_bytes())).await;
    assert_eq!(stored.status, 200, "{} bytes: {}", large.len(), stored.text());

    let origin = format!("Origin: https://{NAME}");
    let pin = format!("{}/session-of-4-mb-000/pin", server.sessions_path());
    assert_eq!(visitor.send(&ask("POST", &pin, &[&origin], b"pinned=1")).await.status, 303, "a form of ours");
    assert_eq!(
        visitor.send(&ask("POST", &pin, &["Origin: https://evil.example"], b"pinned=1")).await.status,
        403
    );
}

/// The page hears of a new session while its stream is open.
async fn live_updates_come_at_once(
    server: &TestServer,
    visitor: &Client<'_>,
    ask: &impl Fn(&str, &str, &[&str], &[u8]) -> Vec<u8>,
) {
    let live = format!("/connections/{}/live", server.connection.id);
    let mut stream = visitor.connect().await.expect("a handshake");
    let keeps =
        String::from_utf8(ask("GET", &live, &[], b"")).expect("text").replace("Connection: close\r\n", "");
    stream.write_all(keeps.as_bytes()).await.expect("sent");
    read_until(&mut stream, "event:totals").await;
    let path = server.batch_path("session-0000000001", "stream-0000000001", 0);
    let upload = ask("POST", &path, &[], page_load(NOW, "https://shop.example/", "hello").as_bytes());
    assert_eq!(visitor.send(&upload).await.status, 200);
    let started = Instant::now();
    read_until(&mut stream, "event:totals").await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

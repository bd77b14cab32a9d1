//! A small server that is asked by ours.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

/// What it does with a request: bytes that are sent, one after the other, and pauses.
#[derive(Clone, Debug)]
pub enum Step {
    Send(String),
    Wait(Duration),
    /// Waits until the other end goes away.
    UntilGone,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub head: String,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// The server, with what it was asked.
pub struct Agent {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// How many connections went away while it waited for that.
    gone: Arc<Mutex<usize>>,
}

impl Agent {
    /// Answers the first request by the first list of steps and so on; the last one stays.
    pub async fn start(answers: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let agent = Self {
            address: listener.local_addr().expect("bound"),
            asked: Arc::default(),
            gone: Arc::default(),
        };
        let (asked, gone) = (Arc::clone(&agent.asked), Arc::clone(&agent.gone));
        tokio::spawn(async move {
            let mut next = 0;
            while let Ok((socket, _)) = listener.accept().await {
                let steps = answers[next.min(answers.len() - 1)].clone();
                next += 1;
                tokio::spawn(serve(socket, steps, Arc::clone(&asked), Arc::clone(&gone)));
            }
        });
        agent
    }

    pub async fn saying(status: u16, content_type: &str, body: &str) -> Self {
        Self::start(vec![vec![Step::Send(whole(status, content_type, body))]]).await
    }

    pub fn url(&self) -> String {
        format!("http://{}/ask?v=1", self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }

    pub fn gone(&self) -> usize {
        *self.gone.lock().expect("no panic")
    }
}

pub async fn serve(
    mut socket: impl AsyncRead + AsyncWrite + Unpin,
    steps: Vec<Step>,
    asked: Arc<Mutex<Vec<Asked>>>,
    gone: Arc<Mutex<usize>>,
) {
    let Some(request) = read(&mut socket).await else { return };
    asked.lock().expect("no panic").push(request);
    for step in steps {
        match step {
            Step::Send(text) => {
                if socket.write_all(text.as_bytes()).await.is_err() || socket.flush().await.is_err() {
                    return;
                }
            }
            Step::Wait(time) => tokio::time::sleep(time).await,
            Step::UntilGone => {
                let mut rest = [0; 16];
                // Either an end or an error: nobody is there any more.
                let _ = socket.read(&mut rest).await;
                *gone.lock().expect("no panic") += 1;
            }
        }
    }
    let _ = socket.shutdown().await;
}

async fn read(socket: &mut (impl AsyncRead + Unpin)) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lengths = head
                .lines()
                .filter_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let length: usize = lengths.next_back().unwrap_or_default();
            if body.len() >= length {
                return Some(Asked { head: head.to_owned(), body: body.to_owned() });
            }
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// An answer that comes at once.
pub fn whole(status: u16, content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The head of one that ends with its connection, and its pieces with pauses between them.
pub fn stream(content_type: &str, pieces: &[&str]) -> Vec<Step> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nConnection: close\r\n\r\n");
    let mut steps = vec![Step::Send(head)];
    for piece in pieces {
        steps.extend([Step::Wait(Duration::from_millis(5)), Step::Send((*piece).to_owned())]);
    }
    steps
}

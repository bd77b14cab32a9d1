//! One connection to the server, kept open from request to request.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::server::{Answer, parse};

/// Nothing takes longer to be answered.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// A client that opens a connection when it has none.
pub struct Client {
    address: SocketAddr,
    socket: Option<TcpStream>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, socket: None }
    }

    /// Sends a request on the open connection, or a new one. `None` when it is closed without an answer.
    pub fn send(&mut self, bytes: &[u8]) -> Option<Answer> {
        let mut socket = self.socket.take().unwrap_or_else(|| connect(self.address));
        let writing = write_aside(&socket, bytes.to_vec());
        let answer = read_answer(&mut socket);
        let closes = answer.as_ref().is_none_or(|answer| answer.header("connection") == Some("close"));
        if closes {
            // The rest of what is being written is nobody's business any more.
            let _ = socket.shutdown(std::net::Shutdown::Both);
        } else {
            self.socket = Some(socket);
        }
        writing.join().expect("the writer does not panic");
        answer
    }
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).expect("the server accepts");
    socket.set_read_timeout(Some(ANSWER_WITHIN)).expect("a timeout");
    socket.set_nodelay(true).expect("a switch");
    socket
}

/// A server may answer, and stop reading, before all is sent.
fn write_aside(socket: &TcpStream, bytes: Vec<u8>) -> std::thread::JoinHandle<()> {
    let mut writer = socket.try_clone().expect("a second handle");
    std::thread::spawn(move || drop(writer.write_all(&bytes)))
}

/// Reads one answer, which has a length or no body. `None` when the connection ends before.
pub fn read_answer(socket: &mut TcpStream) -> Option<Answer> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match socket.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            Ok(_) => return None,
            Err(error) => {
                let is_late =
                    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
                assert!(!is_late, "no answer in time");
                return None;
            }
        }
    }
    let mut answer = parse(&head);
    let length = answer.header("content-length").map_or(0, |length| length.parse().expect("a length"));
    answer.body = vec![0; length];
    socket.read_exact(&mut answer.body).ok()?;
    Some(answer)
}

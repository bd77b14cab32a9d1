//! The port: taking connections from the system, also when it has none to give.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// How long to wait when the system has no more sockets to give: at first, and at most.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A port that is taken.
pub struct Listener {
    listener: TcpListener,
    /// Since the last connection nothing but errors came, and this is waited for after the next.
    pause: Duration,
}

impl Listener {
    /// Takes the port.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, pause: SHORTEST_PAUSE })
    }

    /// Where it listens: the port that was taken, if any free one was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The next connection. What the system refuses is tried again after a while, a longer
    /// one each time; the log hears of the first, and of each that waits longer.
    pub async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(accepted) => {
                    self.pause = SHORTEST_PAUSE;
                    return accepted;
                }
                Err(error) if is_of_one_client(&error) => {}
                Err(error) => {
                    if self.pause < LONGEST_PAUSE {
                        tracing::warn!(%error, "a connection was not accepted");
                    }
                    tokio::time::sleep(self.pause).await;
                    self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }
}

/// Whether a client went away before it was its turn, which says nothing of the next one.
fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind as E;
    matches!(error.kind(), E::ConnectionAborted | E::ConnectionReset | E::ConnectionRefused | E::Interrupted)
}

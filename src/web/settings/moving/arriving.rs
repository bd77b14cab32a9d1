//! A file on its way from the socket to the thread that reads it: a few pieces of it are in memory.

use std::io::{self, Read};

use hyper::body::Bytes;
use tokio::sync::mpsc;

/// Pieces that wait to be read.
const WAITING: usize = 8;

/// The end at which a file arrives.
pub struct Arrival(mpsc::Sender<Option<Bytes>>);

/// The end at which it is read. A file that was not said to be whole is cut off.
pub struct Pieces {
    pieces: mpsc::Receiver<Option<Bytes>>,
    piece: Bytes,
    is_over: bool,
}

/// Both ends of a file.
pub fn channel() -> (Arrival, Pieces) {
    let (sender, pieces) = mpsc::channel(WAITING);
    (Arrival(sender), Pieces { pieces, piece: Bytes::new(), is_over: false })
}

impl Arrival {
    /// The next piece came. Nobody may want it any more, which is no matter.
    pub async fn came(&self, piece: Bytes) {
        let _ = self.0.send(Some(piece)).await;
    }

    /// There was all of it.
    pub async fn ended(self) {
        let _ = self.0.send(None).await;
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !self.is_over {
            match self.pieces.blocking_recv() {
                Some(Some(piece)) => self.piece = piece,
                Some(None) => self.is_over = true,
                None => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the upload was cut off")),
            }
        }
        let some = self.piece.split_to(buffer.len().min(self.piece.len()));
        buffer[..some.len()].copy_from_slice(&some);
        Ok(some.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_whole_or_cut_off() {
        for is_whole in [true, false] {
            let (arrival, mut pieces) = channel();
            let reading = tokio::task::spawn_blocking(move || {
                let mut text = String::new();
                pieces.read_to_string(&mut text).map(|_| text)
            });
            arrival.came(Bytes::from_static(b"one ")).await;
            arrival.came(Bytes::from_static(b"two")).await;
            if is_whole {
                arrival.ended().await
            } else {
                drop(arrival)
            }
            let read = reading.await.expect("no panic");
            assert_eq!(read.ok(), is_whole.then(|| "one two".to_owned()));
        }
    }
}

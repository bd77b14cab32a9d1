//! Which open connections have nothing to do: one of them makes room when all places are
//! taken and somebody comes.
//!
//! Who has not asked for anything yet has nothing to do either, so a house that is full of
//! silent connections, from however many addresses, still lets in whoever has a request.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::Notify;

/// The connections that have nothing to do. Clones are about the same ones.
#[derive(Clone, Default)]
pub struct Idle(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    /// By how long they have waited: the first has the longest.
    seats: BTreeMap<u64, Arc<Notify>>,
    next: u64,
}

/// The place of one connection, which has nothing to do at first. Clones are the same place.
#[derive(Clone)]
pub struct Seat(Arc<Place>);

struct Place {
    idle: Idle,
    closing: Arc<Notify>,
    /// Its number among those that wait.
    number: Mutex<Option<u64>>,
}

/// A connection has something to do until this is dropped.
pub struct Busy(Seat);

impl Idle {
    /// Takes a place.
    pub fn seat(&self) -> Seat {
        let place = Place { idle: self.clone(), closing: Arc::default(), number: Mutex::default() };
        let seat = Seat(Arc::new(place));
        seat.rest();
        seat
    }

    /// Closes the connection that has had nothing to do for the longest time. False: all of them are at work.
    pub fn close_longest(&self) -> bool {
        let longest = self.0.lock().unwrap_or_else(PoisonError::into_inner).seats.pop_first();
        longest.is_some_and(|(_, closing)| {
            closing.notify_one();
            true
        })
    }
}

impl Seat {
    /// The connection was asked for something.
    pub fn work(&self) -> Busy {
        let number = self.number().take();
        if let Some(number) = number {
            self.0.idle.0.lock().unwrap_or_else(PoisonError::into_inner).seats.remove(&number);
        }
        Busy(self.clone())
    }

    /// Returns when the place is needed by somebody else.
    pub async fn is_needed(&self) {
        self.0.closing.notified().await;
    }

    fn rest(&self) {
        let mut number = self.number();
        let mut waiting = self.0.idle.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.next += 1;
        let own = waiting.next;
        waiting.seats.insert(own, Arc::clone(&self.0.closing));
        *number = Some(own);
    }

    fn number(&self) -> std::sync::MutexGuard<'_, Option<u64>> {
        self.0.number.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let number = self.number.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(number) = number {
            self.idle.0.lock().unwrap_or_else(PoisonError::into_inner).seats.remove(&number);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.rest();
    }
}

/// The body of an answer: until it is sent, the connection is at work.
pub struct Attended<B> {
    body: B,
    _busy: Busy,
}

impl<B> Attended<B> {
    /// Holds the connection at work for as long as the body is there.
    pub fn new(body: B, busy: Busy) -> Self {
        Self { body, _busy: busy }
    }
}

impl<B: Body + Unpin> Body for Attended<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is_closed(seat: &Seat) -> bool {
        tokio::time::timeout(std::time::Duration::from_millis(1), seat.is_needed()).await.is_ok()
    }

    #[tokio::test]
    async fn whoever_has_waited_longest_goes_first_and_whoever_works_stays() {
        let idle = Idle::default();
        let [first, second, third] = [idle.seat(), idle.seat(), idle.seat()];
        drop(first.work());
        let busy = second.work();
        assert!(idle.close_longest() && is_closed(&third).await && !is_closed(&first).await);
        assert!(idle.close_longest() && is_closed(&first).await && !is_closed(&second).await);
        assert!(!idle.close_longest(), "the other one works");
        drop(busy);
        assert!(idle.close_longest() && is_closed(&second).await);
        drop((first, second, third));
        drop(idle.seat());
        assert!(!idle.close_longest(), "who is gone has no place");
    }
}

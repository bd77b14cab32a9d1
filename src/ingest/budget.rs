//! How much of all bodies together may be in memory.
//!
//! A body takes its share piece by piece as it arrives, not when it is announced, and
//! gives it back when it is dropped: after its commit, or its refusal.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Refused;

/// The first piece of memory that a body gets.
const FIRST_PIECE: usize = 4 * 1024;

/// The bytes that all bodies share. Clones share them too.
#[derive(Clone)]
pub struct Budget(Arc<Semaphore>, usize);

impl Budget {
    /// A budget of so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes)), bytes)
    }

    /// How many bytes are taken, and how many there are.
    pub fn taken(&self) -> (usize, usize) {
        (self.1 - self.0.available_permits(), self.1)
    }

    /// An empty body of at most `limit` bytes.
    pub fn body(&self, limit: usize) -> Body {
        Body { budget: Some(self.clone()), ..Body::of_at_most(limit) }
    }
}

/// A body with its share of the budget.
pub struct Body {
    bytes: Vec<u8>,
    limit: usize,
    budget: Option<Budget>,
    share: Option<OwnedSemaphorePermit>,
}

impl Body {
    /// An empty body that has no part in a budget, for what is small by its limit.
    pub fn of_at_most(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit, budget: None, share: None }
    }

    /// Adds a piece. Refused when the body is too large, or all bodies together are.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Refused> {
        let length = self.bytes.len() + piece.len();
        if length > self.limit {
            return Err(Refused::BodyTooLarge { limit: self.limit });
        }
        if length > self.bytes.capacity() {
            let doubled = (self.bytes.capacity() * 2).clamp(FIRST_PIECE.min(self.limit), self.limit);
            self.grow(doubled.max(length))?;
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// What has arrived.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, with the share that has to be held as long as they are.
    pub fn into_parts(self) -> (Vec<u8>, Share) {
        (self.bytes, Share(self.share))
    }

    fn grow(&mut self, capacity: usize) -> Result<(), Refused> {
        if let Some(Budget(budget, _)) = &self.budget {
            let more = u32::try_from(capacity - self.bytes.capacity()).map_err(|_| Refused::Busy)?;
            let taken = Arc::clone(budget).try_acquire_many_owned(more).map_err(|_| Refused::Busy)?;
            match &mut self.share {
                Some(share) => share.merge(taken),
                None => self.share = Some(taken),
            }
        }
        self.bytes.reserve_exact(capacity - self.bytes.len());
        Ok(())
    }
}

/// Bytes that have no part in a budget.
impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::of_at_most(0) }
    }
}

/// Given back when it is dropped.
#[derive(Debug)]
pub struct Share(
    #[expect(dead_code, reason = "it is held for what its drop does")] Option<OwnedSemaphorePermit>,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_the_budget_and_give_it_back() {
        let budget = Budget::new(10_000);
        let mut first = budget.body(100_000);
        first.push(&[1; 9_000]).expect("within the budget");
        let mut second = budget.body(100_000);
        assert_eq!(second.push(&[2; 2_000]), Err(Refused::Busy));
        let (bytes, share) = first.into_parts();
        drop(bytes);
        assert_eq!(second.push(&[2; 2_000]), Err(Refused::Busy), "the share outlives the bytes");
        drop(share);
        second.push(&[2; 2_000]).expect("there is room again");
        assert_eq!(second.bytes(), [2; 2_000]);
        drop(second);
        assert_eq!(budget.0.available_permits(), 10_000);
    }

    #[test]
    fn a_body_of_crumbs_costs_at_most_twice_its_size() {
        let budget = Budget::new(1 << 20);
        let mut body = budget.body(100_000);
        for _ in 0..100_000 {
            body.push(b"x").expect("within both limits");
        }
        assert_eq!(body.push(b"x"), Err(Refused::BodyTooLarge { limit: 100_000 }));
        assert!(budget.0.available_permits() >= (1 << 20) - 100_000);
    }
}

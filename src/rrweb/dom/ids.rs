//! Which node has which id.

use std::collections::HashMap;

use super::tree::{NONE, Slot};

/// A page has at least room for this many ids.
const LEAST: usize = 4096;

/// How many ids there is room for with each node of the page.
const FOR_EACH_NODE: usize = 4;

/// From ids to nodes.
///
/// rrweb counts them up, so most are found in a list. Where ids are far larger than the
/// page, as late in a long visit, the list would grow with the visit: those are hashed.
#[derive(Debug, Default)]
pub struct Ids {
    low: Vec<Slot>,
    high: HashMap<i64, Slot>,
}

impl Ids {
    #[inline]
    pub fn get(&self, id: i64) -> Option<Slot> {
        let low = usize::try_from(id).ok().and_then(|id| self.low.get(id).copied());
        low.filter(|slot| *slot != NONE)
            .or_else(|| if self.high.is_empty() { None } else { self.high.get(&id).copied() })
    }

    /// Gives an id to a node of a page with `nodes` nodes.
    pub fn set(&mut self, id: i64, slot: Slot, nodes: usize) {
        let room = LEAST.max(nodes.saturating_mul(FOR_EACH_NODE));
        match usize::try_from(id) {
            Ok(id) if id < self.low.len() => self.low[id] = slot,
            Ok(id) if id < room => {
                self.low.resize(room, NONE);
                self.low[id] = slot;
            }
            _ => {
                self.high.insert(id, slot);
                return;
            }
        }
        if !self.high.is_empty() {
            self.high.remove(&id);
        }
    }

    /// Takes an id back, if it is this node's.
    pub fn clear(&mut self, id: i64, slot: Slot) {
        if self.get(id) != Some(slot) {
            return;
        }
        match usize::try_from(id).ok().and_then(|id| self.low.get_mut(id)) {
            Some(low) if *low == slot => *low = NONE,
            _ => {
                self.high.remove(&id);
            }
        }
    }
}

#[cfg(test)]
impl Ids {
    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        self.low.capacity() * size_of::<Slot>() + self.high.capacity() * size_of::<(i64, Slot)>()
    }
}

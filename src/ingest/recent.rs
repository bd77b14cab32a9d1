//! A map of bounded size that forgets what was not asked for lately.
//!
//! Two generations: when the young one is full it becomes the old one, and what the
//! old one held is forgotten. An entry that is asked for is young again. So no
//! flood of keys makes it grow, and no sweep through it is ever needed.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// See the module.
pub struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    generation: usize,
}

impl<K: Hash + Eq, V> Recent<K, V> {
    /// Holds at most this many entries, and always the latest half as many.
    pub fn new(entries: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), generation: (entries / 2).max(1) }
    }

    /// The entry, which counts as asking for it.
    pub fn get<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if let Some((key, value)) = self.old.remove_entry(key) {
            self.insert(key, value);
        }
        self.young.get_mut(key)
    }

    /// Adds an entry, or replaces it.
    pub fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.generation && !self.young.contains_key(&key) {
            self.turn();
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    /// Forgets an entry.
    pub fn remove<Q>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.young.remove(key);
        self.old.remove(key);
    }

    /// Forgets what was not asked for since the last turn.
    pub fn turn(&mut self) {
        self.old = std::mem::take(&mut self.young);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_pushes_out_what_is_not_asked_for() {
        let mut recent = Recent::new(100);
        recent.insert(-1, "asked for");
        recent.insert(-2, "forgotten");
        for number in 0..10_000 {
            recent.insert(number, "flood");
            assert!(recent.get(&-1).is_some());
            assert!(recent.young.len() + recent.old.len() <= 100);
        }
        assert!(recent.get(&-2).is_none());
    }

    #[test]
    fn what_is_removed_or_replaced_is_gone() {
        let mut recent = Recent::new(4);
        recent.insert(1, "a");
        recent.turn();
        recent.insert(1, "b");
        assert_eq!(recent.get(&1), Some(&mut "b"));
        recent.remove(&1);
        assert_eq!(recent.get(&1), None);
    }
}

//! Counters of things that have names, such as plugins: few, and seldom counted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Count, Durations};

/// More names than this are counted together under the last: names end up in whatever keeps
/// the figures.
const MAX_NAMES: usize = 200;

/// What stands for all names beyond that.
const OTHERS: &str = "others";

/// A counter for each name.
pub struct ByName<T>(Mutex<BTreeMap<String, Arc<T>>>);

impl<T: Default> ByName<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// The counter of a name.
    pub fn of(&self, name: &str) -> Arc<T> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counter) = known.get(name) {
            return Arc::clone(counter);
        }
        let name = if known.len() < MAX_NAMES { name } else { OTHERS };
        Arc::clone(known.entry(name.to_owned()).or_default())
    }

    /// All of them.
    pub fn all(&self) -> BTreeMap<String, Arc<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Runs of one plugin.
#[derive(Debug, Default)]
pub struct Runs {
    /// Those that ended well.
    pub done: Count,
    /// Those that failed.
    pub failed: Count,
    /// The CPU time of each.
    pub cpu: Durations,
}

impl Runs {
    /// One more run.
    pub fn note(&self, well: bool, cpu: Duration) {
        if well {
            self.done.add(1)
        } else {
            self.failed.add(1)
        }
        self.cpu.note(cpu);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded() {
        let counters: ByName<Count> = ByName::new();
        (0..MAX_NAMES * 2).for_each(|number| counters.of(&format!("plugin-{number}")).add(1));
        let all = counters.all();
        assert_eq!((all.len(), all[OTHERS].get()), (MAX_NAMES + 1, MAX_NAMES as u64));
        assert_eq!(counters.of("plugin-7").get(), 1);
    }
}

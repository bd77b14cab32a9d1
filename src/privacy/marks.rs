//! What is remembered of the page of a stream from one batch to the next: which of its
//! nodes show less than others. Of most nodes nothing is.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

/// A page with more nodes than this that are to be hidden is hidden as a whole.
const MOST_MARKS: usize = 20_000;

/// The names of so many password fields are remembered.
const MOST_NAMES: usize = 64;

/// Names are kept as numbers, which take no more room however long they are.
static HASHES: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// How much of a node is stored: each level hides more than the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exposure {
    #[default]
    Shown,
    /// Text becomes asterisks.
    Masked,
    /// Nothing of the content, not even its length.
    Secret,
}

/// What a node is, where that counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    #[default]
    Any,
    /// Style or script, and the text in it.
    Machine,
    /// People type or choose in it.
    Field,
    /// What is typed stands in it as text.
    Typed,
    /// Its value is its label, or a number that gives it its shape.
    Plain,
    /// A picture, or an embedded page.
    Media,
}

/// What is known of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub exposure: Exposure,
    pub role: Role,
}

/// What is known of the nodes of a stream.
#[derive(Debug, Default)]
pub struct Marks {
    of: HashMap<i64, Mark>,
    password_names: HashSet<u64>,
    is_full: bool,
}

impl Marks {
    /// A page begins anew. Names of password fields stay: pages replace such a field to
    /// show what is in it.
    pub(super) fn clear(&mut self) {
        self.of.clear();
        self.is_full = false;
    }

    /// How many nodes are remembered.
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty() && !self.knows_passwords()
    }

    /// Whether fields of some names are secret wherever they stand.
    pub(super) fn knows_passwords(&self) -> bool {
        !self.password_names.is_empty()
    }

    pub(super) fn of(&self, id: i64) -> Mark {
        let otherwise = if self.is_full { Exposure::Masked } else { Exposure::Shown };
        self.of.get(&id).copied().unwrap_or(Mark { exposure: otherwise, role: Role::Any })
    }

    /// Remembers a node. A field that was secret once stays one.
    pub(super) fn put(&mut self, id: i64, mark: Mark) {
        if mark == Mark::default() {
            return;
        }
        if self.of.len() >= MOST_MARKS && !self.of.contains_key(&id) {
            self.is_full = true;
            return;
        }
        let known = self.of.entry(id).or_insert(mark);
        let exposure = known.exposure.max(mark.exposure);
        *known = Mark { exposure, role: if mark.role == Role::Any { known.role } else { mark.role } };
    }

    /// Adds what another thread found meanwhile.
    pub(super) fn add(&mut self, other: &Self) {
        for (id, mark) in &other.of {
            self.put(*id, *mark);
        }
        self.password_names.extend(&other.password_names);
        self.is_full |= other.is_full;
    }

    pub(super) fn note_password(&mut self, name: &str) {
        if !name.is_empty() && self.password_names.len() < MOST_NAMES {
            self.password_names.insert(HASHES.hash_one(name));
        }
    }

    pub(super) fn is_password_name(&self, name: &str) -> bool {
        self.password_names.contains(&HASHES.hash_one(name))
    }
}

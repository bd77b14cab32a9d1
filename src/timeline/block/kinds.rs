//! Sets of kinds of events.

use serde::{Deserialize, Serialize};

use crate::timeline::event::KindName;

/// All kinds, in the order in which they are stored.
const ALL: [KindName; 22] = [
    KindName::PageView,
    KindName::Click,
    KindName::Input,
    KindName::Focus,
    KindName::Blur,
    KindName::Scroll,
    KindName::Pointer,
    KindName::Resize,
    KindName::Mutation,
    KindName::Selection,
    KindName::Copy,
    KindName::Console,
    KindName::Error,
    KindName::Request,
    KindName::Prompt,
    KindName::Reply,
    KindName::Feedback,
    KindName::Identify,
    KindName::Hidden,
    KindName::Visible,
    KindName::Idle,
    KindName::Custom,
];

/// The kind with this number.
pub fn name(number: u8) -> Option<KindName> {
    ALL.get(usize::from(number)).copied()
}

/// Some kinds of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kinds(u32);

impl Kinds {
    /// Every kind there is.
    pub const ALL: Self = Self((1 << ALL.len()) - 1);

    /// Whether this kind is one of them.
    pub fn contains(self, kind: KindName) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// Whether they have a kind in common.
    pub fn overlaps(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// As a number, to be stored.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// From a number that was stored; kinds that are not known are left out.
    pub fn from_bits(bits: u32) -> Self {
        Self(bits & Self::ALL.0)
    }
}

impl FromIterator<KindName> for Kinds {
    fn from_iter<T: IntoIterator<Item = KindName>>(kinds: T) -> Self {
        Self(kinds.into_iter().fold(0, |bits, kind| bits | 1 << kind as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_numbered_as_they_are_declared() {
        for (place, kind) in ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
            assert_eq!(name(kind as u8), Some(kind));
            let alone: Kinds = [kind].into_iter().collect();
            assert!(alone.contains(kind) && Kinds::ALL.contains(kind) && alone.overlaps(Kinds::ALL));
            assert_eq!(Kinds::from_bits(alone.bits()), alone);
        }
        assert_eq!(name(22), None);
    }
}

//! Secrets that we give out: cookies, links, passwords that we make.
//!
//! Each has 256 bits, so that one hash of it is all that needs to be kept: nobody can try
//! them, and nobody can choose the first bytes of a hash, so that finding it tells nothing
//! by the time it takes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Letters and digits that are not taken for one another.
const READABLE: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A secret that was just made.
pub struct Secret {
    /// What its holder is given, 43 characters.
    pub token: String,
    /// What we keep.
    pub hash: [u8; 32],
}

impl Secret {
    /// A new one.
    pub fn new() -> Self {
        let token = URL_SAFE_NO_PAD.encode(random::<32>());
        Self { hash: hash_of(&token), token }
    }
}

impl Default for Secret {
    fn default() -> Self {
        Self::new()
    }
}

/// What we keep of a token.
pub fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// Groups of readable characters with dashes between them: 5 bits in each character.
pub fn readable(groups: usize, of: usize) -> String {
    let group = |_| {
        let letters = (0..of).map(|_| char::from(READABLE[usize::from(random::<1>()[0]) % READABLE.len()]));
        letters.collect::<String>()
    };
    (0..groups).map(group).collect::<Vec<_>>().join("-")
}

/// Random bytes of the system's.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_hash_alone() {
        let (one, other) = (Secret::new(), Secret::new());
        assert_eq!(one.token.len(), 43);
        assert_eq!(hash_of(&one.token), one.hash);
        assert_ne!(one.hash, other.hash);
        assert_eq!(readable(4, 5).len(), 23);
    }
}

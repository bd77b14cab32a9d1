//! Passwords of links: guessing them slowly, and remembering that one was right.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use warp::http::header;

use super::super::request::Request;
use crate::accounts::Attempts;

/// The cookie that proves that the password was entered. Its path is the link's.
pub const COOKIE: &str = "hindsight-share";

/// The longest password that is hashed.
pub const MOST_CHARS: usize = 200;

/// A link's password may be guessed so often in a while.
const MOST_ATTEMPTS: u32 = 10;

/// Remembers how often the passwords of links were guessed lately.
pub fn attempts() -> Attempts {
    Attempts::new("link", MOST_ATTEMPTS)
}

/// What only who has entered the password knows: made of the link and the hash that we keep.
pub fn proof(token: &str, hash: &str) -> String {
    let digest =
        Sha256::new().chain_update("share\0").chain_update(token).chain_update("\0").chain_update(hash);
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a cookie of the request is the proof.
pub fn is_proven(request: &Request, proof: &str) -> bool {
    let cookies = request.headers.get_all(header::COOKIE).iter();
    let mut pairs =
        cookies.filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(';')).filter_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == COOKIE).then_some(value)
        });
    pairs.any(|value| value.as_bytes().ct_eq(proof.as_bytes()).into())
}

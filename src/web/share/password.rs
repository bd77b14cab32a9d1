//! Passwords of links: hashing them, guessing them slowly, and remembering that one was right.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use warp::http::header;

use super::super::problem::Problem;
use super::super::request::Request;
use crate::model::TimestampMs;

/// The cookie that proves that the password was entered. Its path is the link's.
pub const COOKIE: &str = "hindsight-share";

/// The longest password that is hashed.
pub const MOST_CHARS: usize = 200;

/// A link's password may be guessed so often...
const MOST_ATTEMPTS: u32 = 10;

/// ...within this time.
const WINDOW_MS: i64 = 15 * 60 * 1000;

/// Links whose attempts are remembered at once; each is forgotten after its window.
const MOST_WATCHED: usize = 10_000;

/// A hash takes 19 MiB of memory and a core, so few are made at a time.
static HASHING: Semaphore = Semaphore::const_new(2);

/// How often the passwords of links were guessed lately.
#[derive(Default)]
pub struct Attempts(Mutex<HashMap<i64, Tries>>);

struct Tries {
    since: TimestampMs,
    count: u32,
}

impl Attempts {
    /// Takes note of an attempt, before it is known whether it is right.
    pub fn count(&self, share: i64, now: TimestampMs) -> Result<(), Problem> {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|_, tries| now - tries.since < WINDOW_MS);
        if watched.len() >= MOST_WATCHED && !watched.contains_key(&share) {
            return Err(Problem::too_many_attempts(seconds_until(WINDOW_MS)));
        }
        let tries = watched.entry(share).or_insert(Tries { since: now, count: 0 });
        if tries.count >= MOST_ATTEMPTS {
            return Err(Problem::too_many_attempts(seconds_until(tries.since + WINDOW_MS - now)));
        }
        tries.count += 1;
        Ok(())
    }

    /// The password was right: guessing begins anew.
    pub fn forget(&self, share: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&share);
    }
}

fn seconds_until(ms: i64) -> u32 {
    u32::try_from(ms / 1000 + 1).unwrap_or(1)
}

/// The hash under which a password is kept.
pub async fn hash(password: String) -> Result<String, Problem> {
    in_turn(move || {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).ok()?;
        let salt = SaltString::encode_b64(&salt).ok()?;
        Some(argon2().hash_password(password.as_bytes(), &salt).ok()?.to_string())
    })
    .await?
    .ok_or_else(|| {
        tracing::error!("a password could not be hashed");
        Problem::internal()
    })
}

/// Whether the password is the one that was hashed.
pub async fn is_right(password: String, hash: String) -> Result<bool, Problem> {
    in_turn(move || {
        let hash = PasswordHash::new(&hash);
        hash.is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
}

/// What OWASP recommends at least: 19 MiB, two passes.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let _turn = HASHING.acquire().await.map_err(|_| Problem::internal())?;
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::internal())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_comes_to_an_end_and_begins_anew() {
        let attempts = Attempts::default();
        for _ in 0..MOST_ATTEMPTS {
            assert!(attempts.count(1, 0).is_ok());
        }
        let refused = attempts.count(1, 60_000).expect_err("too many");
        assert_eq!(refused.retry_after_seconds, Some(14 * 60 + 1));
        assert!(attempts.count(2, 0).is_ok(), "another link is another matter");
        assert!(attempts.count(1, WINDOW_MS).is_ok());
        attempts.forget(1);
        assert_eq!(attempts.0.lock().expect("unpoisoned").len(), 0, "what is over is not kept");
    }

    #[tokio::test]
    async fn a_password_is_known_by_its_hash() {
        let hashed = hash("swordfish".to_owned()).await.expect("hashed");
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(is_right("swordfish".to_owned(), hashed.clone()).await.expect("verified"));
        assert!(!is_right("Swordfish".to_owned(), hashed).await.expect("verified"));
        assert!(!is_right("x".to_owned(), "no hash".to_owned()).await.expect("verified"));
    }
}

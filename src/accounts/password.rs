//! Passwords: which will do, and hashing and comparing them.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::secret::{random, readable};
use super::{Error, weak};

/// The shortest password of a user.
pub const LEAST_CHARS: usize = 12;

/// The longest, in bytes: more is not hashed.
pub const MOST_BYTES: usize = 1024;

/// A hash takes 19 MiB of memory and a core, so few are made at a time.
static HASHING: Semaphore = Semaphore::const_new(2);

/// A hash that no password has: who is not known takes as long as who is.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password will not do, with what to do.
pub fn problem(password: &str, name: &str) -> Option<String> {
    if password.chars().count() < LEAST_CHARS {
        return Some(format!("Choose at least {LEAST_CHARS} characters; some words in a row will do."));
    }
    if password.len() > MOST_BYTES {
        return Some(format!("Choose at most {MOST_BYTES} bytes."));
    }
    weak::is_weak(password, name).then(|| {
        "This is among the first that anybody would try. Choose some words that do not belong together."
            .to_owned()
    })
}

/// A password that nobody needs to think of: 100 bits.
pub fn generate() -> String {
    readable(4, 5)
}

/// The hash under which a password is kept.
pub async fn hash(password: String) -> Result<String, Error> {
    in_turn(move || {
        let salt = SaltString::encode_b64(&random::<16>()).ok()?;
        Some(argon2().hash_password(password.as_bytes(), &salt).ok()?.to_string())
    })
    .await?
    .ok_or(Error::Hash)
}

/// Whether the password is the one that was hashed. Without a hash it is not, which takes as long.
pub async fn is_right(password: String, hash: Option<String>) -> Result<bool, Error> {
    in_turn(move || {
        let hash = hash.as_deref().unwrap_or(NOBODYS);
        let hash = PasswordHash::new(hash);
        hash.is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
}

/// Whether the hash was made with less work than is done today.
pub fn is_outdated(hash: &str) -> bool {
    let params = PasswordHash::new(hash).ok().and_then(|hash| Params::try_from(&hash).ok());
    params.is_none_or(|params| {
        params.m_cost() < Params::DEFAULT.m_cost() || params.t_cost() < Params::DEFAULT.t_cost()
    })
}

/// What OWASP recommends at least: 19 MiB, two passes.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let _turn = HASHING.acquire().await.map_err(|_| Error::Stopping)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Stopping)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash() {
        let hashed = hash("swordfish".to_owned()).await.expect("hashed");
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(is_right("swordfish".to_owned(), Some(hashed.clone())).await.expect("compared"));
        assert!(!is_right("Swordfish".to_owned(), Some(hashed.clone())).await.expect("compared"));
        assert!(!is_right("x".to_owned(), Some("no hash".to_owned())).await.expect("compared"));
        assert!(!is_outdated(&hashed));
        assert!(is_outdated(&hashed.replace("m=19456", "m=4096")) && is_outdated("no hash"));
    }

    #[tokio::test]
    async fn who_is_not_known_takes_as_long() {
        assert!(PasswordHash::new(NOBODYS).is_ok() && !is_outdated(NOBODYS));
        assert!(!is_right("x".to_owned(), None).await.expect("compared"));
    }

    #[test]
    fn a_password_is_long_and_not_the_first_that_comes_to_mind() {
        for good in
            ["correct horse battery staple", &generate(), "Müßiggang ist aller Laster", "xkT9!qLw#2mZ"]
        {
            assert_eq!(problem(good, "ada"), None, "{good}");
        }
        for bad in ["", "elevenchars", "password1234", "qwertyuiop12", &"ab".repeat(600)] {
            assert!(problem(bad, "ada").is_some(), "{bad}");
        }
    }
}

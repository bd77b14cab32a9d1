//! How a token is written: `hs_pat_ID_SECRETCHECK`.
//!
//! The last six characters are a checksum of what stands before them, so that a scanner
//! knows one where it finds one, and a typing error is told from a token that is over.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

const PREFIX: &str = "hs_pat_";

/// 256 random bits in base64url.
const SECRET_CHARS: usize = 43;

const CHECK_CHARS: usize = 6;

/// The secret part of a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// A token as somebody shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    /// Its number.
    pub id: i64,
    /// Its secret part.
    pub secret: Secret,
}

impl Secret {
    /// A new one.
    pub fn new() -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What is stored of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

impl Default for Secret {
    fn default() -> Self {
        Self::new()
    }
}

impl Written {
    /// Reads one. `None`: this is no token, or not all of it.
    pub fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let (id, tail) = rest.split_once('_')?;
        let (secret, check) = tail.split_at_checked(SECRET_CHARS)?;
        let head = text.strip_suffix(check)?;
        let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && check == checksum(head))
            .then(|| Some(Self { id: id.parse().ok()?, secret: Secret(secret.to_owned()) }))?
    }

    /// As it is handed out.
    pub fn text(&self) -> String {
        let head = format!("{PREFIX}{}_{}", self.id, self.secret.0);
        let check = checksum(&head);
        head + &check
    }
}

fn checksum(head: &str) -> String {
    let mut check = URL_SAFE_NO_PAD.encode(&Sha256::digest(head)[..5]);
    check.truncate(CHECK_CHARS);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_nothing_else_is() {
        let token = Written { id: 12, secret: Secret::new() };
        let text = token.text();
        assert_eq!(text.len(), PREFIX.len() + 2 + 1 + SECRET_CHARS + CHECK_CHARS);
        assert!(Written::read(&text) == Some(token));
        let other = |from: &str, to: &str| text.replacen(from, to, 1);
        for bad in [
            String::new(),
            "hs_pat_".to_owned(),
            other("hs_pat_", "hs_pat_1"),
            other("_12_", "_-2_"),
            text[..text.len() - 1].to_owned(),
            format!("{text}a"),
            format!("{}é", &text[..text.len() - 2]),
        ] {
            assert!(Written::read(&bad).is_none(), "{bad}");
        }
    }
}

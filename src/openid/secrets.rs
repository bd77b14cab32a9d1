//! What a login keeps to itself on its way through the provider.
//!
//! A browser holds one secret, and everything that goes to the provider is derived from it:
//! so nothing is kept here, and what comes back fits in that browser alone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::accounts::secret::Secret;

/// The secret of one login.
#[derive(Clone)]
pub struct Secrets(String);

impl Secrets {
    /// That of a login that begins: 256 bits.
    pub fn new() -> Self {
        Self(Secret::new().token)
    }

    /// That which a browser has kept.
    pub fn kept(text: &str) -> Option<Self> {
        let is_one = text.len() == 43
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        is_one.then(|| Self(text.to_owned()))
    }

    /// As a browser keeps it.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// `state`: what comes back belongs to this browser.
    pub fn state(&self) -> String {
        self.derived("state")
    }

    /// Whether this is the state.
    pub fn is_state(&self, state: &str) -> bool {
        self.state().as_bytes().ct_eq(state.as_bytes()).into()
    }

    /// `nonce`: the ID token was made for this login.
    pub fn nonce(&self) -> String {
        self.derived("nonce")
    }

    /// What only whoever began the login can show (RFC 7636).
    pub fn verifier(&self) -> String {
        self.derived("verifier")
    }

    /// The verifier's hash, which the provider is shown first.
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier()))
    }

    fn derived(&self, what: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).expect("a key of any length will do");
        mac.update(what.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

impl Default for Secrets {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_not_what_is_kept() {
        let (one, other) = (Secrets::new(), Secrets::new());
        let mut all = Vec::new();
        for secrets in [&one, &other] {
            all.extend([secrets.text().to_owned(), secrets.state(), secrets.nonce(), secrets.verifier()]);
            all.push(secrets.challenge());
        }
        assert!(all.iter().all(|text| text.len() == 43));
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
        let kept = Secrets::kept(one.text()).expect("as it was given out");
        assert!(kept.is_state(&one.state()) && !kept.is_state(&other.state()) && !kept.is_state(""));
        for bad in ["", "short", &"ü".repeat(43), &"a".repeat(44)] {
            assert!(Secrets::kept(bad).is_none(), "{bad}");
        }
    }
}

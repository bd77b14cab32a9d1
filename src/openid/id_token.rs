//! Whether an ID token is good: signed by the provider, for this server, for this login, now
//! (OpenID Connect Core 1.0, 3.1.3.7).

use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::crypto::TAKEN;

/// Clocks may differ by so much.
const LEEWAY_SECONDS: i64 = 60;

/// The longest subject, as the specification has it.
const MOST_SUBJECT_CHARS: usize = 255;

/// What is wrong with a token, for a sentence that begins with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotGood {
    /// It is none.
    #[error("cannot be read")]
    Form,
    /// Not signed, or with a key that others know.
    #[error("is not signed in a way that is taken")]
    Algorithm,
    /// The provider does not have the key.
    #[error("is signed with a key that the provider does not show")]
    UnknownKey,
    /// Somebody changed it.
    #[error("is not signed by the provider")]
    Signature,
    /// It is of somebody else.
    #[error("is of another issuer")]
    Issuer,
    /// It is for somebody else.
    #[error("is for another client")]
    Audience,
    /// It is too old.
    #[error("has expired; compare the clocks of the two servers")]
    Expired,
    /// It is of the future.
    #[error("is not valid yet; compare the clocks of the two servers")]
    Early,
    /// It was made for another login.
    #[error("was made for another login")]
    Nonce,
    /// It says of nobody.
    #[error("names nobody")]
    Subject,
}

/// The public keys of a provider.
pub struct Keys(Vec<Jwk>);

impl Keys {
    /// Reads a JWK set. Keys of kinds that are not known are left out.
    pub fn read(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(body).ok()?;
        Some(Self(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect()))
    }

    /// Those that a token may be signed with.
    fn fitting(&self, algorithm: Algorithm, id: Option<&str>) -> impl Iterator<Item = DecodingKey> {
        let is_for = move |key: &&Jwk| {
            let common = &key.common;
            let signs = !matches!(common.public_key_use, Some(PublicKeyUse::Encryption));
            let is_named = id.is_none() || common.key_id.as_deref() == id;
            let of_it = common
                .key_algorithm
                .is_none_or(|of: KeyAlgorithm| of.to_string() == format!("{algorithm:?}"));
            signs && is_named && of_it
        };
        let keys = self.0.iter().filter(is_for).filter_map(|key| DecodingKey::from_jwk(key).ok());
        keys.filter(move |key| key.family() == algorithm.family())
    }
}

/// What a token has to say.
pub struct Expected<'a> {
    /// Whom it is of.
    pub issuer: &'a str,
    /// Whom it is for.
    pub client: &'a str,
    /// Which login it was made for.
    pub nonce: &'a str,
    /// The time in seconds.
    pub now: i64,
}

/// The claims that are checked here. The library looks at `iss` and `aud` as well, and takes
/// one of several issuers.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    azp: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// The claims of a good token.
pub fn check(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Map<String, Value>, NotGood> {
    let header = decode_header(token).map_err(|error| match error.kind() {
        // `none`, and what nobody knows, is no name of an algorithm.
        jsonwebtoken::errors::ErrorKind::Json(_) => NotGood::Algorithm,
        _ => NotGood::Form,
    })?;
    if header.crit.is_some() {
        return Err(NotGood::Form);
    }
    if !TAKEN.contains(&header.alg) {
        return Err(NotGood::Algorithm);
    }
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // By the server's own clock, below.
    validation.validate_exp = false;
    let mut outcome = Err(NotGood::UnknownKey);
    for key in keys.fitting(header.alg, header.kid.as_deref()) {
        outcome = decode::<Map<String, Value>>(token, &key, &validation)
            .map(|token| token.claims)
            .map_err(|error| not_good(error.kind()));
        if !matches!(outcome, Err(NotGood::Signature)) {
            break;
        }
    }
    let claims = outcome?;
    let checked: Claims = serde_json::from_value(claims.clone().into()).map_err(|_| NotGood::Form)?;
    checked.check(expected)?;
    Ok(claims)
}

impl Claims {
    #[expect(clippy::cast_precision_loss, reason = "the time in seconds is far below 2^52")]
    fn check(&self, expected: &Expected<'_>) -> Result<(), NotGood> {
        let (soonest, latest) =
            ((expected.now - LEEWAY_SECONDS) as f64, (expected.now + LEEWAY_SECONDS) as f64);
        let is_for_several = match &self.aud {
            Audience::One(client) => client != expected.client,
            Audience::Many(clients) => clients.len() != 1,
        };
        let is_ours = self.azp.as_deref().map_or(!is_for_several, |client| client == expected.client);
        if self.iss != expected.issuer {
            Err(NotGood::Issuer)
        } else if !is_ours {
            Err(NotGood::Audience)
        } else if self.exp <= soonest {
            Err(NotGood::Expired)
        } else if self.iat > latest || self.nbf.is_some_and(|from| from > latest) {
            Err(NotGood::Early)
        } else if self.nonce.as_deref() != Some(expected.nonce) {
            Err(NotGood::Nonce)
        } else if self.sub.is_empty() || self.sub.chars().count() > MOST_SUBJECT_CHARS {
            Err(NotGood::Subject)
        } else {
            Ok(())
        }
    }
}

fn not_good(kind: &jsonwebtoken::errors::ErrorKind) -> NotGood {
    use jsonwebtoken::errors::ErrorKind;
    match kind {
        ErrorKind::InvalidSignature => NotGood::Signature,
        ErrorKind::InvalidIssuer => NotGood::Issuer,
        ErrorKind::InvalidAudience => NotGood::Audience,
        ErrorKind::InvalidAlgorithm => NotGood::Algorithm,
        _ => NotGood::Form,
    }
}

#[cfg(test)]
mod tests;

//! Signing what goes out, so that whoever takes it knows that it is ours and new.

use hmac::{Hmac, KeyInit, Mac};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use crate::model::TimestampMs;

/// What a request is signed in.
const SIGNATURE: HeaderName = HeaderName::from_static("hindsight-signature");

/// The header that signs a body; none where there is no secret.
pub fn headers(secret: &str, now: TimestampMs, body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if !secret.is_empty() {
        let signature = HeaderValue::from_str(&signature(secret, now / 1000, body));
        headers.insert(SIGNATURE, signature.expect("digits and letters are plain ASCII"));
    }
    headers
}

/// `t=SECONDS,v1=HEX`, where the second is the HMAC-SHA256 of "SECONDS.BODY".
fn signature(secret: &str, seconds: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key may have any length");
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_other_tools() {
        // printf '1700000000.{"text":"hi"}' | openssl dgst -sha256 -hmac whsec_test
        assert_eq!(
            signature("whsec_test", 1_700_000_000, br#"{"text":"hi"}"#),
            "t=1700000000,v1=add2fc7010ee7aa23f65449ce9240cd32763de7515ca26c43cd1e9d447a5361a"
        );
    }
}

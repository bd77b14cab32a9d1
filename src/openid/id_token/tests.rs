use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::json;

use super::super::crypto::install;
use super::*;

const NOW: i64 = 1_800_000_000;

/// A provider with a key on the curve P-256, and one that signs by EdDSA.
struct Signer {
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
}

impl Signer {
    fn new() -> Self {
        install();
        let random = SystemRandom::new();
        let ec = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let ed = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
        Self {
            ec: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, ec.as_ref(), &random)
                .expect("read"),
            ed: Ed25519KeyPair::from_pkcs8(ed.as_ref()).expect("read"),
        }
    }

    fn keys(&self) -> Keys {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = self.ec.public_key().as_ref();
        let set = json!({ "keys": [
            { "kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig",
              "x": encode(&point[1..33]), "y": encode(&point[33..]) },
            { "kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": encode(self.ed.public_key().as_ref()) },
            { "kty": "EC", "crv": "secp521k9", "kid": "odd", "x": "", "y": "" },
            { "kty": "oct", "kid": "shared", "k": encode(b"known to both sides, and to others") },
        ] });
        Keys::read(set.to_string().as_bytes()).expect("keys")
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", encode(header), encode(claims));
        let signature = match header["alg"].as_str() {
            Some("EdDSA") => self.ed.sign(text.as_bytes()).as_ref().to_vec(),
            _ => self.ec.sign(&SystemRandom::new(), text.as_bytes()).expect("signed").as_ref().to_vec(),
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://auth.example", "aud": "hindsight", "sub": "1", "nonce": "n", "iat": NOW, "exp": NOW + 300,
    })
}

fn expected() -> Expected<'static> {
    Expected { issuer: "https://auth.example", client: "hindsight", nonce: "n", now: NOW }
}

fn checked(token: &str, keys: &Keys) -> Result<(), NotGood> {
    check(token, keys, &expected()).map(|claims| assert_eq!(claims["sub"], "1"))
}

#[test]
fn a_token_is_good_by_each_kind_of_key_and_bad_by_another() {
    let (signer, other) = (Signer::new(), Signer::new());
    let keys = signer.keys();
    for header in [
        json!({ "alg": "ES256", "kid": "ec" }),
        json!({ "alg": "ES256" }),
        json!({ "alg": "EdDSA", "kid": "ed" }),
    ] {
        assert_eq!(checked(&signer.token(&header, &claims()), &keys), Ok(()), "{header}");
        assert_eq!(checked(&other.token(&header, &claims()), &keys), Err(NotGood::Signature), "{header}");
    }
    for (header, problem) in [
        (json!({ "alg": "none" }), NotGood::Algorithm),
        (json!({ "alg": "HS256", "kid": "shared" }), NotGood::Algorithm),
        (json!({ "alg": "ES256", "kid": "ed" }), NotGood::UnknownKey),
        (json!({ "alg": "ES256", "kid": "new" }), NotGood::UnknownKey),
        (json!({ "alg": "RS256", "kid": "ec" }), NotGood::UnknownKey),
        (json!({ "alg": "ES384", "kid": "ec" }), NotGood::Signature),
        (json!({ "alg": "ES256", "kid": "ec", "crit": ["b64"] }), NotGood::Form),
    ] {
        assert_eq!(checked(&signer.token(&header, &claims()), &keys), Err(problem), "{header}");
    }
    for text in ["", ".", "a.b", "a.b.c", "ü.ü.ü", &"x".repeat(100_000)] {
        assert!(checked(text, &keys).is_err());
    }
}

#[test]
fn each_claim_has_to_be_what_it_should() {
    let signer = Signer::new();
    let keys = signer.keys();
    for (change, outcome) in [
        (json!({}), Ok(())),
        (json!({ "aud": ["hindsight"] }), Ok(())),
        (json!({ "aud": ["other", "hindsight"], "azp": "hindsight" }), Ok(())),
        (json!({ "exp": NOW - 59 }), Ok(())),
        (json!({ "iat": NOW + 59 }), Ok(())),
        (json!({ "exp": NOW as f64 + 0.5 }), Ok(())),
        (json!({ "iss": "https://auth.example/" }), Err(NotGood::Issuer)),
        (json!({ "iss": ["https://auth.example", "x"] }), Err(NotGood::Form)),
        (json!({ "aud": "other" }), Err(NotGood::Audience)),
        (json!({ "aud": ["other", "hindsight"] }), Err(NotGood::Audience)),
        (json!({ "aud": "hindsight", "azp": "other" }), Err(NotGood::Audience)),
        (json!({ "exp": NOW - 60 }), Err(NotGood::Expired)),
        (json!({ "iat": NOW + 61 }), Err(NotGood::Early)),
        (json!({ "nbf": NOW + 61 }), Err(NotGood::Early)),
        (json!({ "nonce": "m" }), Err(NotGood::Nonce)),
        (json!({ "nonce": null }), Err(NotGood::Nonce)),
        (json!({ "sub": "" }), Err(NotGood::Subject)),
        (json!({ "sub": "x".repeat(256) }), Err(NotGood::Subject)),
        (json!({ "sub": 1 }), Err(NotGood::Form)),
        (json!({ "exp": "never" }), Err(NotGood::Form)),
        (json!({ "iat": null }), Err(NotGood::Form)),
    ] {
        let mut claims = claims();
        for (name, value) in change.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        let token = signer.token(&json!({ "alg": "ES256", "kid": "ec" }), &claims);
        let checked = check(&token, &keys, &expected()).map(drop);
        match (outcome, checked) {
            // Who checks a claim first may differ where it is of another form.
            (Err(NotGood::Form), Err(_)) => {}
            (outcome, checked) => assert_eq!(checked, outcome, "{change}"),
        }
    }
}

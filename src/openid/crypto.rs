//! The signatures of tokens, checked by the code that checks those of certificates.

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use ring::signature::{
    self as by, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use signature::{Error, Verifier};

/// The algorithms that are taken. None of them has a key that the provider and this server share.
pub const TAKEN: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

static RING: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Has tokens checked by this.
pub fn install() {
    // Whoever came first has installed the same.
    let _ = RING.install_default();
}

/// What checks the signatures of a key.
struct Checking {
    algorithm: Algorithm,
    how: How,
    key: DecodingKey,
}

#[derive(Clone, Copy)]
enum How {
    Rsa(&'static RsaParameters),
    Other(&'static dyn VerificationAlgorithm),
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let how = match algorithm {
        Algorithm::RS256 => How::Rsa(&by::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => How::Rsa(&by::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => How::Rsa(&by::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => How::Rsa(&by::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => How::Rsa(&by::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => How::Rsa(&by::RSA_PSS_2048_8192_SHA512),
        Algorithm::ES256 => How::Other(&by::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => How::Other(&by::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => How::Other(&by::ED25519),
        _ => return Err(ErrorKind::UnsupportedAlgorithm.into()),
    };
    if key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidKeyFormat.into());
    }
    Ok(Box::new(Checking { algorithm: *algorithm, how, key: key.clone() }))
}

impl Verifier<Vec<u8>> for Checking {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let checked = match (self.how, self.key.kind()) {
            (How::Rsa(how), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(how, message, signature)
            }
            (How::Other(how), DecodingKeyKind::SecretOrDer(key)) => {
                UnparsedPublicKey::new(how, key).verify(message, signature)
            }
            _ => return Err(Error::new()),
        };
        checked.map_err(|_| Error::new())
    }
}

impl JwtVerifier for Checking {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

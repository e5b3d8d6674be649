//! Public keys of passkeys (`COSE_Key`, RFC 9053 and RFC 8812) and the signatures that they verify: ES256, EdDSA with
//! Ed25519, RS256.

use super::{Wrong, map};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value;
use jsonwebtoken::{Algorithm, DecodingKey};

/// Names of algorithms, the first is preferred.
pub(in crate::http::door) const ALGORITHMS: [i64; 3] = [ES256, EDDSA, RS256];
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;
/// Shorter keys can be broken, and longer ones take too long.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=512;

/// A key to verify with.
pub(super) struct PublicKey {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl PublicKey {
    pub(super) fn read(cose: &[u8]) -> Result<Self, Wrong> {
        let fields = map(cose)?;
        let field = |label: i64| {
            let labelled =
                |(key, _): &&(Value, Value)| key.as_integer().map(i128::from) == Some(label.into());
            fields.iter().find(labelled).map(|(_, value)| value)
        };
        let number = |label| field(label).and_then(Value::as_integer).map(i128::from);
        let bytes = |label, lengths: std::ops::RangeInclusive<usize>| {
            let bytes = field(label).and_then(Value::as_bytes).filter(|bytes| lengths.contains(&bytes.len()));
            bytes.ok_or(Wrong("the passkey's public key lacks a part"))
        };
        let unusable = |_| Wrong("the passkey's public key can't be used");
        // Labels: 1 is the kind of key, 3 the algorithm, -1 the curve; the others depend on the kind.
        match (number(1), number(3), number(-1)) {
            (Some(2), Some(-7), Some(1)) => {
                let (x, y) = (bytes(-2, 32..=32)?, bytes(-3, 32..=32)?);
                let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
                let key = DecodingKey::from_ec_components(&text(x), &text(y)).map_err(unusable)?;
                Ok(Self { algorithm: Algorithm::ES256, key })
            }
            (Some(1), Some(-8), Some(6)) => {
                let x = URL_SAFE_NO_PAD.encode(bytes(-2, 32..=32)?);
                let key = DecodingKey::from_ed_components(&x).map_err(unusable)?;
                Ok(Self { algorithm: Algorithm::EdDSA, key })
            }
            (Some(3), Some(-257), _) => {
                let key = DecodingKey::from_rsa_raw_components(bytes(-1, MODULUS_BYTES)?, bytes(-2, 1..=8)?);
                Ok(Self { algorithm: Algorithm::RS256, key })
            }
            _ => Err(Wrong("the passkey's public key is of a kind that was not asked for")),
        }
    }

    /// The algorithm's name in COSE.
    pub(super) fn algorithm(&self) -> i128 {
        i128::from(match self.algorithm {
            Algorithm::EdDSA => EDDSA,
            Algorithm::RS256 => RS256,
            _ => ES256,
        })
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Wrong> {
        let wrong = Wrong("the signature is wrong");
        let signature = match self.algorithm {
            // WebAuthn has two numbers in DER where JOSE has them side by side.
            Algorithm::ES256 => {
                p256::ecdsa::Signature::from_der(signature).map_err(|_| wrong)?.to_bytes().to_vec()
            }
            _ => signature.to_vec(),
        };
        let text = URL_SAFE_NO_PAD.encode(signature);
        match jsonwebtoken::crypto::verify(&text, message, &self.key, self.algorithm) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(wrong),
        }
    }
}

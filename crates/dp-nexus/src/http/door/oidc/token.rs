//! ID tokens: a signed text and the provider's keys come in, who it is goes out. Three algorithms, and every claim that
//! OpenID Connect Core 1.0, section 3.1.3.7, has checked. Asks nobody.

use super::provider::Keys;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Seconds by which the clocks of two machines may differ.
const LEEWAY_S: i64 = 60;
/// Longer texts are no tokens.
const TOKEN_BYTES_MAX: usize = 32 << 10;
/// Shorter RSA keys can be broken.
const RSA_BYTES_MIN: usize = 256;
/// The longest that a subject may be: the standard's own limit.
const SUBJECT_BYTES_MAX: usize = 255;
/// The longest e-mail address there is.
const EMAIL_BYTES_MAX: usize = 320;

/// What a token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now_s: i64,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unverified {
    /// It names a key that is not among those that are known.
    UnknownKey,
    /// Something about it is wrong.
    Wrong(&'static str),
}

/// What is said of a person.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Claims {
    #[serde(rename = "sub")]
    pub(super) subject: String,
    pub(super) email: Option<String>,
    #[serde(default, rename = "email_verified", deserialize_with = "is_true")]
    pub(super) is_verified: bool,
}

/// What is said of the token itself.
#[derive(Deserialize)]
struct Envelope {
    iss: String,
    aud: Value,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    #[serde(flatten)]
    claims: Claims,
}

/// Some providers write the word.
fn is_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(is) => is,
        Value::String(text) => text == "true",
        _ => false,
    })
}

/// Who the token speaks of.
pub(super) fn verify(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Claims, Unverified> {
    use Unverified::Wrong;
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Wrong("the token is too long"));
    }
    // An algorithm that is not known, such as `none`, is no header at all.
    let header = jsonwebtoken::decode_header(token).map_err(|_| Wrong("the token can't be read"))?;
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA) {
        return Err(Wrong("the token is signed in a way that is not taken"));
    }
    let is_named = |key: &&Jwk| header.kid.is_none() || key.common.key_id == header.kid;
    let fitting: Vec<&Jwk> = keys.iter().filter(is_named).filter(|key| fits(key, header.alg)).collect();
    if fitting.is_empty() {
        return Err(Unverified::UnknownKey);
    }
    let envelope = fitting
        .into_iter()
        .find_map(|key| decoded(token, key, header.alg))
        .ok_or(Wrong("the token is not signed by the provider"))?;
    envelope.check(expected).map_err(Wrong)?;
    Ok(envelope.claims)
}

/// Whether a key is for signing, and of the kind that the algorithm takes.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let is_for_signing = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let (named, is_of_kind) = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(key), Algorithm::RS256) => {
            let modulus = URL_SAFE_NO_PAD.decode(&key.n).unwrap_or_default();
            let length = modulus.iter().skip_while(|byte| **byte == 0).count();
            (KeyAlgorithm::RS256, length >= RSA_BYTES_MIN)
        }
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => {
            let is_whole = has_32_bytes(&key.x) && has_32_bytes(&key.y);
            (KeyAlgorithm::ES256, key.curve == EllipticCurve::P256 && is_whole)
        }
        (AlgorithmParameters::OctetKeyPair(key), Algorithm::EdDSA) => {
            (KeyAlgorithm::EdDSA, key.curve == EllipticCurve::Ed25519 && has_32_bytes(&key.x))
        }
        _ => return false,
    };
    is_for_signing && is_of_kind && key.common.key_algorithm.is_none_or(|given| given == named)
}

/// The library that verifies takes the length of a key for granted.
fn has_32_bytes(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

/// What the token says, if this key signed it.
fn decoded(token: &str, key: &Jwk, algorithm: Algorithm) -> Option<Envelope> {
    let key = DecodingKey::from_jwk(key).ok()?;
    let mut validation = Validation::new(algorithm);
    // Every claim is checked below, with the caller's clock.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Envelope>(token, &key, &validation).ok().map(|data| data.claims)
}

impl Envelope {
    fn check(&self, expected: &Expected<'_>) -> Result<(), &'static str> {
        if self.iss != expected.issuer {
            return Err("the token is another provider's");
        }
        let audiences: Vec<&str> = match &self.aud {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !audiences.contains(&expected.client_id) {
            return Err("the token is for another program");
        }
        let is_ours = self.azp.as_deref().map_or(audiences.len() == 1, |party| party == expected.client_id);
        if !is_ours {
            return Err("the token was given to another program");
        }
        if expected.now_s >= self.exp.saturating_add(LEEWAY_S) {
            return Err("the token has expired; compare the clocks of both machines");
        }
        let begins_s = self.iat.max(self.nbf.unwrap_or(self.iat));
        if begins_s > expected.now_s.saturating_add(LEEWAY_S) {
            return Err("the token is from the future; compare the clocks of both machines");
        }
        if self.nonce.as_deref() != Some(expected.nonce) {
            return Err("the token belongs to another sign-in");
        }
        let subject = &self.claims.subject;
        if subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX {
            return Err("the token names nobody");
        }
        if self.claims.email.as_ref().is_some_and(|email| email.len() > EMAIL_BYTES_MAX) {
            return Err("the e-mail address is too long");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_that_are_cut_short_or_for_something_else_are_passed_over() {
        let whole = URL_SAFE_NO_PAD.encode([1; 32]);
        let modulus = |length: usize| URL_SAFE_NO_PAD.encode(vec![0x81; length]);
        let fits = |key: Value, algorithm| {
            serde_json::from_value::<Jwk>(key).is_ok_and(|key| super::fits(&key, algorithm))
        };
        assert!(fits(json!({"kty": "OKP", "crv": "Ed25519", "x": whole}), Algorithm::EdDSA));
        assert!(fits(json!({"kty": "RSA", "n": modulus(256), "e": "AQAB"}), Algorithm::RS256));
        let unfit = [
            (json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}), Algorithm::EdDSA),
            (json!({"kty": "OKP", "crv": "Ed25519", "x": whole, "use": "enc"}), Algorithm::EdDSA),
            (json!({"kty": "EC", "crv": "P-256", "x": "AAAA", "y": whole}), Algorithm::ES256),
            (json!({"kty": "EC", "crv": "P-384", "x": whole, "y": whole}), Algorithm::ES256),
            (json!({"kty": "RSA", "n": modulus(128), "e": "AQAB"}), Algorithm::RS256),
            (json!({"kty": "RSA", "n": modulus(256), "e": "AQAB", "alg": "RS512"}), Algorithm::RS256),
            (json!({"kty": "oct", "k": whole}), Algorithm::RS256),
        ];
        for (key, algorithm) in unfit {
            assert!(!fits(key.clone(), algorithm), "{key}");
        }
    }
}

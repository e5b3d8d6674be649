//! Secrets: 32 random bytes that are shown as base64url text once and kept as hashes. Never printed.

use super::error::AccountError;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRng as _, rngs::SysRng};
use std::fmt;

/// Bytes of a token.
pub(super) const TOKEN_BYTES: usize = 32;
/// The letters of RFC 4648 base32: no 0, 1 or 8, which look like others.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Text that must not be printed, logged or stored. `expose` gives it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one who is to have it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    /// A token of 256 random bits.
    pub(crate) fn random() -> Result<Self, AccountError> {
        Ok(Self(URL_SAFE_NO_PAD.encode(random_bytes::<TOKEN_BYTES>()?)))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A key that stays within the program.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SecretKey(pub(super) [u8; 32]);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// Random bytes of the operating system.
pub(super) fn random_bytes<const N: usize>() -> Result<[u8; N], AccountError> {
    let mut bytes = [0; N];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_| AccountError::Cryptography("get random numbers from the operating system"))?;
    Ok(bytes)
}

/// What is stored of a token. None if it cannot be one, so that nothing needs to be looked up. The purpose
/// keeps a token of one kind from being taken for another.
pub(super) fn token_hash(purpose: Purpose, token: &str) -> Option<[u8; 32]> {
    // 32 bytes are 43 characters; anything longer need not be decoded.
    if token.len() != 43 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    Some(hash_bytes(purpose, &bytes))
}

/// What is stored of secret bytes.
pub(super) fn hash_bytes(purpose: Purpose, bytes: &[u8]) -> [u8; 32] {
    *blake3::Hasher::new_derive_key(purpose.context()).update(bytes).finalize().as_bytes()
}

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Refresh,
    Cookie,
    ApiKey,
    SetupCode,
    RecoveryCode,
}

impl Purpose {
    /// Never changed: what is stored depends on it.
    const fn context(self) -> &'static str {
        match self {
            Self::Refresh => "datapunk accounts v1 refresh token",
            Self::Cookie => "datapunk accounts v1 cookie session token",
            Self::ApiKey => "datapunk accounts v1 api key",
            Self::SetupCode => "datapunk accounts v1 set-up code",
            Self::RecoveryCode => "datapunk accounts v1 recovery code",
        }
    }
}

/// RFC 4648 base32 without padding.
pub(super) fn base32(bytes: &[u8]) -> String {
    let digits = (bytes.len() * 8).div_ceil(5);
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    (0..digits)
        .map(|digit| (0..5).fold(0, |value, place| value << 1 | bit(digit * 5 + place)))
        .map(|value| char::from(BASE32[usize::from(value)]))
        .collect()
}

/// A code that people can read and type: base32 in groups.
pub(super) fn readable_code<const N: usize>(group: usize) -> Result<String, AccountError> {
    let digits = base32(&random_bytes::<N>()?);
    let groups: Vec<&str> =
        (0..digits.len()).step_by(group).map(|at| &digits[at..digits.len().min(at + group)]).collect();
    Ok(groups.join("-"))
}

/// What is stored of a code that people type: case, blanks and hyphens don't matter. None if it is too long
/// to be one.
pub(super) fn code_hash(purpose: Purpose, code: &str) -> Option<[u8; 32]> {
    if code.len() > 64 {
        return None;
    }
    let digits: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|digit| digit.to_ascii_uppercase()).collect();
    (!digits.is_empty()).then(|| hash_bytes(purpose, digits.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_agrees_with_the_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::random().unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.expose().len(), 43);
    }

    #[test]
    fn the_same_token_has_another_hash_for_each_purpose() {
        let token = Secret::random().unwrap();
        let hash = |purpose| token_hash(purpose, token.expose()).unwrap();
        assert_ne!(hash(Purpose::Refresh), hash(Purpose::Cookie));
        assert_eq!(hash(Purpose::Refresh), hash(Purpose::Refresh));
    }

    #[test]
    fn what_cannot_be_a_token_has_no_hash() {
        for text in ["", "short", &"a".repeat(44), &"ä".repeat(21), &format!("{}=", "a".repeat(42))] {
            assert_eq!(token_hash(Purpose::Refresh, text), None, "{text}");
        }
    }

    #[test]
    fn a_code_may_be_typed_in_small_letters_and_without_hyphens() {
        let code = readable_code::<10>(4).unwrap();
        assert_eq!(code.len(), 19);
        let typed = code.to_lowercase().replace('-', " ");
        assert_eq!(code_hash(Purpose::SetupCode, &code), code_hash(Purpose::SetupCode, &typed));
        assert_eq!(code_hash(Purpose::SetupCode, &"A".repeat(65)), None);
        assert_eq!(code_hash(Purpose::SetupCode, " - "), None);
    }
}

//! Codes of RFC 6238 (SHA-1, 30 seconds, six digits): from a secret and a time to a code and back to the step
//! it belongs to. Stores nothing.

use super::secret::base32;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use std::fmt::Write as _;
use subtle::ConstantTimeEq as _;

/// Bytes of a secret: as many as SHA-1 gives, as RFC 4226 advises.
pub(super) const SECRET_BYTES: usize = 20;
/// Seconds that a code is shown for.
const STEP_S: i64 = 30;
/// Steps by which clocks may differ.
const DRIFT: i64 = 1;
const DIGITS: usize = 6;

/// The step whose code this is, at this time give or take one step; None if it is of none after `last_step`.
pub(super) fn matching_step(
    secret: &[u8; SECRET_BYTES],
    code: &str,
    now_s: i64,
    last_step: i64,
) -> Option<i64> {
    let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).take(DIGITS + 1).collect();
    let now = now_s.div_euclid(STEP_S);
    // All are compared, so that the time taken tells nothing.
    let mut found = None;
    for step in now - DRIFT..=now + DRIFT {
        let is_right = bool::from(code_of_step(secret, step).as_bytes().ct_eq(digits.as_bytes()));
        if is_right && step > last_step && found.is_none() {
            found = Some(step);
        }
    }
    found
}

/// Whether text looks like a code of this kind and not like a recovery code.
pub(super) fn looks_like_code(text: &str) -> bool {
    let mut letters = text.chars().filter(|letter| !letter.is_whitespace());
    letters.by_ref().take(DIGITS).filter(char::is_ascii_digit).count() == DIGITS && letters.next().is_none()
}

/// The code of a step: RFC 4226's dynamic truncation of the step's HMAC.
fn code_of_step(secret: &[u8; SECRET_BYTES], step: i64) -> String {
    // A key of any length is taken; there is nothing that could fail.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else { return String::new() };
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[digest.len() - 1] & 0x0f);
    let word = digest[offset..offset + 4].iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

/// What authenticator apps read from a QR code.
pub(super) fn otpauth_uri(secret: &[u8; SECRET_BYTES], account: &str) -> String {
    let mut label = String::new();
    for byte in account.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            label.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(label, "%{byte:02X}");
        }
    }
    format!(
        "otpauth://totp/Datapunk:{label}?secret={}&issuer=Datapunk&algorithm=SHA1&digits={DIGITS}&period={STEP_S}",
        base32(secret)
    )
}

/// The code at a time, as the person's app shows it.
#[cfg(test)]
pub(super) fn code_at(secret: &[u8; SECRET_BYTES], now_s: i64) -> String {
    code_of_step(secret, now_s.div_euclid(STEP_S))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8; 20] = b"12345678901234567890";

    #[test]
    fn codes_agree_with_the_rfcs() {
        // RFC 4226, appendix D.
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(code_of_step(SECRET, step), code);
        }
        // RFC 6238, appendix B; the last six of its eight digits.
        for (time_s, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(SECRET, time_s), code);
        }
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late_and_no_more() {
        let now_s = 1_234_567_890;
        let step = now_s / 30;
        let taken = |drift| matching_step(SECRET, &code_of_step(SECRET, step + drift), now_s, 0);
        assert_eq!([-2, -1, 0, 1, 2].map(taken), [None, Some(step - 1), Some(step), Some(step + 1), None]);
    }

    #[test]
    fn a_code_of_a_step_that_was_taken_is_not_taken_again() {
        let now_s = 1_234_567_890;
        let code = code_at(SECRET, now_s);
        let step = matching_step(SECRET, &code, now_s, 0).unwrap();
        assert_eq!(matching_step(SECRET, &code, now_s, step), None);
        assert_eq!(matching_step(SECRET, &code_at(SECRET, now_s - 30), now_s, step), None);
        assert_eq!(matching_step(SECRET, &code_at(SECRET, now_s + 30), now_s, step), Some(step + 1));
    }

    #[test]
    fn what_is_no_code_is_refused_whatever_it_is() {
        for text in ["", "00592", "0059240", "005925", "００５９２４", "-05924", &"0".repeat(1 << 20)] {
            assert_eq!(matching_step(SECRET, text, 1_234_567_890, 0), None);
        }
        assert!(matching_step(SECRET, " 005 924 ", 1_234_567_890, 0).is_some());
        assert!(looks_like_code("005 924") && !looks_like_code("0059244") && !looks_like_code("AAAA-BBBB"));
        assert!(!looks_like_code("00592"));
    }

    #[test]
    fn the_uri_is_quoted() {
        assert_eq!(
            otpauth_uri(SECRET, "Ada & Söhne"),
            "otpauth://totp/Datapunk:Ada%20%26%20S%C3%B6hne?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Datapunk&algorithm=SHA1&digits=6&period=30"
        );
    }
}

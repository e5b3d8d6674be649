//! Authenticator data (WebAuthn Level 3, section 6.1): bytes come in, flags, counter and the new credential go out.

use super::{DEPTH_MAX, Wrong};
use ciborium::Value;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const MAY_BE_BACKED_UP: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// What an authenticator says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AuthenticatorData<'a> {
    site_hash: &'a [u8],
    flags: u8,
    /// How often the passkey was used; 0 if it does not count.
    pub(super) counter: u32,
    /// There when a passkey was made.
    pub(super) made: Option<Credential<'a>>,
}

/// A passkey that was made.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Credential<'a> {
    pub(super) credential: &'a [u8],
    /// CBOR, as it was given.
    pub(super) public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Wrong> {
        let mut rest = bytes;
        let site_hash = take(&mut rest, 32)?;
        let flags = take(&mut rest, 1)?[0];
        let counter = number(take(&mut rest, 4)?);
        let made = if flags & HAS_CREDENTIAL == 0 {
            None
        } else {
            // Which model of authenticator it is does not matter.
            take(&mut rest, 16)?;
            let length = number(take(&mut rest, 2)?) as usize;
            let credential = take(&mut rest, length)?;
            Some(Credential { credential, public_key: take_cbor(&mut rest)? })
        };
        if flags & HAS_EXTENSIONS != 0 {
            take_cbor(&mut rest)?;
        }
        if !rest.is_empty() {
            return Err(Wrong("there is something behind the authenticator data"));
        }
        Ok(Self { site_hash, flags, counter, made })
    }

    /// Whether it is for this host, by somebody who is there and has shown that it is them.
    pub(super) fn check(&self, site: &str) -> Result<(), Wrong> {
        if !bool::from(Sha256::digest(site.as_bytes()).ct_eq(self.site_hash)) {
            return Err(Wrong("the passkey is for another host"));
        }
        if self.flags & USER_PRESENT == 0 || self.flags & USER_VERIFIED == 0 {
            return Err(Wrong(
                "the authenticator has not asked who is there; set a PIN or a fingerprint up on it",
            ));
        }
        if self.is_backed_up() && self.flags & MAY_BE_BACKED_UP == 0 {
            return Err(Wrong("the authenticator contradicts itself"));
        }
        Ok(())
    }

    pub(super) fn is_backed_up(&self) -> bool {
        self.flags & BACKED_UP != 0
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Wrong> {
    let (taken, left) = rest.split_at_checked(length).ok_or(Wrong("the authenticator data is too short"))?;
    *rest = left;
    Ok(taken)
}

/// The bytes of one CBOR value.
fn take_cbor<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Wrong> {
    let whole = *rest;
    let _: Value = ciborium::de::from_reader_with_recursion_limit(&mut *rest, DEPTH_MAX)
        .map_err(|_| Wrong("the CBOR in it can't be read"))?;
    Ok(&whole[..whole.len() - rest.len()])
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(flags: u8, rest: &[u8]) -> Vec<u8> {
        [&Sha256::digest(b"localhost")[..], &[flags], &7_u32.to_be_bytes(), rest].concat()
    }

    #[test]
    fn flags_and_counter_are_read() {
        let bytes = data(0x1d, &[]);
        let read = AuthenticatorData::read(&bytes).unwrap();
        assert_eq!((read.counter, read.is_backed_up(), &read.made), (7, true, &None));
        assert!(read.check("localhost").is_ok() && read.check("example.org").is_err());
        for flags in [0x00, 0x01, 0x04, 0x15] {
            let bytes = data(flags, &[]);
            assert!(AuthenticatorData::read(&bytes).unwrap().check("localhost").is_err(), "{flags}");
        }
    }

    #[test]
    fn data_that_ends_too_early_or_too_late_is_refused() {
        let whole = data(0xc5, &[&[0; 16][..], &[0, 2, 8, 9], &[0xa1, 0x01, 0x02], &[0xa0]].concat());
        let read = AuthenticatorData::read(&whole).unwrap();
        let made = read.made.unwrap();
        assert_eq!((made.credential, made.public_key), (&[8, 9][..], &[0xa1, 0x01, 0x02][..]));
        for length in 0..whole.len() {
            assert!(AuthenticatorData::read(&whole[..length]).is_err(), "{length}");
        }
        assert!(AuthenticatorData::read(&[&whole[..], &[0]].concat()).is_err());
        assert!(AuthenticatorData::read(&data(0x05, &[0xa0])).is_err(), "extensions that are not announced");
    }
}

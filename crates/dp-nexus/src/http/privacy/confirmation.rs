//! Confirmations: what a preview showed, sealed, so that only that is forgotten. Good for a while, for one account, and only as long as
//! the program runs.

use crate::AccountId;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;
use subtle::ConstantTimeEq as _;

/// How long one is good.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(15);

/// Seals confirmations.
pub(super) struct Confirmations {
    key: [u8; 32],
}

/// Why a confirmation is not good.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Bad {
    /// It is none, of another account, or for something else.
    Foreign,
    /// It is too old.
    Expired,
    /// Something else would be removed than was shown.
    Changed,
}

impl Confirmations {
    pub(super) fn new() -> Self {
        Self { key: rand::rng().random() }
    }

    /// A confirmation for what is to be forgotten, and what that would remove; and how long it is good.
    pub(super) fn seal(
        &self,
        account: AccountId,
        target: &str,
        removes: &str,
        now: Timestamp,
    ) -> (String, Timestamp) {
        let until = now.saturating_add(GOOD_FOR).unwrap_or(now);
        let until_s = until.as_second();
        let aim = self.hash(&[&account.0, target.as_bytes(), &until_s.to_le_bytes()]);
        let shown = self.hash(&[&aim, removes.as_bytes()]);
        let bytes = [&until_s.to_le_bytes()[..], &aim, &shown].concat();
        (URL_SAFE_NO_PAD.encode(bytes), until)
    }

    /// That a confirmation is for this, and nothing changed.
    pub(super) fn check(
        &self,
        confirmation: &str,
        account: AccountId,
        target: &str,
        removes: &str,
        now: Timestamp,
    ) -> Result<(), Bad> {
        let bytes = URL_SAFE_NO_PAD.decode(confirmation).map_err(|_| Bad::Foreign)?;
        let (until, rest) = bytes.split_first_chunk::<8>().ok_or(Bad::Foreign)?;
        let (aim, shown) = rest.split_first_chunk::<32>().ok_or(Bad::Foreign)?;
        let is_aim = aim.ct_eq(&self.hash(&[&account.0, target.as_bytes(), until]));
        if !bool::from(is_aim) {
            return Err(Bad::Foreign);
        }
        if i64::from_le_bytes(*until) < now.as_second() {
            return Err(Bad::Expired);
        }
        if bool::from(shown.ct_eq(&self.hash(&[aim, removes.as_bytes()]))) {
            Ok(())
        } else {
            Err(Bad::Changed)
        }
    }

    fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        *hasher.finalize().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_is_good_for_what_it_was_made_for_and_for_nothing_else() {
        let (confirmations, now) = (Confirmations::new(), Timestamp::from_second(1_800_000_000).unwrap());
        let (mia, bo) = (AccountId([1; 16]), AccountId([2; 16]));
        let (confirmation, until) = confirmations.seal(mia, "source a", "3", now);
        assert_eq!(confirmations.check(&confirmation, mia, "source a", "3", until), Ok(()));
        let later = until + SignedDuration::from_secs(1);
        assert_eq!(confirmations.check(&confirmation, mia, "source a", "3", later), Err(Bad::Expired));
        assert_eq!(confirmations.check(&confirmation, mia, "source a", "4", now), Err(Bad::Changed));
        assert_eq!(confirmations.check(&confirmation, mia, "source b", "3", now), Err(Bad::Foreign));
        assert_eq!(confirmations.check(&confirmation, bo, "source a", "3", now), Err(Bad::Foreign));
        assert_eq!(Confirmations::new().check(&confirmation, mia, "source a", "3", now), Err(Bad::Foreign));
        for forged in ["", "x", "%%%", &"A".repeat(200), &confirmation[..20]] {
            assert_eq!(confirmations.check(forged, mia, "source a", "3", now), Err(Bad::Foreign), "{forged}");
        }
    }
}

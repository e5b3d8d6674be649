//! The keys that access tokens are signed with: made at first start, rotated on demand, several valid at
//! once. Kept in the database and read anew each time, so that a rotation by another process counts at once.

use super::{
    AccountError, Accounts,
    access::ACCESS_S,
    error::Context as _,
    secret::{SecretKey, random_bytes},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction};

/// Seconds by which clocks may differ.
pub(super) const LEEWAY_S: i64 = 5;
/// Most characters of a key's id.
const MAX_ID_CHARS: usize = 32;

/// What becomes of the keys before a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldKeys {
    /// Tokens that they signed stay valid until they expire: the ordinary rotation.
    Retire,
    /// Tokens that they signed are void at once: when a key may have been seen by others. Clients get new
    /// ones with their refresh tokens.
    Drop,
}

/// A key to sign or verify with.
#[derive(Debug)]
pub(super) struct SigningKey {
    pub(super) id: String,
    pub(super) secret: SecretKey,
}

impl Accounts {
    /// Makes a new key that is used from now on.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub fn rotate_keys(&self, old: OldKeys, now: Timestamp) -> Result<(), AccountError> {
        let what = "rotate the signing keys";
        let now_s = now.as_second();
        self.store.write(what, |transaction| {
            match old {
                OldKeys::Drop => transaction.execute("DELETE FROM signing_keys", ()),
                OldKeys::Retire => transaction
                    .execute("DELETE FROM signing_keys WHERE retired_s <= ?", [now_s - ACCESS_S - LEEWAY_S])
                    .and_then(|_| {
                        transaction
                            .execute("UPDATE signing_keys SET retired_s = ? WHERE retired_s IS NULL", [now_s])
                    }),
            }
            .context(what)?;
            insert(transaction, now_s)
        })
    }

    /// Makes the first key if there is none.
    pub(super) fn ensure_signing_key(&self) -> Result<(), AccountError> {
        let what = "make a signing key";
        self.store.write(what, |transaction| {
            let key = current(transaction).context(what)?;
            if key.is_some() { Ok(()) } else { insert(transaction, Timestamp::now().as_second()) }
        })
    }

    /// The key to sign with.
    pub(super) fn signing_key(&self) -> Result<SigningKey, AccountError> {
        self.store
            .read("read the signing keys", current)?
            .ok_or_else(|| AccountError::Corrupt("there is no key to sign with".to_owned()))
    }

    /// The key of this id, if tokens that it signed may still be valid.
    pub(super) fn verifying_key(&self, id: &str, now: Timestamp) -> Result<Option<SecretKey>, AccountError> {
        if id.len() > MAX_ID_CHARS {
            return Ok(None);
        }
        self.store.read("read the signing keys", |connection| {
            connection
                .prepare_cached(
                    "SELECT secret FROM signing_keys WHERE id = ? AND (retired_s IS NULL OR retired_s > ?)",
                )?
                .query_row((id, now.as_second() - ACCESS_S - LEEWAY_S), |row| row.get(0).map(SecretKey))
                .optional()
        })
    }
}

fn current(connection: &Connection) -> rusqlite::Result<Option<SigningKey>> {
    connection
        .prepare_cached(
            "SELECT id, secret FROM signing_keys WHERE retired_s IS NULL ORDER BY made_s DESC LIMIT 1",
        )?
        .query_row((), |row| Ok(SigningKey { id: row.get(0)?, secret: SecretKey(row.get(1)?) }))
        .optional()
}

fn insert(transaction: &Transaction<'_>, now_s: i64) -> Result<(), AccountError> {
    let id = URL_SAFE_NO_PAD.encode(random_bytes::<8>()?);
    let secret: [u8; 32] = random_bytes()?;
    transaction
        .execute("INSERT INTO signing_keys (id, secret, made_s) VALUES (?, ?, ?)", (id, &secret[..], now_s))
        .context("make a signing key")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{PASSWORD, World, at, sign_in};
    use super::*;

    #[test]
    fn after_a_rotation_old_and_new_tokens_are_valid_side_by_side() {
        let (world, _) = World::with_owner();
        let old = world.accounts.sign_in(&sign_in("ada", PASSWORD), at(0)).unwrap();
        let before = world.accounts.signing_key().unwrap();
        world.accounts.rotate_keys(OldKeys::Retire, at(60)).unwrap();
        assert_ne!(world.accounts.signing_key().unwrap().id, before.id);
        let new = world.accounts.sign_in(&sign_in("ada", PASSWORD), at(61)).unwrap();
        for tokens in [&old, &new] {
            assert!(world.accounts.authenticate_access(tokens.access.expose(), at(62)).is_ok());
        }
    }

    #[test]
    fn a_retired_key_is_no_longer_taken_when_its_last_token_has_expired() {
        let (world, _) = World::with_owner();
        let before = world.accounts.signing_key().unwrap();
        world.accounts.rotate_keys(OldKeys::Retire, at(0)).unwrap();
        let known = |seconds| world.accounts.verifying_key(&before.id, at(seconds)).unwrap().is_some();
        assert!(known(ACCESS_S));
        assert!(!known(ACCESS_S + LEEWAY_S));
        world.accounts.rotate_keys(OldKeys::Retire, at(ACCESS_S + LEEWAY_S)).unwrap();
        assert!(!known(0), "and it is gone from the database");
    }

    #[test]
    fn dropped_keys_void_access_tokens_at_once_but_refresh_tokens_go_on() {
        let (world, _) = World::with_owner();
        let tokens = world.accounts.sign_in(&sign_in("ada", PASSWORD), at(0)).unwrap();
        world.accounts.rotate_keys(OldKeys::Drop, at(1)).unwrap();
        let refused = world.accounts.authenticate_access(tokens.access.expose(), at(1));
        assert!(matches!(refused, Err(AccountError::InvalidToken)), "{refused:?}");
        let tokens = world.accounts.refresh(tokens.refresh.expose(), at(2)).unwrap();
        assert!(world.accounts.authenticate_access(tokens.access.expose(), at(2)).is_ok());
    }

    #[test]
    fn a_rotation_by_another_process_counts_at_once() {
        let (world, _) = World::with_owner();
        let other = Accounts::open(&world.directory.path().join("system.db")).unwrap();
        other.rotate_keys(OldKeys::Drop, at(0)).unwrap();
        assert_eq!(world.accounts.signing_key().unwrap().id, other.signing_key().unwrap().id);
        let printed = format!("{:?}", other.signing_key().unwrap());
        assert!(printed.contains("SecretKey(…)"), "{printed}");
    }
}

//! API keys: what a program of the account's may do, until when, and which of them there are. A key never may
//! more than who made it.

use super::{
    AccountError, Accounts, Secret,
    account::timestamp,
    error::Context as _,
    secret::{Purpose, token_hash},
};
use crate::{AccountId, Origin, Principal, Role, Scope};
use dp_lake::Day;
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, types::Type};
use serde::Serialize;

/// What keys begin with, so that they are recognised where they should not be.
const PREFIX: &str = "dpk_";
/// Most keys of an account.
const MAX_KEYS: i64 = 100;
/// Most characters of a key's name.
const MAX_NAME_CHARS: usize = 100;
/// Most sources of a scope.
const MAX_SOURCES: usize = 100;
/// Most bytes of a source's name.
const MAX_SOURCE_BYTES: usize = 200;
const SECONDS_OF_DAY: i64 = 86_400;

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey<'a> {
    /// What it is for, in the account's own words.
    pub name: &'a str,
    /// What it may do.
    pub scope: Scope,
    /// When it expires; never if None.
    pub expires: Option<Timestamp>,
}

/// A key as it is shown to its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyInfo {
    /// Its id.
    pub id: i64,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// When it was made.
    pub created: Timestamp,
    /// When it expires.
    pub expires: Option<Timestamp>,
    /// The day, UTC, on which it was used last.
    pub used: Option<Day>,
}

impl Accounts {
    /// Makes a key. Its text is given here and never again.
    ///
    /// # Errors
    /// `ScopeTooWide` if its maker may not do so much, or is itself a key without `admin`; `InvalidKey`,
    /// `TooMany`, `NotFound`.
    pub fn make_key(
        &self,
        maker: &Principal,
        new: &NewKey<'_>,
        now: Timestamp,
    ) -> Result<(Secret, KeyInfo), AccountError> {
        let may_make = maker.scope.admin || !matches!(maker.origin, Origin::Key(_));
        if !may_make || !maker.scope.covers(&new.scope) {
            return Err(AccountError::ScopeTooWide);
        }
        check(new, now)?;
        let token = Secret::random()?;
        let hash = token_hash(Purpose::ApiKey, token.expose()).unwrap_or_default();
        let info =
            self.store.write("make the key", |transaction| insert(transaction, maker, new, &hash, now))?;
        Ok((Secret::new(format!("{PREFIX}{}", token.expose())), info))
    }

    /// The account's keys that have not been revoked, the expired ones too; oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn list_keys(&self, account: AccountId) -> Result<Vec<KeyInfo>, AccountError> {
        self.store.read("list the keys", |connection| {
            connection
                .prepare_cached(
                    "SELECT id, name, scope, created_s, expires_s, used_day FROM api_keys
                     WHERE account = ? AND revoked_s IS NULL ORDER BY id",
                )?
                .query_map([account], read_key)?
                .collect()
        })
    }

    /// Ends a key of the account.
    ///
    /// # Errors
    /// `NotFound` if the account has none of this id that has not ended.
    pub fn revoke_key(&self, account: AccountId, id: i64, now: Timestamp) -> Result<(), AccountError> {
        let what = "revoke the key";
        self.store.write(what, |transaction| {
            let ended = transaction
                .execute(
                    "UPDATE api_keys SET revoked_s = ? WHERE id = ? AND account = ? AND revoked_s IS NULL",
                    (now.as_second(), id, account),
                )
                .context(what)?;
            if ended == 0 { Err(AccountError::NotFound("key")) } else { Ok(()) }
        })
    }

    /// Who comes with this key.
    ///
    /// # Errors
    /// `InvalidToken`, `Revoked`, `Expired`, `Disabled`.
    pub fn authenticate_key(&self, text: &str, now: Timestamp) -> Result<Principal, AccountError> {
        let hash = text
            .strip_prefix(PREFIX)
            .and_then(|token| token_hash(Purpose::ApiKey, token))
            .ok_or(AccountError::InvalidToken)?;
        let found = self.store.read("find a key", |connection| {
            connection
                .prepare_cached(
                    "SELECT k.id, k.name, k.scope, k.created_s, k.expires_s, k.used_day,
                        k.revoked_s IS NOT NULL, a.disabled_s IS NOT NULL, a.id, a.name, a.role
                     FROM api_keys AS k JOIN accounts AS a ON a.id = k.account WHERE k.hash = ?",
                )?
                .query_row([&hash[..]], read_used_key)
                .optional()
        })?;
        let key = found.ok_or(AccountError::InvalidToken)?;
        key.check(now)?;
        self.remember_use(&key.info, now);
        Ok(Principal {
            account: key.account,
            name: key.account_name,
            role: key.role,
            scope: key.info.scope.within(key.role),
            origin: Origin::Key(key.info.id),
        })
    }

    /// Written once a day; a full disk must not keep anybody out.
    fn remember_use(&self, key: &KeyInfo, now: Timestamp) {
        let day = now.as_second().div_euclid(SECONDS_OF_DAY);
        if key.used.is_some_and(|used| i64::from(used) >= day) {
            return;
        }
        let what = "remember when the key was used";
        let written = self.store.write(what, |transaction| {
            transaction
                .execute("UPDATE api_keys SET used_day = ? WHERE id = ?", (day, key.id))
                .context(what)?;
            Ok(())
        });
        if let Err(error) = written {
            tracing::warn!(%error, "a key's last use is not remembered");
        }
    }
}

/// Refuses keys that make no sense.
fn check(new: &NewKey<'_>, now: Timestamp) -> Result<(), AccountError> {
    let name = new.name.trim();
    if name.is_empty() || name.len() > MAX_NAME_CHARS * 4 || name.chars().count() > MAX_NAME_CHARS {
        return Err(AccountError::InvalidKey("needs a name of at most 100 characters"));
    }
    if name.chars().any(char::is_control) {
        return Err(AccountError::InvalidKey("has a name with characters that cannot be seen"));
    }
    let scope = &new.scope;
    if !(scope.read || scope.write || scope.import || scope.admin) {
        return Err(AccountError::InvalidKey("may do nothing; give it one right at least"));
    }
    if scope.sources.len() > MAX_SOURCES {
        return Err(AccountError::InvalidKey("names more than 100 sources"));
    }
    if scope.sources.iter().any(|source| source.is_empty() || source.len() > MAX_SOURCE_BYTES) {
        return Err(AccountError::InvalidKey("names a source that is empty or longer than 200 bytes"));
    }
    if scope.from.zip(scope.until).is_some_and(|(from, until)| from >= until) {
        return Err(AccountError::InvalidKey("covers no day: its range ends before it begins"));
    }
    if new.expires.is_some_and(|expires| expires <= now) {
        return Err(AccountError::InvalidKey("expires before it is made"));
    }
    Ok(())
}

fn insert(
    transaction: &Transaction<'_>,
    maker: &Principal,
    new: &NewKey<'_>,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<KeyInfo, AccountError> {
    let what = "make the key";
    let now_s = now.as_second();
    let expires_s = new.expires.map(Timestamp::as_second);
    if super::account::find(transaction, maker.account).context(what)?.is_none() {
        return Err(AccountError::NotFound("account"));
    }
    if let Origin::Key(maker) = maker.origin {
        let makers_s: Option<i64> = transaction
            .query_row("SELECT expires_s FROM api_keys WHERE id = ? AND revoked_s IS NULL", [maker], |row| {
                row.get(0)
            })
            .optional()
            .context(what)?
            .ok_or(AccountError::NotFound("key"))?;
        if makers_s.is_some_and(|makers_s| expires_s.is_none_or(|expires_s| expires_s > makers_s)) {
            return Err(AccountError::InvalidKey("cannot last longer than the key that makes it"));
        }
    }
    // Those that ended are of no more use to anybody.
    transaction
        .execute(
            "DELETE FROM api_keys WHERE account = ?1 AND (revoked_s < ?2 OR expires_s < ?2)",
            (maker.account, now_s - 90 * SECONDS_OF_DAY),
        )
        .context(what)?;
    let count: i64 = transaction
        .query_row(
            "SELECT count(*) FROM api_keys WHERE account = ? AND revoked_s IS NULL",
            [maker.account],
            |row| row.get(0),
        )
        .context(what)?;
    if count >= MAX_KEYS {
        return Err(AccountError::TooMany { what: "keys", limit: MAX_KEYS });
    }
    let scope = serde_json::to_string(&new.scope)
        .map_err(|_| AccountError::InvalidKey("has a scope that cannot be written down"))?;
    let name = new.name.trim().to_owned();
    transaction
        .execute(
            "INSERT INTO api_keys (account, name, hash, scope, created_s, expires_s) VALUES (?, ?, ?, ?, ?, ?)",
            (maker.account, &name, &hash[..], scope, now_s, expires_s),
        )
        .context(what)?;
    Ok(KeyInfo {
        id: transaction.last_insert_rowid(),
        name,
        scope: new.scope.clone(),
        created: timestamp(now_s),
        expires: expires_s.map(timestamp),
        used: None,
    })
}

/// A key with its account.
struct UsedKey {
    info: KeyInfo,
    is_revoked: bool,
    is_disabled: bool,
    account: AccountId,
    account_name: String,
    role: Role,
}

impl UsedKey {
    fn check(&self, now: Timestamp) -> Result<(), AccountError> {
        if self.is_disabled {
            return Err(AccountError::Disabled);
        }
        if self.is_revoked {
            return Err(AccountError::Revoked);
        }
        if self.info.expires.is_some_and(|expires| now >= expires) {
            return Err(AccountError::Expired);
        }
        Ok(())
    }
}

fn read_used_key(row: &Row<'_>) -> rusqlite::Result<UsedKey> {
    Ok(UsedKey {
        info: read_key(row)?,
        is_revoked: row.get(6)?,
        is_disabled: row.get(7)?,
        account: row.get(8)?,
        account_name: row.get(9)?,
        role: row.get(10)?,
    })
}

fn read_key(row: &Row<'_>) -> rusqlite::Result<KeyInfo> {
    let scope: String = row.get(2)?;
    let scope = serde_json::from_str(&scope)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(2, Type::Text, error.into()))?;
    Ok(KeyInfo {
        id: row.get(0)?,
        name: row.get(1)?,
        scope,
        created: timestamp(row.get(3)?),
        expires: row.get::<_, Option<i64>>(4)?.map(timestamp),
        used: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, at, days};
    use super::*;

    fn new(scope: Scope) -> NewKey<'static> {
        NewKey { name: "backup script", scope, expires: None }
    }

    fn reading() -> Scope {
        Scope { read: true, ..Scope::default() }
    }

    fn make(world: &World, maker: &Principal, scope: Scope) -> Result<(Secret, KeyInfo), AccountError> {
        world.accounts.make_key(maker, &new(scope), at(0))
    }

    #[test]
    fn a_key_tells_whose_it_is_and_what_it_may() {
        let (world, ada) = World::with_owner();
        let scope = Scope { sources: vec!["google".to_owned()], from: Some(3), ..reading() };
        let maker = world.accounts.local_principal(ada).unwrap();
        let (text, info) = make(&world, &maker, scope.clone()).unwrap();
        assert!(text.expose().starts_with("dpk_") && text.expose().len() == 47);
        let principal = world.accounts.authenticate_key(text.expose(), at(1)).unwrap();
        assert_eq!((principal.account, principal.origin), (ada, Origin::Key(info.id)));
        assert_eq!(principal.scope, scope);
        let other = format!("dpk_{}", "A".repeat(43));
        for wrong in ["", "dpk_", &text.expose()[4..], &other, &text.expose().to_lowercase()] {
            let refused = world.accounts.authenticate_key(wrong, at(1));
            assert!(matches!(refused, Err(AccountError::InvalidToken)), "{wrong}");
        }
    }

    #[test]
    fn a_key_may_no_more_than_its_maker() {
        let (world, ada) = World::with_owner();
        let ada = world.accounts.local_principal(ada).unwrap();
        let narrow = Scope { admin: true, sources: vec!["google".to_owned()], ..reading() };
        let (text, _) = make(&world, &ada, narrow.clone()).unwrap();
        let key = world.accounts.authenticate_key(text.expose(), at(1)).unwrap();
        for wider in [
            Scope::all(),
            Scope { sources: Vec::new(), ..narrow.clone() },
            Scope { write: true, ..narrow.clone() },
        ] {
            assert!(matches!(make(&world, &key, wider), Err(AccountError::ScopeTooWide)));
        }
        assert!(make(&world, &key, Scope { sources: vec!["google.maps".to_owned()], ..narrow }).is_ok());
    }

    #[test]
    fn a_key_without_admin_makes_no_keys() {
        let (world, ada) = World::with_owner();
        let (text, _) = make(&world, &world.accounts.local_principal(ada).unwrap(), reading()).unwrap();
        let key = world.accounts.authenticate_key(text.expose(), at(1)).unwrap();
        assert!(matches!(make(&world, &key, reading()), Err(AccountError::ScopeTooWide)));
    }

    #[test]
    fn a_key_cannot_outlive_the_key_that_made_it() {
        let (world, ada) = World::with_owner();
        let ada = world.accounts.local_principal(ada).unwrap();
        let until = |expires: Option<i64>| NewKey { expires: expires.map(at), ..new(Scope::all()) };
        let (text, _) = world.accounts.make_key(&ada, &until(Some(100)), at(0)).unwrap();
        let key = world.accounts.authenticate_key(text.expose(), at(1)).unwrap();
        for longer in [None, Some(101)] {
            let refused = world.accounts.make_key(&key, &until(longer), at(1));
            assert!(matches!(refused, Err(AccountError::InvalidKey(_))));
        }
        assert!(world.accounts.make_key(&key, &until(Some(100)), at(1)).is_ok());
    }

    #[test]
    fn a_key_that_expired_or_was_revoked_is_refused_and_so_is_one_of_a_disabled_account() {
        let (world, _) = World::with_owner();
        let ben = world.add("ben", Role::Member);
        let principal = world.accounts.local_principal(ben).unwrap();
        let expiring = NewKey { expires: Some(at(100)), ..new(reading()) };
        let (text, info) = world.accounts.make_key(&principal, &expiring, at(0)).unwrap();
        let authenticate = |seconds| world.accounts.authenticate_key(text.expose(), at(seconds));
        assert!(authenticate(99).is_ok());
        assert!(matches!(authenticate(100), Err(AccountError::Expired)));
        world.accounts.set_disabled(ben, true, at(1)).unwrap();
        assert!(matches!(authenticate(2), Err(AccountError::Disabled)));
        world.accounts.set_disabled(ben, false, at(3)).unwrap();
        let foreign = world.accounts.revoke_key(AccountId([1; 16]), info.id, at(4));
        assert!(matches!(foreign, Err(AccountError::NotFound("key"))));
        world.accounts.revoke_key(ben, info.id, at(4)).unwrap();
        assert!(matches!(authenticate(5), Err(AccountError::Revoked)));
        assert!(world.accounts.list_keys(ben).unwrap().is_empty());
    }

    #[test]
    fn the_day_of_last_use_is_remembered() {
        let (world, ada) = World::with_owner();
        let principal = world.accounts.local_principal(ada).unwrap();
        let (text, made) = make(&world, &principal, reading()).unwrap();
        assert_eq!(world.accounts.list_keys(ada).unwrap(), [made]);
        for day in [0, 0, 3] {
            world.accounts.authenticate_key(text.expose(), at(days(day))).unwrap();
        }
        let used = world.accounts.list_keys(ada).unwrap()[0].used;
        assert_eq!(used.map(i64::from), Some(at(days(3)).as_second() / 86_400));
    }

    #[test]
    fn a_key_of_one_who_became_a_reader_only_reads() {
        let (world, _) = World::with_owner();
        let ben = world.add("ben", Role::Member);
        let (text, _) = make(&world, &world.accounts.local_principal(ben).unwrap(), Scope::all()).unwrap();
        world.accounts.set_role(ben, Role::Reader).unwrap();
        let principal = world.accounts.authenticate_key(text.expose(), at(1)).unwrap();
        assert_eq!(principal.scope, reading());
    }

    #[test]
    fn keys_that_make_no_sense_are_refused() {
        let (world, ada) = World::with_owner();
        let ada = world.accounts.local_principal(ada).unwrap();
        let sources = |sources: Vec<String>| Scope { sources, ..reading() };
        for bad in [
            NewKey { name: "  ", ..new(reading()) },
            NewKey { name: "a\nb", ..new(reading()) },
            new(Scope::default()),
            new(sources(vec![String::new()])),
            new(sources(vec!["a".repeat(201)])),
            new(sources(vec!["a".to_owned(); 101])),
            new(Scope { from: Some(5), until: Some(5), ..reading() }),
            NewKey { expires: Some(at(0)), ..new(reading()) },
        ] {
            let refused = world.accounts.make_key(&ada, &bad, at(0));
            assert!(matches!(refused, Err(AccountError::InvalidKey(_))), "{bad:?}");
        }
    }

    #[test]
    fn an_account_has_at_most_a_hundred_keys() {
        let (world, ada) = World::with_owner();
        let ada = world.accounts.local_principal(ada).unwrap();
        for _ in 0..MAX_KEYS {
            make(&world, &ada, reading()).unwrap();
        }
        let one_more = make(&world, &ada, reading());
        assert!(matches!(one_more, Err(AccountError::TooMany { limit: 100, .. })));
    }
}

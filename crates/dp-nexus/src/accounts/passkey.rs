//! Passkeys of accounts: public keys, by what their authenticator calls them, and how often they say they were used.
//! Whether a signature is right is not judged here.

use super::{AccountError, Accounts, account::timestamp, error::Context as _};
use crate::AccountId;
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row};

/// Most passkeys of an account.
const PASSKEYS_MAX: i64 = 50;
/// Most characters of a name.
const NAME_CHARS_MAX: usize = 100;

/// A passkey to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPasskey {
    /// What its authenticator calls it.
    pub credential: Vec<u8>,
    /// The name of the host that it is for.
    pub site: String,
    /// What its holder calls it.
    pub name: String,
    /// Its public key, `COSE_Key`.
    pub public_key: Vec<u8>,
    /// How often it was used, as it says.
    pub counter: u32,
    /// Whether the authenticator's maker keeps a copy.
    pub is_backed_up: bool,
}

/// A passkey as it is shown to its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyInfo {
    /// Its number.
    pub id: i64,
    /// What its holder calls it.
    pub name: String,
    /// The name of the host that it is for.
    pub site: String,
    /// Whether the authenticator's maker keeps a copy.
    pub is_backed_up: bool,
    /// When it was added.
    pub created: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
}

/// What it takes to judge a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub account: AccountId,
    /// The name of the host that it is for.
    pub site: String,
    /// Its public key, `COSE_Key`.
    pub public_key: Vec<u8>,
}

const COLUMNS: &str = "id, name, site, is_backed_up, created_s, used_s";

impl Accounts {
    /// Adds a passkey to an account.
    ///
    /// # Errors
    /// `InvalidName`, `TooMany`, `NotFound` if there is no such account, `Passkey` if it is somebody's already.
    pub fn add_passkey(
        &self,
        account: AccountId,
        new: &NewPasskey,
        now: Timestamp,
    ) -> Result<PasskeyInfo, AccountError> {
        let what = "add the passkey";
        let name = parse_name(&new.name)?;
        self.store.write(what, |transaction| {
            super::account::find(transaction, account)
                .context(what)?
                .ok_or(AccountError::NotFound("account"))?;
            let count: i64 = transaction
                .query_row("SELECT count(*) FROM passkeys WHERE account = ?", [account], |row| row.get(0))
                .context(what)?;
            if count >= PASSKEYS_MAX {
                return Err(AccountError::TooMany { what: "passkeys", limit: PASSKEYS_MAX });
            }
            let added = transaction
                .execute(
                    "INSERT OR IGNORE INTO passkeys
                     (account, credential, site, name, public_key, counter, is_backed_up, created_s)
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        account,
                        &new.credential,
                        &new.site,
                        &name,
                        &new.public_key,
                        new.counter,
                        new.is_backed_up,
                        now.as_second(),
                    ),
                )
                .context(what)?;
            if added == 0 {
                return Err(AccountError::Passkey("was added before"));
            }
            let id = transaction.last_insert_rowid();
            transaction
                .query_row(&format!("SELECT {COLUMNS} FROM passkeys WHERE id = ?"), [id], read_info)
                .context(what)
        })
    }

    /// The account's passkeys, oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn list_passkeys(&self, account: AccountId) -> Result<Vec<PasskeyInfo>, AccountError> {
        self.store.read("list the passkeys", |connection| {
            connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM passkeys WHERE account = ? ORDER BY id"))?
                .query_map([account], read_info)?
                .collect()
        })
    }

    /// What authenticators call the account's passkeys for this host: so that none makes a second one.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn list_credentials(&self, account: AccountId, site: &str) -> Result<Vec<Vec<u8>>, AccountError> {
        self.store.read("list the passkeys", |connection| {
            connection
                .prepare_cached("SELECT credential FROM passkeys WHERE account = ? AND site = ? ORDER BY id")?
                .query_map((account, site), |row| row.get(0))?
                .collect()
        })
    }

    /// The passkey that its authenticator calls so.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn find_passkey(&self, credential: &[u8]) -> Result<Option<Passkey>, AccountError> {
        self.store.read("find a passkey", |connection| {
            connection
                .prepare_cached("SELECT id, account, site, public_key FROM passkeys WHERE credential = ?")?
                .query_row([credential], |row| {
                    Ok(Passkey {
                        id: row.get(0)?,
                        account: row.get(1)?,
                        site: row.get(2)?,
                        public_key: row.get(3)?,
                    })
                })
                .optional()
        })
    }

    /// Remembers that a passkey was used, by a signature that is right.
    ///
    /// # Errors
    /// `Passkey` if its counter has not gone up: then there are two of it. One that always says 0 does not count.
    pub fn use_passkey(
        &self,
        id: i64,
        counter: u32,
        is_backed_up: bool,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let what = "remember that the passkey was used";
        self.store.write(what, |transaction| {
            let before: Option<u32> = transaction
                .query_row("SELECT counter FROM passkeys WHERE id = ?", [id], |row| row.get(0))
                .optional()
                .context(what)?;
            let before = before.ok_or(AccountError::Passkey("is not one that is known"))?;
            if (before, counter) != (0, 0) && counter <= before {
                return Err(AccountError::Passkey(
                    "has been used less often than before, so there is a copy of it",
                ));
            }
            transaction
                .execute(
                    "UPDATE passkeys SET counter = ?, is_backed_up = ?, used_s = ? WHERE id = ?",
                    (counter, is_backed_up, now.as_second(), id),
                )
                .context(what)?;
            Ok(())
        })
    }

    /// Calls a passkey something else.
    ///
    /// # Errors
    /// `InvalidName`, `NotFound`.
    pub fn rename_passkey(
        &self,
        account: AccountId,
        id: i64,
        name: &str,
    ) -> Result<PasskeyInfo, AccountError> {
        let what = "rename the passkey";
        let name = parse_name(name)?;
        self.store.write(what, |transaction| {
            transaction
                .execute("UPDATE passkeys SET name = ? WHERE id = ? AND account = ?", (&name, id, account))
                .context(what)?;
            transaction
                .query_row(
                    &format!("SELECT {COLUMNS} FROM passkeys WHERE id = ? AND account = ?"),
                    (id, account),
                    read_info,
                )
                .optional()
                .context(what)?
                .ok_or(AccountError::NotFound("passkey"))
        })
    }

    /// Removes a passkey; nobody comes in with it any more.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn remove_passkey(&self, account: AccountId, id: i64) -> Result<(), AccountError> {
        let what = "remove the passkey";
        self.store.write(what, |transaction| {
            let removed = transaction
                .execute("DELETE FROM passkeys WHERE id = ? AND account = ?", (id, account))
                .context(what)?;
            if removed == 0 { Err(AccountError::NotFound("passkey")) } else { Ok(()) }
        })
    }
}

fn read_info(row: &Row<'_>) -> rusqlite::Result<PasskeyInfo> {
    Ok(PasskeyInfo {
        id: row.get(0)?,
        name: row.get(1)?,
        site: row.get(2)?,
        is_backed_up: row.get(3)?,
        created: timestamp(row.get(4)?),
        used: row.get::<_, Option<i64>>(5)?.map(timestamp),
    })
}

fn parse_name(text: &str) -> Result<String, AccountError> {
    let name = text.trim();
    if name.is_empty() {
        return Err(AccountError::InvalidName("is empty"));
    }
    if name.len() > NAME_CHARS_MAX * 4 || name.chars().count() > NAME_CHARS_MAX {
        return Err(AccountError::InvalidName("is longer than 100 characters"));
    }
    if name.chars().any(char::is_control) {
        return Err(AccountError::InvalidName("has characters that cannot be seen"));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, at};
    use super::*;
    use crate::Role;

    fn new(credential: u8) -> NewPasskey {
        NewPasskey {
            credential: vec![credential; 16],
            site: "localhost".to_owned(),
            name: " a phone ".to_owned(),
            public_key: vec![1, 2, 3],
            counter: 0,
            is_backed_up: true,
        }
    }

    #[test]
    fn a_passkey_is_of_one_account_and_goes_with_it() {
        let (world, ada) = World::with_owner();
        let ben = world.add("ben", Role::Member);
        let added = world.accounts.add_passkey(ben, &new(1), at(0)).unwrap();
        assert_eq!((added.name.as_str(), added.used), ("a phone", None));
        assert!(matches!(world.accounts.add_passkey(ada, &new(1), at(0)), Err(AccountError::Passkey(_))));
        assert!(world.accounts.rename_passkey(ada, added.id, "mine").is_err());
        assert!(world.accounts.remove_passkey(ada, added.id).is_err());
        assert_eq!(world.accounts.rename_passkey(ben, added.id, "a key").unwrap().name, "a key");
        assert_eq!(world.accounts.list_credentials(ben, "localhost").unwrap(), [vec![1; 16]]);
        assert!(world.accounts.list_credentials(ben, "example.org").unwrap().is_empty());
        world.accounts.delete(ben).unwrap();
        assert_eq!(world.accounts.find_passkey(&[1; 16]).unwrap(), None);
    }

    #[test]
    fn a_counter_only_goes_up_unless_it_is_none() {
        let (world, ada) = World::with_owner();
        let id = world.accounts.add_passkey(ada, &new(1), at(0)).unwrap().id;
        let used = |counter| world.accounts.use_passkey(id, counter, true, at(9));
        assert!(used(0).is_ok() && used(0).is_ok() && used(5).is_ok());
        for counter in [5, 4, 0] {
            assert!(matches!(used(counter), Err(AccountError::Passkey(_))), "{counter}");
        }
        assert!(used(6).is_ok());
        assert_eq!(world.accounts.list_passkeys(ada).unwrap()[0].used, Some(at(9)));
    }

    #[test]
    fn there_are_so_many_passkeys_and_no_more_and_each_has_a_name() {
        let (world, ada) = World::with_owner();
        for number in 0..PASSKEYS_MAX as u8 {
            world.accounts.add_passkey(ada, &new(number), at(0)).unwrap();
        }
        assert!(matches!(
            world.accounts.add_passkey(ada, &new(200), at(0)),
            Err(AccountError::TooMany { .. })
        ));
        for name in ["", " ", "a\nb", &"a".repeat(101), &"a".repeat(100_000)] {
            assert!(parse_name(name).is_err(), "{name:.10}");
        }
    }
}

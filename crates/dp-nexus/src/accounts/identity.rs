//! Whom identity providers know accounts as. An identity is bound to its account when it first signs in, by the
//! provider's own name for the person, so that an e-mail address that changes hands opens nothing.

use super::{AccountError, Accounts, account::timestamp, error::Context as _, name::parse_name};
use crate::AccountId;
use jiff::Timestamp;
use rusqlite::OptionalExtension as _;

/// Somebody, as a provider knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The provider's address.
    pub issuer: &'a str,
    /// The provider's name for the person, which never changes.
    pub subject: &'a str,
    /// Their verified e-mail address, for people to read.
    pub email: &'a str,
}

/// An identity that is bound to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityInfo {
    /// Its number.
    pub id: i64,
    /// The provider's address.
    pub issuer: String,
    /// The e-mail address when it was last used.
    pub email: String,
    /// When it was bound.
    pub linked: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
}

impl Accounts {
    /// The account that an identity signs in to: the one of this name, which the owner has meant for it. The
    /// first time binds the two.
    ///
    /// # Errors
    /// `Identity` if there is no such account, or one of the two is bound to another.
    pub fn account_of_identity(
        &self,
        identity: &Identity<'_>,
        account: &str,
        now: Timestamp,
    ) -> Result<AccountId, AccountError> {
        let name = parse_name(account)?;
        let what = "bind the identity";
        let now_s = now.as_second();
        self.store.write(what, |transaction| {
            let meant: Option<AccountId> = transaction
                .query_row("SELECT id FROM accounts WHERE folded = ?", [&name.folded], |row| row.get(0))
                .optional()
                .context(what)?;
            let meant = meant.ok_or(AccountError::Identity("is meant for an account that there is not"))?;
            let bound: Option<AccountId> = transaction
                .query_row(
                    "SELECT account FROM identities WHERE issuer = ? AND subject = ?",
                    (identity.issuer, identity.subject),
                    |row| row.get(0),
                )
                .optional()
                .context(what)?;
            match bound {
                Some(bound) if bound != meant => {
                    return Err(AccountError::Identity("is bound to another account; remove it there first"));
                }
                Some(_) => transaction.execute(
                    "UPDATE identities SET email = ?, used_s = ? WHERE issuer = ? AND subject = ?",
                    (identity.email, now_s, identity.issuer, identity.subject),
                ),
                None => {
                    let other: bool = transaction
                        .query_row(
                            "SELECT EXISTS (SELECT 1 FROM identities WHERE account = ? AND issuer = ?)",
                            (meant, identity.issuer),
                            |row| row.get(0),
                        )
                        .context(what)?;
                    if other {
                        return Err(AccountError::Identity(
                            "is not the one that the account is bound to; remove that one first",
                        ));
                    }
                    transaction.execute(
                        "INSERT INTO identities (account, issuer, subject, email, linked_s, used_s)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
                        (meant, identity.issuer, identity.subject, identity.email, now_s),
                    )
                }
            }
            .context(what)?;
            Ok(meant)
        })
    }

    /// The identities that are bound to an account.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn list_identities(&self, account: AccountId) -> Result<Vec<IdentityInfo>, AccountError> {
        self.store.read("list the identities", |connection| {
            connection
                .prepare_cached(
                    "SELECT id, issuer, email, linked_s, used_s FROM identities WHERE account = ? ORDER BY id",
                )?
                .query_map([account], |row| {
                    Ok(IdentityInfo {
                        id: row.get(0)?,
                        issuer: row.get(1)?,
                        email: row.get(2)?,
                        linked: timestamp(row.get(3)?),
                        used: timestamp(row.get(4)?),
                    })
                })?
                .collect()
        })
    }

    /// Unbinds an identity from its account.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn remove_identity(&self, account: AccountId, id: i64) -> Result<(), AccountError> {
        let what = "remove the identity";
        self.store.write(what, |transaction| {
            let removed = transaction
                .execute("DELETE FROM identities WHERE id = ? AND account = ?", (id, account))
                .context(what)?;
            if removed == 0 { Err(AccountError::NotFound("identity")) } else { Ok(()) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, at};
    use super::*;
    use crate::Role;

    const ISSUER: &str = "https://id.example.org";

    fn identity(subject: &str) -> Identity<'_> {
        Identity { issuer: ISSUER, subject, email: "ada@example.org" }
    }

    #[test]
    fn an_identity_is_bound_once_and_an_address_that_changes_hands_opens_nothing() {
        let (world, ada) = World::with_owner();
        let ben = world.add("ben", Role::Member);
        let of =
            |subject: &str, name: &str| world.accounts.account_of_identity(&identity(subject), name, at(5));
        assert_eq!(of("1", "Ada").unwrap(), ada);
        assert_eq!(of("1", "ada").unwrap(), ada);
        assert!(matches!(of("2", "ada"), Err(AccountError::Identity(_))), "another person of that address");
        assert!(matches!(of("1", "ben"), Err(AccountError::Identity(_))), "the list was changed");
        assert!(matches!(of("3", "eve"), Err(AccountError::Identity(_))));
        let [bound] = world.accounts.list_identities(ada).unwrap().try_into().unwrap();
        assert!(world.accounts.remove_identity(ben, bound.id).is_err());
        world.accounts.remove_identity(ada, bound.id).unwrap();
        assert_eq!(of("2", "ada").unwrap(), ada);
    }

    #[test]
    fn an_identity_goes_with_its_account() {
        let (world, _) = World::with_owner();
        let ben = world.add("ben", Role::Member);
        world.accounts.account_of_identity(&identity("1"), "ben", at(0)).unwrap();
        world.accounts.delete(ben).unwrap();
        assert!(world.accounts.list_identities(ben).unwrap().is_empty());
        let again = world.add("ben", Role::Member);
        assert_eq!(world.accounts.account_of_identity(&identity("1"), "ben", at(0)).unwrap(), again);
    }
}

//! Accounts themselves: making, finding, renaming, disabling and deleting them.

use super::{
    AccountError, Accounts, Secret,
    error::Context as _,
    name::{Name, parse_name},
    password::check_new_password,
    secret::random_bytes,
};
use crate::{AccountId, Origin, Principal, Role};
use jiff::Timestamp;
use rusqlite::{
    Connection, ErrorCode, OptionalExtension as _, Row, ToSql, Transaction,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};
use serde::Serialize;

/// Most accounts of a machine.
const MAX_ACCOUNTS: i64 = 1_000;
/// What an account is selected by.
const COLUMNS: &str = "id, name, role, password IS NOT NULL, created_s, disabled_s,
    EXISTS (SELECT 1 FROM totp WHERE account = accounts.id AND confirmed_s IS NOT NULL)";

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its id for ever.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Whether it can sign in with a password.
    pub has_password: bool,
    /// Whether signing in takes a code as well.
    pub has_second_factor: bool,
    /// When it was made.
    pub created: Timestamp,
    /// Since when it cannot be used; None if it can.
    pub disabled: Option<Timestamp>,
}

/// An account to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewAccount<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its password; without one it must sign in by other means.
    pub password: Option<&'a str>,
    /// What it is. The first account is the owner, whatever this says.
    pub role: Role,
}

impl Accounts {
    /// Makes an account. The first one is the owner.
    ///
    /// # Errors
    /// `InvalidName`, `NameTaken`, `PasswordLength`, `TooWeak`, `OneOwner` if there is an owner and another
    /// is asked for, `TooMany`.
    pub fn create(&self, new: &NewAccount<'_>, now: Timestamp) -> Result<Account, AccountError> {
        let name = parse_name(new.name)?;
        let password = new.password.map(|password| self.hash_new_password(&name, password)).transpose()?;
        self.store.write("make the account", |transaction| {
            let count = count(transaction)?;
            let role = if count == 0 { Role::Owner } else { new.role };
            if count > 0 && role == Role::Owner {
                return Err(AccountError::OneOwner);
            }
            if count >= MAX_ACCOUNTS {
                return Err(AccountError::TooMany { what: "accounts", limit: MAX_ACCOUNTS });
            }
            insert(transaction, &name, password.as_ref(), role, now)
        })
    }

    /// All accounts, by age.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn list(&self) -> Result<Vec<Account>, AccountError> {
        self.store.read("list the accounts", |connection| {
            connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM accounts ORDER BY created_s, folded"))?
                .query_map((), read_account)?
                .collect()
        })
    }

    /// The account of this name, in whatever case.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn find_by_name(&self, name: &str) -> Result<Option<Account>, AccountError> {
        let Ok(name) = parse_name(name) else { return Ok(None) };
        self.store.read("find an account", |connection| {
            connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM accounts WHERE folded = ?"))?
                .query_row([&name.folded], read_account)
                .optional()
        })
    }

    /// The account of this id.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn get(&self, id: AccountId) -> Result<Option<Account>, AccountError> {
        self.store.read("find an account", |connection| find(connection, id))
    }

    /// Gives an account another name.
    ///
    /// # Errors
    /// `InvalidName`, `NameTaken`, `NotFound`.
    pub fn rename(&self, id: AccountId, name: &str) -> Result<Account, AccountError> {
        let name = parse_name(name)?;
        self.store.write("rename the account", |transaction| {
            transaction
                .execute(
                    "UPDATE accounts SET name = ?, folded = ? WHERE id = ?",
                    (&name.shown, &name.folded, id),
                )
                .map_err(taken_or("rename the account"))?;
            find(transaction, id).context("rename the account")?.ok_or(AccountError::NotFound("account"))
        })
    }

    /// Disables an account, which ends all its sessions, or enables it again. Its keys do not work as long
    /// as it is disabled.
    ///
    /// # Errors
    /// `OwnerStays`, `NotFound`.
    pub fn set_disabled(
        &self,
        id: AccountId,
        disabled: bool,
        now: Timestamp,
    ) -> Result<Account, AccountError> {
        let what = "disable the account";
        self.store.write(what, |transaction| {
            let account = find(transaction, id).context(what)?.ok_or(AccountError::NotFound("account"))?;
            if disabled && account.role == Role::Owner {
                return Err(AccountError::OwnerStays);
            }
            let since = disabled.then(|| account.disabled.unwrap_or(now).as_second());
            transaction
                .execute("UPDATE accounts SET disabled_s = ? WHERE id = ?", (since, id))
                .context(what)?;
            if disabled {
                super::session::revoke_all(transaction, id, now)?;
            }
            find(transaction, id).context(what)?.ok_or(AccountError::NotFound("account"))
        })
    }

    /// Makes an account a member or a reader. Takes effect on its next request.
    ///
    /// # Errors
    /// `OneOwner`, `OwnerStays`, `NotFound`.
    pub fn set_role(&self, id: AccountId, role: Role) -> Result<Account, AccountError> {
        let what = "change what the account is";
        self.store.write(what, |transaction| {
            let account = find(transaction, id).context(what)?.ok_or(AccountError::NotFound("account"))?;
            match (account.role, role) {
                (before, after) if before == after => return Ok(account),
                (Role::Owner, _) => return Err(AccountError::OwnerStays),
                (_, Role::Owner) => return Err(AccountError::OneOwner),
                _ => {}
            }
            transaction.execute("UPDATE accounts SET role = ? WHERE id = ?", (role, id)).context(what)?;
            Ok(Account { role, ..account })
        })
    }

    /// Deletes an account with its sessions, keys and second factor. What the access log says of it stays;
    /// its vault is not touched.
    ///
    /// # Errors
    /// `OwnerStays`, `NotFound`.
    pub fn delete(&self, id: AccountId) -> Result<(), AccountError> {
        let what = "delete the account";
        self.store.write(what, |transaction| {
            let account = find(transaction, id).context(what)?.ok_or(AccountError::NotFound("account"))?;
            if account.role == Role::Owner {
                return Err(AccountError::OwnerStays);
            }
            transaction.execute("DELETE FROM accounts WHERE id = ?", [id]).context(what)?;
            Ok(())
        })
    }

    /// The account as the machine's own command line uses it: with all its role may do.
    ///
    /// # Errors
    /// `NotFound`; `Disabled`.
    pub fn local_principal(&self, id: AccountId) -> Result<Principal, AccountError> {
        let account = self.get(id)?.ok_or(AccountError::NotFound("account"))?;
        if account.disabled.is_some() {
            return Err(AccountError::Disabled);
        }
        Ok(Principal {
            account: id,
            name: account.name,
            role: account.role,
            scope: account.role.scope(),
            origin: Origin::Local,
        })
    }

    /// Checks a new password of an account of this name and hashes it.
    pub(super) fn hash_new_password(&self, name: &Name, password: &str) -> Result<Secret, AccountError> {
        check_new_password(password, &[&name.shown])?;
        self.hasher.hash(password)
    }
}

/// How many accounts there are.
pub(super) fn count(connection: &Connection) -> Result<i64, AccountError> {
    connection.query_row("SELECT count(*) FROM accounts", (), |row| row.get(0)).context("count the accounts")
}

pub(super) fn insert(
    transaction: &Transaction<'_>,
    name: &Name,
    password: Option<&Secret>,
    role: Role,
    now: Timestamp,
) -> Result<Account, AccountError> {
    let id = AccountId(random_bytes()?);
    transaction
        .execute(
            "INSERT INTO accounts (id, name, folded, role, password, created_s) VALUES (?, ?, ?, ?, ?, ?)",
            (id, &name.shown, &name.folded, role, password.map(Secret::expose), now.as_second()),
        )
        .map_err(taken_or("make the account"))?;
    Ok(Account {
        id,
        name: name.shown.clone(),
        role,
        has_password: password.is_some(),
        has_second_factor: false,
        created: timestamp(now.as_second()),
        disabled: None,
    })
}

pub(super) fn find(connection: &Connection, id: AccountId) -> rusqlite::Result<Option<Account>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM accounts WHERE id = ?"))?
        .query_row([id], read_account)
        .optional()
}

fn read_account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: row.get(0)?,
        name: row.get(1)?,
        role: row.get(2)?,
        has_password: row.get(3)?,
        created: timestamp(row.get(4)?),
        disabled: row.get::<_, Option<i64>>(5)?.map(timestamp),
        has_second_factor: row.get(6)?,
    })
}

/// Says that a name is taken where the database only says that it is not unique.
fn taken_or(what: &'static str) -> impl Fn(rusqlite::Error) -> AccountError {
    move |source| match source.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => AccountError::NameTaken,
        _ => AccountError::Engine { context: what, source },
    }
}

/// The time that was stored as seconds since 1970 UTC.
pub(super) fn timestamp(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

impl ToSql for AccountId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(&self.0[..]))
    }
}

impl FromSql for AccountId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 16]>::column_result(value).map(Self)
    }
}

impl ToSql for Role {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(match self {
            Self::Owner => "owner",
            Self::Member => "member",
            Self::Reader => "reader",
        }))
    }
}

impl FromSql for Role {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "owner" => Ok(Self::Owner),
            "member" => Ok(Self::Member),
            "reader" => Ok(Self::Reader),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{PASSWORD, World, at, sign_in};
    use super::*;

    fn new(name: &str, role: Role) -> NewAccount<'_> {
        NewAccount { name, password: None, role }
    }

    #[test]
    fn the_first_account_is_the_owner_whatever_was_asked_for() {
        let world = World::empty();
        let first = world.accounts.create(&new("ada", Role::Reader), at(0)).unwrap();
        assert_eq!(first.role, Role::Owner);
        let second = world.accounts.create(&new("ben", Role::Reader), at(0)).unwrap();
        assert_eq!(second.role, Role::Reader);
        assert!(matches!(
            world.accounts.create(&new("eve", Role::Owner), at(0)),
            Err(AccountError::OneOwner)
        ));
    }

    #[test]
    fn an_account_is_found_by_its_name_in_any_case_and_listed() {
        let (world, ada) = World::with_owner();
        let ben = world.add("Ben", Role::Member);
        assert_eq!(world.accounts.find_by_name(" BEN ").unwrap().unwrap().id, ben);
        assert_eq!(world.accounts.find_by_name("nobody").unwrap(), None);
        assert_eq!(world.accounts.find_by_name("\0").unwrap(), None);
        let listed: Vec<_> = world.accounts.list().unwrap().into_iter().map(|account| account.id).collect();
        assert_eq!(listed, [ada, ben]);
        assert_eq!(world.accounts.get(AccountId([0; 16])).unwrap(), None);
    }

    #[test]
    fn two_accounts_cannot_have_names_that_differ_only_in_case() {
        let (world, _) = World::with_owner();
        let ben = world.add("ben", Role::Member);
        assert!(matches!(
            world.accounts.create(&new("ADA", Role::Member), at(0)),
            Err(AccountError::NameTaken)
        ));
        assert!(matches!(world.accounts.rename(ben, "Ada"), Err(AccountError::NameTaken)));
        assert_eq!(world.accounts.rename(ben, "BEN").unwrap().name, "BEN");
        assert!(matches!(
            world.accounts.rename(AccountId([9; 16]), "eve"),
            Err(AccountError::NotFound("account"))
        ));
    }

    #[test]
    fn a_disabled_account_is_told_so_only_with_the_right_password_and_can_be_enabled() {
        let (world, _) = World::with_owner();
        let ben = world.add("ben", Role::Member);
        world.accounts.set_disabled(ben, true, at(5)).unwrap();
        let sign_in_as = |password| world.accounts.sign_in(&sign_in("ben", password), at(6));
        assert!(matches!(sign_in_as(PASSWORD), Err(AccountError::Disabled)));
        assert!(matches!(sign_in_as("something else entirely"), Err(AccountError::WrongCredentials)));
        assert!(matches!(world.accounts.local_principal(ben), Err(AccountError::Disabled)));
        assert_eq!(world.accounts.set_disabled(ben, false, at(7)).unwrap().disabled, None);
        assert!(sign_in_as(PASSWORD).is_ok());
    }

    #[test]
    fn a_deleted_account_leaves_nothing_but_the_owner_stays() {
        let (world, ada) = World::with_owner();
        let ben = world.add("ben", Role::Member);
        let tokens = world.accounts.sign_in(&sign_in("ben", PASSWORD), at(1)).unwrap();
        world.accounts.delete(ben).unwrap();
        assert!(world.accounts.refresh(tokens.refresh.expose(), at(2)).is_err());
        assert_eq!(world.accounts.find_by_name("ben").unwrap(), None);
        assert!(matches!(world.accounts.delete(ben), Err(AccountError::NotFound("account"))));
        assert!(matches!(world.accounts.delete(ada), Err(AccountError::OwnerStays)));
        assert!(matches!(world.accounts.set_disabled(ada, true, at(3)), Err(AccountError::OwnerStays)));
    }

    #[test]
    fn a_role_changes_between_member_and_reader_only() {
        let (world, ada) = World::with_owner();
        let ben = world.add("ben", Role::Member);
        assert_eq!(world.accounts.set_role(ben, Role::Reader).unwrap().role, Role::Reader);
        assert!(matches!(world.accounts.set_role(ben, Role::Owner), Err(AccountError::OneOwner)));
        assert!(matches!(world.accounts.set_role(ada, Role::Member), Err(AccountError::OwnerStays)));
        assert_eq!(world.accounts.set_role(ada, Role::Owner).unwrap().role, Role::Owner);
    }

    #[test]
    fn the_command_line_may_do_what_the_role_may() {
        let (world, _) = World::with_owner();
        let ben = world.add("ben", Role::Reader);
        let principal = world.accounts.local_principal(ben).unwrap();
        assert_eq!((principal.origin, principal.name.as_str()), (Origin::Local, "ben"));
        assert!(principal.scope.read && !principal.scope.write);
    }
}

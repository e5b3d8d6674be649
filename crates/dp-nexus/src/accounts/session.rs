//! Sessions: how long they last, which there are, how they end. What is handed to the client is in `access`
//! and `cookie`.

use super::{AccountError, Accounts, Secret, account::timestamp, error::Context as _};
use crate::{AccountId, Origin, Principal, Role};
use jiff::Timestamp;
use rusqlite::{Row, Transaction};
use serde::Serialize;
use std::net::IpAddr;

/// After how long without use a session ends.
const IDLE_S: i64 = 30 * 86_400;
/// After how long it ends in any case.
const LIFETIME_S: i64 = 90 * 86_400;
/// How exactly it is known when a session was last used.
const SEEN_STEP_S: i64 = 5 * 60;
/// How long an ended session is remembered, so that it can be told why a token does not work.
const REMEMBERED_S: i64 = 30 * 86_400;
/// Most sessions of an account; a further one takes the place of the one that was used least lately.
const MAX_SESSIONS: i64 = 200;
/// Most characters that are kept of what a client says of itself.
const MAX_DEVICE_CHARS: usize = 200;

/// Who is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client<'a> {
    /// Their address; None if they are on this machine's command line.
    pub address: Option<IpAddr>,
    /// What they say they are: the `User-Agent`, for people to tell sessions apart.
    pub device: &'a str,
}

/// What a session goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// A refresh token and short-lived access tokens.
    Token,
    /// A browser's cookie.
    Cookie,
}

/// A session as it is shown to its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionInfo {
    /// Its id.
    pub id: i64,
    /// What it goes by.
    pub kind: SessionKind,
    /// What the client said of itself when it signed in.
    pub device: String,
    /// From where it signed in.
    pub address: Option<String>,
    /// When it signed in.
    pub created: Timestamp,
    /// When it was used last, give or take some minutes.
    pub seen: Timestamp,
    /// When it will end, if it is not used.
    pub expires: Timestamp,
}

impl Accounts {
    /// The account's sessions that can be used, the last used one first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn list_sessions(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<SessionInfo>, AccountError> {
        let now_s = now.as_second();
        self.store.read("list the sessions", |connection| {
            connection
                .prepare_cached(
                    "SELECT id, cookie IS NOT NULL, device, address, created_s, seen_s, expires_s FROM sessions
                     WHERE account = ? AND revoked_s IS NULL AND expires_s > ? AND seen_s > ?
                     ORDER BY seen_s DESC, id DESC",
                )?
                .query_map((account, now_s, now_s - IDLE_S), read_session_info)?
                .collect()
        })
    }

    /// Ends one session of the account.
    ///
    /// # Errors
    /// `NotFound` if the account has none of this id that has not ended.
    pub fn revoke_session(&self, account: AccountId, id: i64, now: Timestamp) -> Result<(), AccountError> {
        let what = "end the session";
        self.store.write(what, |transaction| {
            let ended = transaction
                .execute(
                    "UPDATE sessions SET revoked_s = ? WHERE id = ? AND account = ? AND revoked_s IS NULL",
                    (now.as_second(), id, account),
                )
                .context(what)?;
            if ended == 0 { Err(AccountError::NotFound("session")) } else { Ok(()) }
        })
    }

    /// Ends all sessions of the account.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub fn revoke_all_sessions(&self, account: AccountId, now: Timestamp) -> Result<(), AccountError> {
        self.store.write("end the sessions", |transaction| revoke_all(transaction, account, now))
    }

    /// The principal of a session, if it has not ended. Remembers that it was used.
    pub(super) fn use_session(
        &self,
        session: &SessionRow,
        now: Timestamp,
    ) -> Result<Principal, AccountError> {
        session.check(now)?;
        let now_s = now.as_second();
        if now_s - session.seen_s >= SEEN_STEP_S {
            let what = "remember when the session was used";
            let seen = self.store.write(what, |transaction| touch(transaction, session.id, now));
            // A full disk must not keep anybody out.
            if let Err(error) = seen {
                tracing::warn!(%error, "a session's last use is not remembered");
            }
        }
        Ok(session.principal())
    }
}

/// A session with its account.
#[derive(Debug)]
pub(super) struct SessionRow {
    pub(super) id: i64,
    pub(super) account: AccountId,
    name: String,
    role: Role,
    seen_s: i64,
    pub(super) expires_s: i64,
    revoked: bool,
    disabled: bool,
}

impl SessionRow {
    /// What `from_row` reads, of `sessions AS s` and `accounts AS a`.
    pub(super) const COLUMNS: &str = "s.id, s.account, a.name, a.role, s.seen_s, s.expires_s, s.revoked_s IS NOT NULL, a.disabled_s IS NOT NULL";

    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            account: row.get(1)?,
            name: row.get(2)?,
            role: row.get(3)?,
            seen_s: row.get(4)?,
            expires_s: row.get(5)?,
            revoked: row.get(6)?,
            disabled: row.get(7)?,
        })
    }

    /// Whether it can still be used.
    pub(super) fn check(&self, now: Timestamp) -> Result<(), AccountError> {
        let now_s = now.as_second();
        if self.disabled {
            return Err(AccountError::Disabled);
        }
        if self.revoked {
            return Err(AccountError::Revoked);
        }
        if now_s >= self.expires_s || now_s >= self.seen_s + IDLE_S {
            return Err(AccountError::Expired);
        }
        Ok(())
    }

    pub(super) fn principal(&self) -> Principal {
        Principal {
            account: self.account,
            name: self.name.clone(),
            role: self.role,
            scope: self.role.scope(),
            origin: Origin::Session(self.id),
        }
    }
}

/// Somebody's right to a session.
#[derive(Debug)]
pub(super) struct Proved {
    pub(super) account: AccountId,
    /// The hash of the password they gave; None if they have shown their right in another way.
    pub(super) password: Option<Secret>,
}

/// Begins a session of an account that is there and not disabled, unless its password was changed after it
/// was checked: who has only the old one must not come in at the last moment.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    proved: &Proved,
    cookie: Option<&[u8; 32]>,
    client: &Client<'_>,
    now: Timestamp,
) -> Result<SessionRow, AccountError> {
    let what = "begin a session";
    let now_s = now.as_second();
    let account = proved.account;
    let found =
        super::account::find(transaction, account).context(what)?.ok_or(AccountError::NotFound("account"))?;
    if found.disabled.is_some() {
        return Err(AccountError::Disabled);
    }
    if let Some(password) = &proved.password {
        let is_current: bool = transaction
            .query_row(
                "SELECT password IS ? FROM accounts WHERE id = ?",
                (password.expose(), account),
                |row| row.get(0),
            )
            .context(what)?;
        if !is_current {
            return Err(AccountError::WrongCredentials);
        }
    }
    make_room(transaction, account, now_s).context(what)?;
    let device: String =
        client.device.chars().filter(|letter| !letter.is_control()).take(MAX_DEVICE_CHARS).collect();
    let address = client.address.map(|address| address.to_canonical().to_string());
    let expires_s = now_s + LIFETIME_S;
    transaction
        .execute(
            "INSERT INTO sessions (account, cookie, device, address, created_s, seen_s, expires_s)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
            (account, cookie.map(|hash| &hash[..]), device, address, now_s, expires_s),
        )
        .context(what)?;
    Ok(SessionRow {
        id: transaction.last_insert_rowid(),
        account,
        name: found.name,
        role: found.role,
        seen_s: now_s,
        expires_s,
        revoked: false,
        disabled: false,
    })
}

/// Removes sessions of everybody that ended long ago, and of this account those used least lately.
fn make_room(transaction: &Transaction<'_>, account: AccountId, now_s: i64) -> rusqlite::Result<()> {
    let remembered_s = now_s - REMEMBERED_S;
    transaction
        .prepare_cached("DELETE FROM sessions WHERE expires_s < ?1 OR revoked_s < ?1 OR seen_s < ?2")?
        .execute((remembered_s, remembered_s - IDLE_S))?;
    transaction
        .prepare_cached(
            "DELETE FROM sessions WHERE id IN
             (SELECT id FROM sessions WHERE account = ? ORDER BY seen_s DESC, id DESC LIMIT -1 OFFSET ?)",
        )?
        .execute((account, MAX_SESSIONS - 1))?;
    Ok(())
}

/// Remembers that a session was used.
pub(super) fn touch(transaction: &Transaction<'_>, id: i64, now: Timestamp) -> Result<(), AccountError> {
    transaction
        .execute("UPDATE sessions SET seen_s = max(seen_s, ?) WHERE id = ?", (now.as_second(), id))
        .context("remember when the session was used")?;
    Ok(())
}

/// Ends all sessions of an account.
pub(super) fn revoke_all(
    transaction: &Transaction<'_>,
    account: AccountId,
    now: Timestamp,
) -> Result<(), AccountError> {
    transaction
        .execute(
            "UPDATE sessions SET revoked_s = ? WHERE account = ? AND revoked_s IS NULL",
            (now.as_second(), account),
        )
        .context("end the sessions")?;
    Ok(())
}

fn read_session_info(row: &Row<'_>) -> rusqlite::Result<SessionInfo> {
    let (seen_s, expires_s): (i64, i64) = (row.get(5)?, row.get(6)?);
    Ok(SessionInfo {
        id: row.get(0)?,
        kind: if row.get(1)? { SessionKind::Cookie } else { SessionKind::Token },
        device: row.get(2)?,
        address: row.get(3)?,
        created: timestamp(row.get(4)?),
        seen: timestamp(seen_s),
        expires: timestamp(expires_s.min(seen_s + IDLE_S)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{PASSWORD, World, at, client, days, sign_in};
    use super::*;

    #[test]
    fn sessions_are_listed_with_what_they_are_and_ended_one_by_one() {
        let (world, ada) = World::with_owner();
        let tokens = world.accounts.sign_in(&sign_in("ada", PASSWORD), at(0)).unwrap();
        let cookie = world.accounts.sign_in_cookie(&sign_in("ada", PASSWORD), at(9)).unwrap();
        let listed = world.accounts.list_sessions(ada, at(10)).unwrap();
        assert_eq!(
            listed.iter().map(|session| session.id).collect::<Vec<_>>(),
            [cookie.session, tokens.session]
        );
        assert_eq!((listed[0].kind, listed[1].kind), (SessionKind::Cookie, SessionKind::Token));
        assert_eq!(listed[1].device, "Firefox on Linux");
        assert_eq!(listed[1].address.as_deref(), Some("192.0.2.7"));
        assert_eq!((listed[1].created, listed[1].expires), (at(0), at(days(30))));

        let ben = world.add("ben", Role::Member);
        let foreign = world.accounts.revoke_session(ben, tokens.session, at(10));
        assert!(matches!(foreign, Err(AccountError::NotFound("session"))), "not another account's");
        world.accounts.revoke_session(ada, tokens.session, at(10)).unwrap();
        assert!(world.accounts.authenticate_access(tokens.access.expose(), at(10)).is_err());
        assert!(world.accounts.authenticate_cookie(cookie.token.expose(), at(10)).is_ok());
        world.accounts.revoke_all_sessions(ada, at(11)).unwrap();
        assert!(world.accounts.authenticate_cookie(cookie.token.expose(), at(11)).is_err());
        assert!(world.accounts.list_sessions(ada, at(11)).unwrap().is_empty());
    }

    #[test]
    fn a_session_ends_after_thirty_days_without_use_and_after_ninety_in_any_case() {
        let (world, ada) = World::with_owner();
        let idle = world.accounts.sign_in_cookie(&sign_in("ada", PASSWORD), at(0)).unwrap();
        let used = world.accounts.sign_in_cookie(&sign_in("ada", PASSWORD), at(0)).unwrap();
        for day in [20, 40, 60, 80] {
            world.accounts.authenticate_cookie(used.token.expose(), at(days(day))).unwrap();
        }
        let ended = |token: &Secret, day| {
            matches!(
                world.accounts.authenticate_cookie(token.expose(), at(days(day))),
                Err(AccountError::Expired)
            )
        };
        assert!(ended(&idle.token, 30));
        assert!(!ended(&used.token, 89));
        assert!(ended(&used.token, 90));
        assert!(world.accounts.list_sessions(ada, at(days(90))).unwrap().is_empty());
    }

    #[test]
    fn long_ended_sessions_are_removed_and_no_account_has_ever_more() {
        let (world, ada) = World::with_owner();
        let open = |seconds| world.accounts.open_cookie_session(ada, &client(), at(seconds)).unwrap();
        let first = open(0);
        for second in 1..=MAX_SESSIONS {
            open(second);
        }
        let listed = world.accounts.list_sessions(ada, at(MAX_SESSIONS)).unwrap();
        assert_eq!(listed.len() as i64, MAX_SESSIONS);
        let gone = world.accounts.authenticate_cookie(first.token.expose(), at(MAX_SESSIONS));
        assert!(matches!(gone, Err(AccountError::InvalidToken)));
        open(days(200));
        let left: i64 = world
            .accounts
            .store
            .read("count", |connection| {
                connection.query_row("SELECT count(*) FROM sessions", (), |row| row.get(0))
            })
            .unwrap();
        assert_eq!(left, 1);
    }

    #[test]
    fn what_a_client_says_of_itself_is_cut_short() {
        let (world, ada) = World::with_owner();
        let device = format!("a\r\nb{}", "ä".repeat(100_000));
        let client = Client { address: None, device: &device };
        world.accounts.open_session(ada, &client, at(0)).unwrap();
        let listed = world.accounts.list_sessions(ada, at(0)).unwrap();
        assert!(listed[0].device.starts_with("abä"));
        assert_eq!(listed[0].device.chars().count(), MAX_DEVICE_CHARS);
    }
}

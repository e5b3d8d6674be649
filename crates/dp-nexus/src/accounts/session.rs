//! Signing in, and the sessions that come of it: how long they last, which there are, how they end. What is
//! handed to the client is in `access` and `cookie`.

use super::{
    AccountError, Accounts, CookieSession, Secret, Subject, Tokens, account::timestamp, error::Context as _,
    name::parse_name, password::Check,
};
use crate::{AccountId, Origin, Principal, Role};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};
use serde::Serialize;
use std::{fmt, net::IpAddr};

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

/// Somebody wants to come in.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    /// Name of the account.
    pub name: &'a str,
    /// Its password.
    pub password: &'a str,
    /// A code of the second factor, or a recovery code.
    pub code: Option<&'a str>,
    /// Who asks.
    pub client: Client<'a>,
}

impl fmt::Debug for SignIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("name", &self.name)
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
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
    /// Signs in with a password and, if there is a second factor, a code. Gives tokens, for programs.
    ///
    /// # Errors
    /// `WrongCredentials`, `Throttled`, `Disabled`, `SecondFactorNeeded`, `WrongCode`.
    pub fn sign_in(&self, asked: &SignIn<'_>, now: Timestamp) -> Result<Tokens, AccountError> {
        let proved = self.check_sign_in(asked, now)?;
        self.begin_session(&proved, &asked.client, now)
    }

    /// Signs in likewise, but gives a cookie, for browsers.
    ///
    /// # Errors
    /// As `sign_in`.
    pub fn sign_in_cookie(&self, asked: &SignIn<'_>, now: Timestamp) -> Result<CookieSession, AccountError> {
        let proved = self.check_sign_in(asked, now)?;
        self.begin_cookie_session(&proved, &asked.client, now)
    }

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

    /// Who signs in. An account that is not there takes as long as a wrong password.
    fn check_sign_in(&self, asked: &SignIn<'_>, now: Timestamp) -> Result<Proved, AccountError> {
        let name = parse_name(asked.name);
        let folded = name.as_ref().map_or("", |name| name.folded.as_str());
        let mut subjects = vec![Subject::Name(folded)];
        subjects.extend(asked.client.address.map(Subject::Address));
        let attempt = self.throttle.begin(&subjects, now)?;
        let known = self.store.read("find an account", |connection| find_credentials(connection, folded))?;
        let hash = known.as_ref().and_then(|known| known.password.as_ref());
        let check = self.hasher.check(asked.password, hash.map(Secret::expose))?;
        let (Some(known), true) = (&known, check != Check::Wrong) else {
            return Err(AccountError::WrongCredentials);
        };
        if known.is_disabled {
            attempt.give_back();
            return Err(AccountError::Disabled);
        }
        if known.has_second_factor {
            let Some(code) = asked.code else {
                // Not counted, but nothing is cleared either, or else codes could be guessed for ever.
                attempt.give_back();
                return Err(AccountError::SecondFactorNeeded);
            };
            self.take_code(known.id, code, now)?;
        }
        attempt.succeeded();
        let password = match (check, hash) {
            (Check::RightButOld, Some(hash)) => Some(self.rehash(known.id, asked.password, hash)?),
            (_, hash) => hash.cloned(),
        };
        Ok(Proved { account: known.id, password })
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

struct Credentials {
    id: AccountId,
    password: Option<Secret>,
    is_disabled: bool,
    has_second_factor: bool,
}

fn find_credentials(connection: &Connection, folded: &str) -> rusqlite::Result<Option<Credentials>> {
    connection
        .prepare_cached(
            "SELECT id, password, disabled_s IS NOT NULL,
                EXISTS (SELECT 1 FROM totp WHERE account = accounts.id AND confirmed_s IS NOT NULL)
             FROM accounts WHERE folded = ?",
        )?
        .query_row([folded], |row| {
            Ok(Credentials {
                id: row.get(0)?,
                password: row.get::<_, Option<String>>(1)?.map(Secret::new),
                is_disabled: row.get(2)?,
                has_second_factor: row.get(3)?,
            })
        })
        .optional()
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
    use super::super::testing::{OTHER_PASSWORD, PASSWORD, World, at, client, days, sign_in};
    use super::*;

    #[test]
    fn signing_in_takes_the_name_in_any_case_and_the_exact_password() {
        let (world, ada) = World::with_owner();
        let tokens = world.accounts.sign_in(&sign_in(" ADA ", PASSWORD), at(0)).unwrap();
        assert_eq!(tokens.principal.account, ada);
        for (name, password) in
            [("ada", "violet Tractor above seven clouds"), ("eve", PASSWORD), ("", ""), ("\0", PASSWORD)]
        {
            let refused = world.accounts.sign_in(&sign_in(name, password), at(0));
            assert!(matches!(refused, Err(AccountError::WrongCredentials)), "{name}: {refused:?}");
        }
    }

    #[test]
    fn an_account_without_a_password_cannot_sign_in_with_one() {
        let (world, _) = World::with_owner();
        let new = super::super::NewAccount { name: "ben", password: None, role: Role::Member };
        let ben = world.accounts.create(&new, at(0)).unwrap().id;
        let refused = world.accounts.sign_in(&sign_in("ben", ""), at(0));
        assert!(matches!(refused, Err(AccountError::WrongCredentials)));
        assert!(world.accounts.open_session(ben, &client(), at(0)).is_ok(), "by other means it can");
    }

    #[test]
    fn the_sixth_attempt_must_wait_but_who_is_signed_in_goes_on() {
        let (world, _) = World::with_owner();
        let tokens = world.accounts.sign_in(&sign_in("ada", PASSWORD), at(0)).unwrap();
        for second in 0..5 {
            let refused = world.accounts.sign_in(&sign_in("ada", "wrong"), at(second));
            assert!(matches!(refused, Err(AccountError::WrongCredentials)));
        }
        let right = world.accounts.sign_in(&sign_in("ada", PASSWORD), at(5));
        assert!(matches!(right, Err(AccountError::Throttled { retry_after_s: 299 })), "{right:?}");
        assert!(world.accounts.authenticate_access(tokens.access.expose(), at(5)).is_ok());
        assert!(world.accounts.refresh(tokens.refresh.expose(), at(5)).is_ok());
        assert!(world.accounts.sign_in(&sign_in("ada", PASSWORD), at(305)).is_ok());
    }

    #[test]
    fn a_password_that_was_changed_after_it_was_checked_begins_no_session() {
        let (world, ada) = World::with_owner();
        let proved = world.accounts.check_sign_in(&sign_in("ada", PASSWORD), at(0)).unwrap();
        world.accounts.reset_password(ada, OTHER_PASSWORD, at(0)).unwrap();
        let late = world.accounts.begin_session(&proved, &client(), at(0));
        assert!(matches!(late, Err(AccountError::WrongCredentials)), "{late:?}");
    }

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

    #[test]
    fn what_is_asked_for_is_printed_without_its_secrets() {
        let asked = SignIn { code: Some("123456"), ..sign_in("ada", PASSWORD) };
        let printed = format!("{asked:?}");
        assert!(printed.contains("ada") && !printed.contains("tractor") && !printed.contains("123456"));
    }
}

//! Signing in with a password and, if there is one, a second factor. Says as little as it can to those who
//! guess, takes as long for names that are not there, and counts attempts before they are made.

use super::{
    AccountError, Accounts, Client, CookieSession, Secret, Subject, Tokens, name::parse_name,
    password::Check, session::Proved,
};
use crate::AccountId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};
use std::fmt;

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

#[cfg(test)]
mod tests {
    use super::super::testing::{OTHER_PASSWORD, PASSWORD, World, at, client, sign_in};
    use super::*;
    use crate::Role;

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
    fn what_is_asked_for_is_printed_without_its_secrets() {
        let asked = SignIn { code: Some("123456"), ..sign_in("ada", PASSWORD) };
        let printed = format!("{asked:?}");
        assert!(printed.contains("ada") && !printed.contains("tractor") && !printed.contains("123456"));
    }
}

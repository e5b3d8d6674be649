//! Sessions of browsers: a cookie that scripts cannot read, and a token against forged requests that is
//! made from it and so need not be stored.

use super::{
    AccountError, Accounts, Client, Secret,
    account::timestamp,
    secret::{Purpose, token_hash},
    session::{Proved, SessionRow, insert},
};
use crate::{AccountId, Principal};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use subtle::ConstantTimeEq as _;

/// A session that goes by a cookie. Shown once.
#[derive(Debug, Clone)]
pub struct CookieSession {
    /// Its id.
    pub session: i64,
    /// The cookie's value: 43 characters that need no quoting.
    pub token: Secret,
    /// What every request that changes something must carry beside the cookie.
    pub csrf: Secret,
    /// When the session ends at the latest.
    pub expires: Timestamp,
    /// Who it is.
    pub principal: Principal,
}

impl Accounts {
    /// Begins a session for somebody whose right to it was checked.
    ///
    /// # Errors
    /// `NotFound`, `Disabled`.
    pub fn open_cookie_session(
        &self,
        account: AccountId,
        client: &Client<'_>,
        now: Timestamp,
    ) -> Result<CookieSession, AccountError> {
        self.begin_cookie_session(&Proved { account, password: None }, client, now)
    }

    pub(super) fn begin_cookie_session(
        &self,
        proved: &Proved,
        client: &Client<'_>,
        now: Timestamp,
    ) -> Result<CookieSession, AccountError> {
        let token = Secret::random()?;
        let hash = token_hash(Purpose::Cookie, token.expose()).unwrap_or_default();
        let session = self
            .store
            .write("begin a session", |transaction| insert(transaction, proved, Some(&hash), client, now))?;
        Ok(CookieSession {
            session: session.id,
            csrf: self.csrf_token(token.expose()),
            token,
            expires: timestamp(session.expires_s),
            principal: session.principal(),
        })
    }

    /// Who comes with this cookie.
    ///
    /// # Errors
    /// `InvalidToken`, `Revoked`, `Expired`, `Disabled`.
    pub fn authenticate_cookie(&self, token: &str, now: Timestamp) -> Result<Principal, AccountError> {
        let hash = token_hash(Purpose::Cookie, token).ok_or(AccountError::InvalidToken)?;
        let session = self.store.read("find a session", |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {} FROM sessions AS s JOIN accounts AS a ON a.id = s.account WHERE s.cookie = ?",
                    SessionRow::COLUMNS
                ))?
                .query_row([&hash[..]], SessionRow::from_row)
                .optional()
        })?;
        self.use_session(&session.ok_or(AccountError::InvalidToken)?, now)
    }

    /// The CSRF token that belongs to a cookie: for pages that are loaded again.
    #[must_use]
    pub fn csrf_token(&self, cookie: &str) -> Secret {
        let mac = blake3::keyed_hash(&self.csrf_key.0, cookie.as_bytes());
        Secret::new(URL_SAFE_NO_PAD.encode(mac.as_bytes()))
    }

    /// Checks that a request with this cookie comes from one of our pages.
    ///
    /// # Errors
    /// `WrongCsrf`.
    pub fn check_csrf(&self, cookie: &str, presented: &str) -> Result<(), AccountError> {
        let expected = self.csrf_token(cookie);
        let is_right = expected.expose().as_bytes().ct_eq(presented.as_bytes());
        if bool::from(is_right) { Ok(()) } else { Err(AccountError::WrongCsrf) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{PASSWORD, World, at, sign_in};
    use super::*;
    use crate::Origin;

    #[test]
    fn a_cookie_tells_who_comes() {
        let (world, ada) = World::with_owner();
        let cookie = world.accounts.sign_in_cookie(&sign_in("ada", PASSWORD), at(0)).unwrap();
        let principal = world.accounts.authenticate_cookie(cookie.token.expose(), at(1)).unwrap();
        assert_eq!((principal.account, principal.origin), (ada, Origin::Session(cookie.session)));
        assert_eq!(principal, cookie.principal);
        for text in ["", "x", &"A".repeat(43), cookie.csrf.expose()] {
            let refused = world.accounts.authenticate_cookie(text, at(1));
            assert!(matches!(refused, Err(AccountError::InvalidToken)), "{refused:?}");
        }
    }

    #[test]
    fn a_refresh_token_is_no_cookie() {
        let (world, _) = World::with_owner();
        let tokens = world.accounts.sign_in(&sign_in("ada", PASSWORD), at(0)).unwrap();
        assert!(world.accounts.authenticate_cookie(tokens.refresh.expose(), at(1)).is_err());
    }

    #[test]
    fn a_csrf_token_fits_its_own_cookie_only_and_survives_a_restart() {
        let (world, _) = World::with_owner();
        let first = world.accounts.sign_in_cookie(&sign_in("ada", PASSWORD), at(0)).unwrap();
        let second = world.accounts.sign_in_cookie(&sign_in("ada", PASSWORD), at(0)).unwrap();
        let check =
            |cookie: &CookieSession, csrf: &str| world.accounts.check_csrf(cookie.token.expose(), csrf);
        assert!(check(&first, first.csrf.expose()).is_ok());
        for wrong in [second.csrf.expose(), first.token.expose(), "", "x"] {
            assert!(matches!(check(&first, wrong), Err(AccountError::WrongCsrf)));
        }
        let again = Accounts::open(&world.directory.path().join("system.db")).unwrap();
        assert!(again.check_csrf(first.token.expose(), first.csrf.expose()).is_ok());
        assert!(World::empty().accounts.check_csrf(first.token.expose(), first.csrf.expose()).is_err());
    }

    #[test]
    fn a_cookie_is_stored_only_as_a_hash_and_not_printed() {
        let (world, _) = World::with_owner();
        let cookie = world.accounts.sign_in_cookie(&sign_in("ada", PASSWORD), at(0)).unwrap();
        world.sql("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        let file = std::fs::read(world.directory.path().join("system.db")).unwrap();
        let raw = URL_SAFE_NO_PAD.decode(cookie.token.expose()).unwrap();
        for needle in [cookie.token.expose().as_bytes(), &raw, PASSWORD.as_bytes()] {
            assert!(!file.windows(needle.len()).any(|window| window == needle));
        }
        assert!(!format!("{cookie:?}").contains(cookie.token.expose()));
        assert!(!format!("{cookie:?}").contains(cookie.csrf.expose()));
    }
}

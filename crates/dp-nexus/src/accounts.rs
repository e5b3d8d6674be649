//! Accounts and how they come in: names, passwords, sessions, keys, second factors and the log of who read
//! what. Everything is kept in `system.db`; callers give the time and never see SQL. Knows no HTTP.

mod access;
mod account;
mod cookie;
mod error;
mod key;
mod log;
mod name;
mod password;
mod second_factor;
mod secret;
mod session;
mod setup;
mod sign_in;
mod signing;
mod store;
mod throttle;
mod totp;

pub use access::Tokens;
pub use account::{Account, NewAccount};
pub use cookie::CookieSession;
pub use error::AccountError;
pub use key::{KeyInfo, NewKey};
pub use log::{Break, Event, LogEntry, LogPage, Reader, Verdict};
pub use password::{Strength, password_strength};
pub use second_factor::TotpEnrolment;
pub use secret::Secret;
pub use session::{Client, SessionInfo, SessionKind};
pub use setup::SetupProof;
pub use sign_in::SignIn;
pub use signing::OldKeys;
pub use throttle::{Attempt, Subject, Throttle};

use password::Hasher;
use secret::SecretKey;
use std::path::Path;
use store::Store;

/// All accounts of this machine. Cheap to share behind an `Arc`; every method may be called from any thread
/// and may wait for the disk, those that take a password also for some tens of milliseconds of hashing.
#[derive(Debug)]
pub struct Accounts {
    store: Store,
    hasher: Hasher,
    throttle: Throttle,
    /// Makes CSRF tokens from session tokens.
    csrf_key: SecretKey,
}

impl Accounts {
    /// Opens `system.db` at this path, making it and its keys if it is not there.
    ///
    /// # Errors
    /// `Newer` if a later version of the program wrote it, `Foreign` if it is some other database, `Io` and
    /// `Engine` if it cannot be read or written.
    pub fn open(path: &Path) -> Result<Self, AccountError> {
        let store = Store::open(path)?;
        let csrf_key = store.csrf_key()?;
        let accounts = Self { store, hasher: Hasher::default(), throttle: Throttle::default(), csrf_key };
        accounts.ensure_signing_key()?;
        Ok(accounts)
    }

    /// The attempts to come in of late.
    #[must_use]
    pub fn throttle(&self) -> &Throttle {
        &self.throttle
    }
}

#[cfg(test)]
mod testing {
    //! What the tests of this part share: an opened database, a clock that stands still, good passwords.

    use super::*;
    use crate::{AccountId, Role};
    use jiff::{SignedDuration, Timestamp};
    use std::net::{IpAddr, Ipv4Addr};
    use tempfile::TempDir;

    pub(crate) const PASSWORD: &str = "violet tractor above seven clouds";
    pub(crate) const OTHER_PASSWORD: &str = "quiet lantern beneath nine rivers";

    pub(crate) struct World {
        pub(crate) directory: TempDir,
        pub(crate) accounts: Accounts,
    }

    impl World {
        /// No account yet.
        pub(crate) fn empty() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let accounts = Accounts::open(&directory.path().join("system.db")).unwrap();
            Self { directory, accounts }
        }

        /// The account `ada`, who owns it.
        pub(crate) fn with_owner() -> (Self, AccountId) {
            let world = Self::empty();
            let id = world.add("ada", Role::Owner);
            (world, id)
        }

        pub(crate) fn add(&self, name: &str, role: Role) -> AccountId {
            let new = NewAccount { name, password: Some(PASSWORD), role };
            self.accounts.create(&new, at(0)).unwrap().id
        }

        pub(crate) fn sql(&self, sql: &str) -> rusqlite::Result<()> {
            self.accounts.store.raw(sql)
        }
    }

    /// This many seconds after the tests' beginning.
    pub(crate) fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_secs(seconds)
    }

    pub(crate) fn days(days: i64) -> i64 {
        days * 86_400
    }

    pub(crate) fn client() -> Client<'static> {
        Client { address: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7))), device: "Firefox on Linux" }
    }

    pub(crate) fn sign_in<'a>(name: &'a str, password: &'a str) -> SignIn<'a> {
        SignIn { name, password, code: None, client: client() }
    }
}

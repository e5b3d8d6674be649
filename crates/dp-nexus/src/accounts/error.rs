//! What can go wrong with accounts, in words for people. No message holds a password, token, code or key.

use super::password::Strength;
use std::path::{Path, PathBuf};

/// Why something about an account was not done.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Name or password is wrong; which of them is not said.
    #[error("the name or the password is wrong")]
    WrongCredentials,
    /// The password was right, but the account was disabled.
    #[error("the account is disabled; its owner can enable it again")]
    Disabled,
    /// The password was right; a code of the second factor must come with it.
    #[error("a code of the second factor is needed: six digits, or one of the recovery codes")]
    SecondFactorNeeded,
    /// The code is wrong, too old, or was used before.
    #[error("the code is wrong or was used before; wait for the next one")]
    WrongCode,
    /// There is no such thing set up, or it is set up already.
    #[error("the second factor {0}")]
    SecondFactor(&'static str),
    /// Too many attempts.
    #[error("too many attempts; try again in {retry_after_s} seconds")]
    Throttled {
        /// Seconds to wait at least.
        retry_after_s: u64,
    },
    /// The token is none of ours, was made with a key that is no longer valid, or is not even a token.
    #[error("the token or key is not valid; sign in again")]
    InvalidToken,
    /// The token, key or session was valid once.
    #[error("the session or key has expired; sign in again")]
    Expired,
    /// The session or key was ended.
    #[error("the session or key was revoked; sign in again")]
    Revoked,
    /// A refresh token came twice: whoever has the other copy is signed out too.
    #[error("the refresh token was used before, so its session was ended for safety; sign in again")]
    Reused,
    /// The CSRF token is missing or wrong.
    #[error("the request does not carry the page's CSRF token; load the page again")]
    WrongCsrf,
    /// The password has too few characters or too many bytes.
    #[error("a password needs {min_chars} characters at least and {max_bytes} bytes at most")]
    PasswordLength {
        /// Fewest characters.
        min_chars: usize,
        /// Most bytes.
        max_bytes: usize,
    },
    /// The password is easily guessed.
    #[error("the password is easily guessed (strength {} of 4): {}", .0.score, .0.advice())]
    TooWeak(Strength),
    /// The name cannot be one.
    #[error("the name {0}")]
    InvalidName(&'static str),
    /// Another account has the name, or one that differs only in case.
    #[error("there is an account of this name already; choose another one")]
    NameTaken,
    /// There is an owner already.
    #[error("there is one owner, who was the first account; make the account a member or a reader")]
    OneOwner,
    /// The owner cannot be disabled or deleted.
    #[error("the owner's account stays: without it nobody could manage the others")]
    OwnerStays,
    /// There is an account, so setting up is over.
    #[error("this is set up already; sign in, or ask the owner for an account")]
    SetupDone,
    /// The set-up code is wrong, used up or too old.
    #[error("the set-up code is wrong or older than an hour; restart the program to get a new one")]
    WrongSetupCode,
    /// Somebody asked for more than they have.
    #[error("a key cannot be given more rights, sources or days than its maker has")]
    ScopeTooWide,
    /// A scope, name or other field of a key is not acceptable.
    #[error("the key {0}")]
    InvalidKey(&'static str),
    /// A passkey is not taken.
    #[error("the passkey {0}")]
    Passkey(&'static str),
    /// An identity of a provider does not go with the account that is meant for it.
    #[error("the identity {0}")]
    Identity(&'static str),
    /// There are as many as there may be.
    #[error("there are {limit} {what} already; remove one first")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        limit: i64,
    },
    /// There is no such account, session or key.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The database was written by a later version.
    #[error(
        "{} has format {found}, and this program knows formats up to {known}; use a newer version of it",
        .path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The latest format that is known.
        known: i64,
    },
    /// The file is a database of something else.
    #[error("{} is a database of another program; move it away or name another file", .0.display())]
    Foreign(PathBuf),
    /// What is stored cannot be.
    #[error("the accounts are damaged: {0}; restore them from a backup")]
    Corrupt(String),
    /// The file system refused.
    #[error("could not {context}: {source}")]
    Io {
        /// What was tried.
        context: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The database refused.
    #[error("could not {context}: {source}")]
    Engine {
        /// What was tried.
        context: &'static str,
        /// Why not.
        #[source]
        source: rusqlite::Error,
    },
    /// The operating system gave no random numbers, or there was no memory to hash with.
    #[error("could not {0}")]
    Cryptography(&'static str),
}

/// Adds what was tried to an error of the database.
pub(super) trait Context<T> {
    fn context(self, what: &'static str) -> Result<T, AccountError>;
}

impl<T> Context<T> for rusqlite::Result<T> {
    fn context(self, what: &'static str) -> Result<T, AccountError> {
        self.map_err(|source| AccountError::Engine { context: what, source })
    }
}

/// An error of the file system with the path in it.
pub(super) fn on_file(what: &'static str, path: &Path, source: std::io::Error) -> AccountError {
    AccountError::Io { context: format!("{what} {}", path.display()), source }
}

//! Who asks, and what they may do.

use dp_lake::{Day, Filter};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Names an account for ever, also when its name changes. 32 hexadecimal digits in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub [u8; 16]);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The first account: may do everything, to its own vault and to accounts.
    Owner,
    /// Has a vault of its own.
    Member,
    /// Reads what was shared.
    Reader,
}

/// What of an account's rights a session or key has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// May read.
    pub read: bool,
    /// May change annotations and own documents.
    pub write: bool,
    /// May import.
    pub import: bool,
    /// May manage accounts, keys and what is forgotten.
    pub admin: bool,
    /// Only documents of these sources and those below them; of all if there are none.
    pub sources: Vec<String>,
    /// Only documents from this day on.
    pub from: Option<Day>,
    /// Only documents before this day.
    pub until: Option<Day>,
}

impl Scope {
    /// Everything, as a signed-in session has it.
    #[must_use]
    pub fn all() -> Self {
        Self { read: true, write: true, import: true, admin: true, ..Self::default() }
    }

    /// The filter, narrowed down to what may be seen. What an account asks for beyond that is not found.
    #[must_use]
    pub fn narrow(&self, filter: Filter) -> Filter {
        let from = self.from.into_iter().chain(filter.from).max();
        let until = self.until.into_iter().chain(filter.until).min();
        Filter { from, until, ..filter }
    }
}

/// How somebody came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A session, by its id.
    Session(i64),
    /// An API key, by its id.
    Key(i64),
    /// The program itself, on the machine's command line.
    Local,
}

/// Who asks: in the extensions of every request that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The account.
    pub account: AccountId,
    /// Its name, for people.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// What this session or key of it may do.
    pub scope: Scope,
    /// How it came in.
    pub origin: Origin,
}

//! Who asks, and what they may do. Scopes narrow what is asked for down to what may be seen; nothing here
//! reads or writes anything.

use dp_lake::{Day, Filter};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// Names an account for ever, also when its name changes. 32 hexadecimal digits in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub [u8; 16]);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What is said of text that names no account.
const NO_ACCOUNT_ID: &str = "an account's id has 32 hexadecimal digits";

impl FromStr for AccountId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NO_ACCOUNT_ID);
        }
        u128::from_str_radix(text, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| NO_ACCOUNT_ID)
    }
}

impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
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

impl Role {
    /// The most that any session or key of such an account may do.
    #[must_use]
    pub fn scope(self) -> Scope {
        match self {
            Self::Owner | Self::Member => Scope::all(),
            Self::Reader => Scope { read: true, ..Scope::default() },
        }
    }
}

/// What of an account's rights a session or key has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

    /// The filter, narrowed down to what may be seen; None if nothing of what it asks for may be. What is
    /// asked for beyond that is not found.
    #[must_use]
    pub fn narrow(&self, filter: Filter) -> Option<Filter> {
        let from = self.from.into_iter().chain(filter.from).max();
        let until = self.until.into_iter().chain(filter.until).min();
        if from.zip(until).is_some_and(|(from, until)| from >= until) {
            return None;
        }
        let sources = self.narrow_sources(&filter.sources)?;
        Some(Filter { from, until, sources, ..filter })
    }

    /// The wanted sources as far as they may be seen, all of them if none is named; None if none may be.
    #[must_use]
    pub fn narrow_sources(&self, wanted: &[String]) -> Option<Vec<String>> {
        if self.sources.is_empty() {
            return Some(wanted.to_vec());
        }
        if wanted.is_empty() {
            return Some(self.sources.clone());
        }
        let mut narrowed: Vec<String> = Vec::new();
        for wanted in wanted {
            if self.allows_source(wanted) {
                narrowed.push(wanted.clone());
                continue;
            }
            narrowed.extend(self.sources.iter().filter(|allowed| is_under(allowed, wanted)).cloned());
        }
        narrowed.sort_unstable();
        narrowed.dedup();
        (!narrowed.is_empty()).then_some(narrowed)
    }

    /// Whether a document or figure of this source and local day (None if undated) may be seen.
    #[must_use]
    pub fn sees(&self, source: &str, day: Option<Day>) -> bool {
        self.read && self.allows_source(source) && self.allows_day(day)
    }

    /// Whether every right in `other` is in this scope too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let rights = (self.read || !other.read)
            && (self.write || !other.write)
            && (self.import || !other.import)
            && (self.admin || !other.admin);
        let sources = self.sources.is_empty()
            || (!other.sources.is_empty() && other.sources.iter().all(|source| self.allows_source(source)));
        let from = self.from.is_none_or(|from| other.from.is_some_and(|other| other >= from));
        let until = self.until.is_none_or(|until| other.until.is_some_and(|other| other <= until));
        rights && sources && from && until
    }

    /// Without the rights that an account of this role does not have.
    #[must_use]
    pub fn within(self, role: Role) -> Self {
        let most = role.scope();
        Self {
            read: self.read && most.read,
            write: self.write && most.write,
            import: self.import && most.import,
            admin: self.admin && most.admin,
            ..self
        }
    }

    /// Whether it is limited to some sources or days.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.sources.is_empty() || self.from.is_some() || self.until.is_some()
    }

    fn allows_source(&self, source: &str) -> bool {
        self.sources.is_empty() || self.sources.iter().any(|allowed| is_under(source, allowed))
    }

    fn allows_day(&self, day: Option<Day>) -> bool {
        Filter { from: self.from, until: self.until, ..Filter::default() }.wants_day(day)
    }
}

/// Whether the dotted `source` is `above` or lies under it.
fn is_under(source: &str, above: &str) -> bool {
    source.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// How somebody came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A session, by its id.
    Session(i64),
    /// An API key, by its id.
    Key(i64),
    /// The program itself, on the machine's command line.
    Local,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => write!(f, "session {id}"),
            Self::Key(id) => write!(f, "key {id}"),
            Self::Local => f.write_str("local"),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn of_sources(names: &[&str]) -> Scope {
        Scope { sources: sources(names), ..Scope::all() }
    }

    fn asking(names: &[&str]) -> Filter {
        Filter { sources: sources(names), ..Filter::default() }
    }

    #[test]
    fn an_unlimited_scope_changes_no_filter() {
        let filter = Filter { from: Some(3), until: Some(9), ..asking(&["google"]) };
        assert_eq!(Scope::all().narrow(filter.clone()), Some(filter));
    }

    #[test]
    fn the_narrower_range_of_days_wins_on_both_ends() {
        let scope = Scope { from: Some(10), until: Some(20), ..Scope::all() };
        let narrowed = scope.narrow(Filter { from: Some(5), until: Some(15), ..Filter::default() }).unwrap();
        assert_eq!((narrowed.from, narrowed.until), (Some(10), Some(15)));
        let narrowed = scope.narrow(Filter::default()).unwrap();
        assert_eq!((narrowed.from, narrowed.until), (Some(10), Some(20)));
    }

    #[test]
    fn days_outside_the_scope_leave_nothing() {
        let scope = Scope { from: Some(10), until: Some(20), ..Scope::all() };
        assert_eq!(scope.narrow(Filter { from: Some(20), ..Filter::default() }), None);
        assert_eq!(scope.narrow(Filter { until: Some(10), ..Filter::default() }), None);
    }

    #[test]
    fn asking_for_no_source_means_all_of_the_scope() {
        let narrowed = of_sources(&["google.youtube", "spotify"]).narrow(asking(&[])).unwrap();
        assert_eq!(narrowed.sources, ["google.youtube", "spotify"]);
    }

    #[test]
    fn asking_for_a_wider_source_gives_the_allowed_ones_below_it() {
        let scope = of_sources(&["google.youtube", "google.maps", "spotify"]);
        assert_eq!(scope.narrow(asking(&["google"])).unwrap().sources, ["google.maps", "google.youtube"]);
    }

    #[test]
    fn asking_for_a_narrower_source_keeps_it() {
        let narrowed = of_sources(&["google"]).narrow(asking(&["google.youtube"])).unwrap();
        assert_eq!(narrowed.sources, ["google.youtube"]);
    }

    #[test]
    fn asking_for_other_sources_leaves_nothing() {
        assert_eq!(of_sources(&["google"]).narrow(asking(&["googlex", "spotify"])), None);
    }

    #[test]
    fn a_single_document_is_seen_only_within_sources_and_days() {
        let scope = Scope { from: Some(10), ..of_sources(&["google"]) };
        assert!(scope.sees("google.youtube", Some(10)));
        assert!(!scope.sees("google.youtube", Some(9)));
        assert!(!scope.sees("google.youtube", None), "an undated one is in no range of days");
        assert!(!scope.sees("spotify", Some(10)));
        assert!(!Scope { read: false, ..scope }.sees("google", Some(10)));
    }

    #[test]
    fn a_scope_covers_only_what_is_no_wider_than_itself() {
        let maker = Scope { admin: false, from: Some(10), ..of_sources(&["google"]) };
        assert!(maker.covers(&maker));
        assert!(maker.covers(&Scope {
            from: Some(11),
            write: false,
            ..of_sources_of(&maker, "google.maps")
        }));
        assert!(!maker.covers(&Scope { admin: true, ..maker.clone() }));
        assert!(!maker.covers(&Scope { from: None, ..maker.clone() }));
        assert!(!maker.covers(&Scope { from: Some(9), ..maker.clone() }));
        assert!(!maker.covers(&Scope { sources: Vec::new(), ..maker.clone() }));
        assert!(!maker.covers(&of_sources_of(&maker, "spotify")));
        assert!(Scope::all().covers(&maker));
    }

    fn of_sources_of(scope: &Scope, name: &str) -> Scope {
        Scope { sources: sources(&[name]), ..scope.clone() }
    }

    #[test]
    fn a_reader_keeps_nothing_but_reading() {
        let scope = of_sources(&["google"]).within(Role::Reader);
        assert!(scope.read && !scope.write && !scope.import && !scope.admin);
        assert_eq!(scope.sources, ["google"]);
    }

    #[test]
    fn an_account_id_survives_its_text_form() {
        let id = AccountId([0xa5; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("+5".repeat(16).parse::<AccountId>(), Err(NO_ACCOUNT_ID));
        assert_eq!("a5".parse::<AccountId>(), Err(NO_ACCOUNT_ID));
    }
}

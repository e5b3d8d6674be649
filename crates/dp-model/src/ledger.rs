//! The account of an import: what became of each entry of an archive, and of each bad record in it.

use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, str::FromStr};

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum EntryStatus {
    /// Understood whole.
    Parsed = 1,
    /// Understood, but some records gave warnings.
    Partial = 2,
    /// Holds nothing to import, for a reason that is given.
    Ignored = 3,
    /// Nobody knows this format yet; a text-like file is kept as a searchable document all the same.
    Unknown = 4,
    /// Could not be read.
    Failed = 5,
}

/// A word that is not an entry status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a ledger status; use parsed, partial, ignored, unknown or failed")]
pub struct UnknownStatus(pub String);

impl EntryStatus {
    /// Every status, in order of code.
    pub const ALL: &[Self] = &[Self::Parsed, Self::Partial, Self::Ignored, Self::Unknown, Self::Failed];

    /// The word used in the store and on screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parsed => "parsed",
            Self::Partial => "partial",
            Self::Ignored => "ignored",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
        }
    }

    /// The status with this stored code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| *status as u8 == code)
    }
}

impl fmt::Display for EntryStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for EntryStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

macro_rules! warning_kinds {
    ($($(#[$doc:meta])* $variant:ident $word:literal),+ $(,)?) => {
        /// What sort of thing went wrong with a record or an entry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum WarningKind { $($(#[$doc])* $variant),+ }

        impl WarningKind {
            /// Every kind of warning.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word used in the store and on screen.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

warning_kinds! {
    /// A record that is not well-formed; it was passed over.
    MalformedRecord "malformed_record",
    /// A date that could not be read; the document is kept undated.
    UnreadableDate "unreadable_date",
    /// A time zone that could not be told; the local time is kept.
    UncertainZone "uncertain_zone",
    /// A value out of its range or of the wrong type; the rest of the record is kept.
    BadValue "bad_value",
    /// Text that is not valid in its encoding; replaced by U+FFFD.
    BadEncoding "bad_encoding",
    /// The file ends in the middle; what came before is kept.
    Truncated "truncated",
    /// A record larger than the configured limit; it was passed over.
    TooLarge "too_large",
    /// A file that a record names and the archive does not hold.
    MissingAttachment "missing_attachment",
    /// The provider itself says it could not export this.
    FailedExport "failed_export",
    /// A limit of the configuration was reached; the message names it.
    LimitReached "limit_reached",
    /// Could not be read: damaged, encrypted, wrong checksum, refused for safety.
    Unreadable "unreadable",
    /// The parser failed in an unforeseen way; the rest of the archive goes on.
    ParserFailure "parser_failure",
    /// Fields nobody knew of; they are kept in metadata.
    UnknownFields "unknown_fields",
    /// Something the person should know that is no fault of the data.
    Notice "notice",
}

/// One thing that went wrong, where, and in what words a person is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What sort.
    pub kind: WarningKind,
    /// Byte offset in the inflated entry of the record concerned.
    pub position: u64,
    /// Says what was tried and quotes what could not be read.
    pub message: Cow<'static, str>,
}

/// How many records were new, changed or known already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Not in the vault before.
    pub inserted: u64,
    /// In the vault, now in a newer version.
    pub updated: u64,
    /// In the vault just so, or in a newer version already.
    pub unchanged: u64,
}

impl Tally {
    /// All records that were seen.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.inserted + self.updated + self.unchanged
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
    }
}

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryReport {
    /// Number of the entry in the plan of its import, from 0: what names it.
    #[serde(default)]
    pub entry: u32,
    /// Path inside the archive, as the archive writes it.
    pub path: String,
    /// The source that understood it, dotted; absent if none did.
    pub source: Option<String>,
    /// What became of it.
    pub status: EntryStatus,
    /// Why, for an entry that is ignored, unknown or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Documents found in it.
    pub documents: u64,
    /// Samples found in it.
    pub samples: u64,
    /// Inflated size in bytes.
    pub bytes: u64,
    /// How many warnings it gave; `warnings` may hold only the first of them.
    pub warning_count: u64,
    /// What went wrong, in order of position.
    pub warnings: Vec<Warning>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back_to_their_values() {
        for &status in EntryStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert_eq!(EntryStatus::from_code(status as u8), Some(status));
        }
        for &kind in WarningKind::ALL {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("{:?}", kind.as_str()));
        }
    }
}

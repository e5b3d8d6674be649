//! Own documents: what a person writes here, or lets a program of theirs write. Changes come in, what became of each
//! goes out; how they are stored is for backends, and what is allowed is decided here, the same for all of them.
//! Documents that were imported are never changed this way.

mod content;
mod decide;
mod time;

pub use content::{OwnError, checked};
pub use decide::Decision;
pub use time::{moment_now, moment_of_text};

use crate::Filter;
use dp_model::{Content, DocumentId, PersonDraft};

/// The source that all own documents are under.
pub const OWN: &str = "own";
/// The source of notes, if no other is named.
pub const NOTES: &str = "own.notes";
/// What the provenance of an own document names in place of an export; in place of an entry it names the client that
/// wrote it.
pub const WRITTEN_HERE: &str = "written here";
/// How long at least a receipt is kept, microseconds: a day and an hour.
pub const RECEIPT_KEPT_US: i64 = 25 * 3_600_000_000;
/// Receipts of the last day that a vault keeps; beyond that no more are given.
pub const RECEIPTS_MAX: u64 = 100_000;
/// Changes of one batch.
pub const CHANGES_MAX: usize = 10_000;

/// Whether documents of this source are own ones.
#[must_use]
pub fn is_own(source: &str) -> bool {
    source.strip_prefix(OWN).is_some_and(|rest| rest.starts_with('.'))
}

/// What makes an own document that one and no other, within its source and kind.
#[derive(Debug, Clone, Copy)]
pub enum OwnKey<'a> {
    /// A key that its writer gave.
    Named(&'a str),
    /// The receipt of the request that made it, and its place in that request.
    Request([u8; 32], usize),
    /// What it says and when that was written, microseconds since 1970 UTC, with its place in the request.
    Written(i64, usize),
}

/// The id of an own document: derived, so that the same one written again is the same document.
#[must_use]
pub fn id_of(content: &Content, key: OwnKey<'_>) -> DocumentId {
    let natural = match key {
        OwnKey::Named(name) => [b"key\0", name.as_bytes()].concat(),
        OwnKey::Request(receipt, place) => [b"request\0", &receipt[..], &place.to_le_bytes()].concat(),
        OwnKey::Written(now_us, place) => {
            let hash = crate::content_hash(content);
            [b"content\0", &hash[..], &now_us.to_le_bytes(), &place.to_le_bytes()].concat()
        }
    };
    DocumentId::derive(&content.source, content.kind, &natural, 0)
}

/// The people that an own document makes known: those it gives an address of.
#[must_use]
pub fn people_of(content: &Content) -> Vec<PersonDraft> {
    let drafts = content.people.iter().filter_map(|mention| {
        let identities = vec![mention.identity.clone()?];
        Some(PersonDraft { name: mention.name.clone(), identities, from_contacts: false })
    });
    drafts.collect()
}

/// A change of an own document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnChange {
    /// Makes it.
    Create {
        /// Its id, by [`id_of`].
        id: DocumentId,
        /// What it says.
        content: Box<Content>,
    },
    /// Puts other content in place of what it says; that becomes a revision.
    Replace {
        /// Which document.
        id: DocumentId,
        /// What it is to say. Source and kind stay.
        content: Box<Content>,
        /// Only if it is still the version that was changed then.
        expected_us: Option<i64>,
    },
    /// Removes it with all that is kept with it, as forgetting does.
    Delete {
        /// Which document.
        id: DocumentId,
        /// As in `Replace`.
        expected_us: Option<i64>,
    },
}

impl OwnChange {
    /// Which document it is about.
    #[must_use]
    pub fn id(&self) -> DocumentId {
        match self {
            Self::Create { id, .. } | Self::Replace { id, .. } | Self::Delete { id, .. } => *id,
        }
    }

    /// What the document is to say.
    #[must_use]
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::Create { content, .. } | Self::Replace { content, .. } => Some(content),
            Self::Delete { .. } => None,
        }
    }
}

/// What a request is known by when it comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptKey {
    /// Hash of who asks, what for, and the key that they gave.
    pub key: [u8; 32],
    /// Hash of all that was sent.
    pub request: [u8; 32],
}

/// Changes that are made in one transaction, in their order. One that can't be made does not keep the others from it.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnBatch {
    /// The changes.
    pub changes: Vec<OwnChange>,
    /// Which client writes: what provenance names.
    pub written_by: String,
    /// When, microseconds since 1970 UTC.
    pub now_us: i64,
    /// Only documents of these sources, kinds and days: others are as if they were not there, and none is made
    /// outside. Nothing else of the filter counts.
    pub within: Filter,
    /// If the same comes again it is not done again, and its first answer is given.
    pub receipt: Option<ReceiptKey>,
}

impl OwnBatch {
    /// Changes to whatever there is, without a receipt.
    #[must_use]
    pub fn new(changes: Vec<OwnChange>, written_by: impl Into<String>, now_us: i64) -> Self {
        Self { changes, written_by: written_by.into(), now_us, within: Filter::default(), receipt: None }
    }
}

macro_rules! outcomes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal),+ $(,)?) => {
        /// What became of a change. Codes are stored, so they are never reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum OwnOutcome { $($(#[$doc])* $variant = $code),+ }

        impl OwnOutcome {
            /// The outcome with this code, if there is one.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

outcomes! {
    /// The document was made.
    Created = 1,
    /// It says something else now.
    Replaced = 2,
    /// It says that already.
    Unchanged = 3,
    /// It is gone.
    Deleted = 4,
    /// Not made: it is there already.
    Exists = 5,
    /// There is no such document.
    Missing = 6,
    /// It is no own document.
    NotOwn = 7,
    /// It is not the version that was expected.
    Changed = 8,
    /// It would be, or become, what may not be seen.
    OutOfScope = 9,
    /// Its source or its kind would change, and with them its id.
    OtherKind = 10,
}

impl OwnOutcome {
    /// Whether it was done.
    #[must_use]
    pub fn is_done(self) -> bool {
        matches!(self, Self::Created | Self::Replaced | Self::Unchanged | Self::Deleted)
    }
}

/// What came of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnWritten {
    /// The vault's sequence number after it: what `wait_indexed` takes.
    pub sequence: u64,
    /// When it was written, microseconds since 1970 UTC: if it came again, when it came first.
    pub written_us: i64,
    /// One for each change, in their order.
    pub outcomes: Vec<OwnOutcome>,
    /// Whether it came before, and nothing was done now.
    pub is_repeated: bool,
}

/// The answer to a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnAnswer {
    /// It was written; durable when this is told.
    Written(OwnWritten),
    /// Nothing was done: the receipt's key was used for something else.
    KeyUsed,
    /// Nothing was done: more receipts can't be kept.
    TooManyReceipts,
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::Kind;

    #[test]
    fn what_lies_under_own_is_own() {
        for (source, expected) in [
            ("own.notes", true),
            ("own.a.b", true),
            ("own", false),
            ("owner.notes", false),
            ("google.keep", false),
        ] {
            assert_eq!(is_own(source), expected, "{source}");
        }
    }

    #[test]
    fn ids_are_of_the_key_or_of_what_is_said_and_when() {
        let (mut one, mut other) = (Content::new(NOTES, Kind::Note), Content::new(NOTES, Kind::Note));
        one.title = "one".into();
        other.title = "other".into();
        let named = OwnKey::Named("k");
        assert_eq!(id_of(&one, named), id_of(&other, named));
        assert_ne!(id_of(&one, OwnKey::Written(1, 0)), id_of(&other, OwnKey::Written(1, 0)));
        assert_ne!(id_of(&one, OwnKey::Written(1, 0)), id_of(&one, OwnKey::Written(2, 0)));
        assert_ne!(id_of(&one, OwnKey::Request([1; 32], 0)), id_of(&one, OwnKey::Request([1; 32], 1)));
    }

    #[test]
    fn codes_lead_back_to_outcomes() {
        let known = (0..=u8::MAX).filter_map(OwnOutcome::from_code).collect::<Vec<_>>();
        assert_eq!(known.len(), 10);
        assert!(known.iter().all(|&outcome| OwnOutcome::from_code(outcome as u8) == Some(outcome)));
    }
}

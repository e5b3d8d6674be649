//! What is applied to a vault in one go, and what came of it.

use crate::Day;
use dp_model::{Content, DocumentId, EntryReport, PersonDraft, Sample, Tally};
use serde::{Deserialize, Serialize};

/// A document on its way into the vault, its id derived and its day worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentUpsert {
    /// Derived id.
    pub id: DocumentId,
    /// Index of its entry in the import's plan.
    pub entry: u32,
    /// Byte offset of the record in the entry.
    pub position: u64,
    /// Local day; None if undated.
    pub day: Option<Day>,
    /// The instant to sort by: wall-clock times are taken in the home zone.
    pub sort_us: Option<i64>,
    /// `content_hash` of the content, worked out where there is a core to spare.
    pub hash: [u8; 16],
    /// What it says.
    pub content: Content,
}

/// A sample on its way into the vault.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleUpsert {
    /// Index of its entry in the import's plan.
    pub entry: u32,
    /// Local day.
    pub day: Day,
    /// The reading.
    pub sample: Sample,
}

/// How far an import has come: everything before is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Index in the plan of the first entry that is not finished.
    pub entry: u32,
    /// Documents of that entry that are applied.
    pub documents: u64,
    /// Samples of that entry that are applied.
    pub samples: u64,
    /// People of that entry that are applied.
    pub people: u64,
}

/// An entry whose account is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedEntry {
    /// Index in the import's plan.
    pub entry: u32,
    /// BLAKE3 of its inflated bytes, with the name and version of the parser that read them to the
    /// end: what `Imports::memo` is asked later. None where there is nothing to remember.
    pub memo: Option<([u8; 32], &'static str, u32)>,
    /// Its ledger row.
    pub report: EntryReport,
}

/// What is applied in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The import it belongs to.
    pub import: u64,
    /// Documents, in the order they were found.
    pub documents: Vec<DocumentUpsert>,
    /// Samples, in the order they were found.
    pub samples: Vec<SampleUpsert>,
    /// People, in the order they were found.
    pub people: Vec<PersonDraft>,
    /// Entries that end with this batch.
    pub finished: Vec<FinishedEntry>,
    /// Records of entries that were imported before, byte for byte: counted, not looked at again.
    pub unchanged_documents: u64,
    /// Likewise, samples.
    pub unchanged_samples: u64,
    /// How far the import has come with this batch.
    pub checkpoint: Checkpoint,
}

impl Batch {
    /// A batch of this import that changes nothing.
    #[must_use]
    pub fn empty(import: u64, checkpoint: Checkpoint) -> Self {
        Self {
            import,
            documents: Vec::new(),
            samples: Vec::new(),
            people: Vec::new(),
            finished: Vec::new(),
            unchanged_documents: 0,
            unchanged_samples: 0,
            checkpoint,
        }
    }
}

impl Checkpoint {
    /// Before the first record of this entry.
    #[must_use]
    pub const fn start_of(entry: u32) -> Self {
        Self { entry, documents: 0, samples: 0, people: 0 }
    }
}

/// What applying a batch did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The vault's sequence number after it: what `wait_indexed` takes.
    pub sequence: u64,
    /// Documents.
    pub documents: Tally,
    /// Samples.
    pub samples: Tally,
    /// People not known before.
    pub people: u64,
}

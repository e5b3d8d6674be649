//! What an import says at its end.

use dp_model::{EntryReport, EntryStatus, Tally};
use serde::Serialize;

/// The result of an import or of its preview, as `import --json` prints it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImportReport {
    /// Number of the import; None for a preview.
    pub import: Option<u64>,
    /// Documents. A preview counts all of them as inserted.
    pub documents: Tally,
    /// Samples, likewise.
    pub samples: Tally,
    /// People not known before.
    pub people: u64,
    /// The ledger, in order of the plan.
    pub entries: Vec<EntryReport>,
    /// How long it took.
    pub elapsed_seconds: f64,
}

impl ImportReport {
    /// Entries with this status.
    #[must_use]
    pub fn count(&self, status: EntryStatus) -> usize {
        self.entries.iter().filter(|entry| entry.status == status).count()
    }

    /// Whether some entry could not be read.
    #[must_use]
    pub fn has_unreadable_entries(&self) -> bool {
        self.count(EntryStatus::Failed) > 0
    }
}

//! What the lake answers when asked for counts, hits, imports and its own health.

use crate::{Annotations, Applied, Checkpoint, Day, FacetField, date_of_day};
use dp_model::{Document, DocumentId, EntryStatus, Kind, Revision};
use serde::{Deserialize, Serialize};
use std::{cmp::Reverse, collections::BTreeMap};

/// How hits are sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Best match first.
    #[default]
    Relevance,
    /// Latest first; undated last.
    Newest,
    /// Earliest first; undated last.
    Oldest,
}

/// A document that matches a query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Which.
    pub id: DocumentId,
    /// How well, higher is better; comparable within one answer only. 0 when sorted by time.
    pub score: f32,
}

/// The best matches and how many there are in all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hits {
    /// In the order asked for.
    pub hits: Vec<Hit>,
    /// All matches.
    pub total: u64,
}

/// Which counts are wanted. Answered from rollups, never by scanning documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistogramQuery {
    /// Sources, as in [`crate::Filter`].
    pub sources: Vec<String>,
    /// Kinds.
    pub kinds: Vec<Kind>,
    /// First local day.
    pub from: Option<Day>,
    /// First local day past the range.
    pub until: Option<Day>,
}

/// Documents of one local day, source and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCount {
    /// Local day; None for undated documents.
    pub day: Option<Day>,
    /// Source.
    pub source: String,
    /// Kind.
    pub kind: Kind,
    /// How many.
    pub count: u64,
}

/// What a day histogram adds up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Documents.
    pub documents: u64,
    /// Of them without a date.
    pub undated: u64,
    /// Documents by source.
    pub sources: BTreeMap<String, u64>,
    /// Documents by the word of their kind.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Documents by local year.
    pub years: BTreeMap<i16, u64>,
    /// Documents by local day.
    pub days: BTreeMap<Day, u64>,
}

impl Totals {
    /// The sums of these counts.
    #[must_use]
    pub fn of(counts: &[DayCount]) -> Self {
        let mut totals = Self::default();
        for count in counts {
            totals.documents += count.count;
            *totals.sources.entry(count.source.clone()).or_default() += count.count;
            *totals.kinds.entry(count.kind.as_str()).or_default() += count.count;
            match count.day {
                Some(day) => {
                    *totals.days.entry(day).or_default() += count.count;
                    *totals.years.entry(date_of_day(day).year()).or_default() += count.count;
                }
                None => totals.undated += count.count,
            }
        }
        totals
    }

    /// The days with most documents, at most so many; of equal ones the earliest first.
    #[must_use]
    pub fn busiest_days(&self, most: usize) -> Vec<(Day, u64)> {
        let mut busiest = self.days.iter().map(|(&day, &count)| (day, count)).collect::<Vec<_>>();
        busiest.sort_by_key(|&(day, count)| (Reverse(count), day));
        busiest.truncate(most);
        busiest
    }
}

/// What a top list ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Who made what was watched or listened to.
    Channel,
    /// Hosts of pages that were opened.
    Site,
    /// People in mails, events and messages.
    Person,
    /// Places that were visited.
    Place,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: &[Self] = &[Self::Channel, Self::Site, Self::Person, Self::Place];

    /// The word used in the store and on screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Site => "site",
            Self::Person => "person",
            Self::Place => "place",
        }
    }

    /// The kinds of document that count in it.
    #[must_use]
    pub const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Channel => &[Kind::Watch, Kind::Listen],
            Self::Site => &[Kind::Browse],
            Self::Person => &[Kind::Email, Kind::Message, Kind::Event],
            Self::Place => &[Kind::Visit],
        }
    }

    /// The field of the same names, which counts by any filter. People are counted there by the name that
    /// stands in the document, places without a name not at all.
    #[must_use]
    pub const fn field(self) -> FacetField {
        match self {
            Self::Channel => FacetField::Channel,
            Self::Site => FacetField::Site,
            Self::Person => FacetField::Person,
            Self::Place => FacetField::Place,
        }
    }
}

/// One line of a top list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Top {
    /// Name.
    pub name: String,
    /// Documents.
    pub count: u64,
}

/// A document with everything the vault knows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionedDocument {
    /// The newest version.
    #[serde(flatten)]
    pub document: Document,
    /// Other versions, newest first.
    pub revisions: Vec<Revision>,
    /// What the user added.
    pub annotations: Annotations,
}

/// What is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForgetTarget {
    /// Everything of a source and the sources below it.
    Source(String),
    /// One document.
    Document(DocumentId),
    /// These documents, all or none; those that are not there are passed over.
    Documents(Vec<DocumentId>),
    /// Documents and samples of some local days. What has no date is of no day, and versions of a document go with the one that
    /// is shown.
    Days {
        /// Of this source and the sources below it; of all if None.
        source: Option<String>,
        /// First local day.
        from: Day,
        /// First local day past the range.
        until: Day,
    },
}

/// What forgetting removes, or would remove.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// Documents.
    pub documents: u64,
    /// Older versions of them.
    pub revisions: u64,
    /// Samples.
    pub samples: u64,
    /// Annotations on the documents.
    pub annotations: u64,
    /// People who appear in nothing else and in no address book that is kept.
    pub people: u64,
    /// Blobs that nothing else refers to.
    #[serde(default)]
    pub blobs: u64,
}

/// Which samples are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SampleQuery {
    /// Name of the series.
    pub series: String,
    /// First instant, microseconds since 1970 UTC.
    pub from_us: Option<i64>,
    /// First instant past the range.
    pub until_us: Option<i64>,
    /// For fixes: south, west, north and east border in degrees × 1e7.
    pub within_e7: Option<[i32; 4]>,
    /// At most so many.
    pub limit: usize,
}

/// A series in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesInfo {
    /// Name.
    pub series: String,
    /// Samples.
    pub count: u64,
    /// First local day.
    pub first_day: Option<Day>,
    /// Last local day.
    pub last_day: Option<Day>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// Begun and not ended; the same command goes on with it.
    Unfinished,
    /// Ended.
    Finished,
}

/// An import about to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportDraft {
    /// Identity of the archives' content and the plan: an unfinished import with the same one is resumed.
    pub fingerprint: [u8; 32],
    /// Names of the exports, with the time each was made; an entry names its export by index.
    pub exports: Vec<(String, Option<i64>)>,
    /// Paths on this machine of the archives.
    pub paths: Vec<String>,
    /// Entries in the plan.
    pub entries: Vec<PlannedFile>,
    /// When it begins, microseconds since 1970 UTC.
    pub now_us: i64,
}

/// An entry in the plan of an import that is about to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// Index of its export.
    pub export: u32,
    /// Index of the archive that holds it among the import's paths; None for what is told of an export as a whole.
    pub archive: Option<u32>,
    /// Path inside the archive.
    pub path: String,
}

impl PlannedFile {
    /// An entry of this export, in this archive.
    #[must_use]
    pub fn new(export: u32, archive: Option<u32>, path: impl Into<String>) -> Self {
        Self { export, archive, path: path.into() }
    }
}

/// Where the bytes of an entry came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryOrigin {
    /// Path inside the archive, as the archive writes it.
    pub path: String,
    /// Where the archive lay on this machine. Several for an import of old, which did not note which of its archives
    /// it was; none for what is told of an export as a whole.
    pub archives: Vec<String>,
    /// Entries of the same path that come before it in the archive.
    pub ordinal: u32,
    /// Its size when it was imported, in bytes, and what became of it; None until its account is closed.
    pub closed: Option<(u64, EntryStatus)>,
}

/// An import as the vault knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Number, counted from 1.
    pub id: u64,
    /// Where it stands.
    pub state: ImportState,
    /// Names of the exports.
    pub exports: Vec<String>,
    /// Where the archives lay.
    pub paths: Vec<String>,
    /// When it began, microseconds since 1970 UTC.
    pub started_us: i64,
    /// When it ended.
    pub finished_us: Option<i64>,
    /// Entries in the plan.
    pub entries: u64,
    /// What it did so far.
    pub applied: Applied,
    /// How far it is.
    pub checkpoint: Checkpoint,
}

/// Which ledger rows are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerQuery {
    /// Of which import; the latest if None.
    pub import: Option<u64>,
    /// With which status.
    pub status: Option<EntryStatus>,
}

/// An entry that was imported before, known by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoEntry {
    /// When the export that held it was made.
    pub exported_at_us: Option<i64>,
    /// Name of that export.
    pub archive: String,
    /// Path of the entry in it.
    pub entry: String,
    /// Documents it gave.
    pub documents: u64,
    /// Samples it gave.
    pub samples: u64,
    /// How it ended then.
    pub status: EntryStatus,
    /// Number of warnings.
    pub warning_count: u64,
    /// Its warnings then.
    pub warnings: Vec<dp_model::Warning>,
}

/// State of one projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectionHealth {
    /// Its name.
    pub name: String,
    /// The sequence number it has reached.
    pub sequence: u64,
    /// What is wrong; empty if nothing.
    pub problems: Vec<String>,
}

/// What `doctor` finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Versions of the storage engines: name and version.
    pub engines: Vec<(String, String)>,
    /// Format of the vault.
    pub format: i64,
    /// The vault's sequence number.
    pub sequence: u64,
    /// Documents in the store.
    pub documents: u64,
    /// Samples in the store.
    pub samples: u64,
    /// Size on disk of the store.
    pub store_bytes: u64,
    /// Size on disk of the projections.
    pub projection_bytes: u64,
    /// Blobs that are stored.
    pub blobs: u64,
    /// Their size.
    pub blob_bytes: u64,
    /// Free bytes on the disk.
    pub free_bytes: u64,
    /// What is wrong with the store; empty if nothing.
    pub problems: Vec<String>,
    /// The projections.
    pub projections: Vec<ProjectionHealth>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_count_each_document_once_and_know_the_busiest_days() {
        let count = |day, source: &str, kind, count| DayCount { day, source: source.into(), kind, count };
        let totals = Totals::of(&[
            count(Some(0), "google.chrome", Kind::Browse, 3),
            count(Some(0), "google.mail", Kind::Email, 2),
            count(Some(366), "google.mail", Kind::Email, 5),
            count(None, "google.keep", Kind::Note, 1),
        ]);
        assert_eq!((totals.documents, totals.undated), (11, 1));
        assert_eq!((totals.sources["google.mail"], totals.kinds["email"]), (7, 7));
        assert_eq!(totals.years.into_iter().collect::<Vec<_>>(), [(1970, 5), (1971, 5)]);
        assert_eq!(Totals { days: totals.days, ..Totals::default() }.busiest_days(1), [(0, 5)]);
    }
}

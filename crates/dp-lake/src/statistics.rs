//! What the lake answers when asked for counts, hits, imports and its own health.

use crate::{Annotations, Applied, Checkpoint, Day};
use dp_model::{Document, DocumentId, EntryStatus, Kind, Revision};
use serde::{Deserialize, Serialize};

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

/// How a histogram groups local days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// By day.
    Day,
    /// By month.
    Month,
    /// By year.
    Year,
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
    /// Paths on this machine of the archives, as given.
    pub paths: Vec<String>,
    /// Entries in the plan: export index and path inside the archive.
    pub entries: Vec<(u32, String)>,
    /// When it begins, microseconds since 1970 UTC.
    pub now_us: i64,
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
    /// Free bytes on the disk.
    pub free_bytes: u64,
    /// What is wrong with the store; empty if nothing.
    pub problems: Vec<String>,
    /// The projections.
    pub projections: Vec<ProjectionHealth>,
}

//! The shapes of imports and their ledger.

use super::{entry_status, warning_kind};
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An import.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Import", complex)]
#[schema(as = Import)]
pub struct ImportView {
    /// Number, counted from 1.
    pub id: u64,
    /// `unfinished` or `finished`.
    pub state: String,
    /// Names of the exports.
    pub exports: Vec<String>,
    /// Where the archives lay on the server.
    pub paths: Vec<String>,
    /// When it began, microseconds since 1970 UTC.
    #[graphql(skip)]
    pub started_us: i64,
    /// When it ended.
    #[graphql(skip)]
    pub finished_us: Option<i64>,
    /// Entries in the plan.
    pub entries: u64,
    /// What it did so far.
    pub applied: AppliedView,
    /// How far it is.
    pub checkpoint: CheckpointView,
}

/// What an import did.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Applied")]
#[schema(as = Applied)]
pub struct AppliedView {
    /// The vault's sequence number after it.
    pub sequence: u64,
    /// Documents.
    pub documents: TallyView,
    /// Samples.
    pub samples: TallyView,
    /// People not known before.
    pub people: u64,
}

/// How many records were new, changed or known already.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Tally")]
#[schema(as = Tally)]
pub struct TallyView {
    /// Not in the vault before.
    pub inserted: u64,
    /// In the vault, now in a newer version.
    pub updated: u64,
    /// In the vault just so, or in a newer version already.
    pub unchanged: u64,
}

/// How far an import has come.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Checkpoint")]
#[schema(as = Checkpoint)]
pub struct CheckpointView {
    /// Index in the plan of the first entry that is not finished.
    pub entry: u32,
    /// Documents of that entry that are applied.
    pub documents: u64,
    /// Samples of that entry that are applied.
    pub samples: u64,
    /// People of that entry that are applied.
    pub people: u64,
}

/// What became of one entry of an archive.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "EntryReport", complex)]
#[schema(as = EntryReport)]
pub struct EntryReportView {
    /// Number of the entry in the plan of its import, from 0: what names it.
    pub entry: u32,
    /// Path inside the archive.
    pub path: String,
    /// The source that understood it, dotted; null if none did.
    pub source: Option<String>,
    /// What became of it.
    #[schema(schema_with = entry_status)]
    pub status: String,
    /// Why, for an entry that is ignored, unknown or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<String>,
    /// Documents found in it.
    pub documents: u64,
    /// Samples found in it.
    pub samples: u64,
    /// Inflated size in bytes.
    #[graphql(skip)]
    pub bytes: u64,
    /// How many warnings it gave; `warnings` may hold only the first of them.
    pub warning_count: u64,
    /// What went wrong, in order of position.
    pub warnings: Vec<WarningView>,
}

/// One thing that went wrong.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Warning", complex)]
#[schema(as = Warning)]
pub struct WarningView {
    /// What sort.
    #[schema(schema_with = warning_kind)]
    pub kind: String,
    /// Byte offset in the inflated entry of the record concerned.
    #[graphql(skip)]
    pub position: u64,
    /// Says what was tried and quotes what could not be read.
    pub message: String,
}

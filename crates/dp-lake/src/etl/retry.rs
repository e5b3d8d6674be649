//! One entry of a finished import read once more: with a parser that knows more by now, or from an archive that could
//! not be read then. Its row in the ledger is written anew; what it gave before and still gives counts as unchanged.

use super::{
    apply::Applier,
    clock::HomeClock,
    normalise::Chunk,
    pipeline::{EtlError, ImportOptions},
    plan::{Plan, PlannedEntry, make_plan},
    progress::{PROGRESS_WAIT, Progress, Stage},
    read::{Desk, closed_account, read_entry},
};
use crate::{Applied, Batch, Checkpoint, FinishedEntry, Import, ImportState, LakeError, LedgerQuery, Vault};
use dp_archive::Export;
use dp_model::{EntryReport, Tally};
use futures::executor::block_on;
use serde::Serialize;
use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Instant,
};

/// An entry that is to be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEntry {
    /// The import as it is.
    pub import: Import,
    /// Number of the entry in its plan.
    pub entry: u32,
    /// Path inside the archive.
    pub path: String,
}

/// What reading an entry again gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RetriedEntry {
    /// Number of the import.
    pub import: u64,
    /// Number of the entry in its plan.
    pub entry: u32,
    /// Its row in the ledger as it is now.
    pub report: EntryReport,
    /// Documents.
    pub documents: Tally,
    /// Samples.
    pub samples: Tally,
    /// People not known before.
    pub people: u64,
}

/// Why an entry is not read again.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    /// There is no such import.
    #[error("there is no import {0}")]
    NoSuchImport(u64),
    /// It has no such entry.
    #[error("import {import} has no entry {entry}; it has {entries}")]
    NoSuchEntry {
        /// The import.
        import: u64,
        /// The number that was asked for.
        entry: u32,
        /// How many it has.
        entries: u64,
    },
    /// The import has not ended.
    #[error("import {0} has not ended; importing the same files again goes on with it")]
    Unfinished(u64),
    /// The archives hold something else by now.
    #[error("{path} is not in the archives any more; import them again")]
    Gone {
        /// Path inside the archive.
        path: String,
    },
    /// It was stopped, or the store failed.
    #[error(transparent)]
    Etl(#[from] EtlError),
}

impl From<LakeError> for RetryError {
    fn from(error: LakeError) -> Self {
        Self::Etl(error.into())
    }
}

/// Looks whether an entry can be read again.
///
/// # Errors
/// When there is no such entry, its import has not ended, or the store fails.
pub fn find_entry(vault: &dyn Vault, import: u64, entry: u32) -> Result<KnownEntry, RetryError> {
    let imports = block_on(vault.imports().list())?;
    let known = imports.into_iter().find(|known| known.id == import);
    let known = known.ok_or(RetryError::NoSuchImport(import))?;
    if known.state == ImportState::Unfinished {
        return Err(RetryError::Unfinished(import));
    }
    let rows = block_on(vault.imports().ledger(&LedgerQuery { import: Some(import), status: None }))?;
    // Of an import that ended every entry has its row.
    match rows.into_iter().nth(entry as usize) {
        Some(row) => Ok(KnownEntry { import: known, entry, path: row.path }),
        None => Err(RetryError::NoSuchEntry { import, entry, entries: known.entries }),
    }
}

/// Reads an entry again out of the archives of its import, which were opened anew.
///
/// # Errors
/// When the archives don't hold it any more, when cancelled, or when the store fails; what was acknowledged stays.
pub fn retry_entry(
    vault: &dyn Vault,
    known: &KnownEntry,
    exports: &[Export],
    options: &ImportOptions,
    events: &mut dyn FnMut(&Progress),
    cancelled: &AtomicBool,
) -> Result<RetriedEntry, RetryError> {
    let plan = make_plan(exports, |_| {});
    let planned = planned(&plan, known).ok_or_else(|| RetryError::Gone { path: known.path.clone() })?;
    let import = &known.import;
    let batch = Batch::empty(import.id, import.checkpoint);
    let mut applier = Applier { held: Some(import.checkpoint), ..Applier::new(Some(vault), batch, options) };
    let mut progress = Progress::new(Stage::Importing, 1, planned.size_bytes.unwrap_or(0));
    progress.current.clone_from(&known.path);
    events(&progress);
    let finished = match closed_account(known.entry, planned) {
        Some(finished) => finished,
        None => {
            let places = Places { vault, exports, plan: &plan, planned, cancelled, options };
            parse(&places, known.entry, &mut applier, &mut progress, events)?
        }
    };
    let report = finished.report.clone();
    applier.finish_entry(finished)?;
    applier.apply()?;
    progress.stage = Stage::Indexing;
    progress.entries_done = 1;
    events(&progress);
    let Applied { sequence, documents, samples, people } = applier.applied;
    block_on(vault.search().wait_indexed(sequence))?;
    progress.stage = Stage::Finished;
    events(&progress);
    Ok(RetriedEntry { import: known.import.id, entry: known.entry, report, documents, samples, people })
}

/// The entry in the plan of today: of the same number, or else the only one of that path.
fn planned<'a>(plan: &'a Plan, known: &KnownEntry) -> Option<&'a PlannedEntry> {
    let same = |planned: &&PlannedEntry| planned.path == known.path;
    if let Some(planned) = plan.entries.get(known.entry as usize).filter(same) {
        return Some(planned);
    }
    let mut all = plan.entries.iter().filter(same);
    all.next().filter(|_| all.next().is_none())
}

/// What an entry is read from and to.
struct Places<'a> {
    vault: &'a dyn Vault,
    exports: &'a [Export],
    plan: &'a Plan,
    planned: &'a PlannedEntry,
    cancelled: &'a AtomicBool,
    options: &'a ImportOptions,
}

/// Parses an entry and applies what it gives as it comes, on this thread.
fn parse(
    places: &Places<'_>,
    number: u32,
    applier: &mut Applier<'_>,
    progress: &mut Progress,
    events: &mut dyn FnMut(&Progress),
) -> Result<FinishedEntry, EtlError> {
    let bytes_done = AtomicU64::new(0);
    let desk = Desk {
        home_zone: places.vault.home_zone(),
        record_bytes_max: places.options.record_bytes_max,
        // Nothing is remembered: the point is to read it again.
        imports: None,
        cancelled: places.cancelled,
        bytes_done: &bytes_done,
    };
    let export = &places.exports[places.planned.export];
    let surroundings = &*places.plan.surroundings[places.planned.export];
    let clock = HomeClock::new(places.vault.home_zone());
    let (started, mut told) = (Instant::now(), Instant::now());
    let mut failed = None;
    let mut take = |chunk: Chunk| {
        progress.documents += chunk.documents.len() as u64;
        progress.samples += chunk.samples.len() as u64;
        if let Err(error) = applier.take(chunk, &mut Checkpoint::default()) {
            failed = Some(error);
            return false;
        }
        if told.elapsed() >= PROGRESS_WAIT {
            told = Instant::now();
            progress.bytes_done = bytes_done.load(Ordering::Relaxed);
            progress.reckon(started.elapsed(), 0);
            events(progress);
        }
        true
    };
    let mut reader = export.reader();
    let ended =
        read_entry(&desk, number, places.planned, export, surroundings, &mut reader, &clock, &mut take);
    match (failed, ended) {
        (Some(error), _) => Err(error),
        (None, Some(ended)) => Ok(ended.finished),
        // What was read so far is kept; nothing says that the entry is done.
        (None, None) => {
            applier.apply()?;
            Err(EtlError::Cancelled)
        }
    }
}

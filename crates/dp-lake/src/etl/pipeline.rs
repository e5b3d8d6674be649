//! The import as one sentence: plan, parse in parallel, normalise, apply in the order of the plan in
//! batches that carry the checkpoint, and let the projections catch up.

use super::{
    apply::Applier,
    budget::Budget,
    parse::{Floor, units},
    plan::{Action, Plan, PlannedEntry, make_plan},
    progress::{PROGRESS_WAIT, Progress, Stage, Teller},
    read::{Desk, Ended, closed_account},
    report::ImportReport,
    turns::{Piece, Turns},
};
use crate::{Batch, Checkpoint, ImportDraft, LakeError, LedgerQuery, PlannedFile, Vault};
use dp_archive::Export;
use futures::executor::block_on;
use std::{
    path::Path,
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    time::Instant,
};

/// How an import is run.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Threads that parse.
    pub workers: usize,
    /// Bytes of parsed records that may wait to be applied.
    pub waiting_bytes_max: usize,
    /// Largest single record in bytes.
    pub record_bytes_max: usize,
    /// Documents, or four times as many samples, applied in one transaction. Ids are random, so each
    /// transaction touches most pages of their index: few large ones write far less than many small.
    pub batch_records: usize,
    /// Bytes of records applied in one transaction, about.
    pub batch_bytes_max: usize,
    /// When the import begins, microseconds since 1970 UTC.
    pub now_us: i64,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            workers: 2,
            waiting_bytes_max: 16 << 20,
            record_bytes_max: 32 << 20,
            batch_records: 24_576,
            batch_bytes_max: 14 << 20,
            now_us: 0,
        }
    }
}

/// Why an import did not end.
#[derive(Debug, thiserror::Error)]
pub enum EtlError {
    /// The user stopped it. What is applied stays; the same command goes on from there.
    #[error("the import was stopped; what was read so far is kept. Run the same command again to go on")]
    Cancelled,
    /// The store failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

/// Imports the exports into the vault, going on where an earlier run of the same import stopped.
///
/// `events` is told of progress several times a second. Setting `cancelled` stops the import cleanly.
///
/// # Errors
/// When the store fails, or when cancelled; what was acknowledged stays.
pub fn import(
    vault: &dyn Vault,
    exports: &[Export],
    options: &ImportOptions,
    events: &mut dyn FnMut(&Progress),
    cancelled: &AtomicBool,
) -> Result<ImportReport, EtlError> {
    let started = Instant::now();
    let plan = recognise(exports, events);
    let import = block_on(vault.imports().begin(draft(exports, &plan, options.now_us)))?;
    let batch = Batch::empty(import.id, import.checkpoint);
    let mut applier = Applier { applied: import.applied, ..Applier::new(Some(vault), batch, options) };
    run(
        &plan,
        exports,
        options,
        vault.home_zone(),
        &mut applier,
        import.checkpoint,
        events,
        cancelled,
        started,
    )?;
    let mut progress = Progress::new(Stage::Indexing, plan.entries.len() as u64, plan.bytes());
    progress.entries_done = progress.entries;
    progress.bytes_done = progress.bytes;
    progress.documents = applier.applied.documents.total();
    progress.samples = applier.applied.samples.total();
    events(&progress);
    block_on(vault.search().wait_indexed(applier.applied.sequence))?;
    let now_us = options.now_us + started.elapsed().as_micros() as i64;
    let import = block_on(vault.imports().finish(import.id, now_us))?;
    let entries = block_on(vault.imports().ledger(&LedgerQuery { import: Some(import.id), status: None }))?;
    progress.stage = Stage::Finished;
    events(&progress);
    Ok(ImportReport {
        import: Some(import.id),
        documents: import.applied.documents,
        samples: import.applied.samples,
        people: import.applied.people,
        entries,
        elapsed_seconds: started.elapsed().as_secs_f64(),
    })
}

/// Reads the exports as `import` would and says what is in them, without a vault.
///
/// # Errors
/// When cancelled.
pub fn preview(
    exports: &[Export],
    options: &ImportOptions,
    home_zone: &str,
    events: &mut dyn FnMut(&Progress),
    cancelled: &AtomicBool,
) -> Result<ImportReport, EtlError> {
    let started = Instant::now();
    let plan = recognise(exports, events);
    let mut applier = Applier::new(None, Batch::empty(0, Checkpoint::default()), options);
    run(&plan, exports, options, home_zone, &mut applier, Checkpoint::default(), events, cancelled, started)?;
    Ok(ImportReport {
        import: None,
        documents: applier.applied.documents,
        samples: applier.applied.samples,
        people: applier.applied.people,
        entries: applier.finished,
        elapsed_seconds: started.elapsed().as_secs_f64(),
    })
}

fn recognise(exports: &[Export], events: &mut dyn FnMut(&Progress)) -> Plan {
    let entries = exports.iter().map(|export| export.entries().len() as u64).sum();
    let mut progress = Progress::new(Stage::Recognising, entries, 0);
    let mut told = Instant::now();
    events(&progress);
    make_plan(exports, |seen| {
        if told.elapsed() >= PROGRESS_WAIT {
            told = Instant::now();
            progress.entries_done = seen;
            events(&progress);
        }
    })
}

fn draft(exports: &[Export], plan: &Plan, now_us: i64) -> ImportDraft {
    ImportDraft {
        fingerprint: plan.fingerprint,
        exports: exports.iter().map(|export| (export.name().to_owned(), export.exported_at_us())).collect(),
        paths: exports
            .iter()
            .flat_map(Export::containers)
            .map(|container| whole_path(&container.path))
            .collect(),
        entries: plan.entries.iter().map(|entry| planned(exports, entry)).collect(),
        now_us,
    }
}

/// From the root, so that it holds wherever the program is run the next time.
fn whole_path(path: &Path) -> String {
    let whole = std::path::absolute(path);
    whole.as_deref().unwrap_or(path).display().to_string()
}

fn planned(exports: &[Export], entry: &PlannedEntry) -> PlannedFile {
    // Archives are counted through all exports, as their paths are.
    let before: usize = exports[..entry.export].iter().map(|export| export.containers().len()).sum();
    let archive = match entry.action {
        Action::Tell(_) => None,
        _ => exports[entry.export].entries().get(entry.index).map(|known| (before + known.container) as u32),
    };
    PlannedFile::new(entry.export as u32, archive, entry.path.clone())
}

/// Parses on `options.workers` threads and applies on this one, from `checkpoint` on.
#[expect(clippy::too_many_arguments, reason = "the stations of the pipeline, each named once")]
fn run(
    plan: &Plan,
    exports: &[Export],
    options: &ImportOptions,
    home_zone: &str,
    applier: &mut Applier<'_>,
    checkpoint: Checkpoint,
    events: &mut dyn FnMut(&Progress),
    cancelled: &AtomicBool,
    started: Instant,
) -> Result<(), EtlError> {
    let budget = Budget::new(options.waiting_bytes_max);
    let units = units(plan, checkpoint.entry);
    let next = AtomicUsize::new(0);
    let bytes_done = AtomicU64::new(bytes_before(plan, checkpoint.entry));
    let turns = Turns::new();
    let desk = Desk {
        home_zone,
        record_bytes_max: options.record_bytes_max,
        imports: applier.vault.map(Vault::imports),
        cancelled,
        bytes_done: &bytes_done,
    };
    let floor =
        Floor { plan, exports, desk: &desk, budget: &budget, units: &units, next: &next, turns: &turns };
    let result = std::thread::scope(|scope| {
        for number in 0..options.workers.max(1) {
            let floor = &floor;
            // A thread that cannot be started leaves its work to the others; with none, applying fails below.
            let _ = std::thread::Builder::new()
                .name(format!("parse-{number}"))
                .spawn_scoped(scope, move || floor.work());
        }
        let mut teller = Teller::new(plan, checkpoint, applier.applied, started, events, &bytes_done);
        let result = apply_all(plan, applier, checkpoint, &budget, &turns, &mut teller, cancelled);
        budget.close();
        turns.close();
        result
    });
    match result {
        Err(EtlError::Lake(LakeError::DiskFull { path, needed_bytes, free_bytes })) => {
            let left = plan.bytes().saturating_sub(bytes_done.load(Ordering::Relaxed));
            Err(LakeError::DiskFull { path, needed_bytes: needed_bytes.max(left), free_bytes }.into())
        }
        result => result,
    }
}

fn bytes_before(plan: &Plan, entry: u32) -> u64 {
    let before = &plan.entries[..entry as usize];
    before.iter().filter(|entry| entry.action.reads()).filter_map(|entry| entry.size_bytes).sum()
}

/// Applies entry after entry in the order of the plan.
fn apply_all(
    plan: &Plan,
    applier: &mut Applier<'_>,
    checkpoint: Checkpoint,
    budget: &Budget,
    turns: &Turns,
    teller: &mut Teller<'_>,
    cancelled: &AtomicBool,
) -> Result<(), EtlError> {
    for number in checkpoint.entry..plan.entries.len() as u32 {
        if cancelled.load(Ordering::Relaxed) {
            applier.apply()?;
            return Err(EtlError::Cancelled);
        }
        budget.advance(number);
        let planned = &plan.entries[number as usize];
        teller.entry(planned);
        match closed_account(number, planned) {
            Some(finished) => applier.finish_entry(finished)?,
            None => {
                let done = if number == checkpoint.entry { checkpoint } else { Checkpoint::start_of(number) };
                apply_entry(applier, number, done, budget, turns, teller, cancelled)?;
                continue;
            }
        }
        teller.finished(None);
    }
    applier.apply()
}

/// Applies what one entry gives. `done` says what of it an earlier run has applied already.
fn apply_entry(
    applier: &mut Applier<'_>,
    number: u32,
    done: Checkpoint,
    budget: &Budget,
    turns: &Turns,
    teller: &mut Teller<'_>,
    cancelled: &AtomicBool,
) -> Result<(), EtlError> {
    let pieces = turns.wait(number, || {
        teller.tell();
        cancelled.load(Ordering::Relaxed)
    });
    let Some(pieces) = pieces else {
        applier.apply()?;
        return Err(EtlError::Cancelled);
    };
    let mut skip = done;
    loop {
        match pieces.recv_timeout(PROGRESS_WAIT) {
            Ok(Piece::Chunk(chunk)) => {
                let bytes = chunk.bytes;
                teller.found(chunk.documents.len() as u64, chunk.samples.len() as u64);
                let result = applier.take(chunk, &mut skip);
                budget.release(bytes);
                result?;
            }
            Ok(Piece::End(ended)) => {
                let Ended { finished, remembered } = *ended;
                teller.finished(Some(&finished));
                if remembered {
                    teller.found(finished.report.documents, finished.report.samples);
                    applier.batch.unchanged_documents += finished.report.documents;
                    applier.batch.unchanged_samples += finished.report.samples;
                }
                return applier.finish_entry(finished);
            }
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => {}
            // The parser stopped without an end: it was told to.
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => {
                applier.apply()?;
                return Err(EtlError::Cancelled);
            }
        }
        teller.tell();
    }
}

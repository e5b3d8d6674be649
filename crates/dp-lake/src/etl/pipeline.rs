//! The import as one sentence: plan, parse in parallel, normalise, apply in the order of the plan in
//! batches that carry the checkpoint, and let the projections catch up.

use super::{
    budget::Budget,
    clock::HomeClock,
    normalise::Chunk,
    plan::{Plan, PlannedEntry, make_plan},
    progress::{Progress, Stage},
    read::{Desk, Ended, closed_account, read_entry},
    report::ImportReport,
};
use crate::{Applied, Batch, Checkpoint, FinishedEntry, ImportDraft, LakeError, LedgerQuery, Vault};
use crossbeam_channel::{Receiver, Sender, bounded};
use dp_archive::Export;
use dp_model::Tally;
use futures::executor::block_on;
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
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
            batch_records: 32_768,
            batch_bytes_max: 24 << 20,
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

/// Entries that may wait for their turn, parsed or being parsed.
const ENTRIES_AHEAD: usize = 256;
/// Chunks of one entry that may wait.
const CHUNKS_AHEAD: usize = 16;
/// Longest that applied work waits for a batch to fill.
const BATCH_WAIT: Duration = Duration::from_secs(3);
/// Time between reports of progress.
const PROGRESS_WAIT: Duration = Duration::from_millis(100);

/// One thing that an entry gives.
enum Piece {
    Chunk(Chunk),
    End(Box<Ended>),
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
    let mut applier = Applier {
        vault: Some(vault),
        batch: Batch::empty(import.id, import.checkpoint),
        batch_records: options.batch_records,
        bytes: 0,
        bytes_max: options.batch_bytes_max,
        applied: import.applied,
        since: Instant::now(),
        finished: Vec::new(),
    };
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
    let mut applier = Applier {
        vault: None,
        batch: Batch::empty(0, Checkpoint::default()),
        batch_records: options.batch_records,
        bytes: 0,
        bytes_max: options.batch_bytes_max,
        applied: Applied::default(),
        since: Instant::now(),
        finished: Vec::new(),
    };
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
            .flat_map(|export| {
                export.containers().iter().map(|container| container.path.display().to_string())
            })
            .collect(),
        entries: plan.entries.iter().map(|entry| (entry.export as u32, entry.path.clone())).collect(),
        now_us,
    }
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

/// The entries to be read from `first` on, in the portions that one thread takes. An archive that can
/// only be read from front to back is one portion, since every thread would have to read all of it.
fn units(plan: &Plan, first: u32) -> Vec<Vec<u32>> {
    let mut units: Vec<Vec<u32>> = Vec::new();
    let mut sequential_before = None;
    let numbered = plan.entries.iter().zip(0..).skip(first as usize);
    for (entry, number) in numbered.filter(|(entry, _)| entry.action.reads()) {
        let portion = entry.sequential.then_some(entry.export);
        match units.last_mut() {
            Some(last) if portion.is_some() && portion == sequential_before => last.push(number),
            _ => units.push(vec![number]),
        }
        sequential_before = portion;
    }
    units
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

/// What the parsing threads share.
struct Floor<'a> {
    plan: &'a Plan,
    exports: &'a [Export],
    desk: &'a Desk<'a>,
    budget: &'a Budget,
    units: &'a [Vec<u32>],
    next: &'a AtomicUsize,
    turns: &'a Turns,
}

impl Floor<'_> {
    /// Takes unit after unit until none is left.
    fn work(&self) {
        let clock = HomeClock::new(self.desk.home_zone);
        let mut open = None;
        while let Some(unit) = self.units.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            for &number in unit {
                if !self.work_on(number, &mut open, &clock) {
                    return;
                }
            }
        }
    }

    /// Parses one entry with the reader at hand, or a new one if it lies in another export. False when
    /// nobody wants more.
    fn work_on<'e>(
        &'e self,
        number: u32,
        open: &mut Option<(usize, dp_archive::Reader<'e>)>,
        clock: &HomeClock,
    ) -> bool {
        let planned = &self.plan.entries[number as usize];
        let (sender, receiver) = bounded(CHUNKS_AHEAD);
        if !self.turns.register(number, receiver) {
            return false;
        }
        let reader = match open {
            Some((export, reader)) if *export == planned.export => reader,
            other => &mut other.insert((planned.export, self.exports[planned.export].reader())).1,
        };
        self.parse(number, planned, reader, clock, &sender)
    }

    fn parse(
        &self,
        number: u32,
        planned: &PlannedEntry,
        reader: &mut dp_archive::Reader<'_>,
        clock: &HomeClock,
        sender: &Sender<Piece>,
    ) -> bool {
        let mut send = |chunk: Chunk| {
            self.budget.acquire(number, chunk.bytes) && sender.send(Piece::Chunk(chunk)).is_ok()
        };
        let export = &self.exports[planned.export];
        let surroundings = &*self.plan.surroundings[planned.export];
        let ended = read_entry(self.desk, number, planned, export, surroundings, reader, clock, &mut send);
        match ended {
            Some(ended) => sender.send(Piece::End(Box::new(ended))).is_ok() && !self.budget.is_closed(),
            None => false,
        }
    }
}

/// Where entries wait for their turn to be applied.
struct Turns {
    waiting: Mutex<(BTreeMap<u32, Receiver<Piece>>, bool)>,
    changed: std::sync::Condvar,
}

impl Turns {
    fn new() -> Self {
        Self { waiting: Mutex::default(), changed: std::sync::Condvar::new() }
    }

    /// Announces an entry. Waits while too many others wait. False if the pipeline has closed.
    fn register(&self, number: u32, pieces: Receiver<Piece>) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.0.len() >= ENTRIES_AHEAD
            && !waiting.1
            && waiting.0.keys().next().is_some_and(|&first| first < number)
        {
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        if waiting.1 {
            return false;
        }
        waiting.0.insert(number, pieces);
        self.changed.notify_all();
        true
    }

    /// Waits for an entry to be announced; None if `give_up` says so.
    fn wait(&self, number: u32, mut give_up: impl FnMut() -> bool) -> Option<Receiver<Piece>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(pieces) = waiting.0.remove(&number) {
                self.changed.notify_all();
                return Some(pieces);
            }
            if give_up() {
                return None;
            }
            waiting =
                self.changed.wait_timeout(waiting, PROGRESS_WAIT).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn close(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.0.clear();
        waiting.1 = true;
        self.changed.notify_all();
    }
}

/// Gathers records into batches and applies them.
struct Applier<'a> {
    /// None for a preview: batches are counted and dropped.
    vault: Option<&'a dyn Vault>,
    batch: Batch,
    batch_records: usize,
    bytes: usize,
    bytes_max: usize,
    applied: Applied,
    since: Instant,
    /// Ledger rows of a preview.
    finished: Vec<dp_model::EntryReport>,
}

impl Applier<'_> {
    /// Takes a chunk of the entry in hand, leaving out what `skip` says is applied already.
    fn take(&mut self, mut chunk: Chunk, skip: &mut Checkpoint) -> Result<(), EtlError> {
        drop_front(&mut chunk.documents, &mut skip.documents);
        drop_front(&mut chunk.samples, &mut skip.samples);
        drop_front(&mut chunk.people, &mut skip.people);
        self.batch.checkpoint.documents += chunk.documents.len() as u64;
        self.batch.checkpoint.samples += chunk.samples.len() as u64;
        self.batch.checkpoint.people += chunk.people.len() as u64;
        self.bytes += chunk.bytes;
        self.batch.documents.append(&mut chunk.documents);
        self.batch.samples.append(&mut chunk.samples);
        self.batch.people.append(&mut chunk.people);
        self.apply_if_full()
    }

    fn finish_entry(&mut self, finished: FinishedEntry) -> Result<(), EtlError> {
        self.batch.checkpoint = Checkpoint::start_of(finished.entry + 1);
        self.batch.finished.push(finished);
        self.apply_if_full()
    }

    fn apply_if_full(&mut self) -> Result<(), EtlError> {
        let batch = &self.batch;
        let full = batch.documents.len() >= self.batch_records
            || batch.samples.len() >= 4 * self.batch_records
            || self.bytes >= self.bytes_max
            || batch.people.len() >= self.batch_records
            || batch.finished.len() >= self.batch_records
            || self.since.elapsed() >= BATCH_WAIT;
        if full { self.apply() } else { Ok(()) }
    }

    fn apply(&mut self) -> Result<(), EtlError> {
        self.since = Instant::now();
        self.bytes = 0;
        let next = Batch::empty(self.batch.import, self.batch.checkpoint);
        let batch = std::mem::replace(&mut self.batch, next);
        let Some(vault) = self.vault else {
            self.count(batch);
            return Ok(());
        };
        let applied = block_on(vault.documents().apply(batch))?;
        self.applied.sequence = applied.sequence;
        self.applied.documents += applied.documents;
        self.applied.samples += applied.samples;
        self.applied.people += applied.people;
        Ok(())
    }

    /// What a preview does with a batch.
    fn count(&mut self, batch: Batch) {
        let found = |inserted: usize| Tally { inserted: inserted as u64, ..Tally::default() };
        self.applied.documents += found(batch.documents.len());
        self.applied.samples += found(batch.samples.len());
        self.finished.extend(batch.finished.into_iter().map(|finished| finished.report));
    }
}

/// Removes up to `count` items from the front and lowers `count` by as many.
fn drop_front<T>(items: &mut Vec<T>, count: &mut u64) {
    let dropped = (*count).min(items.len() as u64);
    items.drain(..dropped as usize);
    *count -= dropped;
}

/// Tells progress, not too often.
struct Teller<'a> {
    progress: Progress,
    events: &'a mut dyn FnMut(&Progress),
    bytes_done: &'a AtomicU64,
    bytes_before: u64,
    started: Instant,
    told: Instant,
}

impl<'a> Teller<'a> {
    fn new(
        plan: &Plan,
        checkpoint: Checkpoint,
        applied: Applied,
        started: Instant,
        events: &'a mut dyn FnMut(&Progress),
        bytes_done: &'a AtomicU64,
    ) -> Self {
        let mut progress = Progress::new(Stage::Importing, plan.entries.len() as u64, plan.bytes());
        progress.entries_done = u64::from(checkpoint.entry);
        progress.documents = applied.documents.total();
        progress.samples = applied.samples.total();
        let bytes_before = bytes_done.load(Ordering::Relaxed);
        Self { progress, events, bytes_done, bytes_before, started, told: Instant::now() }
    }

    fn entry(&mut self, planned: &PlannedEntry) {
        self.progress.current.clone_from(&planned.path);
        self.tell();
    }

    fn found(&mut self, documents: u64, samples: u64) {
        self.progress.documents += documents;
        self.progress.samples += samples;
    }

    fn finished(&mut self, finished: Option<&FinishedEntry>) {
        self.progress.entries_done += 1;
        if let Some((finished, warning)) =
            finished.and_then(|finished| Some((finished, finished.report.warnings.last()?)))
        {
            self.progress.last_warning = Some(format!("{}: {}", finished.report.path, warning.message));
        }
    }

    fn tell(&mut self) {
        if self.told.elapsed() < PROGRESS_WAIT {
            return;
        }
        self.told = Instant::now();
        self.progress.bytes_done = self.bytes_done.load(Ordering::Relaxed);
        self.progress.reckon(self.started.elapsed(), self.bytes_before);
        (self.events)(&self.progress);
    }
}

//! Gathers what entries give into batches and applies them, each with the checkpoint behind it.

use super::{
    normalise::Chunk,
    pipeline::{EtlError, ImportOptions},
};
use crate::{Applied, Batch, Checkpoint, FinishedEntry, Vault};
use dp_model::Tally;
use futures::executor::block_on;
use std::time::{Duration, Instant};

/// Longest that records wait for a batch to fill.
const BATCH_WAIT: Duration = Duration::from_secs(3);

/// Gathers records into batches and applies them.
pub(super) struct Applier<'a> {
    /// None for a preview: batches are counted and dropped.
    pub(super) vault: Option<&'a dyn Vault>,
    pub(super) batch: Batch,
    pub(super) batch_records: usize,
    pub(super) bytes: usize,
    pub(super) bytes_max: usize,
    pub(super) applied: Applied,
    pub(super) since: Instant,
    /// Ledger rows of a preview.
    pub(super) finished: Vec<dp_model::EntryReport>,
    /// How far the import is said to be, whatever is applied; None if that is what is applied.
    pub(super) held: Option<Checkpoint>,
}

impl<'a> Applier<'a> {
    /// Applies to a vault, or only counts, from where a batch begins.
    pub(super) fn new(vault: Option<&'a dyn Vault>, batch: Batch, options: &ImportOptions) -> Self {
        Self {
            vault,
            batch,
            batch_records: options.batch_records,
            bytes: 0,
            bytes_max: options.batch_bytes_max,
            applied: Applied::default(),
            since: Instant::now(),
            finished: Vec::new(),
            held: None,
        }
    }

    /// Takes a chunk of the entry in hand, leaving out what `skip` says is applied already.
    pub(super) fn take(&mut self, mut chunk: Chunk, skip: &mut Checkpoint) -> Result<(), EtlError> {
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

    pub(super) fn finish_entry(&mut self, finished: FinishedEntry) -> Result<(), EtlError> {
        self.batch.checkpoint = Checkpoint::start_of(finished.entry + 1);
        self.batch.finished.push(finished);
        self.apply_if_full()
    }

    pub(super) fn apply_if_full(&mut self) -> Result<(), EtlError> {
        let batch = &self.batch;
        let full = batch.documents.len() >= self.batch_records
            || batch.samples.len() >= 4 * self.batch_records
            || self.bytes >= self.bytes_max
            || batch.people.len() >= self.batch_records
            || batch.finished.len() >= self.batch_records
            || self.since.elapsed() >= BATCH_WAIT;
        if full { self.apply() } else { Ok(()) }
    }

    pub(super) fn apply(&mut self) -> Result<(), EtlError> {
        self.since = Instant::now();
        self.bytes = 0;
        let next = Batch::empty(self.batch.import, self.batch.checkpoint);
        let mut batch = std::mem::replace(&mut self.batch, next);
        batch.checkpoint = self.held.unwrap_or(batch.checkpoint);
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
    pub(super) fn count(&mut self, batch: Batch) {
        let found = |inserted: usize| Tally { inserted: inserted as u64, ..Tally::default() };
        self.applied.documents += found(batch.documents.len());
        self.applied.samples += found(batch.samples.len());
        self.finished.extend(batch.finished.into_iter().map(|finished| finished.report));
    }
}

/// Removes up to `count` items from the front and lowers `count` by as many.
pub(super) fn drop_front<T>(items: &mut Vec<T>, count: &mut u64) {
    let dropped = (*count).min(items.len() as u64);
    items.drain(..dropped as usize);
    *count -= dropped;
}

//! What a person is told while an import runs.

use super::plan::{Plan, PlannedEntry};
use crate::{Applied, Checkpoint, FinishedEntry};
use serde::Serialize;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Time between reports of progress.
pub(super) const PROGRESS_WAIT: Duration = Duration::from_millis(100);

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Looking what the archives hold.
    Recognising,
    /// Parsing and storing.
    Importing,
    /// Waiting for the text index to catch up.
    Indexing,
    /// Done.
    Finished,
}

/// A report of progress, sent several times a second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    /// Where the import stands.
    pub stage: Stage,
    /// Entries whose account is closed.
    pub entries_done: u64,
    /// Entries in all.
    pub entries: u64,
    /// Inflated bytes read.
    pub bytes_done: u64,
    /// Inflated bytes to read in all, where the archives say.
    pub bytes: u64,
    /// Documents found so far.
    pub documents: u64,
    /// Samples found so far.
    pub samples: u64,
    /// Documents and samples a second, over the whole import.
    pub records_per_second: f64,
    /// Seconds left, once there is something to reckon with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_seconds: Option<u64>,
    /// The entry in hand.
    pub current: String,
    /// The last warning, with its entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_warning: Option<String>,
}

impl Progress {
    pub(super) fn new(stage: Stage, entries: u64, bytes: u64) -> Self {
        Self {
            stage,
            entries_done: 0,
            entries,
            bytes_done: 0,
            bytes,
            documents: 0,
            samples: 0,
            records_per_second: 0.0,
            remaining_seconds: None,
            current: String::new(),
            last_warning: None,
        }
    }

    /// Works out rate and time left after `elapsed`, of which `bytes_before` were done by an earlier run.
    pub(super) fn reckon(&mut self, elapsed: Duration, bytes_before: u64) {
        let seconds = elapsed.as_secs_f64();
        if seconds < 0.5 {
            return;
        }
        self.records_per_second = (self.documents + self.samples) as f64 / seconds;
        let read = self.bytes_done.saturating_sub(bytes_before);
        if read > 0 {
            let left = self.bytes.saturating_sub(self.bytes_done) as f64;
            self.remaining_seconds = Some((left * seconds / read as f64).ceil() as u64);
        }
    }
}

/// Tells progress, not too often.
pub(super) struct Teller<'a> {
    progress: Progress,
    events: &'a mut dyn FnMut(&Progress),
    bytes_done: &'a AtomicU64,
    bytes_before: u64,
    started: Instant,
    told: Instant,
}

impl<'a> Teller<'a> {
    pub(super) fn new(
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

    pub(super) fn entry(&mut self, planned: &PlannedEntry) {
        self.progress.current.clone_from(&planned.path);
        self.tell();
    }

    pub(super) fn found(&mut self, documents: u64, samples: u64) {
        self.progress.documents += documents;
        self.progress.samples += samples;
    }

    pub(super) fn finished(&mut self, finished: Option<&FinishedEntry>) {
        self.progress.entries_done += 1;
        if let Some((finished, warning)) =
            finished.and_then(|finished| Some((finished, finished.report.warnings.last()?)))
        {
            self.progress.last_warning = Some(format!("{}: {}", finished.report.path, warning.message));
        }
    }

    pub(super) fn tell(&mut self) {
        if self.told.elapsed() < PROGRESS_WAIT {
            return;
        }
        self.told = Instant::now();
        self.progress.bytes_done = self.bytes_done.load(Ordering::Relaxed);
        self.progress.reckon(self.started.elapsed(), self.bytes_before);
        (self.events)(&self.progress);
    }
}

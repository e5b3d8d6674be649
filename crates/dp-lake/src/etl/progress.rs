//! What a person is told while an import runs.

use serde::Serialize;
use std::time::Duration;

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

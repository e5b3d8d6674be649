//! `[import]`: how imports run.

use serde::Deserialize;

/// How imports run. Memory is bounded by these, not by the input.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Import {
    /// Threads that parse.
    pub workers: usize,
    /// Largest single record in bytes; a larger one is a warning.
    pub record_bytes_max: usize,
    /// Bytes of parsed records that may wait to be stored.
    pub waiting_bytes_max: usize,
    /// Documents stored in one transaction.
    pub batch_records: usize,
    /// Bytes of records stored in one transaction, about.
    pub batch_bytes_max: usize,
}

impl Default for Import {
    fn default() -> Self {
        Self {
            workers: 2,
            record_bytes_max: 32 << 20,
            waiting_bytes_max: 16 << 20,
            batch_records: 24_576,
            batch_bytes_max: 14 << 20,
        }
    }
}

impl Import {
    pub(crate) fn validate(&self) -> Result<(), String> {
        let checks = [
            ("import.workers", self.workers, 1),
            ("import.record_bytes_max", self.record_bytes_max, 64 << 10),
            ("import.waiting_bytes_max", self.waiting_bytes_max, 1 << 20),
            ("import.batch_records", self.batch_records, 1),
            ("import.batch_bytes_max", self.batch_bytes_max, 1 << 20),
        ];
        match checks.into_iter().find(|(_, value, least)| value < least) {
            Some((key, value, least)) => Err(format!("{key} is {value} and must be at least {least}")),
            None => Ok(()),
        }
    }
}

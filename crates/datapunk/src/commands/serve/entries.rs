//! Entries that are to be read again: a job comes in, and the same reading runs as on the command line.

use super::imports::{ImportJobs, finally};
use crate::commands::import;
use dp_lake::{
    LakeError,
    etl::{self, EtlError, RetryError},
};
use dp_nexus::http::EntryWork;
use dp_stream::{Failure, Handler, Job, Work};
use serde_json::Value;
use std::sync::Arc;

/// Runs the jobs of the kind [`ENTRY`](dp_nexus::http::ENTRY).
pub(super) struct EntryJobs(pub(super) Arc<ImportJobs>);

impl Handler for EntryJobs {
    fn run(&self, job: &Job, work: &Work) -> Result<Value, Failure> {
        let asked: EntryWork = serde_json::from_value(job.payload.clone())
            .map_err(|error| Failure::Final(format!("what the job is to do can't be read: {error}")))?;
        let (_, home) = self.0.account(&job.account)?;
        let engine = self.0.vaults.engine_of(home).map_err(|error| Failure::Retry(format!("{error:#}")))?;
        let vault = &**engine.vault();
        let known = etl::find_entry(vault, asked.import, asked.entry).map_err(failure)?;
        let exports = import::open_archives_of(&self.0.place, &known).map_err(finally)?;
        let options = import::options(&self.0.place);
        // Progress that can't be told is no reason to stop.
        let mut tell = |progress: &_| work.progress(serde_json::to_value(progress).unwrap_or_default());
        let retried = etl::retry_entry(vault, &known, &exports, &options, &mut tell, work.cancelled());
        serde_json::to_value(retried.map_err(failure)?).map_err(finally)
    }
}

fn failure(error: RetryError) -> Failure {
    match error {
        RetryError::Etl(EtlError::Cancelled) => Failure::Stopped,
        RetryError::Etl(EtlError::Lake(error @ LakeError::DiskFull { .. })) => finally(error),
        RetryError::Etl(error) => Failure::Retry(format!("{:#}", anyhow::Error::from(error))),
        other => finally(other),
    }
}

//! What is to be done from time to time, whoever is signed in: jobs of the server's own, made by a schedule that
//! outlives it.

use super::Vaults;
use anyhow::Context as _;
use dp_nexus::uploads::Staging;
use dp_stream::{Failure, Handler, Job, Runner, Schedule, Stream, Work};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Whose jobs these are: no account's, for those have hexadecimal digits.
const SERVER: &str = "server";
/// The kind of the job that removes uploads that have expired.
const SWEEP_UPLOADS: &str = "sweep_uploads";
/// The kind of the job that removes blobs that nothing refers to.
const SWEEP_BLOBS: &str = "sweep_blobs";
/// How often they come.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// Starts the thread that does them, apart from imports, which may take hours.
pub(super) fn start(stream: &Stream, staging: Staging, vaults: Arc<Vaults>) -> anyhow::Result<Runner> {
    let sweep = |kind: &str| Schedule {
        account: SERVER.to_owned(),
        key: kind.to_owned(),
        kind: kind.to_owned(),
        payload: Value::Null,
        priority: 0,
        every: SWEEP_EVERY,
        next: Timestamp::now(),
    };
    let (uploads, blobs) = (sweep(SWEEP_UPLOADS), sweep(SWEEP_BLOBS));
    stream.jobs().schedule(&uploads).context("could not plan when uploads that have expired are removed")?;
    stream.jobs().schedule(&blobs).context("could not plan when blobs that nothing refers to are removed")?;
    let uploads: Arc<dyn Handler> = Arc::new(SweepUploads(staging));
    let blobs: Arc<dyn Handler> = Arc::new(SweepBlobs(vaults));
    let handlers = HashMap::from([(SWEEP_UPLOADS.to_owned(), uploads), (SWEEP_BLOBS.to_owned(), blobs)]);
    Ok(Runner::start(stream, handlers, 1)?)
}

/// Removes uploads that nobody went on with.
struct SweepUploads(Staging);

impl Handler for SweepUploads {
    fn run(&self, _: &Job, _: &Work) -> Result<Value, Failure> {
        let removed = self.0.sweep().map_err(|error| Failure::Retry(error.to_string()))?;
        Ok(json!({ "removed": removed }))
    }
}

/// Removes blobs of open vaults that nothing has referred to for long.
struct SweepBlobs(Arc<Vaults>);

impl Handler for SweepBlobs {
    fn run(&self, _: &Job, _: &Work) -> Result<Value, Failure> {
        self.0.sweep_blobs().map_err(|error| Failure::Retry(error.to_string()))?;
        Ok(Value::Null)
    }
}

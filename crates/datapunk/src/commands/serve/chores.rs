//! What is to be done from time to time, whoever is signed in: jobs of the server's own, made by a schedule that
//! outlives it.

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
/// How often it comes.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// Starts the thread that does them, apart from imports, which may take hours.
pub(super) fn start(stream: &Stream, staging: Staging) -> anyhow::Result<Runner> {
    let sweep = Schedule {
        account: SERVER.to_owned(),
        key: SWEEP_UPLOADS.to_owned(),
        kind: SWEEP_UPLOADS.to_owned(),
        payload: Value::Null,
        priority: 0,
        every: SWEEP_EVERY,
        next: Timestamp::now(),
    };
    stream.jobs().schedule(&sweep).context("could not plan when uploads that have expired are removed")?;
    let handlers =
        HashMap::from([(SWEEP_UPLOADS.to_owned(), Arc::new(SweepUploads(staging)) as Arc<dyn Handler>)]);
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

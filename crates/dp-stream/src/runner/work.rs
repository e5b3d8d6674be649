//! What a handler sees of the queue: its job, whether it is to stop, and where it says how far it is.

use crate::{
    Job, Lease,
    encode::{PROGRESS_BYTES_MAX, encode},
};
use parking_lot::Mutex;
use serde_json::Value;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Does the jobs of one kind. A job may be run again from the start, after a failure or when the program was killed in its midst, so a
/// handler finds what it did before and goes on from there, or does it again with the same effect.
pub trait Handler: Send + Sync {
    /// Does the job, on a thread of the runner's own; may block. Looks now and then at [`Work::cancelled`].
    ///
    /// # Errors
    /// Why it is not done.
    fn run(&self, job: &Job, work: &Work) -> Result<Value, Failure>;
}

/// Why a job is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It may well be done another time. It is tried three times in all, with longer and longer waits.
    #[error("{0}")]
    Retry(String),
    /// It will not be done however often it is tried.
    #[error("{0}")]
    Final(String),
    /// It was told to stop: because it was cancelled, which ends it, or because the program stops, and then it is queued again and
    /// this try does not count.
    #[error("it was told to stop")]
    Stopped,
}

/// The link between a handler and its runner.
#[derive(Debug)]
pub struct Work {
    running: Arc<Running>,
}

impl Work {
    pub(super) fn new(running: Arc<Running>) -> Self {
        Self { running }
    }

    /// Set when the job is to stop: it was cancelled, the program stops, or the job was taken up by another process.
    #[must_use]
    pub fn cancelled(&self) -> &AtomicBool {
        &self.running.cancelled
    }

    /// Says how far the job is. Costs next to nothing: the latest is told to those who listen four times a second at most, and stored
    /// every few seconds. 16 KiB at most; more is left out.
    pub fn progress(&self, progress: Value) {
        let mut slot = self.running.progress.lock();
        slot.latest = Some(progress);
        slot.is_told = false;
        slot.is_stored = false;
    }

    /// Whether the program stops, so that the job goes on later.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.running.is_stopping.load(Ordering::SeqCst)
    }
}

/// A job that runs in this process.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) lease: Lease,
    /// Whatever the reason.
    cancelled: AtomicBool,
    /// Because it was called off.
    is_cancelling: AtomicBool,
    /// Of the runner.
    is_stopping: Arc<AtomicBool>,
    progress: Mutex<Slot>,
}

/// The latest progress, and who knows of it.
#[derive(Debug, Default)]
struct Slot {
    latest: Option<Value>,
    is_told: bool,
    is_stored: bool,
    /// Nothing more is told.
    is_over: bool,
}

impl Running {
    pub(super) fn new(lease: Lease, is_stopping: Arc<AtomicBool>) -> Self {
        Self {
            lease,
            cancelled: AtomicBool::new(false),
            is_cancelling: AtomicBool::new(false),
            is_stopping,
            progress: Mutex::default(),
        }
    }

    pub(crate) fn account(&self) -> &str {
        &self.lease.job.account
    }

    /// Whether the runner with this flag runs it.
    pub(super) fn is_of(&self, is_stopping: &Arc<AtomicBool>) -> bool {
        Arc::ptr_eq(&self.is_stopping, is_stopping)
    }

    /// Tells the handler to stop because the job was called off.
    pub(crate) fn cancel(&self) {
        self.is_cancelling.store(true, Ordering::SeqCst);
        self.stop();
    }

    /// Tells the handler to stop because the job is no longer its own.
    pub(crate) fn lose(&self) {
        self.end();
        self.stop();
    }

    /// Tells the handler to stop.
    pub(super) fn stop(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
    }

    /// From now on nothing is told of how far it is.
    pub(crate) fn end(&self) {
        self.progress.lock().is_over = true;
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// How far it is.
    pub(crate) fn latest(&self) -> Option<Value> {
        let mut slot = self.progress.lock();
        slot.check();
        slot.latest.clone()
    }

    /// Whether there is something to tell to those who listen.
    pub(super) fn is_news(&self) -> bool {
        let slot = self.progress.lock();
        slot.latest.is_some() && !slot.is_told && !slot.is_over
    }

    /// The job as it is to be told of to those who listen, if that has not been done.
    pub(super) fn to_tell(&self) -> Option<Job> {
        let mut slot = self.progress.lock();
        slot.check();
        if slot.is_over || std::mem::replace(&mut slot.is_told, true) {
            return None;
        }
        let progress = Some(slot.latest.clone()?);
        let is_cancelling = self.is_cancelling.load(Ordering::SeqCst);
        Some(Job { progress, is_cancelling, ..self.lease.job.clone() })
    }

    /// What is to be stored, if that has not been done.
    pub(super) fn to_store(&self) -> Option<Value> {
        let mut slot = self.progress.lock();
        slot.check();
        if std::mem::replace(&mut slot.is_stored, true) { None } else { slot.latest.clone() }
    }
}

impl Slot {
    /// Leaves out what is too much, which is looked at as seldom as it is read.
    fn check(&mut self) {
        let checked = self.latest.as_ref().map(|latest| encode("progress", latest, PROGRESS_BYTES_MAX));
        if let Some(Err(error)) = checked {
            tracing::warn!(%error, "the progress of a job was left out");
            self.latest = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NewJob, Stream};
    use serde_json::json;

    fn running() -> (tempfile::TempDir, Running) {
        let directory = tempfile::tempdir().unwrap();
        let stream = Stream::open(&directory.path().join("system.db")).unwrap();
        let job = NewJob {
            kind: "import".to_owned(),
            account: "ada".to_owned(),
            payload: Value::Null,
            priority: 0,
            unique_key: None,
            due: None,
        };
        stream.jobs().add(&job).unwrap();
        let lease = stream.jobs().lease(&["import"]).unwrap().unwrap();
        (directory, Running::new(lease, Arc::default()))
    }

    #[test]
    fn progress_is_told_once_and_never_after_the_end() {
        let (_directory, running) = running();
        let running = Arc::new(running);
        let work = Work::new(Arc::clone(&running));
        assert!(!running.is_news() && running.to_tell().is_none());
        work.progress(json!(1));
        work.progress(json!(2));
        assert!(running.is_news());
        assert_eq!(running.to_tell().unwrap().progress, Some(json!(2)));
        assert!(!running.is_news() && running.to_tell().is_none());
        work.progress(json!(3));
        running.end();
        assert!(!running.is_news() && running.to_tell().is_none());
        // What is stored is the last there was.
        assert_eq!((running.to_store(), running.to_store()), (Some(json!(3)), None));
        assert_eq!(running.latest(), Some(json!(3)));
    }

    #[test]
    fn what_is_told_of_a_job_that_is_to_stop_says_so() {
        let (_directory, running) = running();
        let running = Arc::new(running);
        let work = Work::new(Arc::clone(&running));
        work.progress(json!(1));
        running.cancel();
        assert!(work.cancelled().load(Ordering::SeqCst) && !work.is_stopping());
        assert!(running.to_tell().unwrap().is_cancelling);
    }
}

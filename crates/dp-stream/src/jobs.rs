//! The queue: jobs are added, looked at, cancelled and queued again by those who want something done, and leased, kept and
//! settled by those who do it. Every change is an event, written in the same transaction.

mod figures;
mod lease;
mod model;
mod row;
mod schedule;
mod transition;

pub use figures::QueueFigures;
pub(crate) use lease::Sign;
pub use lease::{Held, Lease};
pub use model::{Added, Job, JobId, JobState, JobsQuery, NewJob};
pub use schedule::Schedule;

use crate::{
    StreamError,
    encode::{PAYLOAD_BYTES_MAX, check_name, encode, stored, time},
    options::as_us,
    runner::{Running, Signal},
    store::{ReadError, Store, Writing},
};
use parking_lot::Mutex;
use row::{JobRow, NewRow};
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};

/// Jobs that are listed at once at most.
const LIST_MAX: usize = 200;
/// Rows that are changed in one transaction at most.
pub(crate) const CHANGED_AT_ONCE: usize = 500;

/// The jobs of all accounts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Jobs {
    pub(crate) shared: Arc<Shared>,
}

/// What the clones and the runners of this process have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Arc<Store>,
    /// Jobs that run in this process.
    pub(crate) running: Mutex<HashMap<JobId, Arc<Running>>>,
    /// Wakes runners when there may be something to do.
    pub(crate) signal: Signal,
}

impl Jobs {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        let running = Mutex::new(HashMap::new());
        Self { shared: Arc::new(Shared { store, running, signal: Signal::default() }) }
    }

    /// Queues a job, unless an unfinished one of the account has its unique key. On disk when it returns.
    ///
    /// # Errors
    /// When a name is empty or too long, the payload is larger than 64 KiB or nested more than 100 levels deep, the account has
    /// too many unfinished jobs, or the database can't be written.
    pub fn add(&self, job: &NewJob) -> Result<Added, StreamError> {
        check_name("the kind of a job", &job.kind)?;
        check_name("the account of a job", &job.account)?;
        if let Some(key) = &job.unique_key {
            check_name("the key of a job", key)?;
        }
        let payload = encode("the payload of a job", &job.payload, PAYLOAD_BYTES_MAX)?;
        let jobs_max = self.shared.store.options.unfinished_max;
        let added = self.write("queue a job", |writing| {
            let new = NewRow {
                kind: &job.kind,
                account: &job.account,
                payload: &payload,
                priority: job.priority,
                unique_key: job.unique_key.as_deref(),
                due_us: job.due.map_or(writing.now_us, |due| due.as_microsecond()),
            };
            add(writing, &new, jobs_max)
        })?;
        self.shared.signal.wake();
        Ok(added)
    }

    /// A job, with what its runner last said of it.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn get(&self, id: JobId) -> Result<Option<Job>, StreamError> {
        let row = self.shared.store.read("read a job", |connection| JobRow::find(connection, id))?;
        Ok(row.map(|row| self.with_progress(row.job)))
    }

    /// Jobs, newest first; 200 at most.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn list(&self, query: &JobsQuery) -> Result<Vec<Job>, StreamError> {
        let jobs = self
            .shared
            .store
            .read("list jobs", |connection| row::list(connection, query, query.limit.min(LIST_MAX)))?;
        Ok(jobs.into_iter().map(|job| self.with_progress(job)).collect())
    }

    /// Cancels a job: a queued one at once, a running one as soon as it notices. A finished one stays as it is. Gives the job as it
    /// is then.
    ///
    /// # Errors
    /// When the database can't be written.
    pub fn cancel(&self, id: JobId) -> Result<Option<Job>, StreamError> {
        let job = self.write("cancel a job", |writing| {
            let Some(mut row) = JobRow::find(&writing.transaction, id)? else { return Ok(None) };
            match row.job.state {
                JobState::Queued => {
                    row.cancelled(time(writing.now_us)?);
                    save_and_publish(writing, &row)?;
                }
                JobState::Running if !row.job.is_cancelling => {
                    row.job.is_cancelling = true;
                    row.save(&writing.transaction)?;
                    writing.send(&row.job.account, "job.progress", value(&row.job)?)?;
                }
                JobState::Running | JobState::Succeeded | JobState::Failed | JobState::Cancelled => {}
            }
            Ok(Some(row.job))
        })?;
        if job.as_ref().is_some_and(|job| job.is_cancelling)
            && let Some(running) = self.running(id)
        {
            running.cancel();
        }
        Ok(job.map(|job| self.with_progress(job)))
    }

    /// Queues a job that failed or was cancelled again, with all its tries.
    ///
    /// # Errors
    /// When it neither failed nor was cancelled, an unfinished one has the same unique key, there are too many unfinished ones, or
    /// the database can't be written.
    pub fn requeue(&self, id: JobId) -> Result<Option<Job>, StreamError> {
        let jobs_max = self.shared.store.options.unfinished_max;
        let job = self.write("queue a job again", |writing| {
            let Some(mut row) = JobRow::find(&writing.transaction, id)? else { return Ok(None) };
            let state = row.job.state;
            if !matches!(state, JobState::Failed | JobState::Cancelled) {
                return Err(StreamError::NotEnded { id, state }.into());
            }
            if let Some(key) = &row.unique_key
                && let Some(other) = row::with_key(&writing.transaction, &row.job.account, key)?
            {
                return Err(StreamError::SameUnfinished { id, other }.into());
            }
            check_room(writing, &row.job.account, jobs_max)?;
            row.requeued(time(writing.now_us)?);
            save_and_publish(writing, &row)?;
            Ok(Some(row.job))
        })?;
        self.shared.signal.wake();
        Ok(job)
    }

    /// Removes finished jobs that were kept long enough.
    pub(crate) fn sweep(&self) -> Result<(), StreamError> {
        let options = &self.shared.store.options;
        let now_us = options.now_us();
        let finished_us = now_us.saturating_sub(as_us(options.finished_kept));
        let failed_us = now_us.saturating_sub(as_us(options.failed_kept));
        let delete = "DELETE FROM stream_jobs WHERE id IN (
            SELECT id FROM stream_jobs WHERE ended_us < CASE state WHEN 'failed' THEN ?2 ELSE ?1 END
            AND ended_us IS NOT NULL LIMIT ?3)";
        let batch = CHANGED_AT_ONCE;
        while self.write("remove old jobs", |writing| {
            Ok(writing.transaction.prepare_cached(delete)?.execute((finished_us, failed_us, batch as i64))?)
        })? == batch
        {}
        Ok(())
    }

    /// Removes all that an account has. Its running jobs lose their leases, and are told so.
    pub(crate) fn forget(&self, account: &str) -> Result<(), StreamError> {
        self.write("forget an account's jobs", |writing| {
            writing.transaction.execute("DELETE FROM stream_schedules WHERE account = ?", [account])?;
            writing.transaction.execute("DELETE FROM stream_jobs WHERE account = ?", [account])?;
            Ok(())
        })?;
        for running in self.shared.running.lock().values().filter(|running| running.account() == account) {
            running.lose();
        }
        Ok(())
    }

    pub(crate) fn write<T>(
        &self,
        what: &'static str,
        write: impl FnOnce(&mut Writing<'_>) -> Result<T, ReadError>,
    ) -> Result<T, StreamError> {
        self.shared.store.write(what, write)
    }

    pub(crate) fn running(&self, id: JobId) -> Option<Arc<Running>> {
        self.shared.running.lock().get(&id).map(Arc::clone)
    }

    /// The job with what its runner, if it is in this process, said last: it is stored only now and then.
    fn with_progress(&self, mut job: Job) -> Job {
        if job.state == JobState::Running
            && let Some(progress) = self.running(job.id).and_then(|running| running.latest())
        {
            job.progress = Some(progress);
        }
        job
    }
}

/// Adds a job within a transaction.
fn add(writing: &mut Writing<'_>, new: &NewRow<'_>, jobs_max: usize) -> Result<Added, ReadError> {
    if let Some(key) = new.unique_key
        && let Some(known) = row::with_key(&writing.transaction, new.account, key)?
    {
        return Ok(Added::Known(known));
    }
    check_room(writing, new.account, jobs_max)?;
    let row = new.insert(&writing.transaction, writing.now_us)?;
    publish(writing, &row.job)?;
    Ok(Added::New(row.job.id))
}

fn check_room(writing: &Writing<'_>, account: &str, jobs_max: usize) -> Result<(), ReadError> {
    let unfinished = row::unfinished(&writing.transaction, account)?;
    if unfinished >= stored(jobs_max as u64) {
        Err(StreamError::QueueFull { jobs_max }.into())
    } else {
        Ok(())
    }
}

fn save_and_publish(writing: &mut Writing<'_>, row: &JobRow) -> Result<(), ReadError> {
    row.save(&writing.transaction)?;
    publish(writing, &row.job)
}

/// Tells of a job's new state.
fn publish(writing: &mut Writing<'_>, job: &Job) -> Result<(), ReadError> {
    writing.publish(&job.account, job.state.event(), value(job)?)?;
    if job.state.is_finished()
        && let Some((kind, data)) = writing.announce.as_ref().and_then(|announce| announce(job))
    {
        writing.publish(&job.account, &kind, data)?;
    }
    Ok(())
}

/// A job as events carry it.
pub(crate) fn value(job: &Job) -> Result<Value, StreamError> {
    serde_json::to_value(job)
        .map_err(|error| StreamError::Corrupt(format!("a job can't be told of: {error}")))
}

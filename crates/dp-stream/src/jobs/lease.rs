//! What a runner asks of the queue: a job that is its own for a while, longer as long as it shows signs of life, until it is
//! settled. A lease that ran out is void even if its holder does not know.

use super::{
    CHANGED_AT_ONCE, Job, JobId, JobState, Jobs, publish,
    row::{self, JobRow},
    save_and_publish, value,
};
use crate::{
    StreamError,
    encode::{PROGRESS_BYTES_MAX, RESULT_BYTES_MAX, encode, stored, time},
    options::as_us,
    store::{ReadError, Writing},
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A job that is the holder's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Lease {
    /// The job, as it was when it was leased.
    pub job: Job,
    /// Which of the job's leases this is.
    number: i64,
}

/// How things stand with a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It is the holder's for another while.
    Yes,
    /// It is the holder's, who is to stop.
    Cancelling,
    /// It is not; whatever the holder does is not wanted any more.
    Lost,
}

/// What is known of a running job.
pub(crate) struct Sign<'a> {
    pub(crate) lease: &'a Lease,
    /// How far it is, if that has changed.
    pub(crate) progress: Option<Value>,
}

impl Jobs {
    /// Leases the job of these kinds whose turn it is, if one is due. It is the caller's own for 30 seconds, or what the options
    /// say; [`Jobs::heartbeat`] makes that longer.
    ///
    /// # Errors
    /// When the database can't be written.
    pub fn lease(&self, kinds: &[&str]) -> Result<Option<Lease>, StreamError> {
        let kinds = Value::from(kinds.to_vec()).to_string();
        // Looking costs nothing; writing keeps others from writing.
        if !self.is_any_due(&kinds)? {
            return Ok(None);
        }
        let lease_us = as_us(self.shared.store.options.lease);
        self.write("lease a job", |writing| {
            let Some(mut row) = JobRow::next(&writing.transaction, &kinds, writing.now_us)? else {
                return Ok(None);
            };
            row.started(time(writing.now_us)?, writing.now_us.saturating_add(lease_us));
            save_and_publish(writing, &row)?;
            Ok(Some(Lease { number: row.leases, job: row.job }))
        })
    }

    /// Gives a sign of life.
    ///
    /// # Errors
    /// When the database can't be written.
    pub fn heartbeat(&self, lease: &Lease) -> Result<Held, StreamError> {
        let held = self.heartbeats(&[Sign { lease, progress: None }])?;
        Ok(held.first().copied().unwrap_or(Held::Lost))
    }

    /// Stores how far a job is and tells those who listen. The event is not kept. False if the lease is lost.
    ///
    /// # Errors
    /// When the progress is larger than 16 KiB or nested more than 100 levels deep, or the database can't be written.
    pub fn note_progress(&self, lease: &Lease, progress: Value) -> Result<bool, StreamError> {
        encode("progress", &progress, PROGRESS_BYTES_MAX)?;
        self.write("note progress", |writing| {
            let Some(mut row) = held(writing, lease)? else { return Ok(false) };
            row.job.progress = Some(progress);
            row.save(&writing.transaction)?;
            writing.send(&row.job.account, "job.progress", value(&row.job)?)?;
            Ok(true)
        })
    }

    /// The job did what it was to do. A result of more than 64 KiB is left out, and that is said.
    ///
    /// # Errors
    /// When the lease is lost, or the database can't be written.
    pub fn succeed(&self, lease: &Lease, result: Value) -> Result<Job, StreamError> {
        let result = match encode("the result", &result, RESULT_BYTES_MAX) {
            Ok(_) => result,
            Err(error) => json!({ "left_out": error.to_string() }),
        };
        self.settle(lease, |row, now| row.succeeded(now, result))
    }

    /// The job failed. It is tried again later, or, after the third try, is a dead letter.
    ///
    /// # Errors
    /// When the lease is lost, or the database can't be written.
    pub fn retry(&self, lease: &Lease, why: &str) -> Result<Job, StreamError> {
        self.settle(lease, |row, now| row.failed_once(now, why, &self.shared.store.options))
    }

    /// The job failed, and trying again would not help: it is a dead letter.
    ///
    /// # Errors
    /// When the lease is lost, or the database can't be written.
    pub fn fail(&self, lease: &Lease, why: &str) -> Result<Job, StreamError> {
        self.settle(lease, |row, now| row.failed(now, why))
    }

    /// The job stopped because it was told to. If it was cancelled, that is that; else it goes back to the queue, and the try does
    /// not count.
    ///
    /// # Errors
    /// When the lease is lost, or the database can't be written.
    pub fn release(&self, lease: &Lease) -> Result<Job, StreamError> {
        self.settle(lease, |row, now| row.released(now))
    }

    /// Puts jobs whose lease ran out back into the queue, and says how many. Those that run in this process are not among them. A runner does
    /// this by itself.
    ///
    /// # Errors
    /// When the database can't be written.
    pub fn take_up_expired(&self) -> Result<usize, StreamError> {
        self.take_up(self.shared.store.options.now_us())
    }

    /// Puts all running jobs back into the queue but those that run in this process, and says how many: for a program that knows that it is the
    /// only one that runs jobs of this file. To be called before a runner is started.
    ///
    /// # Errors
    /// When the database can't be written.
    pub fn take_up_orphans(&self) -> Result<usize, StreamError> {
        self.take_up(i64::MAX)
    }

    /// Gives signs of life of many jobs in one transaction, and stores how far they are.
    pub(crate) fn heartbeats(&self, signs: &[Sign<'_>]) -> Result<Vec<Held>, StreamError> {
        let lease_us = as_us(self.shared.store.options.lease);
        self.write("keep leases", |writing| {
            let until_us = writing.now_us.saturating_add(lease_us);
            let mut update = writing.transaction.prepare_cached(
                "UPDATE stream_jobs SET leased_until_us = ?, progress = coalesce(?, progress)
                 WHERE id = ? AND leases = ? AND state = 'running' RETURNING is_cancelling",
            )?;
            let mut beat = |sign: &Sign<'_>| -> Result<Held, ReadError> {
                let progress = sign.progress.as_ref().map(Value::to_string);
                let mut rows =
                    update.query((until_us, progress, stored(sign.lease.job.id.0), sign.lease.number))?;
                let is_cancelling: Option<bool> = rows.next()?.map(|row| row.get(0)).transpose()?;
                // The statement is done only when it has been read to its end.
                while rows.next()?.is_some() {}
                Ok(match is_cancelling {
                    Some(true) => Held::Cancelling,
                    Some(false) => Held::Yes,
                    None => Held::Lost,
                })
            };
            signs.iter().map(&mut beat).collect()
        })
    }

    /// Whether a job of these kinds (a JSON array) is due.
    pub(crate) fn is_any_due(&self, kinds: &str) -> Result<bool, StreamError> {
        let now_us = self.shared.store.options.now_us();
        self.shared.store.read("look for jobs", |connection| Ok(row::is_any_due(connection, kinds, now_us)?))
    }

    fn settle(&self, lease: &Lease, change: impl FnOnce(&mut JobRow, Timestamp)) -> Result<Job, StreamError> {
        let id = lease.job.id;
        let running = self.running(id).filter(|running| running.lease.number == lease.number);
        let job = self.write("settle a job", |writing| {
            let Some(mut row) = held(writing, lease)? else {
                return Err(StreamError::LeaseLost(id).into());
            };
            if let Some(running) = &running {
                running.end();
                row.job.progress = running.latest().or(row.job.progress);
            }
            change(&mut row, time(writing.now_us)?);
            save_and_publish(writing, &row)?;
            Ok(row.job)
        })?;
        // It may be due again at once.
        self.shared.signal.wake();
        Ok(job)
    }

    fn take_up(&self, before_us: i64) -> Result<usize, StreamError> {
        let own: Vec<JobId> = self.shared.running.lock().keys().copied().collect();
        let found =
            |connection: &rusqlite::Connection| JobRow::expired(connection, before_us, &own, CHANGED_AT_ONCE);
        let mut taken_up = 0;
        while !self.shared.store.read("look for orphaned jobs", found)?.is_empty() {
            taken_up += self.write("take up orphaned jobs", |writing| {
                let mut rows = found(&writing.transaction)?;
                for row in &mut rows {
                    row.interrupted(time(writing.now_us)?, &self.shared.store.options);
                    row.save(&writing.transaction)?;
                    publish(writing, &row.job)?;
                }
                Ok(rows.len())
            })?;
        }
        if taken_up > 0 {
            self.shared.signal.wake();
        }
        Ok(taken_up)
    }
}

/// The job, if it is still the holder's.
fn held(writing: &Writing<'_>, lease: &Lease) -> Result<Option<JobRow>, ReadError> {
    let row = JobRow::find(&writing.transaction, lease.job.id)?;
    Ok(row.filter(|row| row.job.state == JobState::Running && row.leases == lease.number))
}

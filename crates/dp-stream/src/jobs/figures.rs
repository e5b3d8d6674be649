//! The queue in numbers, for a monitoring program: how many jobs of which kind are in which state, and for how long the
//! first has waited. Names no account and nothing of what jobs do.

use super::{JobState, Jobs};
use crate::{StreamError, encode::time};
use jiff::Timestamp;

/// The queue in numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueueFigures {
    /// Kind, state, and how many; those of which there are none are left out.
    pub jobs: Vec<(String, JobState, u64)>,
    /// Since when the job has been due that has waited longest; None if none waits.
    pub waiting_since: Option<Timestamp>,
}

impl Jobs {
    /// The queue in numbers.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn figures(&self) -> Result<QueueFigures, StreamError> {
        let now_us = self.shared.store.options.now_us();
        self.shared.store.read("count jobs", |connection| {
            let mut counts = connection.prepare_cached(
                "SELECT kind, state, count(*) FROM stream_jobs GROUP BY kind, state ORDER BY kind, state",
            )?;
            let mut rows = counts.query(())?;
            let mut jobs = Vec::new();
            while let Some(row) = rows.next()? {
                let state: String = row.get(1)?;
                let count: i64 = row.get(2)?;
                let state = JobState::parse(&state)
                    .ok_or_else(|| StreamError::Corrupt(format!("jobs are in the state {state}")))?;
                jobs.push((row.get(0)?, state, u64::try_from(count).unwrap_or_default()));
            }
            let since_us: Option<i64> = connection
                .prepare_cached("SELECT min(due_us) FROM stream_jobs WHERE state = 'queued' AND due_us <= ?")?
                .query_row([now_us], |row| row.get(0))?;
            Ok(QueueFigures { jobs, waiting_since: since_us.map(time).transpose()? })
        })
    }
}

//! How a job goes from one state to the next. Only here do states change; nothing is read or written.

use super::{JobState, row::JobRow};
use crate::{Options, encode::shorten};
use jiff::Timestamp;
use serde_json::Value;

impl JobRow {
    /// It begins to run, and is its runner's until then.
    pub(super) fn started(&mut self, now: Timestamp, leased_until_us: i64) {
        self.job.state = JobState::Running;
        self.job.attempts = self.job.attempts.saturating_add(1);
        self.job.started = Some(now);
        self.leases += 1;
        self.leased_until_us = Some(leased_until_us);
    }

    /// It did what it was to do.
    pub(super) fn succeeded(&mut self, now: Timestamp, result: Value) {
        self.job.result = Some(result);
        self.job.error = None;
        self.end(JobState::Succeeded, now);
    }

    /// It failed, and is tried again unless it was tried often enough or is to stop anyway.
    pub(super) fn failed_once(&mut self, now: Timestamp, why: &str, options: &Options) {
        if self.job.is_cancelling || self.job.attempts >= options.tries_max {
            return self.failed(now, why);
        }
        self.job.error = Some(shorten(why));
        let wait_us = options.retry_after_us(self.job.attempts);
        let due_us = now.as_microsecond().saturating_add(wait_us);
        self.queue(Timestamp::from_microsecond(due_us).unwrap_or(Timestamp::MAX));
    }

    /// It failed for good, or was called off before that mattered.
    pub(super) fn failed(&mut self, now: Timestamp, why: &str) {
        self.job.error = Some(shorten(why));
        let state = if self.job.is_cancelling { JobState::Cancelled } else { JobState::Failed };
        self.end(state, now);
    }

    /// It stopped because it was told to: for good if it was called off, else to be begun anew, and this try does not count.
    pub(super) fn released(&mut self, now: Timestamp) {
        if self.job.is_cancelling {
            return self.end(JobState::Cancelled, now);
        }
        self.job.attempts = self.job.attempts.saturating_sub(1);
        self.queue(self.job.due);
    }

    /// Its runner is gone. A job during which that happens again and again is likely to be the reason.
    pub(super) fn interrupted(&mut self, now: Timestamp, options: &Options) {
        self.interruptions = self.interruptions.saturating_add(1);
        if !self.job.is_cancelling && self.interruptions >= options.interruptions_max {
            let times = self.interruptions;
            return self.failed(now, &format!("the program ended {times} times while this ran"));
        }
        self.released(now);
    }

    /// It is called off while it waits.
    pub(super) fn cancelled(&mut self, now: Timestamp) {
        self.end(JobState::Cancelled, now);
    }

    /// It is queued again by somebody, with all its tries.
    pub(super) fn requeued(&mut self, now: Timestamp) {
        self.job.attempts = 0;
        self.interruptions = 0;
        self.job.error = None;
        self.job.progress = None;
        self.job.ended = None;
        self.queue(now);
    }

    fn queue(&mut self, due: Timestamp) {
        self.job.state = JobState::Queued;
        self.job.due = due;
        self.leased_until_us = None;
    }

    fn end(&mut self, state: JobState, now: Timestamp) {
        self.job.state = state;
        self.job.ended = Some(now);
        self.job.is_cancelling = false;
        self.leased_until_us = None;
    }
}

//! Jobs as callers see them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// The number of a job. Numbers grow, and none is given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub u64);

impl fmt::Display for JobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits until it is due and its turn comes; a job that is tried again does too.
    Queued,
    /// Runs.
    Running,
    /// Did what it was to do.
    Succeeded,
    /// Was tried in vain, and waits for somebody to look at it: a dead letter.
    Failed,
    /// Was called off.
    Cancelled,
}

impl JobState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// Its name, as in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether nothing more happens to the job by itself.
    #[must_use]
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// The kind of event that tells of it.
    pub(super) fn event(self) -> &'static str {
        match self {
            Self::Queued => "job.queued",
            Self::Running => "job.started",
            Self::Succeeded => "job.succeeded",
            Self::Failed => "job.failed",
            Self::Cancelled => "job.cancelled",
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// Which handler does it.
    pub kind: String,
    /// Whose it is.
    pub account: String,
    /// What the handler needs to know; 64 KiB at most.
    pub payload: Value,
    /// Larger ones come first; those of the same priority by when they are due.
    pub priority: i8,
    /// While an unfinished job of the account has this key, no other is added.
    pub unique_key: Option<String>,
    /// When it may run; None is at once.
    pub due: Option<Timestamp>,
}

/// A job. Times are exact to the microsecond.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// Which handler does it.
    pub kind: String,
    /// Whose it is.
    pub account: String,
    /// What the handler needs to know.
    pub payload: Value,
    /// How far it is.
    pub state: JobState,
    /// Larger ones come first.
    pub priority: i8,
    /// How often it was begun, the present try included; interrupted tries do not count.
    pub attempts: u32,
    /// What its handler last said of how far it is.
    pub progress: Option<Value>,
    /// What came of it, if it succeeded.
    pub result: Option<Value>,
    /// Why the last try failed.
    pub error: Option<String>,
    /// Runs, and is to stop.
    pub is_cancelling: bool,
    /// When it was added.
    pub created: Timestamp,
    /// When it may run, or might.
    pub due: Timestamp,
    /// When the last try began.
    pub started: Option<Timestamp>,
    /// When it finished.
    pub ended: Option<Timestamp>,
}

/// What became of a job that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is queued.
    New(JobId),
    /// An unfinished job of the account has its unique key, so nothing was added.
    Known(JobId),
}

impl Added {
    /// The job that does what was asked for.
    #[must_use]
    pub fn id(self) -> JobId {
        match self {
            Self::New(id) | Self::Known(id) => id,
        }
    }
}

/// Which jobs to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobsQuery {
    /// Those of this account; None is all.
    pub account: Option<String>,
    /// Those of these kinds; none is all.
    pub kinds: Vec<String>,
    /// Those in these states; none is all.
    pub states: Vec<JobState>,
    /// Those older than this one.
    pub before: Option<JobId>,
    /// How many at most; more than 200 are never given.
    pub limit: usize,
}

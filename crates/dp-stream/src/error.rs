//! What can go wrong with jobs and events, in words for people. No message holds what a job or an event carries.

use crate::jobs::{JobId, JobState};
use std::path::{Path, PathBuf};

/// Why something about jobs or events was not done.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The tables were made by a later version.
    #[error(
        "the jobs and events in {} have format {found}, and this program knows formats up to {known}; use a newer version of it",
        .path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The latest format that is known.
        known: i64,
    },
    /// What is stored cannot be.
    #[error("the jobs and events are damaged: {0}; restore them from a backup")]
    Corrupt(String),
    /// Something is longer than it may be.
    #[error("{what} has {bytes} bytes, and may have {bytes_max}")]
    TooLong {
        /// What.
        what: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        bytes_max: usize,
    },
    /// JSON is nested more deeply than it may be.
    #[error("{what} is nested more than {levels_max} levels deep")]
    TooDeep {
        /// What.
        what: &'static str,
        /// How deep it may be.
        levels_max: usize,
    },
    /// Something must not be empty, and is.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// The account has as many unfinished jobs as it may have.
    #[error("{jobs_max} jobs are waiting already; wait until some are done, or cancel some")]
    QueueFull {
        /// How many there may be.
        jobs_max: usize,
    },
    /// Only jobs that failed or were cancelled can be queued again.
    #[error("job {id} is {}; only one that failed or was cancelled can be queued again", .state.as_str())]
    NotEnded {
        /// The job.
        id: JobId,
        /// How it is.
        state: JobState,
    },
    /// Another unfinished job does what this one would do.
    #[error("job {other} does the same as job {id} and is not finished; wait for it")]
    SameUnfinished {
        /// The job that was to be queued again.
        id: JobId,
        /// The unfinished one.
        other: JobId,
    },
    /// The job is no longer the caller's: its lease ran out, and somebody else took it up.
    #[error("job {0} was taken up by another runner")]
    LeaseLost(JobId),
    /// The file system refused.
    #[error("could not {context}: {source}")]
    Io {
        /// What was tried.
        context: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The database refused.
    #[error("could not {context}: {source}")]
    Engine {
        /// What was tried.
        context: &'static str,
        /// Why not.
        #[source]
        source: rusqlite::Error,
    },
}

/// Adds what was tried to an error of the database.
pub(crate) trait Context<T> {
    fn context(self, what: &'static str) -> Result<T, StreamError>;
}

impl<T> Context<T> for rusqlite::Result<T> {
    fn context(self, what: &'static str) -> Result<T, StreamError> {
        self.map_err(|source| StreamError::Engine { context: what, source })
    }
}

/// An error of the file system with the path in it.
pub(crate) fn on_file(what: &'static str, path: &Path, source: std::io::Error) -> StreamError {
    StreamError::Io { context: format!("{what} {}", path.display()), source }
}

//! Events and durable jobs in one SQLite file, which other parts of the program may share. Jobs and events go in, jobs come
//! out to be run, and events to be read, at once or after an absence. What is added is on disk before it is acknowledged.
//! Never asks the network, knows nothing of what jobs do, and touches only tables of its own.
//!
//! One process at a time runs jobs and publishes; others may look and add. All calls block for as long as the disk takes,
//! so callers on async workers use `spawn_blocking`; only [`Subscription::next`] is async.

mod encode;
mod error;
mod events;
mod jobs;
mod options;
mod runner;
mod store;

pub use error::StreamError;
pub use events::{Event, Events, Lagged, Subscription};
pub use jobs::{Added, Held, Job, JobId, JobState, Jobs, JobsQuery, Lease, NewJob, QueueFigures, Schedule};
pub use options::{Announce, Clock, Jitter, Options};
pub use runner::{Failure, Handler, Runner, Work};

use std::{path::Path, sync::Arc};
use store::Store;

/// The opened file: its jobs and its events. Cheap to clone; clones are the same.
#[derive(Debug, Clone)]
pub struct Stream {
    jobs: Jobs,
    events: Events,
}

impl Stream {
    /// Opens the tables in the SQLite file `path`, making them if they are not there. Where the file belongs to another part
    /// of the program that wants to make it itself, that part is to be opened first.
    ///
    /// # Errors
    /// When the file can't be opened, is no database, or its tables were made by a newer version.
    pub fn open(path: &Path) -> Result<Self, StreamError> {
        Self::open_with(path, Options::default())
    }

    /// The same with other times, limits, or another clock.
    ///
    /// # Errors
    /// As [`Stream::open`].
    pub fn open_with(path: &Path, options: Options) -> Result<Self, StreamError> {
        let store = Arc::new(Store::open(path, options)?);
        Ok(Self { jobs: Jobs::new(Arc::clone(&store)), events: Events::new(store) })
    }

    /// The jobs.
    #[must_use]
    pub fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// The events.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// Removes events and finished jobs that need not be kept any longer. A [`Runner`] does it now and then.
    ///
    /// # Errors
    /// When the database can't be written.
    pub fn sweep(&self) -> Result<(), StreamError> {
        self.events.sweep()?;
        self.jobs.sweep()
    }

    /// Removes all events, jobs and schedules of an account that is gone, and ends its subscriptions. Jobs of it that run are told
    /// to stop.
    ///
    /// # Errors
    /// When the database can't be written.
    pub fn forget_account(&self, account: &str) -> Result<(), StreamError> {
        self.jobs.forget(account)?;
        self.events.forget(account)
    }
}

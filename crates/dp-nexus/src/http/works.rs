//! Long work that is asked for over HTTP: imports as jobs, how they get on, and events as they happen, as a stream or
//! on a WebSocket. Requests come in, jobs go into the queue; the work itself is done by whoever runs the queue, never here.

mod changes;
mod entries;
mod events;
mod imports;
mod jobs;
mod notices;
mod shapes;
mod tickets;

pub use changes::ChangeEvents;
pub use entries::{ENTRY, EntryWork};
pub use imports::{IMPORT, ImportWork};
pub(super) use jobs::{accepted, queued};
pub use notices::announce;
pub(super) use shapes::{Documented, EventView, JobView};

use super::{
    More,
    app::App,
    blocking::blocking,
    entrance,
    problem::{Code, Problem},
};
use crate::{Principal, uploads::Staging};
use axum::{
    Router,
    routing::{get, post},
};
use dp_stream::{Stream, StreamError};
use std::{fmt, path::PathBuf, sync::Arc};

/// What requests for long work are handed to. Cheap to clone.
#[derive(Clone)]
pub struct Works(Arc<Inner>);

pub(super) struct Inner {
    stream: Stream,
    staging: Staging,
    /// Folders that the owner may import from by path; as the file system has them, without links.
    import_folders: Vec<PathBuf>,
}

impl fmt::Debug for Works {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Works").field("import_folders", &self.0.import_folders).finish_non_exhaustive()
    }
}

impl Inner {
    /// The jobs and events.
    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }
}

impl Works {
    /// Jobs and events of this stream, uploads of this staging area, and the folders that the owner may name
    /// paths in.
    #[must_use]
    pub fn new(stream: Stream, staging: Staging, import_folders: Vec<PathBuf>) -> Self {
        // A folder that is not there now has nothing to import.
        let import_folders = import_folders.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
        Self(Arc::new(Inner { stream, staging, import_folders }))
    }

    /// Adds the routes to those of the accounts.
    #[must_use]
    pub fn join(&self, mut more: More) -> More {
        let usual: Router<App> = Router::new()
            .route("/api/v1/imports", post(imports::begin))
            .route("/api/v1/imports/{id}/entries/{entry}/retry", post(entries::retry))
            .route("/api/v1/jobs", get(jobs::list))
            .route("/api/v1/jobs/{id}", get(jobs::get))
            .route("/api/v1/jobs/{id}/cancel", post(jobs::cancel))
            .route("/api/v1/jobs/{id}/requeue", post(jobs::requeue))
            .route("/api/v1/events/ticket", post(tickets::issue))
            .with_state(self.clone());
        let long: Router<App> =
            Router::new().route("/api/v1/events", get(events::follow)).with_state(self.clone());
        more.works = Some(self.clone());
        more.usual = more.usual.merge(usual);
        more.long = more.long.merge(long).merge(super::uploads::router(self.0.staging.clone()));
        more
    }

    /// Ends what is told of events, for readers would keep a server that stops from ending.
    pub fn close(&self) {
        self.0.stream.events().close();
    }

    /// The jobs and events.
    pub(super) fn stream(&self) -> &Stream {
        &self.0.stream
    }

    /// Bytes of uploads that are on disk.
    pub(super) fn staged_bytes(&self) -> u64 {
        self.0.staging.staged_bytes()
    }

    /// Asks the stream on a thread that may block.
    pub(super) async fn ask<T, F>(&self, question: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Inner) -> Result<T, Problem> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        blocking(move || question(&inner)).await
    }
}

/// Jobs and events speak of the whole account, so a key that sees a part of it does not see them.
pub(super) fn whole_account(principal: &Principal) -> Result<String, Problem> {
    entrance::whole(principal)?;
    Ok(principal.account.to_string())
}

impl From<StreamError> for Problem {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::NotEnded { .. }
            | StreamError::SameUnfinished { .. }
            | StreamError::QueueFull { .. } => Self::new(Code::Conflict, error.to_string()),
            StreamError::TooLong { .. } => Self::new(Code::TooLarge, error.to_string()),
            other => Self::internal(other),
        }
    }
}

//! Backups over HTTP: asked for as jobs, listed, fetched and removed. They hold the vaults of all accounts, so they are the
//! owner's. How one is made is the business of whoever runs the queue; restoring is for the command line, where nothing is yet.

mod fetch;
mod folder;
mod routes;

pub use folder::{BackupFile, BackupFolder};
pub(super) use routes::Documented;

use super::{
    More,
    app::App,
    problem::{Code, Problem},
};
use crate::{Principal, Role};
use axum::{
    Router,
    routing::{get, post},
};
use dp_stream::Stream;
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};
use tokio::sync::Semaphore;

/// The kind of a backup's job.
pub const BACKUP: &str = "backup";
/// Backups that are fetched at the same time; each keeps a thread.
const FETCHES_AT_ONCE: usize = 4;

/// What a backup's job is to do, as it is kept in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupWork {
    /// For whom it is encrypted; nobody means those of the configuration.
    pub recipients: Vec<String>,
    /// Whether the schedule asks for it, and old ones go when it is done.
    pub is_scheduled: bool,
}

/// Says what is wrong with a recipient.
pub type CheckRecipient = fn(&str) -> Result<(), String>;

/// What requests for backups are handed to. Cheap to clone.
#[derive(Clone)]
pub struct Backups(Arc<Inner>);

struct Inner {
    stream: Stream,
    folder: BackupFolder,
    check_recipient: CheckRecipient,
    fetches: Arc<Semaphore>,
}

impl fmt::Debug for Backups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backups").field("folder", &self.0.folder).finish_non_exhaustive()
    }
}

impl Backups {
    /// Jobs of this stream, files of this folder.
    #[must_use]
    pub fn new(stream: Stream, folder: BackupFolder, check_recipient: CheckRecipient) -> Self {
        let fetches = Arc::new(Semaphore::new(FETCHES_AT_ONCE));
        Self(Arc::new(Inner { stream, folder, check_recipient, fetches }))
    }

    /// Adds the routes to others.
    #[must_use]
    pub fn join(&self, mut more: More) -> More {
        let usual: Router<App> = Router::new()
            .route("/api/v1/backups", post(routes::begin).get(routes::list))
            .with_state(self.clone());
        let long: Router<App> = Router::new()
            .route("/api/v1/backups/{name}", get(routes::fetch).delete(routes::remove))
            .with_state(self.clone());
        more.usual = more.usual.merge(usual);
        more.long = more.long.merge(long);
        more
    }

    /// Does something that may wait for the disk.
    async fn ask<T, F>(&self, question: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Inner) -> Result<T, Problem> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        let span = tracing::Span::current();
        let answer = tokio::task::spawn_blocking(move || span.in_scope(|| question(&inner)));
        answer.await.map_err(Problem::internal)?
    }
}

/// That it is the owner who asks, by way of what sees everything.
fn owners(principal: &Principal) -> Result<(), Problem> {
    if principal.scope.is_partial() {
        return Err(Problem::plain(Code::ScopeTooNarrow));
    }
    if principal.role == Role::Owner {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden, "only the owner makes and fetches backups: they hold all accounts"))
}

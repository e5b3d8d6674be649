//! Makes vectors in the background with a model that is too slow for an import: the newest documents
//! first, in small lots, giving way to imports and searches between two of them. What is done stays done,
//! so it can be stopped at any time and goes on later.

use dp_lake::{DocumentVectors, Embedder, LakeError, PendingDocument, Vault};
use futures::executor::block_on;
use std::{
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Documents that are read at once.
const READ_AT_ONCE: usize = 512;
/// Documents embedded at once: how long others wait is bounded by it.
const EMBEDDED_AT_ONCE: usize = 32;
/// After so long what was made is kept for good.
const COMMIT_AFTER: Duration = Duration::from_secs(15);

/// Why vectors could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// The store failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The model failed.
    #[error(transparent)]
    Embedder(#[from] dp_lake::EmbedderError),
}

/// How far the work is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Progress {
    /// Documents done since the work began.
    pub done: u64,
    /// Documents that were waiting when it began.
    pub total: u64,
    /// Documents a second, over the time that was spent working.
    pub documents_per_second: f64,
}

/// How the work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is waiting any more.
    Complete,
    /// It was stopped.
    Stopped,
}

/// Stops the work, pauses it, and makes it give way. Shared between threads.
#[derive(Debug, Default)]
pub struct Control {
    stopped: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    paused: bool,
    /// How many imports and searches are under way.
    busy: usize,
}

/// While it lives, the work waits.
#[derive(Debug)]
pub struct Busy<'a>(&'a Control);

impl Control {
    /// Ends the work after the lot it is at.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }

    /// Whether it was told to end.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Pauses the work, or lets it go on.
    pub fn pause(&self, paused: bool) {
        self.change(|state| state.paused = paused);
    }

    /// Makes the work wait while something more urgent is done.
    #[must_use = "the work waits as long as this lives"]
    pub fn busy(&self) -> Busy<'_> {
        self.change(|state| state.busy += 1);
        Busy(self)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits until the work may go on; false if it is to end.
    fn may_go_on(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while (state.paused || state.busy > 0) && !self.stopped.load(Ordering::Relaxed) {
            // A stop from a signal handler can't notify.
            let waited = self.changed.wait_timeout(state, Duration::from_millis(200));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        !self.stopped.load(Ordering::Relaxed)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.change(|state| state.busy -= 1);
    }
}

/// Embeds every document that the model's set has no vectors of; `progress` is told after each lot.
///
/// # Errors
/// When the store or the model fails. What was made before is kept.
pub fn embed_pending(
    vault: &dyn Vault,
    embedder: &dyn Embedder,
    control: &Control,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, WorkerError> {
    let vectors = vault.vectors();
    let model = embedder.model();
    let total = block_on(vectors.create(model))?.pending;
    let mut told = Progress { total, ..Progress::default() };
    let mut working = Duration::ZERO;
    let mut committed = Instant::now();
    let outcome = loop {
        let pending = block_on(vectors.pending(model, READ_AT_ONCE))?;
        if pending.is_empty() {
            break Outcome::Complete;
        }
        let mut taken = 0;
        let mut stopped = false;
        for lot in pending.chunks(EMBEDDED_AT_ONCE) {
            if !control.may_go_on() {
                stopped = true;
                break;
            }
            let began = Instant::now();
            taken += block_on(vectors.put(model, embedded(embedder, lot)?))?;
            working += began.elapsed();
            told.done += lot.len() as u64;
            told.documents_per_second = told.done as f64 / working.as_secs_f64().max(1e-9);
            progress(told);
        }
        if committed.elapsed() >= COMMIT_AFTER {
            block_on(vectors.commit(model))?;
            committed = Instant::now();
        }
        // Documents that changed meanwhile wait again; if all did, something else is at work on them.
        if stopped || (taken == 0 && !control.may_go_on()) {
            break Outcome::Stopped;
        }
    };
    block_on(vectors.commit(model))?;
    Ok(outcome)
}

fn embedded(embedder: &dyn Embedder, lot: &[PendingDocument]) -> Result<Vec<DocumentVectors>, WorkerError> {
    let contents = lot.iter().map(|document| &document.content).collect::<Vec<_>>();
    let passages = embedder.embed(&contents)?;
    let vectors = lot.iter().zip(passages).map(|(document, passages)| DocumentVectors {
        id: document.id,
        hash: document.hash,
        passages,
    });
    Ok(vectors.collect())
}

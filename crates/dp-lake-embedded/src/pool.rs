//! The store's own threads: one that writes and a few that read. Async callers hand a piece of work
//! over and wait for its answer without blocking their executor.

use crossbeam_channel::{Receiver, Sender, unbounded};
use dp_lake::LakeError;
use futures::channel::oneshot;
use std::thread::JoinHandle;

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Threads that each own a state `S` and work on it in turn.
pub(crate) struct Pool<S> {
    jobs: Option<Sender<Job<S>>>,
    threads: Vec<JoinHandle<()>>,
}

impl<S: Send + 'static> Pool<S> {
    /// Starts one thread for each state.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(crate) fn start(name: &str, states: Vec<S>) -> Result<Self, LakeError> {
        let (jobs, queue): (Sender<Job<S>>, Receiver<Job<S>>) = unbounded();
        let threads = states
            .into_iter()
            .map(|mut state| {
                let queue = queue.clone();
                std::thread::Builder::new().name(name.to_owned()).spawn(move || {
                    while let Ok(job) = queue.recv() {
                        job(&mut state);
                    }
                })
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| LakeError::Io {
                context: "could not start a thread of the store".to_owned(),
                source,
            })?;
        Ok(Self { jobs: Some(jobs), threads })
    }

    /// Runs `work` on one of the threads and gives its answer.
    ///
    /// # Errors
    /// Whatever `work` gives, and `Closed` if it panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut S) -> Result<T, LakeError> + Send + 'static,
    ) -> Result<T, LakeError> {
        let (reply, answer) = oneshot::channel();
        let job: Job<S> = Box::new(move |state| {
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(state)));
            if let Ok(outcome) = outcome {
                // Nobody may be waiting any more.
                let _ = reply.send(outcome);
            }
        });
        let jobs = self.jobs.as_ref().ok_or(LakeError::Closed)?;
        jobs.send(job).map_err(|_| LakeError::Closed)?;
        answer.await.unwrap_or(Err(LakeError::Closed))
    }
}

impl<S> Drop for Pool<S> {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A panic was reported to the caller who asked for the work.
            let _ = thread.join();
        }
    }
}

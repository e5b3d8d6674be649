//! The store's own threads: one that writes and a few that read. Async callers hand a piece of work
//! over and wait for its answer without blocking their executor.

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, unbounded};
use dp_lake::LakeError;
use futures::channel::oneshot;
use std::{thread::JoinHandle, time::Duration};

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// How long nothing is asked before there is time for spare work: longer than an import takes between batches.
const QUIET: Duration = Duration::from_secs(2);

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
        Self::with_spare_work(name, states, |_| false)
    }

    /// The same with something to do while nothing was asked for a while: `spare` does a little of it and
    /// says whether there may be more.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(crate) fn with_spare_work(
        name: &str,
        states: Vec<S>,
        spare: fn(&mut S) -> bool,
    ) -> Result<Self, LakeError> {
        let (jobs, queue): (Sender<Job<S>>, Receiver<Job<S>>) = unbounded();
        let threads = states
            .into_iter()
            .map(|mut state| {
                let queue = queue.clone();
                std::thread::Builder::new().name(name.to_owned()).spawn(move || {
                    while let Some(job) = next(&queue, &mut state, spare) {
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

/// Waits for the next job, and does spare work meanwhile; None when there will be no more.
fn next<S>(queue: &Receiver<Job<S>>, state: &mut S, spare: fn(&mut S) -> bool) -> Option<Job<S>> {
    match queue.recv_timeout(QUIET) {
        Ok(job) => return Some(job),
        Err(RecvTimeoutError::Disconnected) => return None,
        Err(RecvTimeoutError::Timeout) => {}
    }
    loop {
        let has_more = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| spare(state)));
        match queue.try_recv() {
            Ok(job) => return Some(job),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) if has_more.unwrap_or(false) => {}
            Err(TryRecvError::Empty) => return queue.recv().ok(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spare_work_is_done_when_it_is_quiet_and_after_a_panic_no_more() {
        fn spare(count: &mut u32) -> bool {
            *count += 1;
            assert!(*count < 5, "on purpose");
            true
        }
        let pool = Pool::with_spare_work("test", vec![0], spare).unwrap();
        let count = || futures::executor::block_on(pool.run(|count| Ok(*count))).unwrap();
        assert_eq!(count(), 0);
        std::thread::sleep(QUIET * 2);
        assert_eq!(count(), 5);
    }
}

//! The store's own threads: one that writes and a few that read. Async callers hand a piece of work
//! over and wait for its answer without blocking their executor. A caller who waits on a thread of their own
//! anyway does the work there, which spares two changes of threads.

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, unbounded};
use dp_lake::{LakeError, is_beside};
use futures::{channel::oneshot, executor};
use parking_lot::{Condvar, Mutex};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// How long nothing is asked before there is time for spare work: longer than an import takes between batches.
const QUIET: Duration = Duration::from_secs(2);

/// States `S`, each worked on by one thread at a time, and threads that do so.
pub(crate) struct Pool<S> {
    jobs: Option<Sender<Job<S>>>,
    threads: Vec<JoinHandle<()>>,
    /// None if work is to be done on the pool's threads alone.
    shelf: Option<Arc<Shelf<S>>>,
}

/// States that nobody works on.
struct Shelf<S> {
    states: Mutex<Vec<S>>,
    returned: Condvar,
}

impl<S> Shelf<S> {
    /// Works on a state as soon as there is one.
    fn with<T>(&self, work: impl FnOnce(&mut S) -> T) -> T {
        let mut states = self.states.lock();
        let mut state = loop {
            match states.pop() {
                Some(state) => break state,
                None => self.returned.wait(&mut states),
            }
        };
        drop(states);
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut state)));
        self.states.lock().push(state);
        self.returned.notify_one();
        match outcome {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

impl<S: Send + 'static> Pool<S> {
    /// Starts one thread for each state, which is worked on there and nowhere else. While nothing was asked for a
    /// while, `spare` does a little of what there is to do, and says whether there may be more.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(crate) fn with_spare_work(
        name: &str,
        states: Vec<S>,
        spare: fn(&mut S) -> bool,
    ) -> Result<Self, LakeError> {
        let (jobs, queue): (Sender<Job<S>>, Receiver<Job<S>>) = unbounded();
        let threads = states.into_iter().map(|mut state| {
            let queue = queue.clone();
            spawn(name, move || {
                while let Some(job) = next(&queue, &mut state, spare) {
                    job(&mut state);
                }
            })
        });
        let threads = threads.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { jobs: Some(jobs), threads, shelf: None })
    }

    /// Starts so many threads for these states. Threads that wait for an answer anyway work on a state themselves.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(crate) fn start_shared(name: &str, states: Vec<S>, threads: usize) -> Result<Self, LakeError> {
        let (jobs, queue): (Sender<Job<S>>, Receiver<Job<S>>) = unbounded();
        let shelf = Arc::new(Shelf { states: Mutex::new(states), returned: Condvar::new() });
        let threads = (0..threads).map(|_| {
            let (queue, shelf) = (queue.clone(), Arc::clone(&shelf));
            spawn(name, move || {
                while let Ok(job) = queue.recv() {
                    shelf.with(job);
                }
            })
        });
        let threads = threads.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { jobs: Some(jobs), threads, shelf: Some(shelf) })
    }

    /// Runs `work` on one of the states and gives its answer.
    ///
    /// # Errors
    /// Whatever `work` gives, and `Closed` if it panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut S) -> Result<T, LakeError> + Send + 'static,
    ) -> Result<T, LakeError> {
        if let Some(shelf) = self.shelf.as_ref().filter(|_| waits_here()) {
            return catch_unwind(AssertUnwindSafe(|| shelf.with(work))).unwrap_or(Err(LakeError::Closed));
        }
        let (reply, answer) = oneshot::channel();
        let job: Job<S> = Box::new(move |state| {
            let outcome = catch_unwind(AssertUnwindSafe(|| work(state)));
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

/// Whether this thread has nothing to do but to wait for this answer: it is inside of `block_on`, and does not ask
/// several things side by side.
fn waits_here() -> bool {
    executor::enter().is_err() && !is_beside()
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, LakeError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.map_err(|source| LakeError::Io {
        context: "could not start a thread of the store".to_owned(),
        source,
    })
}

/// Waits for the next job, and does spare work meanwhile; None when there will be no more.
fn next<S>(queue: &Receiver<Job<S>>, state: &mut S, spare: fn(&mut S) -> bool) -> Option<Job<S>> {
    match queue.recv_timeout(QUIET) {
        Ok(job) => return Some(job),
        Err(RecvTimeoutError::Disconnected) => return None,
        Err(RecvTimeoutError::Timeout) => {}
    }
    loop {
        let has_more = catch_unwind(AssertUnwindSafe(|| spare(state)));
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
    use dp_lake::beside;
    use futures::{executor::block_on, future::join};
    use std::{
        future::Future as _,
        pin::pin,
        task::{Context, Poll, Waker},
        thread::{ThreadId, current},
    };

    fn pool() -> Pool<u32> {
        Pool::start_shared("shared", vec![0, 0], 2).unwrap()
    }

    fn place(_: &mut u32) -> Result<ThreadId, LakeError> {
        Ok(current().id())
    }

    #[test]
    fn who_waits_anyway_does_the_work() {
        let pool = pool();
        assert_eq!(block_on(pool.run(place)).unwrap(), current().id());
        let alone = Pool::with_spare_work("alone", vec![0], |_| false).unwrap();
        assert_ne!(block_on(alone.run(place)).unwrap(), current().id());
    }

    #[test]
    fn what_is_asked_side_by_side_is_done_by_the_pools_threads() {
        let pool = pool();
        let (one, other) = block_on(beside(join(pool.run(place), pool.run(place))));
        assert_ne!(one.unwrap(), current().id());
        assert_ne!(other.unwrap(), current().id());
        assert_eq!(block_on(pool.run(place)).unwrap(), current().id());
    }

    #[test]
    fn an_executor_is_never_blocked() {
        let pool = pool();
        let mut asked = pin!(pool.run(place));
        let answer = loop {
            match asked.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(answer) => break answer,
                Poll::Pending => std::thread::yield_now(),
            }
        };
        assert_ne!(answer.unwrap(), current().id());
    }

    #[test]
    fn a_panic_fails_one_piece_of_work_and_loses_no_state() {
        let pool = Pool::start_shared("shared", vec![0_u32], 1).unwrap();
        let fails = |_: &mut u32| -> Result<(), LakeError> { panic!("on purpose") };
        assert!(matches!(block_on(pool.run(fails)), Err(LakeError::Closed)));
        assert!(matches!(block_on(beside(pool.run(fails))), Err(LakeError::Closed)));
        let counts = |state: &mut u32| {
            *state += 1;
            Ok(*state)
        };
        assert_eq!(block_on(pool.run(counts)).unwrap(), 1);
        assert_eq!(block_on(beside(pool.run(counts))).unwrap(), 2);
    }

    #[test]
    fn more_who_ask_than_states_wait_for_each_other() {
        let pool = Pool::start_shared("shared", vec![0_u64], 1).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        block_on(pool.run(|state| {
                            *state += 1;
                            Ok(())
                        }))
                        .unwrap();
                    }
                });
            }
        });
        assert_eq!(block_on(pool.run(|state| Ok(*state))).unwrap(), 1600);
    }

    #[test]
    fn spare_work_is_done_when_it_is_quiet_and_after_a_panic_no_more() {
        fn spare(count: &mut u32) -> bool {
            *count += 1;
            assert!(*count < 5, "on purpose");
            true
        }
        let pool = Pool::with_spare_work("test", vec![0], spare).unwrap();
        let count = || block_on(pool.run(|count| Ok(*count))).unwrap();
        assert_eq!(count(), 0);
        std::thread::sleep(QUIET * 2);
        assert_eq!(count(), 5);
    }
}

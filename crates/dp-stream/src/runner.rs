//! Threads that run jobs: each leases one, hands it to the handler of its kind, and settles what comes of it. One thread more keeps
//! their leases, tells how far they are, and does what is to be done from time to time. A panic fails the job, not the thread.

mod pulse;
mod work;

pub(crate) use work::Running;
pub use work::{Failure, Handler, Work};

use crate::{Jobs, Lease, Stream, StreamError, jobs::JobState};
use parking_lot::{Condvar, Mutex};
use pulse::Pulse;
use serde_json::Value;
use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{Builder, JoinHandle},
    time::{Duration, Instant},
};

/// How often it is tried to write down what came of a job.
const SETTLE_TRIES: u32 = 5;
/// How long to wait when the database refuses.
const PAUSE: Duration = Duration::from_secs(1);

/// Running threads. Dropping it stops them, as [`Runner::stop`] does.
#[derive(Debug)]
pub struct Runner {
    jobs: Jobs,
    is_stopping: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    pulse: Option<Pulse>,
}

impl Runner {
    /// Starts `threads` threads that run the jobs of the kinds there are handlers for. Where this process is the only one that runs
    /// jobs of the file, [`Jobs::take_up_orphans`] is to be called before, so that jobs of a process that was killed go on at once and
    /// not when their leases run out.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(
        stream: &Stream,
        handlers: HashMap<String, Arc<dyn Handler>>,
        threads: usize,
    ) -> Result<Self, StreamError> {
        let jobs = stream.jobs().clone();
        let is_stopping = Arc::new(AtomicBool::new(false));
        let kinds: Vec<&str> = handlers.keys().map(String::as_str).collect();
        let pulse = Pulse::start(stream, Value::from(kinds).to_string())?;
        let mut runner = Self { jobs, is_stopping, threads: Vec::with_capacity(threads), pulse: Some(pulse) };
        let handlers = Arc::new(handlers);
        for number in 0..threads.max(1) {
            let worker = Worker {
                jobs: runner.jobs.clone(),
                handlers: Arc::clone(&handlers),
                is_stopping: Arc::clone(&runner.is_stopping),
            };
            runner.threads.push(spawn(&format!("job-{number}"), move || worker.run())?);
        }
        Ok(runner)
    }

    /// Takes no more jobs, tells those that run to stop, and waits until they have. What had to stop goes back to the queue.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        for running in self.jobs.shared.running.lock().values() {
            // There may be other runners.
            if running.is_of(&self.is_stopping) {
                running.stop();
            }
        }
        self.jobs.shared.signal.wake();
        for thread in self.threads.drain(..) {
            // Panics of handlers are caught where they happen.
            let _ = thread.join();
        }
        // Leases are kept until the last handler has ended.
        self.pulse = None;
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StreamError> {
    Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(|source| StreamError::Io { context: "start a thread for jobs".to_owned(), source })
}

/// One thread that runs jobs.
struct Worker {
    jobs: Jobs,
    handlers: Arc<HashMap<String, Arc<dyn Handler>>>,
    is_stopping: Arc<AtomicBool>,
}

impl Worker {
    fn run(&self) {
        let kinds: Vec<&str> = self.handlers.keys().map(String::as_str).collect();
        loop {
            // Counted first: who stops or adds a job after this is noticed by whoever waits.
            let seen = self.jobs.shared.signal.count();
            if self.is_stopping.load(Ordering::SeqCst) {
                return;
            }
            match self.jobs.lease(&kinds) {
                Ok(Some(lease)) => self.run_one(lease),
                Ok(None) => self.jobs.shared.signal.wait(seen, None),
                Err(error) => {
                    tracing::warn!(%error, "no job could be taken; trying again");
                    self.jobs.shared.signal.wait(seen, Some(PAUSE));
                }
            }
        }
    }

    fn run_one(&self, lease: Lease) {
        let id = lease.job.id;
        let running = Arc::new(Running::new(lease, Arc::clone(&self.is_stopping)));
        self.jobs.shared.running.lock().insert(id, Arc::clone(&running));
        let outcome =
            if self.was_told_to_stop(&running) { Err(Failure::Stopped) } else { self.handle(&running) };
        self.settle(&running, outcome);
        let mut all = self.jobs.shared.running.lock();
        // Once settled, another thread may have begun it anew.
        if all.get(&id).is_some_and(|other| Arc::ptr_eq(other, &running)) {
            all.remove(&id);
        }
    }

    /// Between leasing a job and noting that it runs here, nobody could tell it to stop.
    fn was_told_to_stop(&self, running: &Running) -> bool {
        if self.is_stopping.load(Ordering::SeqCst) {
            running.stop();
        }
        match self.jobs.get(running.lease.job.id) {
            Ok(Some(job)) if job.is_cancelling => running.cancel(),
            Ok(Some(job)) if job.state == JobState::Running => {}
            Ok(_) => running.lose(),
            // The next sign of life tells.
            Err(error) => tracing::warn!(%error, "a job could not be read again"),
        }
        running.is_cancelled()
    }

    fn handle(&self, running: &Arc<Running>) -> Result<Value, Failure> {
        let job = &running.lease.job;
        let Some(handler) = self.handlers.get(&job.kind) else {
            return Err(Failure::Final(format!("there is nothing that handles {}", job.kind)));
        };
        let work = Work::new(Arc::clone(running));
        tracing::info!(job = job.id.0, kind = job.kind, attempt = job.attempts, "a job begins");
        let started = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| handler.run(job, &work)));
        let elapsed_ms = started.elapsed().as_millis() as u64;
        match outcome {
            Ok(Ok(result)) => {
                tracing::info!(job = job.id.0, kind = job.kind, elapsed_ms, "a job is done");
                Ok(result)
            }
            Ok(Err(Failure::Stopped)) if !running.is_cancelled() => {
                Err(Failure::Retry("it stopped without being told to".to_owned()))
            }
            Ok(Err(failure)) => {
                tracing::info!(job = job.id.0, kind = job.kind, elapsed_ms, %failure, "a job did not get done");
                Err(failure)
            }
            Err(panic) => {
                let why = panic_message(&*panic);
                tracing::error!(job = job.id.0, kind = job.kind, why, "a job panicked");
                Err(Failure::Final(format!("it ended by an error of the program: {why}")))
            }
        }
    }

    /// Writes down what came of a job. If that can't be done the job will be run again when its lease has run out.
    fn settle(&self, running: &Running, outcome: Result<Value, Failure>) {
        let lease = &running.lease;
        for attempt in 1..=SETTLE_TRIES {
            let settled = match &outcome {
                Ok(result) => self.jobs.succeed(lease, result.clone()),
                Err(Failure::Retry(why)) => self.jobs.retry(lease, why),
                Err(Failure::Final(why)) => self.jobs.fail(lease, why),
                Err(Failure::Stopped) => self.jobs.release(lease),
            };
            match settled {
                Ok(_) => return,
                Err(StreamError::LeaseLost(id)) => {
                    tracing::warn!(
                        job = id.0,
                        "a job was taken up by somebody else; what it came to here is left out"
                    );
                    return;
                }
                Err(error) if attempt < SETTLE_TRIES => {
                    tracing::warn!(%error, job = lease.job.id.0, "what came of a job could not be written; trying again");
                    std::thread::sleep(PAUSE);
                }
                Err(error) => {
                    tracing::error!(%error, job = lease.job.id.0, "what came of a job could not be written; it will run again");
                }
            }
        }
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

/// Wakes threads that wait for jobs. Whoever looked before something changed and waits after it does not wait.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    count: Mutex<u64>,
    changed: Condvar,
}

impl Signal {
    pub(crate) fn wake(&self) {
        *self.count.lock() += 1;
        self.changed.notify_all();
    }

    fn count(&self) -> u64 {
        *self.count.lock()
    }

    /// Waits until somebody wakes, unless that happened after `seen` was counted.
    fn wait(&self, seen: u64, at_most: Option<Duration>) {
        let mut count = self.count.lock();
        let until = at_most.map(|at_most| Instant::now() + at_most);
        while *count == seen {
            match until {
                None => self.changed.wait(&mut count),
                Some(until) if self.changed.wait_until(&mut count, until).timed_out() => return,
                Some(_) => {}
            }
        }
    }
}

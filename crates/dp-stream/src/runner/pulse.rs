//! The thread beside those that run jobs: tells how far they are, keeps their leases, wakes them for what is due, takes up what others left,
//! makes scheduled jobs, and sweeps.

use super::{Running, spawn};
use crate::{
    Held, Jobs, Stream, StreamError,
    jobs::{Sign, value},
};
use parking_lot::{Condvar, Mutex};
use std::{
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// How often what is old is removed.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// The running thread. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Pulse {
    end: Arc<End>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct End {
    is_reached: Mutex<bool>,
    changed: Condvar,
}

impl Pulse {
    /// `kinds` is a JSON array of those there are handlers for.
    pub(super) fn start(stream: &Stream, kinds: String) -> Result<Self, StreamError> {
        let end = Arc::new(End::default());
        let now = Instant::now();
        let mut beat = Beat {
            stream: stream.clone(),
            jobs: stream.jobs().clone(),
            kinds,
            end: Arc::clone(&end),
            heartbeat: now,
            poll: now,
            sweep: now,
        };
        let thread = spawn("jobs", move || beat.run())?;
        Ok(Self { end, thread: Some(thread) })
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        *self.end.is_reached.lock() = true;
        self.end.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It has nothing that panics.
            let _ = thread.join();
        }
    }
}

struct Beat {
    stream: Stream,
    jobs: Jobs,
    kinds: String,
    end: Arc<End>,
    /// When each is to be done next.
    heartbeat: Instant,
    poll: Instant,
    sweep: Instant,
}

impl Beat {
    fn run(&mut self) {
        while !self.waited_to_the_end() {
            self.tell_progress();
            // Before others' jobs are taken up: a machine that slept finds its own leases run out.
            let options = self.jobs.shared.store.options.clone();
            if is_due(&mut self.heartbeat, options.heartbeat) {
                self.log("the leases of jobs could not be kept", self.keep_leases());
            }
            if is_due(&mut self.poll, options.poll) {
                self.log(
                    "jobs that others left could not be taken up",
                    self.jobs.take_up_expired().map(drop),
                );
                self.log("scheduled jobs could not be added", self.jobs.add_scheduled().map(drop));
                self.log("jobs could not be looked for", self.wake_for_what_is_due());
            }
            if is_due(&mut self.sweep, SWEEP_EVERY) {
                self.log("old jobs and events could not be removed", self.stream.sweep());
            }
        }
    }

    /// Waits for a while, less if jobs run. Whether it is the end.
    fn waited_to_the_end(&self) -> bool {
        let options = &self.jobs.shared.store.options;
        let wait = if self.jobs.shared.running.lock().is_empty() {
            options.poll
        } else {
            options.poll.min(options.progress_every).min(options.heartbeat)
        };
        let until = Instant::now() + wait;
        let mut is_reached = self.end.is_reached.lock();
        while !*is_reached && !self.end.changed.wait_until(&mut is_reached, until).timed_out() {}
        *is_reached
    }

    fn running(&self) -> Vec<Arc<Running>> {
        self.jobs.shared.running.lock().values().map(Arc::clone).collect()
    }

    fn tell_progress(&self) {
        for running in self.running() {
            if !running.is_news() {
                continue;
            }
            // Asked for when nobody else writes: once it is told that a job has ended, nothing is told of how far it is.
            let data = || running.to_tell().map(|job| value(&job)).transpose();
            let told = self.jobs.shared.store.send(running.account(), "job.progress", data);
            self.log("the progress of a job could not be told", told.map(drop));
        }
    }

    fn keep_leases(&self) -> Result<(), StreamError> {
        let running = self.running();
        if running.is_empty() {
            return Ok(());
        }
        let signs: Vec<Sign<'_>> = running
            .iter()
            .map(|running| Sign { lease: &running.lease, progress: running.to_store() })
            .collect();
        let held = self.jobs.heartbeats(&signs)?;
        for (running, held) in running.iter().zip(held) {
            match held {
                Held::Yes => {}
                Held::Cancelling => running.cancel(),
                Held::Lost => running.lose(),
            }
        }
        Ok(())
    }

    /// Jobs become due by time alone, and other processes add some.
    fn wake_for_what_is_due(&self) -> Result<(), StreamError> {
        if self.jobs.is_any_due(&self.kinds)? {
            self.jobs.shared.signal.wake();
        }
        Ok(())
    }

    fn log(&self, what: &str, outcome: Result<(), StreamError>) {
        if let Err(error) = outcome {
            tracing::warn!(%error, "{what}; trying again");
        }
    }
}

/// Whether the time has come; if so the next time is set.
fn is_due(next: &mut Instant, every: Duration) -> bool {
    let now = Instant::now();
    let is_due = now >= *next;
    if is_due {
        *next = now + every;
    }
    is_due
}

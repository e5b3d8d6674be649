//! How jobs are leased and tried again, how long things are kept, and what time it is. The defaults are what the program
//! uses; tests bring a clock of their own.

use crate::Job;
use jiff::Timestamp;
use rand::{TryRng as _, rngs::SysRng};
use serde_json::Value;
use std::{fmt, sync::Arc, time::Duration};

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Gives numbers from 0 to below 1, by which jobs that failed together are spread.
pub type Jitter = Arc<dyn Fn() -> f64 + Send + Sync>;

/// Says what is to be told of a job that ended, besides that it did: kind and data of an event that is stored in the same
/// transaction. Called by the one who writes, so it is to be quick, and asks neither jobs nor events.
pub type Announce = Arc<dyn Fn(&Job) -> Option<(String, Value)> + Send + Sync>;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Times and limits.
#[derive(Clone)]
pub struct Options {
    /// What jobs are due by and events are dated with.
    pub clock: Clock,
    /// Spreads what is tried again.
    pub jitter: Jitter,
    /// For how long a job is one's own without a sign of life.
    pub lease: Duration,
    /// How often a sign of life is given; progress is stored with it.
    pub heartbeat: Duration,
    /// How often progress is published at most.
    pub progress_every: Duration,
    /// How often a runner looks for what is due, besides being told.
    pub poll: Duration,
    /// How often a job is tried.
    pub tries_max: u32,
    /// How long to wait before the second try, give or take a half; before each later one it is four times as long.
    pub retry_first: Duration,
    /// How often the program may end while a job runs before the job is taken to be the reason.
    pub interruptions_max: u32,
    /// Unfinished jobs that an account may have.
    pub unfinished_max: usize,
    /// How long jobs that succeeded or were cancelled are kept.
    pub finished_kept: Duration,
    /// How long jobs that failed are kept.
    pub failed_kept: Duration,
    /// Events that are kept of an account.
    pub events_max: usize,
    /// How long events are kept.
    pub events_kept: Duration,
    /// Events that may wait for a subscriber before it counts as too slow.
    pub waiting_max: usize,
    /// What is told of jobs that ended, besides that they did.
    pub announce: Option<Announce>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(Timestamp::now),
            jitter: Arc::new(random),
            lease: Duration::from_secs(30),
            heartbeat: Duration::from_secs(5),
            progress_every: Duration::from_millis(250),
            poll: Duration::from_secs(1),
            tries_max: 3,
            retry_first: Duration::from_secs(10),
            interruptions_max: 20,
            unfinished_max: 10_000,
            finished_kept: 30 * DAY,
            failed_kept: 90 * DAY,
            events_max: 10_000,
            events_kept: 7 * DAY,
            waiting_max: 256,
            announce: None,
        }
    }
}

impl Options {
    /// The time, in microseconds since 1970.
    pub(crate) fn now_us(&self) -> i64 {
        (self.clock)().as_microsecond()
    }

    /// How long to wait after the `attempts`th try, in microseconds: from a half to three halves of what doubles twice each time.
    pub(crate) fn retry_after_us(&self, attempts: u32) -> i64 {
        let factor = 4_u32.saturating_pow(attempts.saturating_sub(1));
        let whole_us = self.retry_first.saturating_mul(factor).as_micros() as f64;
        // Casting saturates.
        (whole_us * (0.5 + (self.jitter)().clamp(0.0, 1.0))) as i64
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("lease", &self.lease)
            .field("heartbeat", &self.heartbeat)
            .field("tries_max", &self.tries_max)
            .field("events_max", &self.events_max)
            .field("events_kept", &self.events_kept)
            .finish_non_exhaustive()
    }
}

/// A duration in microseconds.
pub(crate) fn as_us(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Without random numbers from the system there is no spreading, and nothing else is the matter.
fn random() -> f64 {
    SysRng.try_next_u32().map_or(0.5, |number| f64::from(number) / 4_294_967_296.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_us(jitter: f64, attempts: u32) -> i64 {
        let retry_first = Duration::from_secs(10);
        Options { jitter: Arc::new(move || jitter), retry_first, ..Options::default() }
            .retry_after_us(attempts)
    }

    #[test]
    fn each_wait_is_four_times_the_one_before_give_or_take_a_half() {
        assert_eq!([1, 2, 3].map(|attempts| after_us(0.5, attempts)), [10_000_000, 40_000_000, 160_000_000]);
        assert_eq!((after_us(0.0, 1), after_us(1.0, 1)), (5_000_000, 15_000_000));
        assert!(after_us(0.5, u32::MAX) > 0);
    }

    #[test]
    fn random_numbers_are_from_0_to_below_1_and_differ() {
        let numbers: Vec<f64> = (0..64).map(|_| random()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number != numbers[0]));
    }
}

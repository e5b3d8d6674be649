//! The queue and the log as their callers see them.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod killed;
mod queue;
mod random;
mod retention;
mod running;
mod schedules;
mod subscriptions;
mod world;

//! Where entries wait for their turn: parsed in any order, applied in the order of the plan.

use super::{normalise::Chunk, read::Ended};
use crossbeam_channel::Receiver;
use std::{
    collections::BTreeMap,
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

/// Entries that may wait for their turn, parsed or being parsed.
const ENTRIES_AHEAD: usize = 256;
/// Time between looks whether to go on waiting.
const LOOK_WAIT: Duration = Duration::from_millis(100);

/// One thing that an entry gives.
pub(super) enum Piece {
    Chunk(Chunk),
    End(Box<Ended>),
}

/// Where entries wait for their turn to be applied.
pub(super) struct Turns {
    waiting: Mutex<(BTreeMap<u32, Receiver<Piece>>, bool)>,
    changed: Condvar,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self { waiting: Mutex::default(), changed: Condvar::new() }
    }

    /// Announces an entry. Waits while too many others wait. False if the pipeline has closed.
    pub(super) fn register(&self, number: u32, pieces: Receiver<Piece>) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.0.len() >= ENTRIES_AHEAD
            && !waiting.1
            && waiting.0.keys().next().is_some_and(|&first| first < number)
        {
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        if waiting.1 {
            return false;
        }
        waiting.0.insert(number, pieces);
        self.changed.notify_all();
        true
    }

    /// Waits for an entry to be announced; None if `give_up` says so.
    pub(super) fn wait(&self, number: u32, mut give_up: impl FnMut() -> bool) -> Option<Receiver<Piece>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(pieces) = waiting.0.remove(&number) {
                self.changed.notify_all();
                return Some(pieces);
            }
            if give_up() {
                return None;
            }
            waiting = self.changed.wait_timeout(waiting, LOOK_WAIT).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn close(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.0.clear();
        waiting.1 = true;
        self.changed.notify_all();
    }
}

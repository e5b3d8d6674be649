//! How many bytes of parsed records may wait to be applied: the pipeline's back-pressure.

use std::sync::{Condvar, Mutex, PoisonError};

/// Counts bytes in flight. The entry being applied is never made to wait, so that the others can
/// wait for it without a dead end.
#[derive(Debug)]
pub(super) struct Budget {
    state: Mutex<State>,
    changed: Condvar,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct State {
    bytes: usize,
    current_entry: u32,
    closed: bool,
}

impl Budget {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), bytes_max }
    }

    /// Waits until `bytes` of `entry` may be in flight. False if the pipeline has closed.
    pub(super) fn acquire(&self, entry: u32, bytes: usize) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !state.closed && entry > state.current_entry && state.bytes + bytes > self.bytes_max {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.bytes += bytes;
        !state.closed
    }

    /// Gives back what was acquired.
    pub(super) fn release(&self, bytes: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.bytes = state.bytes.saturating_sub(bytes);
        self.changed.notify_all();
    }

    /// Says which entry is being applied now.
    pub(super) fn advance(&self, entry: u32) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).current_entry = entry;
        self.changed.notify_all();
    }

    /// Lets everybody go who waits.
    pub(super) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_entry_never_waits_and_others_do() {
        let budget = Budget::new(10);
        assert!(budget.acquire(0, 100));
        std::thread::scope(|scope| {
            let later = scope.spawn(|| budget.acquire(1, 5));
            assert!(!later.is_finished());
            budget.release(100);
            assert!(later.join().unwrap());
        });
        budget.close();
        assert!(!budget.acquire(9, 1_000));
    }
}

//! Counts what may change the answers of an open vault: writes, and what the text index and the vector sets make of
//! them later. Says nothing of what changed.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A count that all who change something share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Generation(Arc<AtomicU64>);

impl Generation {
    /// Says that from now on answers may be others.
    pub(crate) fn advance(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    /// Says so when what this gives is dropped.
    pub(crate) fn advance_after(&self) -> AdvanceAfter {
        AdvanceAfter(self.clone())
    }

    /// The count.
    pub(crate) fn current(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// Advances the count when it is dropped, also by a panic.
#[derive(Debug)]
pub(crate) struct AdvanceAfter(Generation);

impl Drop for AdvanceAfter {
    fn drop(&mut self) {
        self.0.advance();
    }
}

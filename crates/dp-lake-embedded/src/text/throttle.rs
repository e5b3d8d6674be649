//! Bounds the bytes of documents that wait for the indexer, so that an import that outruns it waits
//! instead of filling the memory.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// How much may be under way, and how much is.
#[derive(Debug)]
pub(super) struct Throttle {
    limit_bytes: usize,
    under_way_bytes: Mutex<usize>,
    released: Condvar,
}

/// A share of what may be under way; given back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    throttle: Arc<Throttle>,
    bytes: usize,
}

impl Throttle {
    pub(super) fn new(limit_bytes: usize) -> Arc<Self> {
        Arc::new(Self { limit_bytes, under_way_bytes: Mutex::new(0), released: Condvar::new() })
    }

    /// Takes `bytes`, waiting while that would be over the limit. More than the limit in one is let
    /// through when nothing else is under way.
    pub(super) fn acquire(self: &Arc<Self>, bytes: usize) -> Permit {
        let mut under_way = self.under_way_bytes.lock().unwrap_or_else(PoisonError::into_inner);
        while *under_way > 0 && *under_way + bytes > self.limit_bytes {
            under_way = self.released.wait(under_way).unwrap_or_else(PoisonError::into_inner);
        }
        *under_way += bytes;
        Permit { throttle: Arc::clone(self), bytes }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut under_way = self.throttle.under_way_bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *under_way -= self.bytes;
        self.throttle.released.notify_all();
    }
}

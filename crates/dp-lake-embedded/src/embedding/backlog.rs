//! How fast documents that were there before are embedded: in batches short enough that an import does
//! not wait for them, smaller ones and further apart while the model fails.

use crate::vectors::Rows;
use std::time::{Duration, Instant};

/// Documents of the first batch, and of the largest.
const SIZE_FIRST: usize = 64;
const SIZE_MAX: usize = 1024;
/// A batch that takes less is followed by a larger one.
const SHORT: Duration = Duration::from_millis(150);
/// A batch that takes more is followed by a smaller one.
const LONG: Duration = Duration::from_millis(600);
/// First and longest wait after a document that could not be embedded.
const WAIT_FIRST: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(600);

/// What is left to do, and when.
#[derive(Debug)]
pub(super) struct Backlog {
    /// Whether there may be anything.
    is_open: bool,
    size: usize,
    /// Rows that could not be embedded alone.
    aside: Rows,
    failures: u32,
    not_before: Option<Instant>,
}

impl Default for Backlog {
    fn default() -> Self {
        Self { is_open: false, size: SIZE_FIRST, aside: Rows::default(), failures: 0, not_before: None }
    }
}

impl Backlog {
    /// Failures in a row after which a batch is of one document.
    pub(super) const HALVINGS: u32 = SIZE_MAX.ilog2();

    /// There may be documents without vectors.
    pub(super) fn look(&mut self) {
        self.is_open = true;
    }

    /// Documents of the next batch.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Rows that are passed over.
    pub(super) fn aside(&self) -> &Rows {
        &self.aside
    }

    /// How long until something is to be done; None if nothing is.
    pub(super) fn wait(&self) -> Option<Duration> {
        let now = Instant::now();
        self.is_open.then(|| self.not_before.map_or(Duration::ZERO, |at| at.saturating_duration_since(now)))
    }

    /// Whether something is to be done now.
    pub(super) fn is_due(&self) -> bool {
        self.wait() == Some(Duration::ZERO)
    }

    /// A batch was embedded.
    pub(super) fn succeeded(&mut self, took: Duration) {
        self.failures = 0;
        self.not_before = None;
        if took < SHORT {
            self.size = (self.size * 2).min(SIZE_MAX);
        } else if took > LONG {
            self.size = (self.size / 2).max(1);
        }
    }

    /// A batch could not be embedded.
    pub(super) fn failed(&mut self, rows: &[u32]) {
        if let [row] = rows {
            self.aside.add(*row);
            self.failures += 1;
            let wait = WAIT_FIRST.saturating_mul(1 << (self.failures - 1).min(16)).min(WAIT_MAX);
            self.not_before = Some(Instant::now() + wait);
        }
        self.size = (self.size.min(rows.len()) / 2).max(1);
    }

    /// Nothing is left but what was put aside, which is tried again after a while; says whether nothing
    /// is left at all.
    pub(super) fn done(&mut self) -> bool {
        if self.aside.count() == 0 {
            self.is_open = false;
            return true;
        }
        self.aside = Rows::default();
        self.not_before = Some(Instant::now() + WAIT_MAX);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_batch_shrinks_until_one_document_is_put_aside() {
        let mut backlog = Backlog::default();
        assert_eq!(backlog.wait(), None);
        backlog.look();
        let rows = (0..64).collect::<Vec<u32>>();
        let mut tries = 0;
        while backlog.aside().count() == 0 {
            assert!(backlog.is_due());
            backlog.failed(&rows[..backlog.size()]);
            tries += 1;
        }
        assert!(tries == 7 && !backlog.is_due() && backlog.wait() <= Some(WAIT_FIRST));
        backlog.succeeded(Duration::ZERO);
        assert!(backlog.is_due() && backlog.size() == 2 && !backlog.done());
        assert!(backlog.aside().count() == 0 && !backlog.is_due(), "tried again after a while");
        assert!(backlog.done() && backlog.wait().is_none());
    }
}

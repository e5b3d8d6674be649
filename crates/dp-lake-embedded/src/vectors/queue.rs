//! The documents that a set has no vectors of, latest first, as row numbers: read from the store once,
//! and kept up with what changes, so that asking again is quick however large the vault is.

use super::rows::Rows;
use crate::error::Context as _;
use dp_lake::LakeError;
use rusqlite::Connection;
use std::collections::BTreeSet;

/// What undated documents are sorted by.
const UNDATED: i64 = i64::MIN;
/// Rows that are passed over before those that are done are thrown out.
const PASSED_OVER_MAX: usize = 4096;

/// Time and row of a document.
type Place = (i64, u32);

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Ascending.
    read: Vec<Place>,
    /// What came later.
    fresh: BTreeSet<Place>,
}

impl Queue {
    /// Reads the documents that are not in `covered`.
    pub(super) fn read(connection: &Connection, covered: &Rows) -> Result<Self, LakeError> {
        let mut read = Vec::new();
        let mut dated = 0;
        let mut statement = connection
            .prepare_cached("SELECT sort_us, row FROM documents WHERE sort_us IS NOT NULL")
            .context("look for documents without vectors")?;
        let mut rows = statement.query(()).context("look for documents without vectors")?;
        while let Some(row) = rows.next().context("look for documents without vectors")? {
            dated += 1;
            push(&mut read, row.get(0).context("read a row")?, row.get(1).context("read a row")?, covered);
        }
        if dated < count_documents(connection)? {
            let mut statement = connection
                .prepare_cached("SELECT row FROM documents WHERE sort_us IS NULL")
                .context("look for documents without vectors")?;
            let mut rows = statement.query(()).context("look for documents without vectors")?;
            while let Some(row) = rows.next().context("look for documents without vectors")? {
                push(&mut read, UNDATED, row.get(0).context("read a row")?, covered);
            }
        }
        read.sort_unstable();
        Ok(Self { read, fresh: BTreeSet::new() })
    }

    /// Adds a document that is new or has lost its vectors.
    pub(super) fn add(&mut self, sort_us: Option<i64>, row: u32) {
        self.fresh.insert((sort_us.unwrap_or(UNDATED), row));
    }

    /// The next rows, latest first, at most `limit`; those that are covered leave the queue, those
    /// that are put aside are passed over.
    pub(super) fn next(&mut self, limit: usize, covered: &Rows, aside: &Rows) -> Vec<u32> {
        while self.read.last().is_some_and(|&(_, row)| covered.has(row)) {
            self.read.pop();
        }
        if self.fresh.len() > PASSED_OVER_MAX || self.fresh.last().is_some_and(|&(_, row)| covered.has(row)) {
            self.fresh.retain(|&(_, row)| !covered.has(row));
        }
        let mut rows = Vec::with_capacity(limit.min(1024));
        let mut taken = BTreeSet::new();
        let mut passed_over = 0;
        let (mut read, mut fresh) = (self.read.iter().rev().peekable(), self.fresh.iter().rev().peekable());
        while rows.len() < limit {
            let from_fresh = match (read.peek(), fresh.peek()) {
                (None, None) => break,
                (one, other) => other > one,
            };
            let next = if from_fresh { fresh.next() } else { read.next() };
            let Some(&(_, row)) = next else { break };
            if covered.has(row) || aside.has(row) || !taken.insert(row) {
                passed_over += 1;
                continue;
            }
            rows.push(row);
        }
        if passed_over > PASSED_OVER_MAX {
            self.read.retain(|&(_, row)| !covered.has(row));
        }
        rows
    }

    /// Bytes in memory.
    pub(super) fn memory_bytes(&self) -> u64 {
        (16 * self.read.capacity() + 24 * self.fresh.len()) as u64
    }
}

fn push(read: &mut Vec<Place>, sort_us: i64, row: i64, covered: &Rows) {
    if let Ok(row) = u32::try_from(row)
        && !covered.has(row)
    {
        read.push((sort_us, row));
    }
}

/// Documents of the store, from the counts by day.
pub(crate) fn count_documents(connection: &Connection) -> Result<u64, LakeError> {
    connection
        .prepare_cached("SELECT coalesce(sum(count), 0) FROM rollup_documents")
        .and_then(|mut statement| statement.query_row((), |row| row.get::<_, i64>(0)))
        .map(|count| count as u64)
        .context("count the documents")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_gives_the_latest_that_is_not_done() {
        let mut queue = Queue { read: vec![(UNDATED, 9), (1, 1), (2, 2), (3, 3)], fresh: BTreeSet::new() };
        queue.add(Some(2), 7);
        queue.add(Some(3), 3);
        queue.add(None, 8);
        let (mut covered, mut aside) = (Rows::default(), Rows::default());
        assert_eq!(queue.next(10, &covered, &aside), [3, 7, 2, 1, 9, 8]);
        assert_eq!(queue.next(2, &covered, &aside), [3, 7]);
        covered.add(3);
        aside.add(2);
        assert_eq!(queue.next(10, &covered, &aside), [7, 1, 9, 8]);
        for row in [7, 2, 1, 9, 8] {
            covered.add(row);
        }
        assert_eq!(queue.next(10, &covered, &aside), [0_u32; 0]);
        covered.remove(2);
        queue.add(Some(2), 2);
        assert_eq!(queue.next(10, &covered, &Rows::default()), [2]);
    }
}

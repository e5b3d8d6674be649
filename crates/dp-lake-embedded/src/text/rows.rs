//! Queries that look at columns instead of postings: the documents of some rows, the documents of
//! some days.

use super::schema::{DAY, ROW};
use dp_lake::Day;
use hashbrown::HashSet;
use std::sync::Arc;
use tantivy::{
    BitSet, DocId, DocSet, Score, SeekDangerResult, SegmentReader, TERMINATED, TantivyError,
    columnar::Column,
    query::{BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight},
};

/// Matches the documents of these rows: what is deleted. Reads one column through, so it is meant for
/// many rows at once.
#[derive(Debug, Clone)]
pub(super) struct OfRows(pub(super) Arc<HashSet<u64, foldhash::fast::RandomState>>);

/// Matches the documents of these days: cheap to ask of a document, dear to go through.
#[derive(Debug, Clone)]
pub(super) struct OfDays {
    /// First day.
    pub(super) from: Day,
    /// First day past the range.
    pub(super) until: Day,
}

impl Query for OfRows {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for OfRows {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let column = reader.fast_fields().u64(ROW)?;
        let inside = column.min_value()..=column.max_value();
        if !self.0.iter().any(|row| inside.contains(row)) {
            return Ok(Box::new(EmptyScorer));
        }
        let mut found = BitSet::with_max_value(reader.max_doc());
        for doc in 0..reader.max_doc() {
            if column.first(doc).is_some_and(|row| self.0.contains(&row)) {
                found.insert(doc);
            }
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(found), boost)))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        explain(self.scorer(reader, 1.0)?, doc)
    }
}

impl Query for OfDays {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for OfDays {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let Some(column) = reader.fast_fields().column_opt::<i64>(DAY)? else {
            return Ok(Box::new(EmptyScorer));
        };
        let range = i64::from(self.from)..i64::from(self.until);
        let mut scan = DayScan { column, range, doc: 0, past: reader.max_doc() };
        if scan.past == 0 || !scan.holds(0) {
            scan.advance();
        }
        Ok(Box::new(ConstScorer::new(scan, boost)))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        explain(self.scorer(reader, 1.0)?, doc)
    }
}

fn explain(mut scorer: Box<dyn Scorer>, doc: DocId) -> tantivy::Result<Explanation> {
    if scorer.doc() <= doc && scorer.seek(doc) == doc {
        return Ok(Explanation::new("column", 1.0));
    }
    Err(TantivyError::InvalidArgument(format!("document {doc} does not match")))
}

struct DayScan {
    column: Column<i64>,
    range: std::ops::Range<i64>,
    doc: DocId,
    past: DocId,
}

impl DayScan {
    fn holds(&self, doc: DocId) -> bool {
        self.column.first(doc).is_some_and(|day| self.range.contains(&day))
    }
}

impl DocSet for DayScan {
    fn advance(&mut self) -> DocId {
        let from = self.doc.saturating_add(1);
        self.doc = (from..self.past).find(|&doc| self.holds(doc)).unwrap_or(TERMINATED);
        self.doc
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if target > self.doc {
            self.doc = target - 1;
            self.advance();
        }
        self.doc
    }

    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        if target >= self.past {
            return SeekDangerResult::SeekLowerBound(TERMINATED);
        }
        if self.holds(target) {
            self.doc = target;
            return SeekDangerResult::Found;
        }
        SeekDangerResult::SeekLowerBound(target + 1)
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.past
    }

    fn cost(&self) -> u64 {
        // More than any postings: whatever else is asked leads.
        2 * u64::from(self.past)
    }
}

//! Queries that look at columns instead of postings: the documents of some rows, of some days or
//! instants, of some part of the map.

use super::schema::{LATITUDE, LONGITUDE, ROW};
use dp_lake::Near;
use hashbrown::HashSet;
use std::{ops::RangeInclusive, sync::Arc};
use tantivy::{
    BitSet, DocId, DocSet, Score, SeekDangerResult, SegmentReader, TERMINATED, TantivyError,
    columnar::Column,
    query::{BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight},
};

/// Matches the documents of these rows: what is deleted. Reads one column through, so it is meant for
/// many rows at once.
#[derive(Debug, Clone)]
pub(super) struct OfRows(pub(super) Arc<HashSet<u64, foldhash::fast::RandomState>>);

/// Matches the documents with a number in a range: cheap to ask of a document, dear to go through.
#[derive(Debug, Clone)]
pub(super) struct InRange {
    /// Name of the column.
    pub(super) column: &'static str,
    /// First and last number.
    pub(super) range: RangeInclusive<i64>,
}

/// Matches the documents in a circle on the map; otherwise like [`InRange`].
#[derive(Debug, Clone)]
pub(super) struct InCircle(pub(super) Near);

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

impl Query for InRange {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for InRange {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let Some(column) = reader.fast_fields().column_opt::<i64>(self.column)? else {
            return Ok(Box::new(EmptyScorer));
        };
        let range = self.range.clone();
        let holds = move |doc| column.first(doc).is_some_and(|number| range.contains(&number));
        Ok(Box::new(ConstScorer::new(Scan::new(holds, reader.max_doc()), boost)))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        explain(self.scorer(reader, 1.0)?, doc)
    }
}

impl Query for InCircle {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for InCircle {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let columns = reader.fast_fields();
        let latitudes = columns.column_opt::<i64>(LATITUDE)?;
        let longitudes = columns.column_opt::<i64>(LONGITUDE)?;
        let (Some(latitudes), Some(longitudes)) = (latitudes, longitudes) else {
            return Ok(Box::new(EmptyScorer));
        };
        let near = self.0;
        let degrees_e7 = |column: &Column<i64>, doc| i32::try_from(column.first(doc)?).ok();
        let holds = move |doc| {
            degrees_e7(&latitudes, doc)
                .zip(degrees_e7(&longitudes, doc))
                .is_some_and(|(latitude_e7, longitude_e7)| near.holds(latitude_e7, longitude_e7))
        };
        Ok(Box::new(ConstScorer::new(Scan::new(holds, reader.max_doc()), boost)))
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

/// Goes through the documents of a segment and asks of each.
struct Scan<F> {
    holds: F,
    doc: DocId,
    past: DocId,
}

impl<F: Fn(DocId) -> bool + Send + 'static> Scan<F> {
    fn new(holds: F, past: DocId) -> Self {
        let mut scan = Self { holds, doc: 0, past };
        if past == 0 || !(scan.holds)(0) {
            scan.advance();
        }
        scan
    }
}

impl<F: Fn(DocId) -> bool + Send + 'static> DocSet for Scan<F> {
    fn advance(&mut self) -> DocId {
        let from = self.doc.saturating_add(1);
        self.doc = (from..self.past).find(|&doc| (self.holds)(doc)).unwrap_or(TERMINATED);
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
        if (self.holds)(target) {
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

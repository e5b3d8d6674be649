//! The rows that a query and a filter mean, as a set that other projections can be narrowed down by.
//! The last few sets are kept: a person who narrows a search down asks with the same filter again.

use super::{
    TextIndex,
    compile::Compiler,
    failed, guarded,
    schema::ROW,
    search::{is_unfiltered, matching},
    vocabulary::Vocabulary,
};
use dp_lake::{Filter, LakeError, TextQuery};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};
use tantivy::{
    DocId, Score, Searcher, SegmentOrdinal, SegmentReader,
    collector::{Collector, SegmentCollector},
    columnar::Column,
    query::{BooleanQuery, Query},
};

/// Sets that are kept: an eighth of a megabyte each for a million rows.
const KEPT: usize = 8;

/// Rows of the store.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RowMask {
    words: Vec<u64>,
    /// Whether the rows are those that are *not* meant.
    excludes: bool,
}

impl RowMask {
    /// Whether the row is meant.
    #[inline(always)]
    pub(crate) fn allows(&self, row: u32) -> bool {
        let word = self.words.get(row as usize / 64).copied().unwrap_or(0);
        (word >> (row % 64) & 1 == 1) != self.excludes
    }

    /// A bit for each of the 64 rows from this one on.
    pub(crate) fn allows_from(&self, row: u32) -> u64 {
        let (place, shift) = (row as usize / 64, row % 64);
        let word = |place: usize| self.words.get(place).copied().unwrap_or(0);
        let high = if shift == 0 { 0 } else { word(place + 1) << (64 - shift) };
        let rows = word(place) >> shift | high;
        if self.excludes { !rows } else { rows }
    }

    fn add(&mut self, row: u64) {
        let Ok(row) = u32::try_from(row) else { return };
        let place = row as usize / 64;
        if place >= self.words.len() {
            self.words.resize((place + 1).next_power_of_two(), 0);
        }
        self.words[place] |= 1 << (row % 64);
    }
}

/// What was asked of which state of the index, and the answer.
#[derive(Default)]
pub(super) struct MaskCache(Mutex<VecDeque<Answered>>);

/// State of the index, what was asked, and its rows.
type Answered = (u64, TextQuery, Filter, Option<Arc<RowMask>>);

impl MaskCache {
    fn find(&self, state: u64, query: &TextQuery, filter: &Filter) -> Option<Option<Arc<RowMask>>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = kept.iter().find(|(of, asked, by, _)| *of == state && asked == query && by == filter)?;
        Some(same.3.clone())
    }

    fn keep(&self, state: u64, query: &TextQuery, filter: &Filter, mask: &Option<Arc<RowMask>>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(of, ..)| *of == state);
        kept.truncate(KEPT - 1);
        kept.push_front((state, query.clone(), filter.clone(), mask.clone()));
    }
}

impl TextIndex {
    /// The rows of the documents that `search` would find; None if that is every document.
    ///
    /// # Errors
    /// As `search`.
    pub(crate) fn rows_matching(
        &self,
        query: &TextQuery,
        filter: &Filter,
    ) -> Result<Option<Arc<RowMask>>, LakeError> {
        guarded(|| {
            let searcher = self.searcher();
            let state = searcher.generation().generation_id();
            if let Some(mask) = self.masks.find(state, query, filter) {
                return Ok(mask);
            }
            let compiler = Compiler {
                vocabulary: Vocabulary { searcher: &searcher, fields: self.fields, cache: &self.completions },
            };
            let compiled = compiler.compile(query, filter).map_err(failed)?;
            let mask = if compiled.clauses.is_empty() && is_unfiltered(&compiled) {
                None
            } else if compiled.clauses.is_empty() && compiled.filters.required.is_empty() {
                // Mostly few are refused, such as those the user has hidden.
                let refused = compiled.excluded.into_iter().chain(compiled.filters.excluded).collect();
                Some(rows(&searcher, &BooleanQuery::union(refused), true)?)
            } else {
                Some(rows(&searcher, &*matching(&compiled), false)?)
            };
            let mask = mask.map(Arc::new);
            self.masks.keep(state, query, filter, &mask);
            Ok(mask)
        })
    }
}

fn rows(searcher: &Searcher, query: &dyn Query, excludes: bool) -> Result<RowMask, LakeError> {
    searcher.search(query, &Rows { excludes }).map_err(failed)
}

/// Collects row numbers.
struct Rows {
    excludes: bool,
}

struct RowsOfSegment {
    column: Column<u64>,
    mask: RowMask,
}

impl Collector for Rows {
    type Fruit = RowMask;
    type Child = RowsOfSegment;

    fn for_segment(&self, _: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<RowsOfSegment> {
        Ok(RowsOfSegment { column: reader.fast_fields().u64(ROW)?, mask: RowMask::default() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<RowMask>) -> tantivy::Result<RowMask> {
        let mut all = RowMask { excludes: self.excludes, ..RowMask::default() };
        for segment in segments {
            if segment.words.len() > all.words.len() {
                all.words.resize(segment.words.len(), 0);
            }
            for (word, more) in all.words.iter_mut().zip(segment.words) {
                *word |= more;
            }
        }
        Ok(all)
    }
}

impl SegmentCollector for RowsOfSegment {
    type Fruit = RowMask;

    fn collect(&mut self, document: DocId, _: Score) {
        if let Some(row) = self.column.first(document) {
            self.mask.add(row);
        }
    }

    fn harvest(self) -> RowMask {
        self.mask
    }
}

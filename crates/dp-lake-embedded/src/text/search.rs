//! Runs a compiled query. Where only the best are wanted and nothing stands in the way, whole blocks
//! of postings are skipped by their greatest possible score; the total is counted apart, which needs
//! no scores.

use super::{
    compile::{Compiled, Ranking, each},
    schema::{ROW, SORT},
};
use dp_lake::Sort;
use std::{cmp::Reverse, collections::BinaryHeap};
use tantivy::{
    DocAddress, DocId, Score, Searcher, SegmentOrdinal, SegmentReader,
    collector::{Collector, Count, SegmentCollector, TopDocs},
    columnar::Column,
    query::{AllQuery, BooleanQuery, ConstScoreQuery, Occur, Query},
};

/// Rows that match and how many there are in all.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct RowHits {
    /// Row numbers in the store with their scores, in the order asked for.
    pub(crate) rows: Vec<(u64, f32)>,
    /// All matches.
    pub(crate) total: u64,
}

pub(super) fn run(
    searcher: &Searcher,
    compiled: Compiled,
    sort: Sort,
    limit: usize,
) -> tantivy::Result<RowHits> {
    // Without words nothing is more relevant than anything else.
    let sort = if compiled.clauses.is_empty() && sort == Sort::Relevance { Sort::Newest } else { sort };
    if limit == 0 {
        let total = matching(&compiled).count(searcher)? as u64;
        return Ok(RowHits { rows: Vec::new(), total });
    }
    if sort != Sort::Relevance {
        return by_time(searcher, &*matching(&compiled), sort, limit);
    }
    if let Some(found) = best_of_one_clause(searcher, &compiled, limit)? {
        return Ok(found);
    }
    let top = TopDocs::with_limit(limit).order_by_score();
    let (best, total) = searcher.search(&*scoring(compiled), &(top, Count))?;
    Ok(RowHits { rows: rows(searcher, &best)?, total: total as u64 })
}

/// The fast way, if the query is one clause whose scores can be added up from postings alone.
fn best_of_one_clause(
    searcher: &Searcher,
    compiled: &Compiled,
    limit: usize,
) -> tantivy::Result<Option<RowHits>> {
    let [clause] = compiled.clauses.as_slice() else { return Ok(None) };
    let is_plain = compiled.excluded.is_empty()
        && compiled.filters.required.is_empty()
        && compiled.filters.excluded.is_empty()
        && clause.demoting.is_none()
        && clause.ranking != Ranking::Beside
        && !clause.ranked.is_empty();
    if !is_plain {
        return Ok(None);
    }
    let union = BooleanQuery::union(clause.ranked.iter().map(|query| query.box_clone()).collect());
    let best = searcher.search(&union, &TopDocs::with_limit(limit).order_by_score())?;
    let total = clause.matching.count(searcher)? as u64;
    if clause.ranking == Ranking::Some && best.len() < limit && (best.len() as u64) < total {
        return Ok(None);
    }
    Ok(Some(RowHits { rows: rows(searcher, &best)?, total }))
}

/// The documents, without scores.
fn matching(compiled: &Compiled) -> Box<dyn Query> {
    let clauses = compiled.clauses.iter().map(|clause| clause.matching.box_clone()).collect();
    let copied =
        |queries: &[Box<dyn Query>]| queries.iter().map(|query| query.box_clone()).collect::<Vec<_>>();
    boolean(
        clauses,
        copied(&compiled.filters.required),
        Vec::new(),
        [copied(&compiled.excluded), copied(&compiled.filters.excluded)],
    )
}

/// The documents with their scores.
fn scoring(compiled: Compiled) -> Box<dyn Query> {
    let (mut musts, mut shoulds) = (Vec::new(), Vec::new());
    for mut clause in compiled.clauses {
        if clause.ranking == Ranking::Led && !clause.ranked.is_empty() {
            musts.push(clause.ranked.remove(0));
        } else {
            musts.push(Box::new(ConstScoreQuery::new(clause.matching, 0.0)));
        }
        shoulds.extend(clause.ranked);
        shoulds.extend(clause.demoting);
    }
    let silent = |query| Box::new(ConstScoreQuery::new(query, 0.0)) as Box<dyn Query>;
    let filters = compiled.filters.required.into_iter().map(silent).collect();
    boolean(musts, filters, shoulds, [compiled.excluded, compiled.filters.excluded])
}

fn boolean(
    musts: Vec<Box<dyn Query>>,
    filters: Vec<Box<dyn Query>>,
    shoulds: Vec<Box<dyn Query>>,
    excluded: [Vec<Box<dyn Query>>; 2],
) -> Box<dyn Query> {
    let mut parts = each(Occur::Must, musts).chain(each(Occur::Must, filters)).collect::<Vec<_>>();
    if parts.is_empty() {
        parts.push((Occur::Must, Box::new(AllQuery)));
    }
    parts.extend(each(Occur::Should, shoulds));
    parts.extend(excluded.into_iter().flat_map(|queries| each(Occur::MustNot, queries)));
    if let [(Occur::Must, _)] = parts.as_slice()
        && let Some((_, only)) = parts.pop()
    {
        return only;
    }
    Box::new(BooleanQuery::new(parts))
}

fn rows(searcher: &Searcher, best: &[(Score, DocAddress)]) -> tantivy::Result<Vec<(u64, f32)>> {
    let columns = searcher
        .segment_readers()
        .iter()
        .map(|reader| reader.fast_fields().u64(ROW))
        .collect::<tantivy::Result<Vec<_>>>()?;
    let row = |address: &DocAddress| columns.get(address.segment_ord as usize)?.first(address.doc_id);
    Ok(best.iter().filter_map(|(score, address)| Some((row(address)?, *score))).collect())
}

fn by_time(searcher: &Searcher, query: &dyn Query, sort: Sort, limit: usize) -> tantivy::Result<RowHits> {
    let (rows, total) = searcher.search(query, &ByTime { newest_first: sort == Sort::Newest, limit })?;
    Ok(RowHits { rows: rows.into_iter().map(|row| (row, 0.0)).collect(), total })
}

/// Collects the first or last documents in time, and counts all.
struct ByTime {
    newest_first: bool,
    limit: usize,
}

/// What comes first is greater: the time, turned round where the oldest come first, below all for
/// undated documents; then the row that was known first.
type Rank = (Option<i64>, Reverse<u64>);

struct SegmentByTime {
    newest_first: bool,
    limit: usize,
    sort: Column<i64>,
    row: Column<u64>,
    best: BinaryHeap<Reverse<Rank>>,
    total: u64,
}

impl Collector for ByTime {
    type Fruit = (Vec<u64>, u64);
    type Child = SegmentByTime;

    fn for_segment(&self, _: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentByTime> {
        let columns = reader.fast_fields();
        let row = columns.u64(ROW)?;
        let sort =
            columns.column_opt::<i64>(SORT)?.unwrap_or_else(|| Column::build_empty_column(reader.max_doc()));
        let (newest_first, limit) = (self.newest_first, self.limit);
        Ok(SegmentByTime { newest_first, limit, sort, row, best: BinaryHeap::new(), total: 0 })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, fruits: Vec<(Vec<Rank>, u64)>) -> tantivy::Result<Self::Fruit> {
        let total = fruits.iter().map(|(_, total)| total).sum();
        let mut all = fruits.into_iter().flat_map(|(ranks, _)| ranks).collect::<Vec<_>>();
        all.sort_unstable_by(|one, other| other.cmp(one));
        all.truncate(self.limit);
        Ok((all.into_iter().map(|(_, Reverse(row))| row).collect(), total))
    }
}

impl SegmentCollector for SegmentByTime {
    type Fruit = (Vec<Rank>, u64);

    fn collect(&mut self, document: DocId, _: Score) {
        self.total += 1;
        let time = self.sort.first(document).map(|time| if self.newest_first { time } else { !time });
        if self.best.len() >= self.limit {
            let Some(Reverse(worst)) = self.best.peek() else { return };
            if time < worst.0 {
                return;
            }
        }
        let rank = (time, Reverse(self.row.first(document).unwrap_or_default()));
        self.best.push(Reverse(rank));
        if self.best.len() > self.limit {
            self.best.pop();
        }
    }

    fn harvest(self) -> Self::Fruit {
        (self.best.into_iter().map(|Reverse(rank)| rank).collect(), self.total)
    }
}

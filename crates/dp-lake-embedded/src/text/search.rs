//! Runs a compiled query. Where only the best are wanted and nothing stands in the way, whole blocks
//! of postings are skipped by their greatest possible score; the total is counted apart, which needs
//! no scores.

use super::{
    compile::{Clause, Compiled},
    schema::{ROW, SORT},
};
use dp_lake::Sort;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashSet},
};
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
    if is_unfiltered(&compiled)
        && let Some(found) = best_unfiltered(searcher, &compiled, limit)?
    {
        return Ok(found);
    }
    let top = TopDocs::with_limit(limit).order_by_score();
    let (best, total) = searcher.search(&*scoring(compiled), &(top, Count))?;
    Ok(RowHits { rows: rows(searcher, &best)?, total: total as u64 })
}

/// Whether every document matches.
pub(super) fn is_unconstrained(compiled: &Compiled) -> bool {
    compiled.clauses.is_empty() && is_unfiltered(compiled)
}

pub(super) fn is_unfiltered(compiled: &Compiled) -> bool {
    compiled.excluded.is_empty()
        && compiled.filters.required.is_empty()
        && compiled.filters.excluded.is_empty()
}

/// The fast way: the best without looking at all, and the total without scores. None if that way does
/// not lead to enough of them.
fn best_unfiltered(
    searcher: &Searcher,
    compiled: &Compiled,
    limit: usize,
) -> tantivy::Result<Option<RowHits>> {
    let top = || TopDocs::with_limit(limit).order_by_score();
    let best = match compiled.clauses.as_slice() {
        [clause] if !clause.first.is_empty() => {
            let total = clause.matching.count(searcher)? as u64;
            let mut best: Vec<(Score, DocAddress)> = Vec::new();
            for queries in &clause.first {
                let union = BooleanQuery::union(queries.iter().map(|query| query.box_clone()).collect());
                append_after(&mut best, searcher.search(&union, &top())?, limit);
                if best.len() == limit || best.len() as u64 == total {
                    return Ok(Some(RowHits { rows: rows(searcher, &best)?, total }));
                }
            }
            return Ok(None);
        }
        clauses => {
            let is_plain = |clause: &Clause| clause.scored.is_some() && clause.bonus.is_empty();
            if !clauses.iter().all(is_plain) {
                return Ok(None);
            }
            let words = clauses.iter().filter_map(|clause| Some(clause.scored.as_ref()?.box_clone()));
            searcher.search(&BooleanQuery::intersection(words.collect()), &top())?
        }
    };
    let total = matching(compiled).count(searcher)? as u64;
    Ok(Some(RowHits { rows: rows(searcher, &best)?, total }))
}

/// Appends those of `more` that are not in `best` yet, with scores below all of `best`.
fn append_after(best: &mut Vec<(Score, DocAddress)>, more: Vec<(Score, DocAddress)>, limit: usize) {
    let known = best.iter().map(|&(_, address)| address).collect::<HashSet<_>>();
    let least = best.last().map(|&(score, _)| score);
    let below = |score: Score| least.map_or(score, |least| least * score / (1.0 + score));
    let fresh = more.into_iter().filter(|(_, address)| !known.contains(address));
    best.extend(fresh.map(|(score, address)| (below(score), address)));
    best.truncate(limit);
}

/// The documents, without scores.
pub(super) fn matching(compiled: &Compiled) -> Box<dyn Query> {
    let copied =
        |queries: &[Box<dyn Query>]| queries.iter().map(|query| query.box_clone()).collect::<Vec<_>>();
    let mut musts = compiled.clauses.iter().map(|clause| clause.matching.box_clone()).collect::<Vec<_>>();
    musts.extend(copied(&compiled.filters.required));
    let mut excluded = copied(&compiled.excluded);
    excluded.extend(copied(&compiled.filters.excluded));
    boolean(musts, Vec::new(), excluded)
}

/// The documents with their scores.
fn scoring(compiled: Compiled) -> Box<dyn Query> {
    let silent = |query| Box::new(ConstScoreQuery::new(query, 0.0)) as Box<dyn Query>;
    let (mut musts, mut shoulds) = (Vec::new(), Vec::new());
    for clause in compiled.clauses {
        musts.push(clause.scored.unwrap_or_else(|| silent(clause.matching)));
        shoulds.extend(clause.bonus);
    }
    musts.extend(compiled.filters.required.into_iter().map(silent));
    let mut excluded = compiled.excluded;
    excluded.extend(compiled.filters.excluded);
    boolean(musts, shoulds, excluded)
}

fn boolean(
    mut musts: Vec<Box<dyn Query>>,
    shoulds: Vec<Box<dyn Query>>,
    excluded: Vec<Box<dyn Query>>,
) -> Box<dyn Query> {
    if musts.len() == 1 && shoulds.is_empty() && excluded.is_empty() {
        return musts.remove(0);
    }
    if musts.is_empty() {
        musts.push(Box::new(AllQuery));
    }
    let parts = [(Occur::Must, musts), (Occur::Should, shoulds), (Occur::MustNot, excluded)];
    let parts =
        parts.into_iter().flat_map(|(occur, queries)| queries.into_iter().map(move |query| (occur, query)));
    Box::new(BooleanQuery::new(parts.collect()))
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

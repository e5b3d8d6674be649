//! Counts what matches by local day, hour, source and kind, from columns of the index. No document is looked at.

use super::schema::{DAY, HOUR, KIND_CODE, SOURCE};
use dp_lake::{Day, TimeCount, TimeCountQuery};
use dp_model::Kind;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use tantivy::{
    COLLECT_BLOCK_BUFFER_LEN, DocId, Score, Searcher, SegmentOrdinal, SegmentReader,
    collector::{Collector, SegmentCollector},
    columnar::{Column, StrColumn},
    query::Query,
};

/// Hours of a day, and one more for those that are not known.
const HOURS: usize = 25;
/// Counters of a segment that stand in one list; with more, those that are used stand in a map.
const LISTED_MAX: usize = 1 << 18;

/// What a count is of: day, hour, source, kind.
type Key = (Option<Day>, Option<u8>, Option<String>, Option<Kind>);

pub(super) fn count(
    searcher: &Searcher,
    query: &dyn Query,
    wanted: &TimeCountQuery,
) -> tantivy::Result<Vec<TimeCount>> {
    let by = By { hour: wanted.by_hour, source: wanted.by_source, kind: wanted.by_kind };
    let counts = searcher.search(query, &by)?;
    let line = |((day, hour, source, kind), count)| TimeCount { day, hour, source, kind, count };
    Ok(counts.into_iter().map(line).collect())
}

/// What is counted by, beside the day.
#[derive(Debug, Clone, Copy)]
struct By {
    hour: bool,
    source: bool,
    kind: bool,
}

/// How the counters of a segment are numbered: by day, then hour, source and kind, each with a first place for
/// what has none.
#[derive(Debug, Clone, Copy)]
struct Places {
    first_day: i64,
    days: usize,
    hours: usize,
    sources: usize,
    kinds: usize,
}

impl Places {
    fn number(&self, day: Option<i64>, hour: Option<i64>, source: usize, kind: Option<i64>) -> Option<usize> {
        let day = match day {
            Some(day) => 1 + usize::try_from(day.checked_sub(self.first_day)?).ok()?,
            None => 0,
        };
        // Without a day there is no hour.
        let hour = match hour.filter(|_| day > 0 && self.hours > 1) {
            Some(hour) => 1 + usize::try_from(hour).ok().filter(|&hour| hour < HOURS - 1)?,
            None => 0,
        };
        let kind =
            if self.kinds > 1 { usize::try_from(kind?).ok().filter(|&kind| kind < self.kinds)? } else { 0 };
        let number = day.checked_mul(self.hours)?.checked_add(hour)?;
        let number = number.checked_mul(self.sources)?.checked_add(source)?;
        number.checked_mul(self.kinds)?.checked_add(kind)
    }

    /// The day, hour, source and kind of a counter.
    fn parts(&self, number: usize) -> (Option<Day>, Option<u8>, usize, u8) {
        let (rest, kind) = (number / self.kinds, number % self.kinds);
        let (rest, source) = (rest / self.sources, rest % self.sources);
        let (day, hour) = (rest / self.hours, rest % self.hours);
        let day = day.checked_sub(1).map(|past| self.first_day.saturating_add(past as i64));
        let day = day.map(|day| day.clamp(i64::from(Day::MIN), i64::from(Day::MAX)) as Day);
        (day, hour.checked_sub(1).and_then(|hour| u8::try_from(hour).ok()), source, kind as u8)
    }

    /// How many counters there can be.
    fn all(&self) -> Option<usize> {
        (self.days + 1).checked_mul(self.hours)?.checked_mul(self.sources)?.checked_mul(self.kinds)
    }
}

/// The counters of a segment.
enum Counters {
    Listed(Vec<u32>),
    Used(HashMap<usize, u32, foldhash::fast::RandomState>),
}

struct SegmentCounts {
    by: By,
    places: Places,
    days: Column<i64>,
    hours: Column<i64>,
    kinds: Column<i64>,
    sources: Option<StrColumn>,
    counters: Counters,
    /// Values of one block of documents.
    block: [Vec<Option<i64>>; 3],
}

impl Collector for By {
    type Fruit = BTreeMap<Key, u64>;
    type Child = SegmentCounts;

    fn for_segment(&self, _: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentCounts> {
        let columns = reader.fast_fields();
        let numbers = |name: &str| -> tantivy::Result<Column<i64>> {
            let column = columns.column_opt::<i64>(name)?;
            Ok(column.unwrap_or_else(|| Column::build_empty_column(reader.max_doc())))
        };
        let days = numbers(DAY)?;
        let sources = if self.source { columns.str(SOURCE)? } else { None };
        let (first_day, last_day) = (days.min_value(), days.max_value());
        let span = last_day.checked_sub(first_day).and_then(|span| usize::try_from(span).ok());
        let places = Places {
            first_day,
            days: span.map_or(0, |span| span.saturating_add(1)),
            hours: if self.hour { HOURS } else { 1 },
            sources: 1 + sources.as_ref().map_or(0, |sources| sources.num_terms()),
            kinds: if self.kind {
                Kind::ALL.iter().map(|&kind| 1 + kind as usize).max().unwrap_or(1)
            } else {
                1
            },
        };
        let counters = match places.all().filter(|&all| all <= LISTED_MAX) {
            Some(all) => Counters::Listed(vec![0; all]),
            None => Counters::Used(HashMap::default()),
        };
        let (hours, kinds) = (numbers(HOUR)?, numbers(KIND_CODE)?);
        let block = std::array::from_fn(|_| vec![None; COLLECT_BLOCK_BUFFER_LEN]);
        Ok(SegmentCounts { by: *self, places, days, hours, kinds, sources, counters, block })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, fruits: Vec<tantivy::Result<Self::Fruit>>) -> tantivy::Result<Self::Fruit> {
        let mut all = BTreeMap::new();
        for fruit in fruits {
            for (key, count) in fruit? {
                *all.entry(key).or_default() += count;
            }
        }
        Ok(all)
    }
}

impl SegmentCollector for SegmentCounts {
    type Fruit = tantivy::Result<BTreeMap<Key, u64>>;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.collect_block(&[doc]);
    }

    fn collect_block(&mut self, docs: &[DocId]) {
        for docs in docs.chunks(COLLECT_BLOCK_BUFFER_LEN) {
            let length = docs.len();
            let [days, hours, kinds] = &mut self.block;
            values(&self.days, docs, &mut days[..length]);
            if self.by.hour {
                values(&self.hours, docs, &mut hours[..length]);
            }
            if self.by.kind {
                values(&self.kinds, docs, &mut kinds[..length]);
            }
            for (at, &doc) in docs.iter().enumerate() {
                let source = self.sources.as_ref().and_then(|sources| sources.term_ords(doc).next());
                let source = source.map_or(0, |ordinal| 1 + ordinal as usize);
                let number = self.places.number(days[at], hours[at], source, kinds[at]);
                match (&mut self.counters, number) {
                    (Counters::Listed(counters), Some(number)) => {
                        if let Some(count) = counters.get_mut(number) {
                            *count += 1;
                        }
                    }
                    (Counters::Used(counters), Some(number)) => *counters.entry(number).or_default() += 1,
                    (_, None) => {}
                }
            }
        }
    }

    fn harvest(self) -> Self::Fruit {
        let used: Vec<(usize, u32)> = match self.counters {
            Counters::Listed(counters) => {
                counters.into_iter().enumerate().filter(|(_, count)| *count > 0).collect()
            }
            Counters::Used(counters) => counters.into_iter().collect(),
        };
        let mut names = vec![None; self.places.sources];
        let mut counts = BTreeMap::new();
        for (number, count) in used {
            let (day, hour, source, kind) = self.places.parts(number);
            if let (Some(column), Some(place)) = (&self.sources, source.checked_sub(1))
                && names[source].is_none()
            {
                let mut name = String::new();
                column.ord_to_str(place as u64, &mut name)?;
                names[source] = Some(name);
            }
            let kind = if self.by.kind { Kind::from_code(kind) } else { None };
            *counts.entry((day, hour, names[source].clone(), kind)).or_default() += u64::from(count);
        }
        Ok(counts)
    }
}

fn values(column: &Column<i64>, docs: &[DocId], into: &mut [Option<i64>]) {
    into.fill(None);
    column.first_vals(docs, into);
}

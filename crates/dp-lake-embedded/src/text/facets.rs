//! Counts what matches by source, kind, year and names of all sorts, from columns of the index.

use super::schema::{CHANNEL, DAY, KIND_CODE, LABEL, PERSON, PLACE, SITE, SOURCE};
use dp_lake::{Facet, FacetCount, FacetField, date_of_day};
use dp_model::Kind;
use hashbrown::HashMap;
use std::{cmp::Reverse, collections::BTreeSet};
use tantivy::{
    DocId, Score, Searcher, SegmentOrdinal, SegmentReader,
    collector::{Collector, SegmentCollector},
    columnar::{Column, StrColumn},
    query::Query,
};

/// Names in one segment, by how many documents have them, that are looked up in all segments.
const CANDIDATES_MIN: usize = 200;

type Numbers = HashMap<i64, u64, foldhash::fast::RandomState>;

pub(super) fn count(
    searcher: &Searcher,
    query: &dyn Query,
    fields: &[FacetField],
    limit: usize,
) -> tantivy::Result<Vec<Facet>> {
    let segments = searcher.search(query, &ByField { fields: fields.to_vec() })?;
    fields
        .iter()
        .enumerate()
        .map(|(index, &field)| {
            let counted = segments.iter().map(|segment| &segment[index]);
            let mut counts = counts(field, counted, limit)?;
            counts.sort_by(|one, other| {
                (Reverse(one.documents), &one.value).cmp(&(Reverse(other.documents), &other.value))
            });
            counts.truncate(limit);
            Ok(Facet { field, counts })
        })
        .collect()
}

/// Adds the segments up.
fn counts<'a>(
    field: FacetField,
    segments: impl Iterator<Item = &'a Counted> + Clone,
    limit: usize,
) -> tantivy::Result<Vec<FacetCount>> {
    let mut numbers = Numbers::default();
    let mut names = BTreeSet::new();
    for segment in segments.clone() {
        match segment {
            Counted::Numbers { counts, .. } => {
                for (&number, &count) in counts {
                    *numbers.entry(number).or_default() += count;
                }
            }
            Counted::Names { column: Some(column), counts, counted } => {
                frequent(column, counts, counted, limit, &mut names)?;
            }
            Counted::Names { column: None, .. } => {}
        }
    }
    let number = |(number, documents): (i64, u64)| {
        let value = match field {
            FacetField::Kind => u8::try_from(number).ok().and_then(Kind::from_code)?.as_str().to_owned(),
            _ => number.to_string(),
        };
        Some(FacetCount { value, documents })
    };
    let mut all = numbers.into_iter().filter_map(number).collect::<Vec<_>>();
    for name in names {
        let mut documents = 0;
        for segment in segments.clone() {
            if let Counted::Names { column: Some(column), counts, .. } = segment
                && let Some(ordinal) = column.dictionary().term_ord(name.as_bytes())?
            {
                documents += u64::from(counts.get(ordinal as usize).copied().unwrap_or_default());
            }
        }
        all.push(FacetCount { value: name, documents });
    }
    Ok(all)
}

/// The most frequent names of a segment.
fn frequent(
    column: &StrColumn,
    counts: &[u32],
    counted: &[u32],
    limit: usize,
    names: &mut BTreeSet<String>,
) -> tantivy::Result<()> {
    let mut ordinals = counted.to_vec();
    let most = CANDIDATES_MIN.max(limit.saturating_mul(2));
    let by_count = |&ordinal: &u32| Reverse(counts.get(ordinal as usize).copied().unwrap_or_default());
    if ordinals.len() > most {
        ordinals.select_nth_unstable_by_key(most, by_count);
        ordinals.truncate(most);
    }
    let mut name = String::new();
    for ordinal in ordinals {
        if column.ord_to_str(u64::from(ordinal), &mut name)? {
            names.insert(name.clone());
        }
    }
    Ok(())
}

struct ByField {
    fields: Vec<FacetField>,
}

/// The counts of one field in one segment.
enum Counted {
    Numbers {
        column: Option<Column<i64>>,
        is_day: bool,
        days: HashMap<i64, i64, foldhash::fast::RandomState>,
        counts: Numbers,
    },
    Names {
        column: Option<StrColumn>,
        counts: Vec<u32>,
        /// Ordinals with a count, as they came: of a few documents that is less than there are names.
        counted: Vec<u32>,
    },
}

struct SegmentByField(Vec<Counted>);

impl Collector for ByField {
    type Fruit = Vec<Vec<Counted>>;
    type Child = SegmentByField;

    fn for_segment(&self, _: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentByField> {
        let columns = reader.fast_fields();
        let number = |name: &str, is_day| -> tantivy::Result<Counted> {
            let column = columns.column_opt::<i64>(name)?;
            Ok(Counted::Numbers { column, is_day, days: HashMap::default(), counts: Numbers::default() })
        };
        let name = |name: &str| -> tantivy::Result<Counted> {
            let column = columns.str(name)?;
            let counts = vec![0; column.as_ref().map_or(0, |column| column.num_terms())];
            Ok(Counted::Names { column, counts, counted: Vec::new() })
        };
        let counted = self.fields.iter().map(|field| match field {
            FacetField::Source => name(SOURCE),
            FacetField::Kind => number(KIND_CODE, false),
            FacetField::Year => number(DAY, true),
            FacetField::Person => name(PERSON),
            FacetField::Place => name(PLACE),
            FacetField::Channel => name(CHANNEL),
            FacetField::Site => name(SITE),
            FacetField::Label => name(LABEL),
        });
        Ok(SegmentByField(counted.collect::<tantivy::Result<_>>()?))
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, fruits: Vec<Vec<Counted>>) -> tantivy::Result<Self::Fruit> {
        Ok(fruits)
    }
}

impl SegmentCollector for SegmentByField {
    type Fruit = Vec<Counted>;

    fn collect(&mut self, doc: DocId, _: Score) {
        for field in &mut self.0 {
            field.count(doc);
        }
    }

    fn harvest(self) -> Vec<Counted> {
        self.0
    }
}

impl Counted {
    fn count(&mut self, doc: DocId) {
        match self {
            Self::Numbers { column: Some(column), is_day, days, counts } => {
                let Some(value) = column.first(doc) else { return };
                let number =
                    if *is_day { *days.entry(value).or_insert_with(|| year_of(value)) } else { value };
                *counts.entry(number).or_default() += 1;
            }
            Self::Names { column: Some(column), counts, counted } => {
                // The values of a document are all different: the entry has each once.
                for ordinal in column.term_ords(doc) {
                    if let Some(count) = counts.get_mut(ordinal as usize) {
                        if *count == 0 {
                            counted.push(ordinal as u32);
                        }
                        *count += 1;
                    }
                }
            }
            Self::Numbers { column: None, .. } | Self::Names { column: None, .. } => {}
        }
    }
}

fn year_of(day: i64) -> i64 {
    let day = day.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
    i64::from(date_of_day(day).year())
}

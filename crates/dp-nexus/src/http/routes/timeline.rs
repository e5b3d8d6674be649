//! `GET /api/v1/timeline`

use super::documents::OrderWord;
use crate::http::{
    answer::Part,
    app::App,
    asked::{Asked, within},
    csv::{AskedAs, Cell, Formed, Table},
    entrance::Reads,
    problem::{Code, Problem},
    shapes::{self, DocumentView},
    statistics::{
        parameters,
        top::{self, Line},
    },
    words,
};
use axum::extract::State;
use dp_cortex::engine::{Breakdown, Engine, Selection, TopOf};
use dp_lake::{Day, DayCount, Filter, Hidden, HistogramQuery, Order, Sort, day_of_date, etl::HomeClock};
use dp_model::{Document, Kind};
use futures::executor::block_on;
use jiff::civil::Date;
use serde::Serialize;
use std::{cmp::Reverse, collections::BTreeMap};
use utoipa::ToSchema;

/// Days whose counts are read at once, around one that is known to have documents.
const DAYS_AT_ONCE: Day = 64;

parameters! {
    /// Which documents, and how much is told of their days.
    struct Parameters {
        /// Latest or earliest day first.
        #[serde(default)]
        #[param(value_type = Option<OrderWord>, inline)]
        order: Order,
        /// At most so many days.
        #[serde(default = "limit")]
        #[param(minimum = 1, maximum = 100, default = 14)]
        limit: usize,
        /// Documents that stand for each day.
        #[serde(default = "highlights")]
        #[param(minimum = 0, maximum = 10, default = 3)]
        highlights: usize,
        /// Most frequent names of each of the largest groups: sites of pages, channels of videos, people, places.
        #[serde(default)]
        #[param(minimum = 0, maximum = 10, default = 0)]
        names: usize,
        /// `next` of the page before. It is the date of a day, so with the other order that of the first day
        /// leads back.
        cursor: Option<String>,
    }
}

fn limit() -> usize {
    14
}

fn highlights() -> usize {
    3
}

/// Groups of a day, the largest, whose names are told.
const GROUPS_NAMED: usize = 5;

/// A day that has documents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimelineDay {
    /// The day.
    pub(crate) date: String,
    /// Its documents.
    pub(crate) total: u64,
    /// How many of each source and kind, most first.
    pub(crate) groups: Vec<Group>,
    /// The first document of each of the largest groups.
    #[schema(value_type = Vec<DocumentView>)]
    pub(crate) highlights: Vec<Document>,
}

/// Documents of one source and kind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Group {
    /// Source.
    pub(crate) source: String,
    /// Kind.
    #[schema(schema_with = shapes::kind)]
    pub(crate) kind: Kind,
    /// How many.
    pub(crate) count: u64,
    /// Its most frequent names, if they were asked for: 42 pages on `rust-lang.org`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::http) names: Vec<Line>,
}

/// Which days are wanted, and how much of them.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Only these sources and those below them.
    pub(crate) sources: Vec<String>,
    /// Only these kinds.
    pub(crate) kinds: Vec<Kind>,
    /// First day.
    pub(crate) from: Option<Day>,
    /// First day past the last.
    pub(crate) until: Option<Day>,
    /// Latest or earliest day first.
    pub(crate) order: Order,
    /// At most so many days.
    pub(crate) limit: usize,
    /// Documents that stand for each day.
    pub(crate) highlights: usize,
    /// `next` of the page before.
    pub(crate) cursor: Option<String>,
}

/// Days with what they hold. Days without documents are left out.
#[utoipa::path(
    get,
    path = "/api/v1/timeline",
    tag = "time",
    params(Parameters),
    responses((status = 200, description = "A page of days; as a table, a row for each group",
               content((Part<TimelineDay> = "application/json"), (String = "text/csv"))))
)]
pub(super) async fn timeline(
    State(app): State<App>,
    Reads(principal): Reads,
    form: AskedAs,
    Asked(mut asked): Asked<Parameters>,
) -> Result<Formed, Problem> {
    let names = within("names", asked.names, 0..=10)?;
    let limit = within("limit", asked.limit, 1..=100)?;
    let highlights = within("highlights", asked.highlights, 0..=10)?;
    let (chosen, clock) = (asked.chosen()?, app.clone());
    let question = move |engine: &Engine| {
        let selection = chosen.selection(&clock, engine)?;
        let Filter { sources, kinds, from, until, .. } = selection.filter.clone();
        let wanted = Wanted {
            sources,
            kinds,
            from,
            until,
            order: asked.order,
            limit,
            highlights,
            cursor: asked.cursor,
        };
        let mut part = match selection.rollup() {
            Some(_) => page(engine, wanted)?,
            None => chosen_page(engine, &selection, &wanted)?,
        };
        for day in part.items.iter_mut().filter(|_| names > 0) {
            name(engine, &selection, day, names)?;
        }
        Ok(part)
    };
    app.ask_formed(&principal, form, question).await
}

impl Table for Part<TimelineDay> {
    const NAME: &'static str = "timeline";

    fn columns(&self) -> Vec<&str> {
        vec!["date", "total", "source", "kind", "count"]
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let groups = self.items.iter().flat_map(|day| day.groups.iter().map(move |group| (day, group)));
        let row = |(day, group): (&TimelineDay, &Group)| {
            let (date, source) = (day.date.as_str(), group.source.as_str());
            vec![date.into(), day.total.into(), source.into(), group.kind.as_str().into(), group.count.into()]
        };
        groups.map(row).collect()
    }

    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

/// What is asked of the engine for a page of days.
///
/// # Errors
/// When more is wanted than is told at once.
pub(in crate::http) fn question(
    wanted: Wanted,
) -> Result<impl FnOnce(&Engine) -> Result<Part<TimelineDay>, Problem> + Send + 'static, Problem> {
    within("limit", wanted.limit, 1..=100)?;
    within("highlights", wanted.highlights, 0..=10)?;
    Ok(move |engine: &Engine| page(engine, wanted))
}

/// A page of days.
pub(crate) fn page(engine: &Engine, wanted: Wanted) -> Result<Part<TimelineDay>, Problem> {
    let mut range = Range { from: wanted.from, until: wanted.until };
    if let Some(cursor) = &wanted.cursor {
        range.go_on(after(cursor)?, wanted.order);
    }
    let query = HistogramQuery { sources: wanted.sources, kinds: wanted.kinds, from: None, until: None };
    let mut days = days(engine, &query, range, wanted.order, wanted.limit + 1)?;
    let has_more = days.len() > wanted.limit;
    days.truncate(wanted.limit);
    let next = days.last().filter(|_| has_more).map(|(day, _)| words::day(*day));
    let documents = engine.vault().documents();
    let first = |filter: &Filter| -> Result<Vec<Document>, Problem> {
        Ok(block_on(documents.list(filter, Order::OldestFirst, None, 1))?.items)
    };
    let of_day = |day| Filter { from: Some(day), until: Some(day.saturating_add(1)), ..Filter::default() };
    let items =
        days.into_iter().map(|(day, counts)| told(&first, of_day(day), day, counts, wanted.highlights));
    Ok(Part { items: items.collect::<Result<_, _>>()?, next })
}

/// A page of the days of documents that rollups don't tell.
fn chosen_page(
    engine: &Engine,
    selection: &Selection,
    wanted: &Wanted,
) -> Result<Part<TimelineDay>, Problem> {
    let mut range = Range { from: wanted.from, until: wanted.until };
    if let Some(cursor) = &wanted.cursor {
        range.go_on(after(cursor)?, wanted.order);
    }
    let rest = selection.of_range(range.from, range.until);
    let counts = block_on(engine.counts(&rest, Breakdown::default()))?;
    let mut days = counts.iter().filter_map(|count| count.day).collect::<Vec<_>>();
    if wanted.order == Order::NewestFirst {
        days.reverse();
    }
    let has_more = days.len() > wanted.limit;
    days.truncate(wanted.limit);
    let next = days.last().filter(|_| has_more).map(|day| words::day(*day));
    let ends = days.iter().min().zip(days.iter().max());
    let Some((&first, &last)) = ends else { return Ok(Part { items: Vec::new(), next: None }) };
    let by = Breakdown { by_source: true, by_kind: true, ..Breakdown::default() };
    let mut groups: BTreeMap<Day, Vec<DayCount>> = BTreeMap::new();
    for one in block_on(engine.counts(&rest.within(first, last), by))? {
        if let (Some(day), Some(source), Some(kind)) = (one.day, one.source, one.kind) {
            groups.entry(day).or_default().push(DayCount { day: Some(day), source, kind, count: one.count });
        }
    }
    let first = |filter: &Filter| -> Result<Vec<Document>, Problem> {
        let hits = block_on(engine.vault().search().keyword(&rest.text, filter, Sort::Oldest, 1))?.hits;
        let ids = hits.iter().map(|hit| hit.id).collect::<Vec<_>>();
        Ok(block_on(engine.vault().documents().get_many(&ids))?.into_iter().flatten().collect())
    };
    let items = days.into_iter().map(|day| {
        let counts = groups.remove(&day).unwrap_or_default();
        told(&first, rest.within(day, day).filter, day, counts, wanted.highlights)
    });
    Ok(Part { items: items.collect::<Result<_, _>>()?, next })
}

/// Adds the most frequent names of the largest groups of a day.
fn name(engine: &Engine, selection: &Selection, told: &mut TimelineDay, names: usize) -> Result<(), Problem> {
    let Ok(day) = told.date.parse::<Date>().map(day_of_date) else { return Ok(()) };
    let of_day = selection.within(day, day);
    for group in told.groups.iter_mut().take(GROUPS_NAMED) {
        if let Some(of) = TopOf::of_kind(group.kind) {
            let of_group = of_day.of_parts(&group.source, group.kind);
            group.names = top::ranked(engine, &of_group, of, names)?.items;
        }
    }
    Ok(())
}

fn after(cursor: &str) -> Result<Day, Problem> {
    let date = cursor.parse::<Date>();
    let wrong =
        |_| Problem::new(Code::BadCursor, format!("{cursor:?} is not the date of a day")).about("cursor");
    date.map(day_of_date).map_err(wrong)
}

/// Local days from the first to the first past it.
#[derive(Debug, Clone, Copy)]
struct Range {
    from: Option<Day>,
    until: Option<Day>,
}

impl Range {
    /// Leaves out what lies up to this day, in the order of listing.
    fn go_on(&mut self, day: Day, order: Order) {
        match order {
            Order::NewestFirst => self.until = Some(self.until.map_or(day, |until| until.min(day))),
            Order::OldestFirst => {
                let next = day.saturating_add(1);
                self.from = Some(self.from.map_or(next, |from| from.max(next)));
            }
        }
    }

    /// Some days of it that begin, in the order of listing, with this one.
    fn stretch(self, day: Day, order: Order) -> Self {
        match order {
            Order::NewestFirst => {
                let first = day.saturating_sub(DAYS_AT_ONCE - 1);
                Self { from: self.from.max(Some(first)), until: Some(day.saturating_add(1)) }
            }
            Order::OldestFirst => {
                let past = day.saturating_add(DAYS_AT_ONCE);
                let until = self.until.map_or(past, |until| until.min(past));
                Self { from: Some(day), until: Some(until) }
            }
        }
    }
}

/// The first days of a range that have documents, with their counts.
///
/// Counts are read in stretches that begin with a day that has a document, so neither a long life nor a
/// long gap makes a page slow.
fn days(
    engine: &Engine,
    wanted: &HistogramQuery,
    mut range: Range,
    order: Order,
    limit: usize,
) -> Result<Vec<(Day, Vec<DayCount>)>, Problem> {
    let documents = engine.vault().documents();
    let mut clock = HomeClock::new(engine.vault().home_zone());
    let mut days: Vec<(Day, Vec<DayCount>)> = Vec::new();
    while days.len() < limit {
        let filter = Filter {
            sources: wanted.sources.clone(),
            kinds: wanted.kinds.clone(),
            from: range.from,
            until: range.until,
            hidden: Hidden::Include,
            ..Filter::default()
        };
        let first = block_on(documents.list(&filter, order, None, 1))?.items.pop();
        let Some(day) = first.and_then(|first| Some(clock.day(first.content.time.as_ref()?))) else { break };
        let stretch = range.stretch(day, order);
        let query = HistogramQuery { from: stretch.from, until: stretch.until, ..wanted.clone() };
        let mut found: BTreeMap<Day, Vec<DayCount>> = BTreeMap::new();
        for count in block_on(documents.histogram(&query))? {
            if let Some(day) = count.day {
                found.entry(day).or_default().push(count);
            }
        }
        match order {
            Order::NewestFirst => days.extend(found.into_iter().rev()),
            Order::OldestFirst => days.extend(found),
        }
        let last = match order {
            Order::NewestFirst => stretch.from,
            Order::OldestFirst => stretch.until.map(|until| until.saturating_sub(1)),
        };
        range.go_on(last.unwrap_or(day), order);
    }
    days.truncate(limit);
    Ok(days)
}

/// A day as it is told; `first` finds the first document that a filter means.
fn told(
    first: &dyn Fn(&Filter) -> Result<Vec<Document>, Problem>,
    of_day: Filter,
    day: Day,
    mut counts: Vec<DayCount>,
    highlights: usize,
) -> Result<TimelineDay, Problem> {
    counts.sort_by(|one, other| {
        let key = |count: &DayCount| (Reverse(count.count), count.kind.as_str());
        key(one).cmp(&key(other)).then_with(|| one.source.cmp(&other.source))
    });
    let total = counts.iter().map(|count| count.count).sum();
    let mut shown = Vec::new();
    for count in counts.iter().take(highlights) {
        let filter =
            Filter { sources: vec![count.source.clone()], kinds: vec![count.kind], ..of_day.clone() };
        shown.extend(first(&filter)?);
    }
    let group =
        |one: DayCount| Group { source: one.source, kind: one.kind, count: one.count, names: Vec::new() };
    let groups = counts.into_iter().map(group);
    Ok(TimelineDay { date: words::day(day), total, groups: groups.collect(), highlights: shown })
}

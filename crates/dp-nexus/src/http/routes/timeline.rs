//! `GET /api/v1/timeline`

use super::documents::OrderWord;
use crate::http::{
    answer::{Part, Written},
    app::App,
    asked::{Asked, within},
    entrance::Reads,
    problem::{Code, Problem},
    shapes::{self, DocumentView},
    words::{self, FirstDay, LastDay},
};
use axum::extract::State;
use dp_cortex::engine::Engine;
use dp_lake::{Day, DayCount, Filter, Hidden, HistogramQuery, Order, day_of_date, etl::HomeClock};
use dp_model::{Document, Kind};
use futures::executor::block_on;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::{cmp::Reverse, collections::BTreeMap};
use utoipa::{IntoParams, ToSchema};

/// Days whose counts are read at once, around one that is known to have documents.
const DAYS_AT_ONCE: Day = 64;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Parameters {
    /// Only these sources and those below them.
    #[serde(default)]
    pub(in crate::http) source: Vec<String>,
    /// Only these kinds.
    #[serde(default)]
    #[param(schema_with = shapes::kinds)]
    pub(in crate::http) kind: Vec<Kind>,
    /// First day: `2019`, `2019-06` or `2019-06-14`.
    #[param(value_type = Option<String>)]
    pub(in crate::http) from: Option<FirstDay>,
    /// Last day, included.
    #[param(value_type = Option<String>)]
    pub(in crate::http) to: Option<LastDay>,
    /// Latest or earliest day first.
    #[serde(default)]
    #[param(value_type = Option<OrderWord>, inline)]
    pub(in crate::http) order: Order,
    /// At most so many days.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 100, default = 14)]
    pub(in crate::http) limit: usize,
    /// Documents that stand for each day.
    #[serde(default = "highlights")]
    #[param(minimum = 0, maximum = 10, default = 3)]
    pub(in crate::http) highlights: usize,
    /// `next` of the page before. It is the date of a day, so with the other order that of the first day
    /// leads back.
    pub(in crate::http) cursor: Option<String>,
}

fn limit() -> usize {
    14
}

fn highlights() -> usize {
    3
}

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
    responses((status = 200, description = "A page of days", body = Part<TimelineDay>))
)]
pub(super) async fn timeline(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let question = question(asked)?;
    app.ask_written(&principal, question).await
}

/// What is asked of the engine for a page of days.
///
/// # Errors
/// When a parameter has a value it can't have.
pub(in crate::http) fn question(
    asked: Parameters,
) -> Result<impl FnOnce(&Engine) -> Result<Part<TimelineDay>, Problem> + Send + 'static, Problem> {
    let limit = within("limit", asked.limit, 1..=100)?;
    let highlights = within("highlights", asked.highlights, 0..=10)?;
    let wanted = Wanted {
        sources: asked.source,
        kinds: asked.kind,
        from: asked.from.map(|day| day.0),
        until: asked.to.map(LastDay::past),
        order: asked.order,
        limit,
        highlights,
        cursor: asked.cursor,
    };
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
    let items = days.into_iter().map(|(day, counts)| told(engine, day, counts, wanted.highlights));
    Ok(Part { items: items.collect::<Result<_, _>>()?, next })
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

/// A day as it is told.
fn told(
    engine: &Engine,
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
        let filter = Filter {
            sources: vec![count.source.clone()],
            kinds: vec![count.kind],
            from: Some(day),
            until: Some(day.saturating_add(1)),
            ..Filter::default()
        };
        let page = block_on(engine.vault().documents().list(&filter, Order::OldestFirst, None, 1))?;
        shown.extend(page.items);
    }
    let groups = counts.into_iter().map(|one| Group { source: one.source, kind: one.kind, count: one.count });
    Ok(TimelineDay { date: words::day(day), total, groups: groups.collect(), highlights: shown })
}

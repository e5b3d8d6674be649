//! `GET /api/v1/histogram`

use crate::http::{
    app::App,
    asked::Asked,
    csv::{AskedAs, Cell, Formed, Table},
    entrance::Reads,
    problem::Problem,
    statistics::parameters,
};
use async_graphql::Enum;
use axum::extract::State;
use dp_cortex::{
    engine::{Breakdown, Engine, Selection},
    statistics::{Bucket, Span},
};
use dp_model::Kind;
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Buckets of one answer: every day of more than a hundred years, or every hour of five.
const BUCKETS_MAX: usize = 45_000;

parameters! {
    /// How documents are counted, and which.
    struct Parameters {
        /// How they are put together in time.
        #[serde(default)]
        #[param(inline)]
        bucket: BucketWord,
        /// What the count of each bucket is taken apart by.
        #[serde(default)]
        #[param(inline)]
        by: Parts,
    }
}

/// How documents are put together in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Enum, ToSchema)]
#[graphql(name = "Bucket", rename_items = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum BucketWord {
    /// By hour of a day.
    Hour,
    /// By day.
    Day,
    /// By week, from Monday.
    Week,
    /// By month.
    #[default]
    Month,
    /// By quarter of a year.
    Quarter,
    /// By year.
    Year,
    /// By hour on the clock, whatever the day.
    HourOfDay,
    /// By day of the week, whatever the date.
    Weekday,
}

impl From<BucketWord> for Bucket {
    fn from(word: BucketWord) -> Self {
        match word {
            BucketWord::Hour => Self::Hour,
            BucketWord::Day => Self::Day,
            BucketWord::Week => Self::Week,
            BucketWord::Month => Self::Month,
            BucketWord::Quarter => Self::Quarter,
            BucketWord::Year => Self::Year,
            BucketWord::HourOfDay => Self::HourOfDay,
            BucketWord::Weekday => Self::Weekday,
        }
    }
}

/// What counts are taken apart by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Enum, ToSchema)]
#[graphql(name = "Parts", rename_items = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum Parts {
    /// Not at all.
    #[default]
    Nothing,
    /// By source.
    Source,
    /// By kind.
    Kind,
}

/// Documents in time.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Histogram {
    /// How they are put together in time.
    pub(in crate::http) bucket: BucketWord,
    /// All that were counted.
    pub(in crate::http) total: u64,
    /// Those without a date; they are in no bucket.
    pub(in crate::http) undated: u64,
    /// Those whose hour is not known, where buckets are hours; they are in no bucket.
    pub(in crate::http) without_hour: u64,
    /// The query that lists all that were counted.
    pub(in crate::http) query: String,
    /// Buckets that hold something, in order of time.
    pub(in crate::http) items: Vec<Counted>,
}

/// One bucket.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(in crate::http) struct Counted {
    /// Which: `2019-06-14T13`, `2019-06-14`, `2019-W24`, `2019-06`, `2019-Q2`, `2019`, an hour `13` or `monday`.
    pub(in crate::http) start: String,
    /// Documents.
    pub(in crate::http) count: u64,
    /// The query that lists them, for an hour those of its day; missing where a bucket has no date.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(in crate::http) query: Option<String>,
    /// The same by source or kind, if that was asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::http) parts: BTreeMap<String, u64>,
}

impl Table for Histogram {
    const NAME: &'static str = "histogram";

    fn columns(&self) -> Vec<&str> {
        let parts = self.parts().into_iter();
        ["start", "count"].into_iter().chain(parts).collect()
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let parts = self.parts();
        let row = |counted: &Counted| {
            let of = |part: &&str| counted.parts.get(*part).copied().unwrap_or(0).into();
            let first = [counted.start.as_str().into(), counted.count.into()];
            first.into_iter().chain(parts.iter().map(of)).collect()
        };
        self.items.iter().map(row).collect()
    }

    fn next(&self) -> Option<&str> {
        None
    }
}

impl Histogram {
    /// Names of all parts.
    fn parts(&self) -> std::collections::BTreeSet<&str> {
        self.items.iter().flat_map(|counted| counted.parts.keys().map(String::as_str)).collect()
    }
}

/// Any documents by hour, day, week, month, quarter or year, or by the hour of the day or the day of the week.
#[utoipa::path(
    get,
    path = "/api/v1/histogram",
    tag = "time",
    params(Parameters),
    responses((status = 200, description = "Counts in order of time",
               content((Histogram = "application/json"), (String = "text/csv"))))
)]
pub(super) async fn histogram(
    State(app): State<App>,
    Reads(principal): Reads,
    form: AskedAs,
    Asked(mut asked): Asked<Parameters>,
) -> Result<Formed, Problem> {
    let (chosen, bucket, by, clock) = (asked.chosen()?, asked.bucket, asked.by, app.clone());
    let question = move |engine: &Engine| counted(engine, &chosen.selection(&clock, engine)?, bucket, by);
    app.ask_formed(&principal, form, question).await
}

/// Some documents in time.
///
/// # Errors
/// When there are more buckets than are answered at once, or the store fails.
pub(in crate::http) fn counted(
    engine: &Engine,
    selection: &Selection,
    word: BucketWord,
    by: Parts,
) -> Result<Histogram, Problem> {
    let bucket = Bucket::from(word);
    let breakdown = Breakdown {
        by_hour: bucket.needs_hours(),
        by_source: by == Parts::Source,
        by_kind: by == Parts::Kind,
    };
    let (mut total, mut undated, mut without_hour) = (0, 0, 0);
    let mut buckets: BTreeMap<Span, Counted> = BTreeMap::new();
    // Counts come in order of time, so mostly several of one bucket: they are put together before they go into it.
    let mut at_hand: Option<(Span, u64)> = None;
    for one in block_on(engine.counts(selection, breakdown))? {
        total += one.count;
        let Some(day) = one.day else {
            undated += one.count;
            continue;
        };
        let Some(span) = bucket.span(day, one.hour) else {
            without_hour += one.count;
            continue;
        };
        match &mut at_hand {
            Some((known, count)) if *known == span => *count += one.count,
            _ => {
                if let Some((span, count)) = at_hand.replace((span, one.count)) {
                    buckets.entry(span).or_default().count += count;
                }
            }
        }
        if let Some(part) = one.source.or(one.kind.map(Kind::as_str).map(str::to_owned)) {
            *buckets.entry(span).or_default().parts.entry(part).or_default() += one.count;
        }
        if buckets.len() > BUCKETS_MAX {
            let detail = format!(
                "bucket: there are more than {BUCKETS_MAX} of a {}; ask for fewer days or larger buckets",
                bucket.as_str()
            );
            return Err(Problem::parameter("bucket", detail));
        }
    }
    if let Some((span, count)) = at_hand {
        buckets.entry(span).or_default().count += count;
    }
    let (query, drill) = (selection.query(), selection.drill());
    let items = buckets.into_iter().map(|(span, counted)| {
        let days = span.first.zip(span.last);
        let query = days.map(|(first, last)| drill.of_days(first, last));
        Counted { start: bucket.text(span), query, ..counted }
    });
    Ok(Histogram { bucket: word, total, undated, without_hour, query, items: items.collect() })
}

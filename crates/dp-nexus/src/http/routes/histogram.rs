//! `GET /api/v1/histogram`

use crate::http::{
    answer::Written,
    app::App,
    asked::Asked,
    entrance::Reads,
    problem::Problem,
    shapes,
    words::{FirstDay, LastDay},
};
use async_graphql::Enum;
use axum::extract::State;
use dp_lake::{DayCount, HistogramQuery, date_of_day};
use dp_model::Kind;
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// How days are grouped.
    #[serde(default)]
    #[param(inline)]
    bucket: BucketWord,
    /// What the count of each bucket is taken apart by.
    #[serde(default)]
    #[param(inline)]
    by: Parts,
    /// Only these sources and those below them.
    #[serde(default)]
    source: Vec<String>,
    /// Only these kinds.
    #[serde(default)]
    #[param(schema_with = shapes::kinds)]
    kind: Vec<Kind>,
    /// First day: `2019`, `2019-06` or `2019-06-14`.
    #[param(value_type = Option<String>)]
    from: Option<FirstDay>,
    /// Last day, included.
    #[param(value_type = Option<String>)]
    to: Option<LastDay>,
}

/// How days are grouped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Enum, ToSchema)]
#[graphql(name = "Bucket", rename_items = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum BucketWord {
    /// By day.
    Day,
    /// By month.
    #[default]
    Month,
    /// By year.
    Year,
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
    /// How days are grouped.
    pub(in crate::http) bucket: BucketWord,
    /// All that were counted.
    pub(in crate::http) total: u64,
    /// Those without a date; they are in no bucket.
    pub(in crate::http) undated: u64,
    /// Buckets that hold something, in order of time.
    pub(in crate::http) items: Vec<Counted>,
}

/// One bucket.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(in crate::http) struct Counted {
    /// The day, month or year: `2019-06-14`, `2019-06` or `2019`.
    pub(in crate::http) start: String,
    /// Documents.
    pub(in crate::http) count: u64,
    /// The same by source or kind, if that was asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::http) parts: BTreeMap<String, u64>,
}

/// Documents by day, month or year.
#[utoipa::path(
    get,
    path = "/api/v1/histogram",
    tag = "time",
    params(Parameters),
    responses((status = 200, description = "Counts in order of time", body = Histogram))
)]
pub(super) async fn histogram(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let query = HistogramQuery {
        sources: asked.source,
        kinds: asked.kind,
        from: asked.from.map(|day| day.0),
        until: asked.to.map(LastDay::past),
    };
    let question = app.ask_written(&principal, move |engine| {
        let counts = block_on(engine.vault().documents().histogram(&query))?;
        Ok(counted(counts, asked.bucket, asked.by))
    });
    question.await
}

pub(in crate::http) fn counted(counts: Vec<DayCount>, bucket: BucketWord, by: Parts) -> Histogram {
    let mut histogram = Histogram { bucket, total: 0, undated: 0, items: Vec::new() };
    for count in counts {
        histogram.total += count.count;
        let Some(day) = count.day else {
            histogram.undated += count.count;
            continue;
        };
        let date = date_of_day(day);
        let start = match bucket {
            BucketWord::Day => date.to_string(),
            BucketWord::Month => date.strftime("%Y-%m").to_string(),
            BucketWord::Year => date.strftime("%Y").to_string(),
        };
        // Counts come in order of days, so a bucket is the last one or a new one.
        if histogram.items.last().is_none_or(|last| last.start != start) {
            histogram.items.push(Counted { start, ..Counted::default() });
        }
        let Some(last) = histogram.items.last_mut() else { continue };
        last.count += count.count;
        let part = match by {
            Parts::Nothing => continue,
            Parts::Source => count.source,
            Parts::Kind => count.kind.as_str().to_owned(),
        };
        *last.parts.entry(part).or_default() += count.count;
    }
    histogram
}

//! `GET /api/v1/sources`

use super::documents::Nothing;
use crate::http::{
    answer::{All, Written},
    app::App,
    asked::Asked,
    entrance::Reads,
    problem::Problem,
    words,
};
use axum::extract::State;
use dp_lake::{Day, HistogramQuery};
use futures::executor::block_on;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Where documents came from.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Source {
    /// Its name, dotted.
    source: String,
    /// Documents.
    documents: u64,
    /// Documents by kind.
    #[schema(value_type = BTreeMap<String, u64>)]
    kinds: BTreeMap<&'static str, u64>,
    /// The first day it has documents of.
    first_day: Option<String>,
    /// The last.
    last_day: Option<String>,
}

/// The sources there are, by name.
#[utoipa::path(
    get,
    path = "/api/v1/sources",
    tag = "statistics",
    responses((status = 200, description = "Sources with what they hold", body = All<Source>))
)]
pub(super) async fn sources(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    let question = app.ask_written(&principal, move |engine| {
        let mut sources: BTreeMap<String, Summed> = BTreeMap::new();
        for count in block_on(engine.vault().documents().histogram(&HistogramQuery::default()))? {
            let summed = sources.entry(count.source).or_default();
            *summed.kinds.entry(count.kind.as_str()).or_default() += count.count;
            if let Some(day) = count.day {
                let (first, last) = summed.days.unwrap_or((day, day));
                summed.days = Some((first.min(day), last.max(day)));
            }
        }
        let items = sources.into_iter().map(|(source, summed)| Source {
            source,
            documents: summed.kinds.values().sum(),
            kinds: summed.kinds,
            first_day: summed.days.map(|(first, _)| words::day(first)),
            last_day: summed.days.map(|(_, last)| words::day(last)),
        });
        Ok(All { items: items.collect() })
    });
    question.await
}

#[derive(Default)]
struct Summed {
    kinds: BTreeMap<&'static str, u64>,
    days: Option<(Day, Day)>,
}

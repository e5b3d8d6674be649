//! `GET /api/v1/stats`

use crate::http::{
    answer::Written,
    app::App,
    asked::{Asked, within},
    entrance::Reads,
    problem::{Code, Problem},
    shapes::{SeriesView, TopView},
    words,
};
use axum::extract::State;
use dp_cortex::engine::Engine;
use dp_lake::{Dimension, HistogramQuery, SeriesInfo, Top, Totals};
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Lines of each top list.
    #[serde(default = "top")]
    #[param(minimum = 1, maximum = 100, default = 10)]
    top: usize,
}

fn top() -> usize {
    10
}

/// A life in numbers.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(in crate::http) struct Statistics {
    /// Documents.
    pub(in crate::http) documents: u64,
    /// Those without a date.
    pub(in crate::http) undated: u64,
    /// Documents by source.
    pub(in crate::http) sources: BTreeMap<String, u64>,
    /// Documents by kind.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(in crate::http) kinds: BTreeMap<&'static str, u64>,
    /// Documents by year.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(in crate::http) years: BTreeMap<i16, u64>,
    /// Days with most documents.
    pub(in crate::http) busiest_days: Vec<BusyDay>,
    /// Who made what was watched or listened to.
    #[schema(value_type = Vec<TopView>)]
    pub(in crate::http) channels: Vec<Top>,
    /// Hosts of pages that were opened.
    #[schema(value_type = Vec<TopView>)]
    pub(in crate::http) sites: Vec<Top>,
    /// People in mails, events and messages.
    #[schema(value_type = Vec<TopView>)]
    pub(in crate::http) people: Vec<Top>,
    /// Places that were visited.
    #[schema(value_type = Vec<TopView>)]
    pub(in crate::http) places: Vec<Top>,
    /// Time series. Left out for a key that is bound to sources, since series are not counted by source.
    #[schema(value_type = Vec<SeriesView>)]
    pub(in crate::http) series: Vec<SeriesInfo>,
}

/// A day and its documents.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct BusyDay {
    /// The day.
    pub(in crate::http) day: String,
    /// Documents.
    pub(in crate::http) count: u64,
}

/// What there is, in numbers.
#[utoipa::path(
    get,
    path = "/api/v1/stats",
    tag = "statistics",
    params(Parameters),
    responses((status = 200, description = "Counts and top lists", body = Statistics))
)]
pub(super) async fn stats(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let lines = within("top", asked.top, 1..=100)?;
    app.ask_written(&principal, move |engine| statistics(engine, lines)).await
}

/// Counts, and top lists of so many lines.
pub(in crate::http) fn statistics(engine: &Engine, lines: usize) -> Result<Statistics, Problem> {
    let documents = engine.vault().documents();
    let counts = block_on(documents.histogram(&HistogramQuery::default()))?;
    let mut statistics = counted(Totals::of(&counts), lines);
    let top = |dimension| block_on(documents.top(dimension, lines));
    statistics.channels = top(Dimension::Channel)?;
    statistics.sites = top(Dimension::Site)?;
    statistics.people = top(Dimension::Person)?;
    statistics.places = top(Dimension::Place)?;
    statistics.series = match block_on(engine.vault().series().list()).map_err(Problem::from) {
        Err(problem) if problem.code() == Code::ScopeTooNarrow => Vec::new(),
        series => series?,
    };
    Ok(statistics)
}

fn counted(totals: Totals, lines: usize) -> Statistics {
    let busiest = totals.busiest_days(lines).into_iter();
    Statistics {
        documents: totals.documents,
        undated: totals.undated,
        busiest_days: busiest.map(|(day, count)| BusyDay { day: words::day(day), count }).collect(),
        sources: totals.sources,
        kinds: totals.kinds,
        years: totals.years,
        ..Statistics::default()
    }
}

//! `GET /api/v1/stats`

use crate::http::{
    app::App,
    asked::{Asked, within},
    csv::{AskedAs, Cell, Formed, Table},
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
pub(crate) struct Statistics {
    /// Documents.
    pub(crate) documents: u64,
    /// Those without a date.
    pub(crate) undated: u64,
    /// Documents by source.
    pub(crate) sources: BTreeMap<String, u64>,
    /// Documents by kind.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(crate) kinds: BTreeMap<&'static str, u64>,
    /// Documents by year.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(crate) years: BTreeMap<i16, u64>,
    /// Days with most documents.
    pub(crate) busiest_days: Vec<BusyDay>,
    /// Who made what was watched or listened to.
    #[schema(value_type = Vec<TopView>)]
    pub(crate) channels: Vec<Top>,
    /// Hosts of pages that were opened.
    #[schema(value_type = Vec<TopView>)]
    pub(crate) sites: Vec<Top>,
    /// People in mails, events and messages.
    #[schema(value_type = Vec<TopView>)]
    pub(crate) people: Vec<Top>,
    /// Places that were visited.
    #[schema(value_type = Vec<TopView>)]
    pub(crate) places: Vec<Top>,
    /// Time series. Left out for a key that is bound to sources, since series are not counted by source.
    #[schema(value_type = Vec<SeriesView>)]
    pub(crate) series: Vec<SeriesInfo>,
}

/// A day and its documents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BusyDay {
    /// The day.
    pub(crate) day: String,
    /// Documents.
    pub(crate) count: u64,
}

/// What there is, in numbers.
#[utoipa::path(
    get,
    path = "/api/v1/stats",
    tag = "statistics",
    params(Parameters),
    responses((status = 200, description = "Counts and top lists",
               content((Statistics = "application/json"), (String = "text/csv"))))
)]
pub(super) async fn stats(
    State(app): State<App>,
    Reads(principal): Reads,
    form: AskedAs,
    Asked(asked): Asked<Parameters>,
) -> Result<Formed, Problem> {
    let lines = within("top", asked.top, 1..=100)?;
    app.ask_formed(&principal, form, move |engine| statistics(engine, lines)).await
}

impl Table for Statistics {
    const NAME: &'static str = "stats";

    fn columns(&self) -> Vec<&str> {
        vec!["list", "name", "count"]
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let row = |list: &str, name: &str, count: u64| vec![list.into(), name.into(), count.into()];
        let mut rows =
            vec![row("documents", "all", self.documents), row("documents", "undated", self.undated)];
        rows.extend(self.sources.iter().map(|(source, count)| row("source", source, *count)));
        rows.extend(self.kinds.iter().map(|(kind, count)| row("kind", kind, *count)));
        rows.extend(self.years.iter().map(|(year, count)| row("year", &year.to_string(), *count)));
        rows.extend(self.busiest_days.iter().map(|day| row("day", &day.day, day.count)));
        let tops = [
            ("channel", &self.channels),
            ("site", &self.sites),
            ("person", &self.people),
            ("place", &self.places),
        ];
        for (list, lines) in tops {
            rows.extend(lines.iter().map(|line| row(list, &line.name, line.count)));
        }
        rows.extend(self.series.iter().map(|series| row("series", &series.series, series.count)));
        rows
    }

    fn next(&self) -> Option<&str> {
        None
    }
}

/// Counts, and top lists of so many lines.
pub(crate) fn statistics(engine: &Engine, lines: usize) -> Result<Statistics, Problem> {
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

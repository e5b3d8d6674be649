//! `GET /api/v1/stats`

use crate::http::{
    app::App,
    asked::{Asked, within},
    csv::{AskedAs, Cell, Formed, Table},
    entrance::Reads,
    problem::{OutOfScope, Problem},
    shapes::{SeriesView, TopView},
    words,
};
use axum::extract::State;
use dp_cortex::engine::Engine;
use dp_lake::{Dimension, HistogramQuery, LakeError, SeriesInfo, Top, Totals, Vault};
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
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct Statistics {
    /// Documents.
    pub documents: u64,
    /// Those without a date.
    pub undated: u64,
    /// Documents by source.
    pub sources: BTreeMap<String, u64>,
    /// Documents by kind.
    pub kinds: BTreeMap<String, u64>,
    /// Documents by year.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub years: BTreeMap<i16, u64>,
    /// Days with most documents.
    pub busiest_days: Vec<BusyDay>,
    /// Who made what was watched or listened to.
    #[schema(value_type = Vec<TopView>)]
    pub channels: Vec<Top>,
    /// Hosts of pages that were opened.
    #[schema(value_type = Vec<TopView>)]
    pub sites: Vec<Top>,
    /// People in mails, events and messages.
    #[schema(value_type = Vec<TopView>)]
    pub people: Vec<Top>,
    /// Places that were visited.
    #[schema(value_type = Vec<TopView>)]
    pub places: Vec<Top>,
    /// Time series. Left out for a key that is bound to sources, since series are not counted by source.
    #[schema(value_type = Vec<SeriesView>)]
    pub series: Vec<SeriesInfo>,
}

/// A day and its documents.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BusyDay {
    /// The day.
    pub day: String,
    /// Documents.
    pub count: u64,
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
    Ok(Statistics::of(&**engine.vault(), lines)?)
}

impl Statistics {
    /// What a vault has, with top lists of so many lines.
    ///
    /// # Errors
    /// When the vault can't answer.
    pub fn of(vault: &dyn Vault, lines: usize) -> Result<Self, LakeError> {
        let documents = vault.documents();
        let totals = Totals::of(&block_on(documents.histogram(&HistogramQuery::default()))?);
        let busiest = totals.busiest_days(lines).into_iter();
        let top = |dimension| block_on(documents.top(dimension, lines));
        Ok(Self {
            documents: totals.documents,
            undated: totals.undated,
            busiest_days: busiest.map(|(day, count)| BusyDay { day: words::day(day), count }).collect(),
            kinds: totals.kinds.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect(),
            sources: totals.sources,
            years: totals.years,
            channels: top(Dimension::Channel)?,
            sites: top(Dimension::Site)?,
            people: top(Dimension::Person)?,
            places: top(Dimension::Place)?,
            series: match block_on(vault.series().list()) {
                Err(LakeError::Engine { source, .. }) if source.is::<OutOfScope>() => Vec::new(),
                series => series?,
            },
        })
    }
}

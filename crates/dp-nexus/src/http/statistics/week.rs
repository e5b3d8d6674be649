//! `GET /api/v1/stats/week`

use super::parameters;
use crate::http::{
    app::App,
    asked::Asked,
    csv::{AskedAs, Cell, Formed, Table},
    entrance::Reads,
    problem::Problem,
};
use async_graphql::SimpleObject;
use axum::extract::State;
use dp_cortex::{
    engine::{Breakdown, Engine, Selection},
    statistics::Week,
};
use futures::executor::block_on;
use serde::Serialize;
use utoipa::ToSchema;

parameters! {
    /// Which documents are counted.
    struct Parameters {}
}

/// When in the week things happen, on the local clock.
#[derive(Debug, Serialize, SimpleObject, ToSchema)]
#[schema(as = Week)]
#[graphql(name = "Week")]
pub(in crate::http) struct WeekView {
    /// Seven rows, from Monday.
    pub(in crate::http) days: Vec<WeekdayView>,
    /// Documents of a day whose hour is not known; they are in no row.
    pub(in crate::http) without_hour: u64,
    /// Documents without a date.
    pub(in crate::http) undated: u64,
    /// The query that lists all that were counted.
    pub(in crate::http) query: String,
}

/// A day of the week.
#[derive(Debug, Serialize, SimpleObject, ToSchema)]
#[schema(as = Weekday)]
#[graphql(name = "Weekday")]
pub(in crate::http) struct WeekdayView {
    /// Its name.
    pub(in crate::http) weekday: String,
    /// Documents of each of its 24 hours.
    pub(in crate::http) hours: Vec<u64>,
    /// All of them.
    pub(in crate::http) count: u64,
}

impl Table for WeekView {
    const NAME: &'static str = "week";

    fn columns(&self) -> Vec<&str> {
        vec!["weekday", "hour", "count"]
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let cells = self.days.iter().flat_map(|day| {
            day.hours
                .iter()
                .zip(0u64..)
                .map(move |(&count, hour)| vec![day.weekday.as_str().into(), hour.into(), count.into()])
        });
        cells.collect()
    }

    fn next(&self) -> Option<&str> {
        None
    }
}

/// Documents by weekday and hour, on the local clock of where they happened.
#[utoipa::path(
    get,
    operation_id = "week",
    path = "/api/v1/stats/week",
    tag = "statistics",
    params(Parameters),
    responses((status = 200, description = "Seven days of 24 hours",
               content((WeekView = "application/json"), (String = "text/csv"))))
)]
pub(super) async fn week(
    State(app): State<App>,
    Reads(principal): Reads,
    form: AskedAs,
    Asked(mut asked): Asked<Parameters>,
) -> Result<Formed, Problem> {
    let (chosen, clock) = (asked.chosen()?, app.clone());
    let question = move |engine: &Engine| counted(engine, &chosen.selection(&clock, engine)?);
    app.ask_formed(&principal, form, question).await
}

/// The week of some documents.
pub(in crate::http) fn counted(engine: &Engine, selection: &Selection) -> Result<WeekView, Problem> {
    let counts = block_on(engine.counts(selection, Breakdown { by_hour: true, ..Breakdown::default() }))?;
    let week = Week::of(&counts);
    let days = Week::DAYS.iter().zip(&week.hours).map(|(weekday, hours)| WeekdayView {
        weekday: (*weekday).to_owned(),
        hours: hours.to_vec(),
        count: hours.iter().sum(),
    });
    Ok(WeekView {
        days: days.collect(),
        without_hour: week.without_hour,
        undated: week.undated,
        query: selection.query(),
    })
}

//! `GET /api/v1/on-this-day`

use crate::http::{
    answer::{All, Written},
    app::App,
    asked::{Asked, within},
    entrance::Reads,
    problem::Problem,
    shapes::DocumentView,
    words,
};
use axum::extract::State;
use dp_cortex::engine;
use dp_model::Document;
use futures::executor::block_on;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// The day, as `2024-06-14` or `06-14`; today if it is left out.
    date: Option<String>,
    /// At most so many of each year.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 50, default = 5)]
    limit: usize,
}

fn limit() -> usize {
    5
}

/// A day in one year.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct YearOfDay {
    /// The day.
    #[schema(value_type = String)]
    pub date: Date,
    /// Documents of that day.
    pub total: u64,
    /// Some of them, different in kind where they can be.
    #[schema(value_type = Vec<DocumentView>)]
    pub documents: Vec<Document>,
}

impl From<engine::YearOfDay> for YearOfDay {
    fn from(year: engine::YearOfDay) -> Self {
        Self { date: year.date, total: year.total, documents: year.documents }
    }
}

/// What happened on this day in other years, latest first.
#[utoipa::path(
    get,
    path = "/api/v1/on-this-day",
    tag = "time",
    params(Parameters),
    responses((status = 200, description = "The day in other years", body = All<YearOfDay>))
)]
pub(super) async fn on_this_day(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let limit = within("limit", asked.limit, 1..=50)?;
    let date = asked.date.as_deref().map(words::date).transpose();
    let date = date.map_err(|wrong| Problem::parameter("date", wrong))?;
    let clock = app.clone();
    let question = app.ask_written(&principal, move |engine| {
        let date = date.unwrap_or_else(|| clock.today(engine));
        let years = block_on(engine.on_this_day(date, limit))?;
        Ok(All { items: years.into_iter().map(YearOfDay::from).collect() })
    });
    question.await
}

//! `GET /api/v1/stats/streaks`

use super::parameters;
use crate::http::{
    app::App,
    asked::Asked,
    csv::{AskedAs, Cell, Formed, Table},
    entrance::Reads,
    problem::Problem,
    words,
};
use async_graphql::SimpleObject;
use axum::extract::State;
use dp_cortex::{
    engine::{Breakdown, Engine, Selection},
    statistics::{Streak, Streaks},
};
use dp_lake::{Day, day_of_date};
use futures::executor::block_on;
use serde::Serialize;
use utoipa::ToSchema;

parameters! {
    /// Which documents are counted.
    struct Parameters {}
}

/// Days in a row that have something.
#[derive(Debug, Serialize, SimpleObject, ToSchema)]
#[schema(as = Streaks)]
#[graphql(name = "Streaks")]
pub(in crate::http) struct StreaksView {
    /// Days that have something, up to today.
    pub(in crate::http) days: u64,
    /// The first of them.
    pub(in crate::http) first_day: Option<String>,
    /// The last of them.
    pub(in crate::http) last_day: Option<String>,
    /// The streak that goes on: it reaches today, or yesterday, since today is not over. With `to` the last day
    /// asked for stands for today.
    pub(in crate::http) current: Option<StreakView>,
    /// The longest; of equal ones the latest.
    pub(in crate::http) longest: Option<StreakView>,
    /// The query that lists all that were counted.
    pub(in crate::http) query: String,
}

/// Days in a row.
#[derive(Debug, Serialize, SimpleObject, ToSchema)]
#[schema(as = Streak)]
#[graphql(name = "Streak")]
pub(in crate::http) struct StreakView {
    /// The first day.
    pub(in crate::http) from: String,
    /// The last day.
    pub(in crate::http) to: String,
    /// How many days.
    pub(in crate::http) days: u64,
    /// The query that lists its documents.
    pub(in crate::http) query: String,
}

impl Table for StreaksView {
    const NAME: &'static str = "streaks";

    fn columns(&self) -> Vec<&str> {
        vec!["streak", "from", "to", "days", "query"]
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let row = |name: &str, streak: &StreakView| {
            let StreakView { from, to, days, query } = streak;
            vec![name.into(), from.as_str().into(), to.as_str().into(), (*days).into(), query.as_str().into()]
        };
        let (current, longest) = (self.current.as_ref(), self.longest.as_ref());
        let rows =
            [current.map(|streak| row("current", streak)), longest.map(|streak| row("longest", streak))];
        rows.into_iter().flatten().collect()
    }

    fn next(&self) -> Option<&str> {
        None
    }
}

/// The days in a row that have any of some documents: how long it goes on, and the longest there was.
#[utoipa::path(
    get,
    operation_id = "streaks",
    path = "/api/v1/stats/streaks",
    tag = "statistics",
    params(Parameters),
    responses((status = 200, description = "The current and the longest streak",
               content((StreaksView = "application/json"), (String = "text/csv"))))
)]
pub(super) async fn streaks(
    State(app): State<App>,
    Reads(principal): Reads,
    form: AskedAs,
    Asked(mut asked): Asked<Parameters>,
) -> Result<Formed, Problem> {
    let (chosen, clock) = (asked.chosen()?, app.clone());
    let question = move |engine: &Engine| {
        let today = day_of_date(clock.today(engine));
        counted(engine, &chosen.selection(&clock, engine)?, today)
    };
    app.ask_formed(&principal, form, question).await
}

/// The streaks of some documents.
pub(in crate::http) fn counted(
    engine: &Engine,
    selection: &Selection,
    today: Day,
) -> Result<StreaksView, Problem> {
    let counts = block_on(engine.counts(selection, Breakdown::default()))?;
    let until = selection.filter.until.map_or(today, |past| past.saturating_sub(1).min(today));
    let streaks = Streaks::of(counts.iter().filter_map(|count| count.day), until);
    let view = |streak: Streak| StreakView {
        from: words::day(streak.first),
        to: words::day(streak.last),
        days: streak.days(),
        query: selection.query_of_days(streak.first, streak.last),
    };
    Ok(StreaksView {
        days: streaks.days,
        first_day: streaks.ends.map(|(first, _)| words::day(first)),
        last_day: streaks.ends.map(|(_, last)| words::day(last)),
        current: streaks.current.map(view),
        longest: streaks.longest.map(view),
        query: selection.query(),
    })
}

//! `GET /api/v1/stats/trend`

use super::parameters;
use crate::http::{
    app::App,
    asked::Asked,
    csv::{AskedAs, Cell, Formed, Table},
    entrance::Reads,
    problem::Problem,
    words,
};
use async_graphql::{Enum, SimpleObject};
use axum::extract::State;
use dp_cortex::{
    engine::{Breakdown, Engine, Selection},
    statistics::{Calendar, PeriodPair, compare},
};
use dp_lake::{Day, Filter, day_of_date};
use futures::executor::block_on;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

parameters! {
    /// Which documents and which period; with `from` and `to` these days, else a period of the calendar.
    struct Parameters {
        /// The period of the calendar.
        #[param(value_type = Option<CalendarWord>, inline)]
        period: Option<Calendar>,
        /// A day of that period, `2019-06-14`; today if it is not given.
        day: Option<String>,
    }
}

/// Periods of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, ToSchema)]
#[graphql(remote = "dp_cortex::statistics::Calendar", name = "Calendar", rename_items = "snake_case")]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum CalendarWord {
    /// From Monday.
    Week,
    /// From the first.
    Month,
    /// Three months, from January, April, July or October.
    Quarter,
    /// From January.
    Year,
}

/// A period against the one before.
#[derive(Debug, Serialize, SimpleObject, ToSchema)]
#[schema(as = Trend)]
#[graphql(name = "Trend")]
pub(in crate::http) struct TrendView {
    /// The period, as far as it has come; null if it has not begun.
    pub(in crate::http) this: Option<PeriodView>,
    /// The one before, as far as it is compared.
    pub(in crate::http) before: PeriodView,
    /// Whether the period is not over, so that its days so far are compared with as many of the one before.
    pub(in crate::http) is_partial: bool,
    /// Documents more than before; fewer if negative.
    pub(in crate::http) difference: i64,
    /// How many more a day, relative to before: 0.25 is a quarter more, -1 nothing any more. Null if there was
    /// nothing before.
    pub(in crate::http) relative: Option<f64>,
}

/// Days and how many documents they have.
#[derive(Debug, Serialize, SimpleObject, ToSchema)]
#[schema(as = Period)]
#[graphql(name = "Period")]
pub(in crate::http) struct PeriodView {
    /// The first day.
    pub(in crate::http) from: String,
    /// The last day.
    pub(in crate::http) to: String,
    /// How many days.
    pub(in crate::http) days: u64,
    /// Documents.
    pub(in crate::http) count: u64,
    /// Documents a day.
    pub(in crate::http) per_day: f64,
    /// The query that lists them.
    pub(in crate::http) query: String,
}

impl Table for TrendView {
    const NAME: &'static str = "trend";

    fn columns(&self) -> Vec<&str> {
        vec!["period", "from", "to", "days", "count", "per_day", "query"]
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let row = |name: &str, period: &PeriodView| {
            let PeriodView { from, to, days, count, per_day, query } = period;
            let (days, count, per_day) = ((*days).into(), (*count).into(), Cell::Number(*per_day));
            vec![
                name.into(),
                from.as_str().into(),
                to.as_str().into(),
                days,
                count,
                per_day,
                query.as_str().into(),
            ]
        };
        let this = self.this.as_ref().map(|period| row("this", period));
        this.into_iter().chain([row("before", &self.before)]).collect()
    }

    fn next(&self) -> Option<&str> {
        None
    }
}

/// How many documents a period has, against the one before of the same length.
#[utoipa::path(
    get,
    operation_id = "trend",
    path = "/api/v1/stats/trend",
    tag = "statistics",
    params(Parameters),
    responses((status = 200, description = "Both periods",
               content((TrendView = "application/json"), (String = "text/csv"))))
)]
pub(super) async fn trend(
    State(app): State<App>,
    Reads(principal): Reads,
    form: AskedAs,
    Asked(mut asked): Asked<Parameters>,
) -> Result<Formed, Problem> {
    let period = Period::of(&mut asked)?;
    let (mut chosen, clock) = (asked.chosen()?, app.clone());
    // The days are those of the two periods.
    chosen.filter = Filter { from: None, until: None, ..chosen.filter };
    let question = move |engine: &Engine| {
        let today = day_of_date(clock.today(engine));
        let pair = period.pair(today);
        compared(engine, &chosen.selection(&clock, engine)?, pair)
    };
    app.ask_formed(&principal, form, question).await
}

/// Which period is asked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) enum Period {
    /// That of the calendar which holds a day, or today.
    Calendar(Calendar, Option<Day>),
    /// From the first to the last day.
    Days(Day, Option<Day>),
}

impl Period {
    fn of(asked: &mut Parameters) -> Result<Self, Problem> {
        let both = |name| {
            Err(Problem::parameter(
                name,
                format!(
                    "{name} means a period of the calendar, and `from` and `to` mean days; give one or the other"
                ),
            ))
        };
        match (asked.from, asked.to) {
            (None, None) => {
                let day = asked.day.take().map(|text| {
                    let date = text.parse::<Date>().map(day_of_date);
                    date.map_err(|_| {
                        Problem::parameter("day", format!("day: {text:?} is no day; write 2019-06-14"))
                    })
                });
                Ok(Self::Calendar(asked.period.unwrap_or_default(), day.transpose()?))
            }
            (None, Some(_)) => Err(Problem::parameter(
                "to",
                "to says where a period ends that begins with `from`, which is missing",
            )),
            _ if asked.period.is_some() => both("period"),
            _ if asked.day.is_some() => both("day"),
            (Some(from), to) => {
                let last = to.map(|day| day.past().saturating_sub(1));
                if last.is_some_and(|last| last < from.0) {
                    return Err(Problem::parameter("to", "to is before `from`"));
                }
                Ok(Self::Days(from.0, last))
            }
        }
    }

    /// The days that are compared.
    pub(in crate::http) fn pair(self, today: Day) -> PeriodPair {
        match self {
            Self::Calendar(calendar, day) => PeriodPair::of_calendar(calendar, day.unwrap_or(today), today),
            Self::Days(first, last) => PeriodPair::of_days(first, last.unwrap_or(today.max(first)), today),
        }
    }
}

/// Two periods of some documents.
pub(in crate::http) fn compared(
    engine: &Engine,
    selection: &Selection,
    pair: PeriodPair,
) -> Result<TrendView, Problem> {
    let counted = |(first, last): (Day, Day)| {
        let counts = block_on(engine.counts(&selection.within(first, last), Breakdown::default()))?;
        let count = counts.iter().map(|count| count.count).sum::<u64>();
        let days = u64::from(last.abs_diff(first)) + 1;
        let period = PeriodView {
            from: words::day(first),
            to: words::day(last),
            days,
            count,
            per_day: count as f64 / days as f64,
            query: selection.query_of_days(first, last),
        };
        Ok::<_, Problem>(period)
    };
    let this = pair.this.map(counted).transpose()?;
    let before = counted(pair.before)?;
    let of_this = this.as_ref().map_or((0, 0), |this| (this.count, this.days));
    let change = compare(of_this, (before.count, before.days));
    let is_partial = pair.is_partial;
    Ok(TrendView { this, before, is_partial, difference: change.difference, relative: change.relative })
}

//! `GET /api/v1/stats/correlation`

use super::Chosen;
use crate::http::{
    app::App,
    asked::{Asked, within},
    csv::{AskedAs, Cell, Formed, Table},
    entrance::Reads,
    problem::{Code, Problem},
    words::{FirstDay, LastDay},
};
use async_graphql::{Enum, SimpleObject};
use axum::extract::State;
use dp_cortex::{
    engine::{Breakdown, Engine},
    statistics::{DayValues, correlate},
};
use dp_lake::{Day, DayFigures, DaysOfSeries, Filter};
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Before the name of a series.
const SERIES: &str = "series:";
/// Days that are compared at most: a hundred years.
const DAYS_MAX: i64 = 36_525;
/// Days apart that are looked at on each side.
const LAG_MAX: usize = 60;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// The one: `series:steps` for the numbers of a series, or a query, whose documents are counted by day.
    #[param(max_length = 4096)]
    a: String,
    /// The other, likewise.
    #[param(max_length = 4096)]
    b: String,
    /// What of the numbers of a day is compared, if `a` is a series.
    #[serde(default)]
    #[param(inline)]
    a_figure: Figure,
    /// The same of `b`.
    #[serde(default)]
    #[param(inline)]
    b_figure: Figure,
    /// Days apart that are looked at, on each side.
    #[serde(default = "max_lag")]
    #[param(minimum = 0, maximum = 60, default = 7)]
    max_lag: usize,
    /// First day: `2019`, `2019-06` or `2019-06-14`.
    #[param(value_type = Option<String>)]
    from: Option<FirstDay>,
    /// Last day, included.
    #[param(value_type = Option<String>)]
    to: Option<LastDay>,
}

fn max_lag() -> usize {
    7
}

/// What is taken of the numbers of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Enum, ToSchema)]
#[graphql(name = "Figure", rename_items = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum Figure {
    /// Their mean.
    #[default]
    Mean,
    /// Their sum, as for steps.
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// How many there are.
    Count,
}

/// How two series of days go together.
#[derive(Debug, Serialize, SimpleObject, ToSchema)]
#[schema(as = Correlation)]
#[graphql(name = "Correlation")]
pub(in crate::http) struct CorrelationView {
    /// The one, as it was asked for.
    pub(in crate::http) a: String,
    /// The other.
    pub(in crate::http) b: String,
    /// A coefficient for each number of days that `b` is behind `a`.
    pub(in crate::http) lags: Vec<LagView>,
    /// What to keep in mind.
    pub(in crate::http) caution: String,
}

/// How they go together so many days apart.
#[derive(Debug, Serialize, SimpleObject, ToSchema)]
#[schema(as = Lag)]
#[graphql(name = "Lag")]
pub(in crate::http) struct LagView {
    /// Days that `b` is behind `a`; negative where it is ahead.
    pub(in crate::http) lag_days: i32,
    /// Days that both have, which is all that the coefficients rest on.
    pub(in crate::http) days: u64,
    /// Pearson's coefficient, -1 to 1; null of fewer than three days, or where one of them never changes.
    pub(in crate::http) pearson: Option<f64>,
    /// Spearman's coefficient of ranks, which single days with large numbers don't move.
    pub(in crate::http) spearman: Option<f64>,
}

impl Table for CorrelationView {
    const NAME: &'static str = "correlation";

    fn columns(&self) -> Vec<&str> {
        vec!["lag_days", "days", "pearson", "spearman"]
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let row = |lag: &LagView| {
            vec![Cell::Whole(lag.lag_days.into()), lag.days.into(), lag.pearson.into(), lag.spearman.into()]
        };
        self.lags.iter().map(row).collect()
    }

    fn next(&self) -> Option<&str> {
        None
    }
}

/// How two series, or two counted queries, go together by day, now and some days apart. Days that one of them lacks
/// are left out; a query has every day between its first and its last.
#[utoipa::path(
    get,
    operation_id = "correlation",
    path = "/api/v1/stats/correlation",
    tag = "statistics",
    params(Parameters),
    responses((status = 200, description = "A coefficient for each number of days apart",
               content((CorrelationView = "application/json"), (String = "text/csv"))))
)]
pub(super) async fn correlation(
    State(app): State<App>,
    Reads(principal): Reads,
    form: AskedAs,
    Asked(asked): Asked<Parameters>,
) -> Result<Formed, Problem> {
    let clock = app.clone();
    let range = (asked.from.map(|day| day.0), asked.to.map(LastDay::past));
    let pair = Pair {
        a: Side { name: "a", text: asked.a, figure: asked.a_figure },
        b: Side { name: "b", text: asked.b, figure: asked.b_figure },
        range,
        max_lag: within("max_lag", asked.max_lag, 0..=LAG_MAX)?,
    };
    app.ask_formed(&principal, form, move |engine| correlated(&clock, engine, pair)).await
}

/// What is compared.
#[derive(Debug)]
pub(in crate::http) struct Pair {
    /// The one.
    pub(in crate::http) a: Side,
    /// The other.
    pub(in crate::http) b: Side,
    /// The first day, and the first past the last.
    pub(in crate::http) range: (Option<Day>, Option<Day>),
    /// Days apart that are looked at, at most 60.
    pub(in crate::http) max_lag: usize,
}

/// One of two.
#[derive(Debug)]
pub(in crate::http) struct Side {
    /// Name of the parameter.
    pub(in crate::http) name: &'static str,
    /// `series:` and a name, or a query.
    pub(in crate::http) text: String,
    /// What is taken of a series.
    pub(in crate::http) figure: Figure,
}

/// Compares two series of days.
pub(in crate::http) fn correlated(
    app: &App,
    engine: &Engine,
    pair: Pair,
) -> Result<CorrelationView, Problem> {
    let max_lag = u16::try_from(pair.max_lag.min(LAG_MAX)).unwrap_or(0);
    let (a, b) = (values(app, engine, &pair.a, pair.range)?, values(app, engine, &pair.b, pair.range)?);
    let lags = correlate(&a, &b, max_lag).into_iter().map(|lag| LagView {
        lag_days: lag.lag_days,
        days: lag.days,
        pearson: lag.pearson,
        spearman: lag.spearman,
    });
    let tried = 2 * u32::from(max_lag) + 1;
    let many = match tried {
        1 => String::new(),
        _ => format!("{tried} lags were tried, and of so many some look good by chance. "),
    };
    let caution = format!(
        "{many}What goes together need not cause each other; days are like those around them, so fewer of them \
         count than there are. Look at the number of days, and at both lines."
    );
    Ok(CorrelationView { a: pair.a.text, b: pair.b.text, lags: lags.collect(), caution })
}

/// The values of one side by day.
fn values(
    app: &App,
    engine: &Engine,
    side: &Side,
    (from, until): (Option<Day>, Option<Day>),
) -> Result<DayValues, Problem> {
    if let Some(series) = side.text.strip_prefix(SERIES) {
        let query = DaysOfSeries { series: series.to_owned(), from, until };
        let days = block_on(engine.vault().series().daily_figures(&query))?;
        if days.is_empty() {
            let detail = format!("{}: there are no numbers in a series {series:?} on these days", side.name);
            return Err(Problem::new(Code::NoSuchSeries, detail).about(side.name));
        }
        return Ok(days.iter().map(|day| (day.day, taken(day, side.figure))).collect());
    }
    let mut chosen = Chosen::typed(side.text.clone());
    chosen.filter = Filter { from, until, ..chosen.filter };
    let selection = chosen.selection(app, engine).map_err(|problem| problem.about(side.name))?;
    let counts = block_on(engine.counts(&selection, Breakdown::default()))?;
    let counted = counts.iter().filter_map(|count| Some((count.day?, count.count as f64)));
    let mut values = counted.collect::<DayValues>();
    let ends = values.keys().next().copied().zip(values.keys().next_back().copied());
    let Some((first, last)) = ends else { return Ok(values) };
    let (first, last) = (from.unwrap_or(first), until.map_or(last, |past| past.saturating_sub(1)));
    if i64::from(last) - i64::from(first) >= DAYS_MAX {
        let detail = format!(
            "{}: its days reach over more than a hundred years; say with `from` and `to` which are meant",
            side.name
        );
        return Err(Problem::parameter(side.name, detail));
    }
    // Of a query a day without documents is a day with none.
    for day in first..=last {
        values.entry(day).or_insert(0.0);
    }
    Ok(values)
}

fn taken(day: &DayFigures, figure: Figure) -> f64 {
    match figure {
        Figure::Mean => day.mean(),
        Figure::Sum => day.sum,
        Figure::Min => day.min,
        Figure::Max => day.max,
        Figure::Count => day.count as f64,
    }
}

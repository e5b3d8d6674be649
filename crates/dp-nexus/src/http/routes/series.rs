//! `GET /api/v1/series`, `/series/{name}`, `/series/{name}/points` and `/series/{name}/daily`

use super::documents::Nothing;
use crate::http::{
    answer::{All, Part, Written},
    app::App,
    asked::{Asked, within},
    csv::{AskedAs, Cell, Formed, Table},
    entrance::Reads,
    given::Named,
    problem::{Code, Problem},
    shapes::{SampleView, SeriesView},
    words::{self, FirstDay, LastDay},
};
use axum::extract::State;
use dp_cortex::engine::Engine;
use dp_lake::{DayFigures, DaysOfSeries, NumberAt, SampleQuery};
use dp_model::{Reading, Sample};
use futures::executor::block_on;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The series there are, by name. Not for keys that are bound to sources.
#[utoipa::path(
    get,
    operation_id = "list_series",
    path = "/api/v1/series",
    tag = "series",
    responses((status = 200, description = "Series with their counts", body = All<SeriesView>))
)]
pub(super) async fn list(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    let question =
        app.ask_written(&principal, |engine| Ok(All { items: block_on(engine.vault().series().list())? }));
    question.await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Parameters {
    /// First instant, RFC 3339: `2019-06-14T00:00:00Z`.
    pub(in crate::http) from: Option<String>,
    /// First instant past the range.
    pub(in crate::http) until: Option<String>,
    /// For fixes: south, west, north and east border in degrees, as `46.5,6.0,47.5,7.5`.
    pub(in crate::http) within: Option<String>,
    /// At most so many; a few less where an instant has several.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 10_000, default = 1_000)]
    pub(in crate::http) limit: usize,
    /// `next` of the page before.
    pub(in crate::http) cursor: Option<String>,
}

fn limit() -> usize {
    1_000
}

/// The samples of a series in order of time.
#[utoipa::path(
    get,
    operation_id = "list_samples",
    path = "/api/v1/series/{name}",
    tag = "series",
    params(("name" = String, Path, description = "Its name, such as `location`"), Parameters),
    responses((status = 200, description = "A page of samples; of a table, `X-Next-Cursor` is the cursor of the next",
               content((Part<SampleView> = "application/json"), (String = "text/csv"))))
)]
pub(super) async fn range(
    State(app): State<App>,
    Reads(principal): Reads,
    Named(name): Named<String>,
    form: AskedAs,
    Asked(asked): Asked<Parameters>,
) -> Result<Formed, Problem> {
    let query = query(name, asked)?;
    app.ask_formed(&principal, form, move |engine| page(engine, query)).await
}

/// Which samples are asked for.
pub(in crate::http) fn query(name: String, asked: Parameters) -> Result<SampleQuery, Problem> {
    let limit = within("limit", asked.limit, 1..=10_000)?;
    let mut query = SampleQuery {
        series: name,
        from_us: asked.from.as_deref().map(|text| instant("from", text)).transpose()?,
        until_us: asked.until.as_deref().map(|text| instant("until", text)).transpose()?,
        within_e7: asked.within.as_deref().map(borders).transpose()?,
        limit,
    };
    if let Some(cursor) = &asked.cursor {
        let wrong = |_| Problem::new(Code::BadCursor, format!("{cursor:?} is no cursor")).about("cursor");
        query.from_us = query.from_us.max(Some(cursor.parse::<i64>().map_err(wrong)?));
    }
    Ok(query)
}

/// A page that ends between two instants, so that the next one can begin with an instant.
pub(in crate::http) fn page(engine: &Engine, query: SampleQuery) -> Result<Part<Sample>, Problem> {
    let series = engine.vault().series();
    let mut read = query.limit + 1;
    loop {
        let mut items = block_on(series.range(&SampleQuery { limit: read, ..query.clone() }))?;
        if items.len() < read {
            return Ok(Part { items, next: None });
        }
        let Some(next_us) = items.pop().map(|sample| sample.time_us) else {
            return Ok(Part { items, next: None });
        };
        items.retain(|sample| sample.time_us < next_us);
        if !items.is_empty() {
            return Ok(Part { items, next: Some(next_us.to_string()) });
        }
        // All of them are of one instant: read on until it ends.
        read *= 2;
    }
}

fn instant(name: &str, text: &str) -> Result<i64, Problem> {
    let wrong = |_| {
        let detail = format!("{name}: {text:?} is no instant; write 2019-06-14T12:00:00Z or +02:00 for Z");
        Problem::parameter(name, detail)
    };
    text.parse::<Timestamp>().map(Timestamp::as_microsecond).map_err(wrong)
}

fn borders(text: &str) -> Result<[i32; 4], Problem> {
    let wrong = || {
        let detail = format!("within: {text:?} is not four borders in degrees, south,west,north,east");
        Problem::parameter("within", detail)
    };
    let degrees = text.split(',').map(|part| part.trim().parse::<f64>().ok());
    let degrees = degrees.collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
    let [south, west, north, east] = degrees[..] else { return Err(wrong()) };
    let fits = |degrees: f64, most: f64| degrees.abs() <= most;
    if !(fits(south, 90.0) && fits(north, 90.0) && fits(west, 180.0) && fits(east, 180.0)) {
        return Err(wrong());
    }
    Ok([south, west, north, east].map(|degrees| (degrees * 1e7).round() as i32))
}

/// A day and its samples.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DayOfSeries {
    /// The day.
    day: String,
    /// Samples; of numbers, those that are finite.
    count: u64,
    /// Sum of the numbers. This and what follows is null where samples are positions.
    sum: Option<f64>,
    /// The least.
    min: Option<f64>,
    /// The greatest.
    max: Option<f64>,
    /// Their mean.
    mean: Option<f64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Days {
    /// First day: `2019`, `2019-06` or `2019-06-14`.
    #[param(value_type = Option<String>)]
    from: Option<FirstDay>,
    /// Last day, included.
    #[param(value_type = Option<String>)]
    to: Option<LastDay>,
}

/// The samples of a series by local day: how many, and what numbers come to. Positions are not counted for keys that
/// are bound to sources.
#[utoipa::path(
    get,
    operation_id = "count_samples_by_day",
    path = "/api/v1/series/{name}/daily",
    tag = "series",
    params(("name" = String, Path, description = "Its name, such as `location`"), Days),
    responses((status = 200, description = "Days in order of time",
               content((All<DayOfSeries> = "application/json"), (String = "text/csv"))))
)]
pub(super) async fn daily(
    State(app): State<App>,
    Reads(principal): Reads,
    Named(name): Named<String>,
    form: AskedAs,
    Asked(asked): Asked<Days>,
) -> Result<Formed, Problem> {
    let days =
        DaysOfSeries { series: name, from: asked.from.map(|day| day.0), until: asked.to.map(LastDay::past) };
    app.ask_formed(&principal, form, move |engine| Ok(All { items: figures(engine, &days)? })).await
}

fn figures(engine: &Engine, query: &DaysOfSeries) -> Result<Vec<DayOfSeries>, Problem> {
    let series = engine.vault().series();
    if has_numbers(engine, &query.series)? {
        let days = block_on(series.daily_figures(query))?.into_iter();
        let day = |figures: DayFigures| DayOfSeries {
            day: words::day(figures.day),
            count: figures.count,
            sum: Some(figures.sum),
            min: Some(figures.min),
            max: Some(figures.max),
            mean: Some(figures.mean()),
        };
        return Ok(days.map(day).collect());
    }
    let counts = block_on(series.daily(&query.series))?.into_iter().filter(|(day, _)| query.wants(*day));
    let day = |(day, count)| DayOfSeries {
        day: words::day(day),
        count,
        sum: None,
        min: None,
        max: None,
        mean: None,
    };
    Ok(counts.map(day).collect())
}

/// Whether the samples of a series are numbers, and not positions: they are all of one sort.
fn has_numbers(engine: &Engine, name: &str) -> Result<bool, Problem> {
    let first = SampleQuery { series: name.to_owned(), limit: 1, ..SampleQuery::default() };
    match block_on(engine.vault().series().range(&first))?.first() {
        Some(sample) => Ok(matches!(sample.reading, Reading::Number(_))),
        None => Err(Problem::new(Code::NoSuchSeries, format!("there is no series {name:?}"))),
    }
}

impl Table for All<DayOfSeries> {
    const NAME: &'static str = "daily";

    fn columns(&self) -> Vec<&str> {
        vec!["day", "count", "sum", "min", "max", "mean"]
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let row = |day: &DayOfSeries| {
            let DayOfSeries { day, count, sum, min, max, mean } = day;
            vec![
                day.as_str().into(),
                (*count).into(),
                (*sum).into(),
                (*min).into(),
                (*max).into(),
                (*mean).into(),
            ]
        };
        self.items.iter().map(row).collect()
    }

    fn next(&self) -> Option<&str> {
        None
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PointsWanted {
    /// First instant, RFC 3339: `2019-06-14T00:00:00Z`.
    from: Option<String>,
    /// First instant past the range.
    until: Option<String>,
    /// At most so many points, as many as a chart is wide.
    #[serde(default = "points_wanted")]
    #[param(minimum = 2, maximum = 10_000, default = 500)]
    points: usize,
}

fn points_wanted() -> usize {
    500
}

/// A number and when it was read.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PointOfSeries {
    /// Microseconds since 1970-01-01T00:00:00Z.
    time_us: i64,
    /// The number, in the unit of its series.
    value: f64,
}

/// A series for a chart: so many of its numbers that a line through them looks like the line through all
/// (Largest-Triangle-Three-Buckets, Steinarsson 2013).
#[utoipa::path(
    get,
    operation_id = "chart_series",
    path = "/api/v1/series/{name}/points",
    tag = "series",
    params(("name" = String, Path, description = "Its name, such as `steps`"), PointsWanted),
    responses((status = 200, description = "Numbers in order of time",
               content((All<PointOfSeries> = "application/json"), (String = "text/csv"))))
)]
pub(super) async fn points(
    State(app): State<App>,
    Reads(principal): Reads,
    Named(name): Named<String>,
    form: AskedAs,
    Asked(asked): Asked<PointsWanted>,
) -> Result<Formed, Problem> {
    let points = within("points", asked.points, 2..=10_000)?;
    let query = SampleQuery {
        from_us: asked.from.as_deref().map(|text| instant("from", text)).transpose()?,
        until_us: asked.until.as_deref().map(|text| instant("until", text)).transpose()?,
        series: name,
        ..SampleQuery::default()
    };
    let question = move |engine: &Engine| {
        if !has_numbers(engine, &query.series)? {
            let detail = format!("the samples of {:?} are positions and no numbers", query.series);
            return Err(Problem::parameter("name", detail));
        }
        let numbers = block_on(engine.vault().series().downsampled(&query, points))?.into_iter();
        let point = |number: NumberAt| PointOfSeries { time_us: number.time_us, value: number.value };
        Ok(All { items: numbers.map(point).collect() })
    };
    app.ask_formed(&principal, form, question).await
}

impl Table for All<PointOfSeries> {
    const NAME: &'static str = "points";

    fn columns(&self) -> Vec<&str> {
        vec!["time", "value"]
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let row = |point: &PointOfSeries| vec![time_cell(point.time_us), Cell::Number(point.value)];
        self.items.iter().map(row).collect()
    }

    fn next(&self) -> Option<&str> {
        None
    }
}

/// An instant in RFC 3339.
fn time_cell(time_us: i64) -> Cell {
    Timestamp::from_microsecond(time_us).map_or(Cell::Empty, |instant| Cell::Text(instant.to_string()))
}

impl Table for Part<Sample> {
    const NAME: &'static str = "samples";

    fn columns(&self) -> Vec<&str> {
        vec!["time", "source", "device", "value", "latitude", "longitude", "accuracy_m"]
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let degrees = |degrees_e7: i32| Cell::Number(f64::from(degrees_e7) / 1e7);
        let row = |sample: &Sample| {
            let (value, latitude, longitude, accuracy_m) = match &sample.reading {
                Reading::Number(value) => (Cell::Number(*value), Cell::Empty, Cell::Empty, Cell::Empty),
                Reading::Fix(fix) => {
                    let accuracy_m = fix.accuracy_m.map(f64::from).into();
                    (Cell::Empty, degrees(fix.point.latitude_e7), degrees(fix.point.longitude_e7), accuracy_m)
                }
            };
            let (source, device) = ((&*sample.source).into(), Cell::Whole(sample.device));
            vec![time_cell(sample.time_us), source, device, value, latitude, longitude, accuracy_m]
        };
        self.items.iter().map(row).collect()
    }

    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_are_four_numbers_on_the_map() {
        let around_bern = borders("46.5, 6, 47.5, 7.5").unwrap();
        assert_eq!(around_bern, [465_000_000, 60_000_000, 475_000_000, 75_000_000]);
        for wrong in ["", "1,2,3", "1,2,3,4,5", "91,0,0,0", "0,181,0,0", "a,b,c,d", "NaN,0,0,0"] {
            assert!(borders(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn instants_have_a_zone() {
        assert_eq!(instant("from", "1970-01-01T01:00:00+01:00"), Ok(0));
        assert!(instant("from", "1970-01-01").is_err());
    }
}

//! `GET /api/v1/series`, `/series/{name}` and `/series/{name}/daily`

use super::documents::Nothing;
use crate::http::{
    answer::{All, Part, Written},
    app::App,
    asked::{Asked, within},
    entrance::Reads,
    given::Named,
    problem::{Code, Problem},
    shapes::{SampleView, SeriesView},
    words,
};
use axum::extract::State;
use dp_cortex::engine::Engine;
use dp_lake::SampleQuery;
use dp_model::Sample;
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
    responses((status = 200, description = "A page of samples", body = Part<SampleView>))
)]
pub(super) async fn range(
    State(app): State<App>,
    Reads(principal): Reads,
    Named(name): Named<String>,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let query = query(name, asked)?;
    app.ask_written(&principal, move |engine| page(engine, query)).await
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
    /// Samples.
    count: u64,
}

/// The samples of a series by local day. Not for keys that are bound to sources.
#[utoipa::path(
    get,
    operation_id = "count_samples_by_day",
    path = "/api/v1/series/{name}/daily",
    tag = "series",
    params(("name" = String, Path, description = "Its name, such as `location`")),
    responses((status = 200, description = "Days in order of time", body = All<DayOfSeries>))
)]
pub(super) async fn daily(
    State(app): State<App>,
    Reads(principal): Reads,
    Named(name): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    let question = app.ask_written(&principal, move |engine| {
        let days = block_on(engine.vault().series().daily(&name))?;
        if days.is_empty() {
            return Err(Problem::new(Code::NoSuchSeries, format!("there is no series {name:?}")));
        }
        let items = days.into_iter().map(|(day, count)| DayOfSeries { day: words::day(day), count });
        Ok(All { items: items.collect() })
    });
    question.await
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

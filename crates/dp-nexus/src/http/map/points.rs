//! `GET /api/v1/map/points`

use super::{LOCATION, bounding_box::BoundingBox, simplify::simplified, zoom::Zoom};
use crate::http::{
    answer::Written,
    app::App,
    asked::{Asked, within},
    entrance::Reads,
    problem::{Code, Problem},
    words::{FirstDay, LastDay},
};
use axum::extract::State;
use dp_cortex::engine::Engine;
use dp_lake::{
    map::{TrackPoint, TrackQuery},
    samples::SampleIdentity,
};
use dp_model::Point;
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Fixes that are looked at for one answer.
const READ_MAX: usize = 200_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Only in this box: west, south, east and north in degrees, as `-9.2,38.6,-9.0,38.8`. One whose west lies
    /// east of its east goes across the 180th meridian.
    bbox: Option<String>,
    /// How close the map is on which the points are drawn; fixes that fall on one pixel of it are one point.
    #[serde(default = "zoom")]
    #[param(value_type = u8, minimum = 0, maximum = 22, default = 14)]
    zoom: Zoom,
    /// Only these sources and those below them.
    #[serde(default)]
    source: Vec<String>,
    /// First day: `2019`, `2019-06` or `2019-06-14`.
    #[param(value_type = Option<String>)]
    from: Option<FirstDay>,
    /// Last day, included.
    #[param(value_type = Option<String>)]
    to: Option<LastDay>,
    /// At most so many.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 10_000, default = 5_000)]
    limit: usize,
    /// `next` of the answer before.
    cursor: Option<String>,
}

fn zoom() -> Zoom {
    Zoom(14)
}

fn limit() -> usize {
    5_000
}

/// Where somebody was, for as long as the map can't tell apart.
#[derive(Debug, Serialize, ToSchema)]
struct MapPoint {
    /// When the first fix was, microseconds since 1970-01-01T00:00:00Z.
    time_us: i64,
    /// When the last one was.
    until_us: i64,
    /// Degrees north × 1e7, of the first one.
    latitude_e7: i32,
    /// Degrees east × 1e7.
    longitude_e7: i32,
    /// The exporter's own number of the device, 0 if unknown.
    device: i64,
    /// Fixes on the same pixel, one after another.
    fixes: u64,
}

impl From<TrackPoint> for MapPoint {
    fn from(TrackPoint { time_us, until_us, device, point, fixes }: TrackPoint) -> Self {
        let Point { latitude_e7, longitude_e7 } = point;
        Self { time_us, until_us, latitude_e7, longitude_e7, device, fixes }
    }
}

/// Points, how they were made fewer, and where the next ones begin.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MapPoints {
    /// In order of time.
    items: Vec<MapPoint>,
    /// `cursor` of the next answer; null if this is the last. An answer looks at 200,000 fixes at most, so there
    /// may be a next one though this one has few points, or none.
    next: Option<String>,
    /// What a pixel is: one of `2^pixel_zoom` × `2^pixel_zoom` parts of the Web Mercator map. Of a device's fixes that
    /// follow each other on one pixel the first is given, and of the way through them (broken where there is nothing
    /// for half an hour) only points that lie more than half a pixel from the line without them.
    pixel_zoom: u8,
}

/// Location fixes in order of time, as many as a map of this zoom can show.
#[utoipa::path(
    get,
    operation_id = "list_map_points",
    path = "/api/v1/map/points",
    tag = "map",
    params(Parameters),
    responses((status = 200, description = "A part of the way", body = MapPoints))
)]
pub(super) async fn points(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let pixel_zoom = asked.zoom.of_pixels();
    let query = TrackQuery {
        series: LOCATION.to_owned(),
        sources: asked.source,
        from: asked.from.map(|day| day.0),
        until: asked.to.map(LastDay::past),
        within_e7: asked
            .bbox
            .as_deref()
            .map(BoundingBox::of)
            .transpose()?
            .map(|bounding_box| bounding_box.borders_e7),
        cell_zoom: pixel_zoom,
        after: asked.cursor.as_deref().map(position).transpose()?,
        limit: within("limit", asked.limit, 1..=10_000)?,
        read_max: READ_MAX,
        ..TrackQuery::default()
    };
    app.ask_written(&principal, move |engine| drawn(engine, &query)).await
}

fn drawn(engine: &Engine, query: &TrackQuery) -> Result<MapPoints, Problem> {
    let track = block_on(engine.vault().series().track(query))?;
    Ok(MapPoints {
        items: simplified(&track.points, query.cell_zoom).into_iter().map(MapPoint::from).collect(),
        next: track.next.map(|next| cursor(&next)),
        pixel_zoom: query.cell_zoom,
    })
}

/// A fix as a cursor has it.
fn cursor(fix: &SampleIdentity) -> String {
    let point = fix.point.unwrap_or(Point { latitude_e7: 0, longitude_e7: 0 });
    format!("{}.{}.{}.{}", fix.time_us, fix.device, point.latitude_e7, point.longitude_e7)
}

fn position(text: &str) -> Result<SampleIdentity, Problem> {
    let read = || {
        let mut parts = text.split('.');
        let fix = SampleIdentity {
            time_us: parts.next()?.parse().ok()?,
            device: parts.next()?.parse().ok()?,
            point: Some(Point {
                latitude_e7: parts.next()?.parse().ok()?,
                longitude_e7: parts.next()?.parse().ok()?,
            }),
        };
        parts.next().is_none().then_some(fix)
    };
    read().ok_or_else(|| Problem::new(Code::BadCursor, format!("{text:?} is no cursor")).about("cursor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_go_there_and_back() {
        let point = Point { latitude_e7: -5, longitude_e7: 1_800_000_000 };
        let fix = SampleIdentity { time_us: i64::MIN, device: -1, point: Some(point) };
        assert_eq!(position(&cursor(&fix)), Ok(fix));
        for wrong in ["", "1.2.3", "1.2.3.4.5", "a.b.c.d", "1.2.3.99999999999"] {
            assert!(position(wrong).is_err(), "{wrong}");
        }
    }
}

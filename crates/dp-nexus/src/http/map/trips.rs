//! `GET /api/v1/map/trips`

use super::{
    LOCATION,
    listing::{Listing, Parameters, end_of, limit},
    simplify::simplified,
    zoom::Zoom,
};
use crate::http::{
    answer::Written,
    app::App,
    asked::Asked,
    entrance::Reads,
    problem::Problem,
    routes::documents::OrderWord,
    shapes::{MomentView, PlaceView},
    words::{FirstDay, LastDay},
};
use axum::extract::State;
use dp_cortex::engine::Engine;
use dp_lake::{Order, map::TrackQuery};
use dp_model::{Content, Document, DocumentId, Kind, Moment, Place};
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Fixes that are looked at for the path of one trip.
const PATH_READ_MAX: usize = 5_000;
/// Points that the path of one trip has at most.
const PATH_MAX: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TripParameters {
    /// Only trips that begin or end in this box: west, south, east and north in degrees, as `-9.2,38.6,-9.0,38.8`.
    /// One whose west lies east of its east goes across the 180th meridian.
    bbox: Option<String>,
    /// Only these sources and those below them.
    #[serde(default)]
    source: Vec<String>,
    /// First day: `2019`, `2019-06` or `2019-06-14`.
    #[param(value_type = Option<String>)]
    from: Option<FirstDay>,
    /// Last day, included.
    #[param(value_type = Option<String>)]
    to: Option<LastDay>,
    /// Latest or earliest first.
    #[serde(default)]
    #[param(value_type = Option<OrderWord>, inline)]
    order: Order,
    /// At most so many.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: usize,
    /// `next` of the page before.
    cursor: Option<String>,
    /// How close the map is on which paths are drawn: what it can't show is left out of them.
    #[serde(default = "zoom")]
    #[param(value_type = u8, minimum = 0, maximum = 22, default = 14)]
    zoom: Zoom,
    /// Leave the paths out.
    #[serde(default)]
    no_path: bool,
}

fn zoom() -> Zoom {
    Zoom(14)
}

/// A movement between places.
#[derive(Debug, Serialize, ToSchema)]
struct Trip {
    /// The id of its document.
    #[schema(value_type = String)]
    id: DocumentId,
    /// Where the data came from, dotted.
    source: String,
    /// One line that names it, such as how it was made.
    title: String,
    /// When it began.
    #[schema(value_type = Option<MomentView>)]
    time: Option<Moment>,
    /// When it ended, exclusive.
    #[schema(value_type = Option<MomentView>)]
    end: Option<Moment>,
    /// Where it began.
    #[schema(value_type = Option<PlaceView>)]
    place: Option<Place>,
    /// Where it ended.
    #[schema(value_type = Option<PlaceView>)]
    to: Option<Place>,
    /// How far, in metres, if the record says.
    distance_m: Option<f64>,
    /// The way in between, as coordinates of GeoJSON have it: pairs of degrees east and north, in order of time, from
    /// the location fixes of that time. Empty if there are none.
    path: Vec<[f64; 2]>,
}

/// Some trips and where the next ones begin.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MapTrips {
    /// The trips.
    items: Vec<Trip>,
    /// `cursor` of the next page; null if this is the last. An answer looks at 5,000 trips at most, so there may be a
    /// next one though this one has few in the box, or none.
    next: Option<String>,
}

/// Movements between places, in order of time, with the way they took as far as it is known.
#[utoipa::path(
    get,
    operation_id = "list_map_trips",
    path = "/api/v1/map/trips",
    tag = "map",
    params(TripParameters),
    responses((status = 200, description = "A page of trips", body = MapTrips))
)]
pub(super) async fn list(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(asked): Asked<TripParameters>,
) -> Result<Written, Problem> {
    let TripParameters { bbox, source, from, to, order, limit, cursor, zoom, no_path } = asked;
    let asked = Parameters { bbox, source, from, to, order, limit, cursor };
    let listing = Listing::of(asked, Kind::Trip)?;
    let question = app.ask_written(&principal, move |engine| {
        let (documents, next) = listing.page(engine)?;
        let trips = documents.into_iter().map(|document| trip(engine, document, zoom, !no_path));
        Ok(MapTrips { items: trips.collect::<Result<_, _>>()?, next })
    });
    question.await
}

fn trip(engine: &Engine, document: Document, zoom: Zoom, with_path: bool) -> Result<Trip, Problem> {
    let Document { id, content, .. } = document;
    let to = end_of(&content);
    let distance_m = content.metadata.to_value().get("distanceMeters").and_then(serde_json::Value::as_f64);
    let path = if with_path { path_of(engine, &content, zoom)? } else { Vec::new() };
    let Content { source, title, time, end, place, .. } = content;
    Ok(Trip { id, source: source.to_string(), title, time, end, place, to, distance_m, path })
}

/// The way through the fixes between the beginning and the end of a trip.
fn path_of(engine: &Engine, content: &Content, zoom: Zoom) -> Result<Vec<[f64; 2]>, Problem> {
    let (Some(time), Some(end)) = (&content.time, &content.end) else { return Ok(Vec::new()) };
    let query = TrackQuery {
        series: LOCATION.to_owned(),
        from_us: Some(time.utc_us),
        // The fix at its very end is of the trip too.
        until_us: Some(end.utc_us.saturating_add(1)),
        cell_zoom: zoom.of_pixels(),
        limit: PATH_MAX,
        read_max: PATH_READ_MAX,
        ..TrackQuery::default()
    };
    let track = block_on(engine.vault().series().track(&query))?;
    let points = simplified(&track.points, query.cell_zoom).into_iter().map(|point| point.point);
    Ok(points.map(|point| [point.longitude_deg(), point.latitude_deg()]).collect())
}

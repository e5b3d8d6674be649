//! What a map is drawn from: visits, trips, the way somebody took, and how often they were where. Boxes and times
//! come in, places go out; nothing here reads more of a vault than a page or a tile needs.

mod bounding_box;
mod listing;
mod points;
mod simplify;
mod tile;
mod tiles;
mod trips;
mod visits;
mod zoom;

use super::app::App;
use axum::{Router, routing::get};
use utoipa::OpenApi;

/// The series that holds where somebody was.
const LOCATION: &str = "location";

/// Every path.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/map/visits", get(visits::list))
        .route("/api/v1/map/trips", get(trips::list))
        .route("/api/v1/map/points", get(points::points))
        .route("/api/v1/map/tiles.json", get(tiles::description))
        // The router knows no names with an ending; `tiles` takes the ending off.
        .route("/api/v1/map/tiles/{z}/{x}/{y}", get(tiles::tile))
}

/// The routes as documented.
#[derive(OpenApi)]
#[openapi(paths(visits::list, trips::list, points::points, tiles::description, tiles::tile))]
pub(super) struct Documented;

//! `GET /api/v1/map/tiles.json` and `/map/tiles/{z}/{x}/{y}.mvt`

use super::{LOCATION, tile::written};
use crate::http::{
    answer::Written,
    app::App,
    asked::Asked,
    entrance::Reads,
    given::{Named, has_it, tag_of},
    problem::{Code, Problem},
    routes::Nothing,
    words::{FirstDay, LastDay},
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use dp_lake::map::{CELLS_ACROSS, DensityQuery, Tile};
use futures::executor::block_on;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// The one layer of a tile.
const LAYER: &str = "density";
/// The media type of a vector tile.
const MEDIA_TYPE: &str = "application/vnd.mapbox-vector-tile";

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Only these sources and those below them.
    #[serde(default)]
    source: Vec<String>,
    /// First day: `2019`, `2019-06` or `2019-06-14`.
    #[param(value_type = Option<String>)]
    from: Option<FirstDay>,
    /// Last day, included.
    #[param(value_type = Option<String>)]
    to: Option<LastDay>,
}

/// How often somebody was where, as a vector tile (Mapbox Vector Tile 2.1). Its layer `density` has a point in the
/// middle of each of 64 × 64 cells with any location fix, with their number as `count`. What is imported is counted
/// a few seconds later; what is forgotten is out at once.
#[utoipa::path(
    get,
    operation_id = "get_map_tile",
    path = "/api/v1/map/tiles/{z}/{x}/{y}.mvt",
    tag = "map",
    params(
        ("z" = u8, Path, description = "How close, from 0 to 14; a closer map magnifies"),
        ("x" = u32, Path, description = "From the west, from 0"),
        ("y" = u32, Path, description = "From the north, from 0"),
        Parameters,
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what the client has"),
    ),
    responses(
        (status = 200, description = "The tile", body = Vec<u8>, content_type = "application/vnd.mapbox-vector-tile",
         headers(("ETag" = String, description = "Names these very bytes"))),
        (status = 204, description = "Nobody was there"),
        (status = 304, description = "The client has it"),
    )
)]
pub(super) async fn tile(
    State(app): State<App>,
    Reads(principal): Reads,
    Named((zoom, x, y)): Named<(String, String, String)>,
    headers: HeaderMap,
    Asked(asked): Asked<Parameters>,
) -> Result<Response, Problem> {
    let query = DensityQuery {
        series: LOCATION.to_owned(),
        tile: tile_of(&zoom, &x, &y)?,
        sources: asked.source,
        from: asked.from.map(|day| day.0),
        until: asked.to.map(LastDay::past),
    };
    let question = app.ask(&principal, move |engine| {
        let bytes = written(LAYER, &block_on(engine.vault().series().density(&query))?);
        let tag = tag_of(&bytes);
        Ok((bytes, tag))
    });
    let (bytes, tag) = question.await?;
    let mut response = if bytes.is_empty() {
        StatusCode::NO_CONTENT.into_response()
    } else if has_it(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))], bytes).into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

fn tile_of(zoom: &str, x: &str, y: &str) -> Result<Tile, Problem> {
    let read = || {
        let y = y.strip_suffix(".mvt")?;
        Tile::new(zoom.parse().ok()?, x.parse().ok()?, y.parse().ok()?)
    };
    read().ok_or_else(|| {
        let detail = format!(
            "there is no tile {zoom}/{x}/{y}; write z/x/y.mvt with z from 0 to {} and x and y below 2 to the power of z",
            Tile::ZOOM_MAX
        );
        Problem::new(Code::NotFound, detail)
    })
}

/// What tiles there are, as TileJSON 3.0.0 says it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TileJson {
    /// `3.0.0`.
    tilejson: String,
    /// What it is called.
    name: String,
    /// Addresses of tiles, with `{z}`, `{x}` and `{y}` to be filled in.
    tiles: Vec<String>,
    /// `xyz`: rows are counted from the north.
    scheme: String,
    /// The farthest zoom.
    minzoom: u8,
    /// The closest; a closer map magnifies.
    maxzoom: u8,
    /// What can be drawn.
    bounds: [f64; 4],
    /// The layers of a tile.
    vector_layers: Vec<TileLayer>,
}

/// A layer of a tile.
#[derive(Debug, Serialize, ToSchema)]
struct TileLayer {
    /// Its name.
    id: String,
    /// What it shows.
    description: String,
    /// The farthest zoom.
    minzoom: u8,
    /// The closest.
    maxzoom: u8,
    /// What its features say, by name.
    fields: BTreeMap<String, String>,
}

/// Says what tiles there are (TileJSON 3.0.0). The addresses in it lie under the server's own name, as the request
/// gives it.
#[utoipa::path(
    get,
    operation_id = "get_map_tiles",
    path = "/api/v1/map/tiles.json",
    tag = "map",
    responses((status = 200, description = "The tiles", body = TileJson))
)]
pub(super) async fn description(
    State(app): State<App>,
    Reads(_principal): Reads,
    headers: HeaderMap,
    uri: http::Uri,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    let layer = TileLayer {
        id: LAYER.to_owned(),
        description: format!("location fixes, counted in {CELLS_ACROSS} × {CELLS_ACROSS} cells of a tile"),
        minzoom: 0,
        maxzoom: Tile::ZOOM_MAX,
        fields: BTreeMap::from([("count".to_owned(), "Number of location fixes".to_owned())]),
    };
    let base_path = app.settings().base_path.trim_end_matches('/');
    let root = format!("{}{base_path}", own_origin(&headers, &uri));
    Written::of(&TileJson {
        tilejson: "3.0.0".to_owned(),
        name: "Where I was".to_owned(),
        tiles: vec![format!("{root}/api/v1/map/tiles/{{z}}/{{x}}/{{y}}.mvt")],
        scheme: "xyz".to_owned(),
        minzoom: 0,
        maxzoom: Tile::ZOOM_MAX,
        bounds: [-180.0, -85.051_128, 180.0, 85.051_128],
        vector_layers: vec![layer],
    })
}

/// `https://life.example.org` of the request, or nothing, so that addresses are of whoever asked.
fn own_origin(headers: &HeaderMap, uri: &http::Uri) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = uri.authority().map(http::uri::Authority::as_str).or(host);
    let scheme = uri.scheme_str().or_else(|| {
        let forwarded = headers.get("x-forwarded-proto").and_then(|scheme| scheme.to_str().ok());
        Some(if forwarded == Some("https") { "https" } else { "http" })
    });
    match (scheme, host) {
        (Some(scheme @ ("http" | "https")), Some(host)) => format!("{scheme}://{host}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_have_an_ending_and_lie_on_the_map() {
        assert_eq!(tile_of("3", "7", "0.mvt").unwrap(), Tile::new(3, 7, 0).unwrap());
        for (zoom, x, y) in [
            ("3", "8", "0.mvt"),
            ("3", "7", "0"),
            ("3", "7", "0.pbf"),
            ("15", "0", "0.mvt"),
            ("-1", "0", "0.mvt"),
            ("0", "0", ".mvt"),
            ("", "", ""),
            ("999", "4294967296", "x.mvt"),
        ] {
            assert!(tile_of(zoom, x, y).is_err(), "{zoom}/{x}/{y}");
        }
    }
}

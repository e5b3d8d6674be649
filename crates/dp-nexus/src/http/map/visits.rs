//! `GET /api/v1/map/visits`

use super::listing::{Listing, Parameters};
use crate::http::{
    answer::Written,
    app::App,
    asked::Asked,
    entrance::Reads,
    problem::Problem,
    shapes::{MomentView, PlaceView},
};
use axum::extract::State;
use dp_model::{Content, Document, DocumentId, Kind, Moment, Place};
use serde::Serialize;
use utoipa::ToSchema;

/// A stay at a place.
#[derive(Debug, Serialize, ToSchema)]
struct Visit {
    /// The id of its document.
    #[schema(value_type = String)]
    id: DocumentId,
    /// Where the data came from, dotted.
    source: String,
    /// One line that names it.
    title: String,
    /// When it began.
    #[schema(value_type = Option<MomentView>)]
    time: Option<Moment>,
    /// When it ended, exclusive.
    #[schema(value_type = Option<MomentView>)]
    end: Option<Moment>,
    /// Where.
    #[schema(value_type = PlaceView)]
    place: Place,
}

/// Some visits and where the next ones begin.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MapVisits {
    /// The visits.
    items: Vec<Visit>,
    /// `cursor` of the next page; null if this is the last. An answer looks at 5,000 visits at most, so there may be
    /// a next one though this one has few in the box, or none.
    next: Option<String>,
}

/// Stays at places, in order of time.
#[utoipa::path(
    get,
    operation_id = "list_map_visits",
    path = "/api/v1/map/visits",
    tag = "map",
    params(Parameters),
    responses((status = 200, description = "A page of visits", body = MapVisits))
)]
pub(super) async fn list(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let listing = Listing::of(asked, Kind::Visit)?;
    let question = app.ask_written(&principal, move |engine| {
        let (documents, next) = listing.page(engine)?;
        let visit = |Document { id, content, .. }: Document| {
            let Content { source, title, time, end, place, .. } = content;
            Some(Visit { id, source: source.to_string(), title, time, end, place: place? })
        };
        Ok(MapVisits { items: documents.into_iter().filter_map(visit).collect(), next })
    });
    question.await
}

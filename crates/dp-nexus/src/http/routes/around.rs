//! `GET /api/v1/documents/{id}/around`

use crate::http::{
    answer::Written,
    app::App,
    asked::{Asked, within},
    entrance::Reads,
    given::Named,
    problem::Problem,
    shapes::DocumentView,
};
use axum::extract::State;
use dp_cortex::engine;
use dp_model::Document;
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Hours in a year.
const HOURS_MAX: usize = 8_760;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// So many hours before and after it.
    #[serde(default = "hours")]
    #[param(minimum = 1, maximum = 8_760, default = 3)]
    hours: usize,
    /// At most so many, the nearest in time.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 500, default = 20)]
    limit: usize,
}

fn hours() -> usize {
    3
}

fn limit() -> usize {
    20
}

/// What happened around a document.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Around {
    /// The document it is about.
    #[schema(value_type = DocumentView)]
    pub document: Document,
    /// Documents of other sources of the same hours, in order of time.
    #[schema(value_type = Vec<DocumentView>)]
    pub others: Vec<Document>,
    /// Whether there are more than were asked for.
    pub has_more: bool,
}

impl From<engine::Around> for Around {
    fn from(around: engine::Around) -> Self {
        Self { document: around.document, others: around.others, has_more: around.has_more }
    }
}

/// What other sources have of the same hours.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{id}/around",
    tag = "documents",
    params(("id" = String, Path, description = "Its id, or the first digits of it, at least 4"), Parameters),
    responses((status = 200, description = "The document and others of its hours", body = Around))
)]
pub(super) async fn around(
    State(app): State<App>,
    Reads(principal): Reads,
    Named(id): Named<String>,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let hours = within("hours", asked.hours, 1..=HOURS_MAX)? as u32;
    let limit = within("limit", asked.limit, 1..=500)?;
    let question = app.ask_written(&principal, move |engine| {
        let id = block_on(engine.find(&id))?;
        Ok(Around::from(block_on(engine.around(id, hours, limit))?))
    });
    question.await
}

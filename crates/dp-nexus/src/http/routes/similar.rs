//! `GET /api/v1/documents/{id}/similar`

use crate::http::{
    answer::{All, Written},
    app::App,
    asked::{Asked, within},
    entrance::Reads,
    given::Named,
    problem::Problem,
    shapes::DocumentView,
};
use axum::extract::State;
use dp_cortex::engine::Similar;
use dp_model::Document;
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// At most so many.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 100, default = 10)]
    limit: usize,
}

fn limit() -> usize {
    10
}

/// A document that is like another.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SimilarDocument {
    /// Cosine of its nearest passage with the nearest of the other's.
    pub similarity: f32,
    /// The document.
    #[serde(flatten)]
    #[schema(value_type = DocumentView)]
    pub document: Document,
}

impl From<Similar> for SimilarDocument {
    fn from(similar: Similar) -> Self {
        Self { similarity: similar.similarity, document: similar.document }
    }
}

/// Documents whose meaning is near that of this one, nearest first.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{id}/similar",
    tag = "documents",
    params(("id" = String, Path, description = "Its id, or the first digits of it, at least 4"), Parameters),
    responses((status = 200, description = "Similar documents", body = All<SimilarDocument>))
)]
pub(super) async fn similar(
    State(app): State<App>,
    Reads(principal): Reads,
    Named(id): Named<String>,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let limit = within("limit", asked.limit, 1..=100)?;
    let question = app.ask_written(&principal, move |engine| {
        let id = block_on(engine.find(&id))?;
        let similar = block_on(engine.similar(id, limit))?;
        Ok(All { items: similar.into_iter().map(SimilarDocument::from).collect() })
    });
    question.await
}

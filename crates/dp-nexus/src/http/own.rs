//! Own documents over HTTP: what a person writes, or a program of theirs makes. Forms come in, the vault keeps them,
//! documents go out as everywhere else. Imported documents are never changed here.

mod batch;
mod change;
mod create;
mod form;
mod vectors;
mod writing;

pub(super) use form::{DocumentForm, IdentityForm, MentionForm, PlaceForm, PointForm, TimeForm};
pub(super) use writing::{Author, create, delete, receipt, replace, tag};

use super::app::App;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post, put},
};
use utoipa::OpenApi;

/// The routes.
pub(super) fn router() -> Router<App> {
    let batch = post(batch::batch).layer(DefaultBodyLimit::max(batch::BODY_BYTES_MAX));
    Router::new()
        .route("/api/v1/documents", post(create::post))
        .route("/api/v1/documents/batch", batch)
        .route("/api/v1/documents/{id}", put(change::put).patch(change::patch).delete(change::delete))
        .route("/api/v1/documents/{id}/vectors", get(vectors::get))
        .route("/api/v1/documents/{id}/vectors/{set}", put(vectors::put))
}

/// The routes as documented.
#[derive(OpenApi)]
#[openapi(
    paths(
        create::post,
        batch::batch,
        change::put,
        change::patch,
        change::delete,
        vectors::get,
        vectors::put,
    ),
    components(schemas(form::MomentForm))
)]
pub(super) struct Documented;

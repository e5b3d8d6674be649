//! `GET /api/v1/uploads` and `GET /api/v1/uploads/{id}`: uploads as JSON, for people's own pages and scripts.

use super::{named, on_disk, shapes::UploadView};
use crate::http::{
    answer::{All, Written},
    asked::Asked,
    entrance::Imports,
    given::Named,
    problem::Problem,
    routes::Nothing,
};
use crate::uploads::Staging;
use axum::Extension;

/// The account's uploads, oldest first, the finished ones too until they are imported or expire.
#[utoipa::path(
    get,
    operation_id = "list_uploads",
    path = "/api/v1/uploads",
    tag = "uploads",
    responses((status = 200, description = "Uploads", body = All<UploadView>))
)]
pub(in crate::http) async fn list(
    Imports(principal): Imports,
    Extension(staging): Extension<Staging>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    let uploads = on_disk(move || Ok(staging.list(principal.account))).await?;
    Written::of(&All { items: uploads.into_iter().map(UploadView::from).collect() })
}

/// How far an upload is.
#[utoipa::path(
    get,
    operation_id = "get_upload",
    path = "/api/v1/uploads/{id}",
    tag = "uploads",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The upload", body = UploadView))
)]
pub(in crate::http) async fn get(
    Imports(principal): Imports,
    Extension(staging): Extension<Staging>,
    Named(id): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    let id = named(&id)?;
    let upload = on_disk(move || staging.get(principal.account, id)).await?;
    Written::of(&UploadView::from(upload))
}

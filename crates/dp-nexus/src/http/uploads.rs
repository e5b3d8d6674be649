//! Uploads over HTTP: files come in, in pieces by tus 1.0.0 (<https://tus.io/protocols/resumable-upload>) or at once
//! as a form, and wait in the staging area. Bodies are passed on as they come, and never held as a whole.

mod form;
pub(super) mod headers;
mod listing;
mod problems;
pub(super) mod receive;
pub(super) mod shapes;
mod tus;

use super::{
    app::App,
    blocking::blocking,
    problem::{Code, Problem},
};
use crate::uploads::{Staging, StagingError};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use http::{HeaderValue, StatusCode, header};
use utoipa::OpenApi;

/// The routes of uploads to this staging area, for [`More::long`](super::More).
pub fn router(staging: Staging) -> Router<App> {
    let all = get(listing::list).post(tus::create).options(tus::options);
    let one = get(listing::get).head(tus::head).patch(tus::append).delete(tus::terminate);
    Router::new()
        .route("/api/v1/uploads", all)
        .route("/api/v1/uploads/form", post(form::receive))
        .route("/api/v1/uploads/{id}", one.post(tus::overridden))
        .layer(middleware::from_fn(spoken))
        .layer(Extension(staging))
        // What comes is bounded by what was declared, and goes to disk.
        .layer(DefaultBodyLimit::disable())
}

/// The routes as documented.
#[derive(OpenApi)]
#[openapi(paths(
    tus::options,
    tus::create,
    tus::head,
    tus::append,
    tus::terminate,
    tus::overridden,
    listing::list,
    listing::get,
    form::receive,
))]
pub(super) struct Documented;

/// Says in every answer which version of the protocol is spoken, and that nobody is to keep it.
async fn spoken(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let status = response.status();
    let answered = response.headers_mut();
    answered.insert(headers::RESUMABLE, HeaderValue::from_static(headers::VERSION));
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::PRECONDITION_FAILED {
        answered.insert(headers::VERSIONS, HeaderValue::from_static(headers::VERSION));
    }
    response
}

/// Asks the staging area on a thread that may block.
pub(super) async fn on_disk<T, F>(work: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, StagingError> + Send + 'static,
{
    blocking(work).await
}

/// The id in a path.
fn named(id: &str) -> Result<crate::uploads::UploadId, Problem> {
    id.parse().map_err(|_| Problem::new(Code::NoSuchUpload, format!("there is no upload {id:?}")))
}

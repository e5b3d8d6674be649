//! Every path and what answers it.

pub(super) mod annotations;
mod around;
pub(super) mod conversations;
mod docs;
pub(super) mod documents;
mod export;
pub(super) mod histogram;
pub(super) mod imports;
mod on_this_day;
pub(super) mod people;
mod person;
pub(super) mod search;
pub(super) mod series;
mod similar;
pub(super) mod sources;
pub(crate) mod stats;
pub(super) mod suggest;
mod system;
pub(crate) mod timeline;

pub use around::Around;
pub(super) use documents::Nothing;
pub use on_this_day::YearOfDay;
pub use search::{Besides, Hit, SearchAnswer};
pub use similar::SimilarDocument;
pub use sources::Sources;
pub use stats::{BusyDay, Statistics};
pub use system::{HealthView, VersionView};

use super::{app::App, graph};
use axum::{Router, routing::get};
use utoipa::OpenApi;

/// What needs a principal: paths as the OpenAPI document has them.
pub(super) fn api() -> Router<App> {
    let routes = [
        ("/search", get(search::search)),
        ("/suggest", get(suggest::suggest)),
        ("/documents", get(documents::list)),
        ("/documents/{id}", get(documents::get)),
        ("/documents/{id}/annotations", get(annotations::get).put(annotations::put)),
        ("/documents/{id}/similar", get(similar::similar)),
        ("/documents/{id}/around", get(around::around)),
        ("/on-this-day", get(on_this_day::on_this_day)),
        ("/timeline", get(timeline::timeline)),
        ("/histogram", get(histogram::histogram)),
        ("/stats", get(stats::stats)),
        ("/sources", get(sources::sources)),
        ("/people", get(people::people)),
        ("/people/{id}", get(person::person)),
        ("/conversations", get(conversations::list)),
        ("/conversations/{id}/documents", get(conversations::documents)),
        ("/series", get(series::list)),
        ("/series/{name}", get(series::range)),
        ("/imports", get(imports::list)),
        ("/export", get(export::export)),
        ("/imports/{id}/entries", get(imports::entries)),
    ];
    let router = routes
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| router.route(&format!("/api/v1{path}"), methods));
    router
        .route("/api/v1/series/{name}/daily", get(series::daily))
        .route("/api/v1/series/{name}/points", get(series::points))
        .route("/api/graphql", get(graph::get).post(graph::post))
}

/// What anybody may ask.
pub(super) fn open() -> Router<App> {
    Router::new()
        .route("/api/openapi.json", get(docs::openapi))
        .route("/api/docs", get(docs::page))
        .route("/api/docs/docs.js", get(docs::script))
        .route("/api/docs/docs.css", get(docs::style))
        .route("/version", get(system::version))
}

/// What says how the program is: asked often by machines, and never limited.
pub(super) fn health() -> Router<App> {
    Router::new()
        .route("/health/live", get(system::live))
        .route("/health/ready", get(system::ready))
        .route("/health/startup", get(system::startup))
}

/// The routes as documented.
#[derive(OpenApi)]
#[openapi(
    paths(
        search::search,
        suggest::suggest,
        documents::list,
        documents::get,
        annotations::get,
        annotations::put,
        similar::similar,
        around::around,
        on_this_day::on_this_day,
        timeline::timeline,
        histogram::histogram,
        stats::stats,
        sources::sources,
        people::people,
        person::person,
        conversations::list,
        conversations::documents,
        series::list,
        series::range,
        series::daily,
        series::points,
        imports::list,
        imports::entries,
        export::export,
        graph::post,
        graph::get,
        system::live,
        system::ready,
        system::startup,
        system::version,
    ),
    components(schemas(super::problem::ProblemView, super::problem::Code))
)]
pub(super) struct Documented;

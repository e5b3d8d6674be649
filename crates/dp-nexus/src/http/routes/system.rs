//! `GET /health/live`, `/health/ready`, `/health/startup` and `/version`

use super::documents::Nothing;
use crate::http::{
    answer::Written,
    app::{App, Stage},
    asked::Asked,
    problem::{Code, Problem},
};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the program is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Health)]
pub struct HealthView {
    /// `ok`.
    pub status: String,
}

/// Which program it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Version)]
pub struct VersionView {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

fn ok() -> Result<Written, Problem> {
    Written::of(&HealthView { status: "ok".to_owned() })
}

/// Whether the program runs at all.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "system",
    responses((status = 200, description = "It runs", body = HealthView))
)]
pub(super) async fn live() -> Result<Written, Problem> {
    ok()
}

/// Whether it answers: not before it has started, nor when it is stopping.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "system",
    responses((status = 200, description = "It answers", body = HealthView))
)]
pub(super) async fn ready(State(app): State<App>) -> Result<Written, Problem> {
    match app.stage() {
        Stage::Ready => ok(),
        Stage::Starting => Err(Problem::new(Code::NotReady, "the server has not started yet")),
        Stage::Stopping => Err(Problem::new(Code::NotReady, "the server is stopping")),
    }
}

/// Whether it has started.
#[utoipa::path(
    get,
    path = "/health/startup",
    tag = "system",
    responses((status = 200, description = "It has started", body = HealthView))
)]
pub(super) async fn startup(State(app): State<App>) -> Result<Written, Problem> {
    match app.stage() {
        Stage::Starting => Err(Problem::new(Code::NotReady, "the server has not started yet")),
        Stage::Ready | Stage::Stopping => ok(),
    }
}

/// Which program and version it is.
#[utoipa::path(
    get,
    path = "/version",
    tag = "system",
    responses((status = 200, description = "Name and version", body = VersionView))
)]
pub(super) async fn version(Asked(Nothing {}): Asked<Nothing>) -> Result<Written, Problem> {
    let (name, version) = ("datapunk".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    Written::of(&VersionView { name, version })
}

//! Figures about what there is: top lists, the week by hours, streaks, a period against the one before, how two
//! series of days go together. Each says with which query its documents are listed.

pub(super) mod correlation;
mod selecting;
pub(super) mod streaks;
pub(super) mod top;
pub(super) mod trend;
pub(super) mod week;

pub(super) use selecting::{Chosen, parameters};

use super::app::App;
use axum::{Router, routing::get};
use utoipa::OpenApi;

/// The routes.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/stats/top", get(top::top))
        .route("/api/v1/stats/week", get(week::week))
        .route("/api/v1/stats/streaks", get(streaks::streaks))
        .route("/api/v1/stats/trend", get(trend::trend))
        .route("/api/v1/stats/correlation", get(correlation::correlation))
}

/// The routes as documented.
#[derive(OpenApi)]
#[openapi(paths(top::top, week::week, streaks::streaks, trend::trend, correlation::correlation))]
pub(super) struct Documented;

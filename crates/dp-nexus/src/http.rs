//! The HTTP side: requests come in, are let in or refused, ask the vault of their account as far as they may see
//! it, and go out as JSON or as a problem. Knows no storage; who is who it asks the doorkeeper.

mod answer;
mod app;
mod asked;
mod entrance;
mod given;
mod layers;
mod openapi;
mod problem;
mod rate;
mod routes;
mod scope;
mod serve;
pub mod shapes;
mod words;

pub use app::{App, Doorkeeper, HomeError, Homes, Refusal, Settings, Stage, Visitor};
pub use entrance::{Administers, ClientAddress, Imports, Reads, Writes};
pub use layers::RequestId;
pub use openapi::{SESSION_COOKIE, document, operations};
pub use problem::{Code, MEDIA_TYPE, OutOfScope, Problem, ProblemView};
pub use rate::{Allowance, Limiter};
pub use routes::{HealthView, VersionView};
pub use serve::{Limits, serve};

use axum::{Router, middleware};

/// Everything the server answers.
#[must_use]
pub fn router(app: &App) -> Router {
    router_with(app, Router::new())
}

/// The same with more routes, which are let in and limited as those of the API are.
#[must_use]
pub fn router_with(app: &App, more: Router<App>) -> Router {
    let let_in = middleware::from_fn_with_state(app.clone(), entrance::let_in);
    let limited = routes::api().merge(routes::open()).merge(more).layer(let_in);
    let routes = limited.merge(routes::health()).with_state(app.clone());
    let routes = match app.settings().base_path.trim_end_matches('/') {
        "" => routes,
        base_path => Router::new().nest(base_path, routes),
    };
    layers::around(routes, app)
}

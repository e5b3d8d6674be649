//! `GET /api/v1/suggest`

use crate::http::{
    answer::{All, Written},
    app::App,
    asked::{Asked, within},
    entrance::Reads,
    problem::Problem,
    shapes::SuggestionView,
};
use axum::extract::State;
use futures::executor::block_on;
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// What has been typed so far.
    #[param(max_length = 400)]
    q: String,
    /// At most so many of each kind.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 50, default = 5)]
    limit: usize,
}

fn limit() -> usize {
    5
}

/// How what is being typed may go on: queries asked before, names and titles.
#[utoipa::path(
    get,
    path = "/api/v1/suggest",
    tag = "finding",
    params(Parameters),
    responses((status = 200, description = "Suggestions, best first", body = All<SuggestionView>))
)]
pub(super) async fn suggest(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let limit = within("limit", asked.limit, 1..=50)?;
    check("q", &asked.q)?;
    let question = app
        .ask_written(&principal, move |engine| Ok(All { items: block_on(engine.suggest(&asked.q, limit))? }));
    question.await
}

/// Nothing that is longer begins a name.
pub(in crate::http) fn check(name: &str, typed: &str) -> Result<(), Problem> {
    let characters = typed.chars().count();
    if characters <= 400 {
        return Ok(());
    }
    Err(Problem::parameter(name, format!("{name} has {characters} characters and may have 400")))
}

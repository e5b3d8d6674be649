//! `GET /api/v1/people`

use crate::http::{
    answer::{Part, Written},
    app::App,
    asked::{Asked, within},
    entrance::Reads,
    problem::{Code, Problem},
    shapes::PersonView,
};
use axum::extract::State;
use dp_cortex::engine::Engine;
use dp_model::{Person, PersonId};
use futures::executor::block_on;
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// At most so many.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: usize,
    /// `next` of the page before.
    cursor: Option<String>,
}

fn limit() -> usize {
    100
}

/// The people in documents and address books, in order of id. Not for keys that see only a part.
#[utoipa::path(
    get,
    path = "/api/v1/people",
    tag = "people",
    params(Parameters),
    responses((status = 200, description = "A page of people", body = Part<PersonView>))
)]
pub(super) async fn people(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let question = question(asked.limit, asked.cursor.as_deref())?;
    app.ask_written(&principal, question).await
}

/// What is asked of the engine for a page of people.
///
/// # Errors
/// When the limit is too large or the cursor is none.
pub(in crate::http) fn question(
    limit: usize,
    cursor: Option<&str>,
) -> Result<impl FnOnce(&Engine) -> Result<Part<Person>, Problem> + Send + 'static, Problem> {
    let limit = within("limit", limit, 1..=1000)?;
    let after = cursor.map(str::parse::<PersonId>).transpose();
    let after = after.map_err(|error| Problem::new(Code::BadCursor, error.to_string()).about("cursor"))?;
    Ok(move |engine: &Engine| {
        let mut items = block_on(engine.vault().documents().people(after, limit + 1))?;
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| has_more).map(|person| person.id.to_string());
        Ok(Part { items, next })
    })
}

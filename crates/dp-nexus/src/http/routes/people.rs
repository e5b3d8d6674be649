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
use dp_model::PersonId;
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
    let limit = within("limit", asked.limit, 1..=1000)?;
    let after = asked.cursor.as_deref().map(str::parse::<PersonId>).transpose();
    let after = after.map_err(|error| Problem::new(Code::BadCursor, error.to_string()).about("cursor"))?;
    let question = app.ask_written(&principal, move |engine| {
        let mut items = block_on(engine.vault().documents().people(after, limit + 1))?;
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| has_more).map(|person| person.id.to_string());
        Ok(Part { items, next })
    });
    question.await
}

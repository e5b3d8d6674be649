//! `GET /api/v1/sessions` and `DELETE /api/v1/sessions/{id}`

use super::super::{
    Door,
    caller::Holder,
    shapes::{Secretly, SessionView},
};
use crate::Origin;
use crate::http::{answer::All, asked::Asked, given::Named, problem::Problem, routes::Nothing};
use axum::extract::State;
use http::StatusCode;

/// The account's sessions, the last used one first.
#[utoipa::path(
    get,
    operation_id = "list_sessions",
    path = "/api/v1/sessions",
    tag = "accounts",
    responses((status = 200, description = "Sessions", body = All<SessionView>))
)]
pub(in crate::http) async fn list(
    State(door): State<Door>,
    Holder(principal): Holder,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Secretly, Problem> {
    let this = match principal.origin {
        Origin::Session(id) => Some(id),
        Origin::Key(_) | Origin::Local => None,
    };
    let sessions = door.ask(move |accounts, now| accounts.list_sessions(principal.account, now)).await?;
    let items = sessions.into_iter().map(|info| SessionView::of(info, this)).collect();
    Secretly::of(&All { items })
}

/// Ends a session of the account.
#[utoipa::path(
    delete,
    operation_id = "end_session",
    path = "/api/v1/sessions/{id}",
    tag = "accounts",
    params(("id" = i64, Path, description = "Its number")),
    responses((status = 204, description = "It has ended"))
)]
pub(in crate::http) async fn end(
    State(door): State<Door>,
    Holder(principal): Holder,
    Named(id): Named<i64>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<StatusCode, Problem> {
    door.ask(move |accounts, now| accounts.revoke_session(principal.account, id, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

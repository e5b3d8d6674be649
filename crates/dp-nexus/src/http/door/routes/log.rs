//! `GET /api/v1/log`

use super::super::{
    Door,
    caller::Holder,
    shapes::{LogEntryView, Secretly},
};
use crate::Role;
use crate::http::{
    answer::Part,
    asked::{Asked, within},
    problem::{Code, Problem},
};
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Parameters {
    /// What all accounts did, and what was tried in the name of none. For the owner.
    #[serde(default)]
    everyone: bool,
    /// At most so many.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 1_000, default = 100)]
    limit: usize,
    /// `next` of the page before.
    cursor: Option<String>,
}

fn limit() -> usize {
    100
}

/// Who read or changed what of the account, newest first.
#[utoipa::path(
    get,
    operation_id = "read_log",
    path = "/api/v1/log",
    tag = "accounts",
    params(Parameters),
    responses((status = 200, description = "A page of the access log", body = Part<LogEntryView>))
)]
pub(in crate::http) async fn read(
    State(door): State<Door>,
    Holder(principal): Holder,
    Asked(asked): Asked<Parameters>,
) -> Result<Secretly, Problem> {
    let limit = within("limit", asked.limit, 1..=1_000)?;
    if asked.everyone && !(principal.role == Role::Owner && principal.scope.admin) {
        return Err(Problem::new(Code::Forbidden, "only the owner sees what others did").about("everyone"));
    }
    let before = asked.cursor.map(|text| {
        text.parse::<i64>()
            .map_err(|_| Problem::new(Code::BadCursor, format!("{text:?} is no cursor")).about("cursor"))
    });
    let before = before.transpose()?;
    let account = (!asked.everyone).then_some(principal.account);
    // What was done a moment ago is to be seen.
    door.0.journal.flush().await;
    let page = door.ask(move |accounts, _| accounts.read_log(account, before, limit)).await?;
    let items = page.items.into_iter().map(LogEntryView::from).collect();
    Secretly::of(&Part { items, next: page.next.map(|next| next.to_string()) })
}

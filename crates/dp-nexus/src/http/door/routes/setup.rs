//! `GET` and `POST /api/v1/setup`

use super::super::{
    Door,
    caller::Caller,
    journal::Noted,
    shapes::{AccountView, Secretly, SetupView},
};
use crate::accounts::SetupProof;
use crate::http::{
    asked::Asked,
    given::Given,
    problem::{Code, Problem, ProblemView},
    routes::Nothing,
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use std::sync::atomic::Ordering;
use utoipa::ToSchema;

/// Whether the first account is to be made.
#[utoipa::path(
    get,
    operation_id = "get_setup",
    path = "/api/v1/setup",
    tag = "accounts",
    security(()),
    responses((status = 200, description = "Whether it is, and what it takes", body = SetupView))
)]
pub(in crate::http) async fn get(
    State(door): State<Door>,
    caller: Caller,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Secretly, Problem> {
    let is_needed = door.needs_setup().await?;
    Secretly::of(&SetupView { is_needed, is_code_needed: is_needed && !caller.is_here })
}

/// The first account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct SetupForm {
    /// Its name.
    name: String,
    /// Its password: 12 characters at least.
    password: String,
    /// The code that the program printed when it started; not needed on the machine itself.
    code: Option<String>,
}

/// Makes the first account, which owns the machine. Only from this machine, or with the code that the program
/// printed when it started.
#[utoipa::path(
    post,
    operation_id = "set_up",
    path = "/api/v1/setup",
    tag = "accounts",
    security(()),
    request_body = SetupForm,
    responses(
        (status = 201, description = "The account, which can sign in now", body = AccountView),
        (status = 403, description = "It takes the code, or another one", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 409, description = "There is an account already", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn post(
    State(door): State<Door>,
    caller: Caller,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<SetupForm>,
) -> Result<Response, Problem> {
    if !door.needs_setup().await? {
        return Err(Problem::plain(Code::SetupDone));
    }
    if form.code.is_none() && !caller.is_here {
        return Err(Problem::plain(Code::SetupFromElsewhere));
    }
    let account = door
        .ask_slowly(move |accounts, now| {
            let proof = form.code.as_deref().map_or(SetupProof::Local, SetupProof::Code);
            accounts.set_up(&form.name, &form.password, proof, now)
        })
        .await?;
    door.0.is_set_up.store(true, Ordering::Relaxed);
    let noted = Noted { account: Some(account.id), origin: None };
    let mut response = Secretly::made(&AccountView::from(account))?.into_response();
    response.extensions_mut().insert(noted);
    Ok(response)
}

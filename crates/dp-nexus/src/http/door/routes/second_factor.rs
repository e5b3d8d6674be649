//! `POST` and `DELETE /api/v1/account/totp`, `POST /api/v1/account/totp/confirm` and `/account/recovery-codes`

use super::{
    super::{
        Door,
        caller::Holder,
        shapes::{EnrolmentView, RecoveryCodesView, Secretly},
    },
    account::{ProofForm, proving},
};
use crate::accounts::{AccountError, Accounts};
use crate::http::{
    asked::Asked,
    given::Given,
    problem::{Problem, ProblemView},
    routes::Nothing,
};
use crate::{AccountId, Principal};
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// Does something after the password was given again.
async fn proved<T: Send + 'static>(
    door: &Door,
    principal: &Principal,
    proof: ProofForm,
    work: impl FnOnce(&Accounts, AccountId) -> Result<T, AccountError> + Send + 'static,
) -> Result<T, Problem> {
    let account = principal.account;
    let done = door.ask_slowly(move |accounts, now| {
        match accounts.confirm_password(account, &proof.password, now) {
            Ok(()) => work(accounts, account).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    });
    done.await?.map_err(proving)
}

/// Makes a secret for an authenticator app. It counts for nothing until it is confirmed.
#[utoipa::path(
    post,
    operation_id = "begin_totp",
    path = "/api/v1/account/totp",
    tag = "accounts",
    request_body = ProofForm,
    responses(
        (status = 201, description = "What the app needs", body = EnrolmentView),
        (status = 409, description = "There is a second factor already", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn begin(
    State(door): State<Door>,
    Holder(principal): Holder,
    Asked(Nothing {}): Asked<Nothing>,
    Given(proof): Given<ProofForm>,
) -> Result<Secretly, Problem> {
    let begun = proved(&door, &principal, proof, |accounts, id| accounts.begin_second_factor(id)).await?;
    let (uri, secret) = (begun.uri.expose().to_owned(), begun.secret.expose().to_owned());
    Secretly::made(&EnrolmentView { uri, secret })
}

/// A code that the app shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CodeForm {
    /// Six digits.
    code: String,
}

/// Turns the second factor on with a first code of the app, and gives recovery codes.
#[utoipa::path(
    post,
    operation_id = "confirm_totp",
    path = "/api/v1/account/totp/confirm",
    tag = "accounts",
    request_body = CodeForm,
    responses(
        (status = 200, description = "Recovery codes", body = RecoveryCodesView),
        (status = 409, description = "It was not begun, or is on already", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn confirm(
    State(door): State<Door>,
    Holder(principal): Holder,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<CodeForm>,
) -> Result<Secretly, Problem> {
    let codes =
        door.ask(move |accounts, now| accounts.confirm_second_factor(principal.account, &form.code, now));
    Secretly::of(&RecoveryCodesView::from(codes.await?))
}

/// Turns the second factor off; its recovery codes are void.
#[utoipa::path(
    delete,
    operation_id = "remove_totp",
    path = "/api/v1/account/totp",
    tag = "accounts",
    request_body = ProofForm,
    responses(
        (status = 204, description = "It is off"),
        (status = 409, description = "There is no second factor", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn remove(
    State(door): State<Door>,
    Holder(principal): Holder,
    Asked(Nothing {}): Asked<Nothing>,
    Given(proof): Given<ProofForm>,
) -> Result<StatusCode, Problem> {
    proved(&door, &principal, proof, |accounts, id| accounts.remove_second_factor(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives new recovery codes; earlier ones are void.
#[utoipa::path(
    post,
    operation_id = "renew_recovery_codes",
    path = "/api/v1/account/recovery-codes",
    tag = "accounts",
    request_body = ProofForm,
    responses(
        (status = 200, description = "Recovery codes", body = RecoveryCodesView),
        (status = 409, description = "There is no second factor", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn renew_codes(
    State(door): State<Door>,
    Holder(principal): Holder,
    Asked(Nothing {}): Asked<Nothing>,
    Given(proof): Given<ProofForm>,
) -> Result<Secretly, Problem> {
    let codes = proved(&door, &principal, proof, |accounts, id| accounts.renew_recovery_codes(id)).await?;
    Secretly::of(&RecoveryCodesView::from(codes))
}

//! `GET /api/v1/account`, `PUT /api/v1/account/password` and `POST /api/v1/account/password-strength`

use super::{
    super::{
        Door,
        caller::{Caller, Holder},
        credentials::cookie,
        shapes::{MeView, Secretly, SignedInView, StrengthView},
    },
    auth::{Begun, session_of},
};
use crate::Origin;
use crate::accounts::{AccountError, password_strength as strength_of};
use crate::http::{
    asked::Asked,
    entrance::Reads,
    given::Given,
    problem::{Code, Problem, ProblemView},
    routes::Nothing,
};
use axum::{extract::State, response::Response};
use http::{HeaderMap, header};
use serde::Deserialize;
use utoipa::ToSchema;

/// The account that asks, and what it may do.
#[utoipa::path(
    get,
    operation_id = "get_account",
    path = "/api/v1/account",
    tag = "accounts",
    responses((status = 200, description = "The account", body = MeView))
)]
pub(in crate::http) async fn get(
    State(door): State<Door>,
    Reads(principal): Reads,
    headers: HeaderMap,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Secretly, Problem> {
    let cookie = cookie_of(&door, &headers);
    let me = door.ask(move |accounts, _| {
        let account = accounts.get(principal.account)?.ok_or(AccountError::NotFound("account"))?;
        let codes =
            account.has_second_factor.then(|| accounts.recovery_codes_left(account.id)).transpose()?;
        let (session, key) = match principal.origin {
            Origin::Session(id) => (Some(id), None),
            Origin::Key(id) => (None, Some(id)),
            Origin::Local => (None, None),
        };
        let csrf = cookie.map(|cookie| accounts.csrf_token(&cookie).expose().to_owned());
        Ok(MeView {
            account: account.into(),
            scope: principal.scope.into(),
            session,
            key,
            recovery_codes_left: codes,
            csrf_token: csrf,
        })
    });
    Secretly::of(&me.await?)
}

/// The cookie by which the request was let in, if it was a cookie.
fn cookie_of(door: &Door, headers: &HeaderMap) -> Option<String> {
    let has_header = headers.contains_key(header::AUTHORIZATION)
        || headers.contains_key(super::super::credentials::KEY_HEADER);
    if has_header { None } else { cookie(headers, door.cookie_name()).map(str::to_owned) }
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct PasswordForm {
    /// The password as it is.
    old: String,
    /// The one to be: 12 characters at least.
    new: String,
}

/// Changes the password and ends all sessions; the one that asks goes on as a new one. Keys stay.
#[utoipa::path(
    put,
    operation_id = "change_password",
    path = "/api/v1/account/password",
    tag = "accounts",
    request_body = PasswordForm,
    responses(
        (status = 200, description = "The session that goes on", body = SignedInView,
         headers(("Set-Cookie" = String, description = "The new session's cookie, for a browser"))),
        (status = 422, description = "The new password is too short or easily guessed", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn change_password(
    State(door): State<Door>,
    Holder(principal): Holder,
    caller: Caller,
    headers: HeaderMap,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<PasswordForm>,
) -> Result<Response, Problem> {
    let (account, _) = session_of(&principal)?;
    let is_cookie = cookie_of(&door, &headers).is_some();
    let begun = door.ask_slowly(move |accounts, now| {
        if let Err(error) = accounts.change_password(account, &form.old, &form.new, now) {
            return Ok(Err(error));
        }
        let client = caller.client();
        Ok(Ok(if is_cookie {
            Begun::Cookie(accounts.open_cookie_session(account, &client, now)?)
        } else {
            Begun::Tokens(accounts.open_session(account, &client, now)?)
        }))
    });
    begun.await?.map_err(proving)?.into_response(&door)
}

/// The problem of one who is signed in and gives a wrong password: that the session is valid stays true.
pub(super) fn proving(error: AccountError) -> Problem {
    match error {
        AccountError::WrongCredentials => Problem::plain(Code::WrongPassword),
        error => error.into(),
    }
}

/// A password to be judged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct StrengthForm {
    /// The password.
    password: String,
}

/// How hard a password would be to guess. It is not kept.
#[utoipa::path(
    post,
    operation_id = "judge_password",
    path = "/api/v1/account/password-strength",
    tag = "accounts",
    request_body = StrengthForm,
    responses((status = 200, description = "How hard", body = StrengthView))
)]
pub(in crate::http) async fn password_strength(
    State(door): State<Door>,
    Holder(principal): Holder,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<StrengthForm>,
) -> Result<Secretly, Problem> {
    let strength = door.ask_slowly(move |_, _| Ok(strength_of(&form.password, &[&principal.name]))).await?;
    Secretly::of(&StrengthView::from(strength))
}

/// The password of one who is signed in, asked for again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ProofForm {
    /// The account's password.
    pub(super) password: String,
}

//! `POST /api/v1/auth/sign-in`, `refresh`, `sign-out` and `sign-out-everywhere`

use super::super::{
    Door,
    caller::{Caller, Holder, SetUp},
    journal::Noted,
    shapes::{Secretly, SignedInView},
};
use crate::accounts::{AccountError, CookieSession, SignIn, Tokens};
use crate::http::{
    asked::Asked,
    entrance::Reads,
    given::Given,
    problem::{Code, Problem, ProblemView},
    routes::Nothing,
};
use crate::{AccountId, Origin, Principal};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use serde::Deserialize;
use utoipa::ToSchema;

/// What a session goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum Kind {
    /// Tokens, for programs.
    Token,
    /// A cookie that scripts can't read, for browsers.
    Cookie,
}

/// Somebody wants to come in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct SignInForm {
    /// Name of the account.
    name: String,
    /// Its password.
    password: String,
    /// A code of the second factor, or a recovery code.
    totp: Option<String>,
    /// What the session is to go by.
    kind: Kind,
}

/// A session that has begun, of either kind.
pub(super) enum Begun {
    Tokens(Tokens),
    Cookie(CookieSession),
}

impl Begun {
    pub(super) fn principal(&self) -> &Principal {
        match self {
            Self::Tokens(tokens) => &tokens.principal,
            Self::Cookie(session) => &session.principal,
        }
    }

    /// The answer that hands it over.
    pub(super) fn into_response(self, door: &Door) -> Result<Response, Problem> {
        match self {
            Self::Tokens(tokens) => Ok(Secretly::of(&SignedInView::from(&tokens))?.into_response()),
            Self::Cookie(session) => {
                let age_s = session.expires.as_second() - door.now().as_second();
                let cookie = door.set_cookie(session.token.expose(), age_s.max(0))?;
                let mut response = Secretly::of(&SignedInView::from(&session))?.into_response();
                response.headers_mut().append(header::SET_COOKIE, cookie);
                Ok(response)
            }
        }
    }
}

/// Begins a session. Wrong names and wrong passwords are answered alike, and after five attempts one has to wait.
#[utoipa::path(
    post,
    operation_id = "sign_in",
    path = "/api/v1/auth/sign-in",
    tag = "accounts",
    security(()),
    request_body = SignInForm,
    responses(
        (status = 200, description = "The session", body = SignedInView,
         headers(("Set-Cookie" = String, description = "The session's cookie, for a browser"))),
        (status = 401, description = "Name or password is wrong, or a code is needed", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn sign_in(
    State(door): State<Door>,
    _: SetUp,
    caller: Caller,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<SignInForm>,
) -> Result<Response, Problem> {
    let (begun, known) = door
        .ask_slowly(move |accounts, now| {
            let asked = SignIn {
                name: &form.name,
                password: &form.password,
                code: form.totp.as_deref(),
                client: caller.client(),
            };
            let begun = match form.kind {
                Kind::Token => accounts.sign_in(&asked, now).map(Begun::Tokens),
                Kind::Cookie => accounts.sign_in_cookie(&asked, now).map(Begun::Cookie),
            };
            // Looked up in any case, so that the time taken tells nothing. What was typed as a name is not
            // noted: it may be a password.
            let known = accounts.find_by_name(&form.name)?.map(|account| account.id);
            Ok((begun, known))
        })
        .await?;
    let noted = match &begun {
        Ok(begun) => Some(noted(begun.principal())),
        // An attempt that was not made is not noted either, or else the log could be flooded.
        Err(AccountError::Throttled { .. }) => None,
        Err(_) => Some(Noted { account: known, origin: None }),
    };
    let mut response = match begun {
        Ok(begun) => begun.into_response(&door)?,
        Err(error) => Problem::from(error).into_response(),
    };
    noted.map(|noted| response.extensions_mut().insert(noted));
    Ok(response)
}

pub(super) fn noted(principal: &Principal) -> Noted {
    Noted { account: Some(principal.account), origin: Some(principal.origin) }
}

/// A token to be exchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct RefreshForm {
    /// The last refresh token.
    refresh_token: String,
}

/// Exchanges a refresh token for new tokens. One that comes a second time ends its session.
#[utoipa::path(
    post,
    operation_id = "refresh",
    path = "/api/v1/auth/refresh",
    tag = "accounts",
    security(()),
    request_body = RefreshForm,
    responses(
        (status = 200, description = "New tokens", body = SignedInView),
        (status = 401, description = "The token is not valid any more", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn refresh(
    State(door): State<Door>,
    _: SetUp,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<RefreshForm>,
) -> Result<Response, Problem> {
    let refreshed = door.ask(move |accounts, now| Ok(accounts.refresh(&form.refresh_token, now))).await?;
    match refreshed {
        Ok(tokens) => Begun::Tokens(tokens).into_response(&door),
        Err(error) => {
            let is_worth_noting = matches!(error, AccountError::Reused);
            let mut response = Problem::from(error).into_response();
            if is_worth_noting {
                response.extensions_mut().insert(Noted::default());
            }
            Ok(response)
        }
    }
}

/// Ends the session that asks.
#[utoipa::path(
    post,
    operation_id = "sign_out",
    path = "/api/v1/auth/sign-out",
    tag = "accounts",
    responses((status = 204, description = "It has ended",
               headers(("Set-Cookie" = String, description = "Takes a browser's cookie away"))))
)]
pub(in crate::http) async fn sign_out(
    State(door): State<Door>,
    Reads(principal): Reads,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Response, Problem> {
    let (account, session) = session_of(&principal)?;
    door.ask(move |accounts, now| accounts.revoke_session(account, session, now)).await?;
    signed_out(&door)
}

/// Ends all sessions of the account. Its keys stay.
#[utoipa::path(
    post,
    operation_id = "sign_out_everywhere",
    path = "/api/v1/auth/sign-out-everywhere",
    tag = "accounts",
    responses((status = 204, description = "They have ended",
               headers(("Set-Cookie" = String, description = "Takes a browser's cookie away"))))
)]
pub(in crate::http) async fn sign_out_everywhere(
    State(door): State<Door>,
    Holder(principal): Holder,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Response, Problem> {
    let account = principal.account;
    door.ask(move |accounts, now| accounts.revoke_all_sessions(account, now)).await?;
    signed_out(&door)
}

fn signed_out(door: &Door) -> Result<Response, Problem> {
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, door.set_cookie("", 0)?)]).into_response())
}

/// The session that asks.
pub(super) fn session_of(principal: &Principal) -> Result<(AccountId, i64), Problem> {
    match principal.origin {
        Origin::Session(id) => Ok((principal.account, id)),
        Origin::Key(_) | Origin::Local => {
            Err(Problem::new(Code::Forbidden, "this takes a session: a key has nothing to sign out of"))
        }
    }
}

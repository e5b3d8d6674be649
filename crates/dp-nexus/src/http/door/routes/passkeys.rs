//! `POST /api/v1/auth/passkeys` and `…/options`; `/api/v1/account/passkeys`, `…/options` and `…/{id}`

use super::{
    super::{
        Door,
        caller::{Caller, Holder, SetUp},
        journal::Noted,
        passkeys::{ALGORITHMS, Assertion, CHALLENGE_S, Challenge, Made, Page, Registration, Wrong},
        shapes::{PasskeyView, Secretly},
    },
    account::proving,
    auth::{Begun, Kind, noted},
};
use crate::accounts::{AccountError, Accounts, NewPasskey, Secret, Subject};
use crate::http::{
    answer::All,
    asked::Asked,
    given::{Given, Named},
    layers::authority,
    problem::{Code, Problem, ProblemView},
    routes::Nothing,
};
use axum::{
    extract::{FromRequestParts, State},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{StatusCode, request::Parts};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

impl FromRequestParts<Door> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Door) -> Result<Self, Problem> {
        let authority = authority(&parts.headers, &parts.uri).unwrap_or_default();
        Self::of(&authority).map_err(|Wrong(why)| Problem::new(Code::Conflict, why))
    }
}

/// What a page gives to `navigator.credentials`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PasskeyOptions)]
pub(in crate::http) struct OptionsView {
    /// For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`. Good for five minutes
    /// and one answer.
    #[serde(rename = "publicKey")]
    #[schema(value_type = Object)]
    public_key: Value,
}

/// The password of one who adds a way to come in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct PasskeyProofForm {
    /// The account's password; left out if it has none.
    password: Option<String>,
}

/// Begins to add a passkey: says what to ask of the person's authenticator.
#[utoipa::path(
    post,
    operation_id = "begin_passkey",
    path = "/api/v1/account/passkeys/options",
    tag = "accounts",
    request_body = PasskeyProofForm,
    responses(
        (status = 200, description = "What to ask", body = OptionsView),
        (status = 409, description = "The page was opened by a number and not by a name", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn begin(
    State(door): State<Door>,
    Holder(principal): Holder,
    page: Page,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<PasskeyProofForm>,
) -> Result<Secretly, Problem> {
    let (account, site) = (principal.account, page.site.clone());
    let known = door.ask_slowly(move |accounts, now| {
        let found = accounts.get(account)?.ok_or(AccountError::NotFound("account"))?;
        if found.has_password {
            let password = form.password.as_deref().unwrap_or_default();
            if let Err(error) = accounts.confirm_password(account, password, now) {
                return Ok(Err(error));
            }
        }
        accounts.list_credentials(account, &site).map(Ok)
    });
    let known = known.await?.map_err(proving)?;
    let challenge = challenge(&door, Challenge { site: page.site.clone(), account: Some(account) })?;
    let named = |credential: Vec<u8>| json!({"type": "public-key", "id": URL_SAFE_NO_PAD.encode(credential)});
    let algorithms = ALGORITHMS.map(|algorithm| json!({"type": "public-key", "alg": algorithm}));
    Secretly::of(&OptionsView {
        public_key: json!({
            "challenge": challenge,
            "rp": {"id": page.site, "name": "Datapunk"},
            "user": {
                "id": URL_SAFE_NO_PAD.encode(account.0),
                "name": principal.name,
                "displayName": principal.name,
            },
            "pubKeyCredParams": algorithms,
            "timeout": CHALLENGE_S * 1_000,
            "excludeCredentials": known.into_iter().map(named).collect::<Vec<_>>(),
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": true,
                "userVerification": "required",
            },
            "attestation": "none",
        }),
    })
}

/// A passkey that was made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct PasskeyForm {
    /// What to call it.
    name: String,
    /// What `PublicKeyCredential.toJSON()` gives.
    #[schema(value_type = Object)]
    credential: Registration,
}

/// Adds a passkey to the account.
#[utoipa::path(
    post,
    operation_id = "add_passkey",
    path = "/api/v1/account/passkeys",
    tag = "accounts",
    request_body = PasskeyForm,
    responses(
        (status = 201, description = "The passkey", body = PasskeyView),
        (status = 409, description = "The page was opened by a number and not by a name", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 422, description = "It is not what was asked for", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn add(
    State(door): State<Door>,
    Holder(principal): Holder,
    page: Page,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<PasskeyForm>,
) -> Result<Secretly, Problem> {
    let account = principal.account;
    let unfit = |Wrong(why)| Problem::new(Code::UnfitBody, format!("the passkey was not added: {why}"));
    let challenge = form.credential.challenge().map_err(unfit)?;
    let expected = Challenge { site: page.site.clone(), account: Some(account) };
    if door.0.challenges.take(&challenge, door.now()) != Some(expected) {
        return Err(unfit(Wrong("nobody asked for it, or longer than five minutes ago")));
    }
    let Made { credential, public_key, counter, is_backed_up } =
        form.credential.verify(&page).map_err(unfit)?;
    let new = NewPasskey { credential, site: page.site, name: form.name, public_key, counter, is_backed_up };
    let added = door.ask(move |accounts, now| accounts.add_passkey(account, &new, now)).await?;
    Secretly::made(&PasskeyView::from(added))
}

/// The account's passkeys, oldest first.
#[utoipa::path(
    get,
    operation_id = "list_passkeys",
    path = "/api/v1/account/passkeys",
    tag = "accounts",
    responses((status = 200, description = "Passkeys", body = All<PasskeyView>))
)]
pub(in crate::http) async fn list(
    State(door): State<Door>,
    Holder(principal): Holder,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Secretly, Problem> {
    let passkeys = door.ask(move |accounts, _| accounts.list_passkeys(principal.account)).await?;
    Secretly::of(&All { items: passkeys.into_iter().map(PasskeyView::from).collect() })
}

/// What to call a passkey.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct PasskeyNameForm {
    /// The name.
    name: String,
}

/// Calls a passkey something else.
#[utoipa::path(
    put,
    operation_id = "rename_passkey",
    path = "/api/v1/account/passkeys/{id}",
    tag = "accounts",
    params(("id" = i64, Path, description = "Its number")),
    request_body = PasskeyNameForm,
    responses((status = 200, description = "The passkey", body = PasskeyView))
)]
pub(in crate::http) async fn rename(
    State(door): State<Door>,
    Holder(principal): Holder,
    Named(id): Named<i64>,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<PasskeyNameForm>,
) -> Result<Secretly, Problem> {
    let renamed = door.ask(move |accounts, _| accounts.rename_passkey(principal.account, id, &form.name));
    Secretly::of(&PasskeyView::from(renamed.await?))
}

/// Removes a passkey: nobody comes in with it any more.
#[utoipa::path(
    delete,
    operation_id = "remove_passkey",
    path = "/api/v1/account/passkeys/{id}",
    tag = "accounts",
    params(("id" = i64, Path, description = "Its number")),
    responses((status = 204, description = "It is removed"))
)]
pub(in crate::http) async fn remove(
    State(door): State<Door>,
    Holder(principal): Holder,
    Named(id): Named<i64>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<StatusCode, Problem> {
    door.ask(move |accounts, _| accounts.remove_passkey(principal.account, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begins to sign in with a passkey: says what to ask of the person's authenticator. No name is needed.
#[utoipa::path(
    post,
    operation_id = "begin_passkey_sign_in",
    path = "/api/v1/auth/passkeys/options",
    tag = "accounts",
    security(()),
    responses(
        (status = 200, description = "What to ask", body = OptionsView),
        (status = 409, description = "The page was opened by a number and not by a name", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn sign_in_options(
    State(door): State<Door>,
    _: SetUp,
    page: Page,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Secretly, Problem> {
    let challenge = challenge(&door, Challenge { site: page.site.clone(), account: None })?;
    Secretly::of(&OptionsView {
        public_key: json!({
            "challenge": challenge,
            "rpId": page.site,
            "allowCredentials": [],
            "userVerification": "required",
            "timeout": CHALLENGE_S * 1_000,
        }),
    })
}

/// Somebody wants to come in with a passkey.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct PasskeySignInForm {
    /// What `PublicKeyCredential.toJSON()` gives.
    #[schema(value_type = Object)]
    credential: Assertion,
    /// What the session is to go by.
    kind: Kind,
}

/// Begins a session with a passkey. A code of the second factor is not needed: the passkey is something one has, and
/// its authenticator has asked who is there.
#[utoipa::path(
    post,
    operation_id = "sign_in_with_passkey",
    path = "/api/v1/auth/passkeys",
    tag = "accounts",
    security(()),
    request_body = PasskeySignInForm,
    responses(
        (status = 200, description = "The session", body = super::super::shapes::SignedInView,
         headers(("Set-Cookie" = String, description = "The session's cookie, for a browser"))),
        (status = 401, description = "The passkey is not taken", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 409, description = "The page was opened by a number and not by a name", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn sign_in(
    State(door): State<Door>,
    _: SetUp,
    caller: Caller,
    page: Page,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<PasskeySignInForm>,
) -> Result<Response, Problem> {
    // Taken whatever comes of it: each is good for one answer.
    let challenge = form.credential.challenge().unwrap_or_default();
    let challenge = door.0.challenges.take(&challenge, door.now());
    let is_asked = challenge == Some(Challenge { site: page.site.clone(), account: None });
    let signed_in = door.ask(move |accounts, now| {
        let subjects: Vec<Subject<'_>> = caller.address.map(Subject::Address).into_iter().collect();
        let attempt = match accounts.throttle().begin(&subjects, now) {
            Ok(attempt) => attempt,
            Err(error) => return Ok(Err((error, None))),
        };
        if !is_asked {
            let why =
                "is an answer to nothing that was asked, or that was asked longer than five minutes ago";
            return Ok(Err((AccountError::Passkey(why), None)));
        }
        let account = match used(accounts, &form.credential, &page, now) {
            Ok(account) => account,
            Err((error, account)) => return Ok(Err((error, Some(Noted { account, origin: None })))),
        };
        let client = caller.client();
        let begun = match form.kind {
            Kind::Token => accounts.open_session(account, &client, now).map(Begun::Tokens),
            Kind::Cookie => accounts.open_cookie_session(account, &client, now).map(Begun::Cookie),
        };
        match begun {
            Ok(begun) => {
                attempt.succeeded();
                Ok(Ok(begun))
            }
            Err(error) => Ok(Err((error, Some(Noted { account: Some(account), origin: None })))),
        }
    });
    let (mut response, noted) = match signed_in.await? {
        Ok(begun) => {
            let noted = noted(begun.principal());
            (begun.into_response(&door)?, Some(noted))
        }
        Err((error, noted)) => (Problem::from(error).into_response(), noted),
    };
    noted.map(|noted| response.extensions_mut().insert(noted));
    Ok(response)
}

/// The account of a passkey that has signed what it should; if it has not, the account that it is of.
fn used(
    accounts: &Accounts,
    assertion: &Assertion,
    page: &Page,
    now: Timestamp,
) -> Result<crate::AccountId, (AccountError, Option<crate::AccountId>)> {
    let unknown = || AccountError::Passkey("is not one that is known");
    let credential = assertion.credential().map_err(|Wrong(why)| (AccountError::Passkey(why), None))?;
    let passkey = accounts.find_passkey(&credential).map_err(|error| (error, None))?;
    let Some(passkey) = passkey.filter(|passkey| passkey.site == page.site) else {
        return Err((unknown(), None));
    };
    let account = passkey.account;
    let signed = assertion.verify(page, &passkey.public_key, account).map_err(|Wrong(why)| {
        tracing::warn!(%account, why, "a passkey was refused");
        // Whoever has no key is told nothing of those there are.
        (unknown(), Some(account))
    })?;
    accounts
        .use_passkey(passkey.id, signed.counter, signed.is_backed_up, now)
        .map_err(|error| (error, Some(account)))?;
    Ok(account)
}

fn challenge(door: &Door, challenge: Challenge) -> Result<String, Problem> {
    let text = Secret::random().map_err(Problem::internal)?.expose().to_owned();
    door.0.challenges.put(text.clone(), challenge, door.now());
    Ok(text)
}

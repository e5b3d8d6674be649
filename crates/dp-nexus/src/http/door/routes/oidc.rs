//! `GET /api/v1/auth/oidc`, `…/oidc/start` and `…/oidc/callback`; `GET` and `DELETE /api/v1/account/identities`

use super::{
    super::{
        Door,
        caller::{Caller, Holder, SetUp},
        journal::Noted,
        oidc::{Flow, Oidc, OidcError, Person},
        shapes::{IdentityView, OidcView, Secretly},
    },
    auth::noted,
};
use crate::accounts::{AccountError, CookieSession, Identity, Subject};
use crate::http::{
    answer::All,
    asked::Asked,
    given::Named,
    problem::{Code, Problem, ProblemView},
    routes::Nothing,
};
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Where a browser goes on if it does not say where it was.
const THEN: &str = "/api/docs";
/// The longest path to go on at.
const THEN_BYTES_MAX: usize = 512;
/// Longer values of a provider are none.
const VALUE_BYTES_MAX: usize = 4_096;

/// Whether one can sign in with an identity provider, and what it is called.
#[utoipa::path(
    get,
    operation_id = "get_oidc",
    path = "/api/v1/auth/oidc",
    tag = "accounts",
    security(()),
    responses((status = 200, description = "Whether one can", body = OidcView))
)]
pub(in crate::http) async fn get(
    State(door): State<Door>,
    _: SetUp,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Secretly, Problem> {
    Secretly::of(&OidcView { name: door.oidc().map(|oidc| oidc.settings.name.clone()) })
}

/// Where to go on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct StartQuery {
    /// A path on this server to go on at, when one is signed in; `/api/docs` if left out.
    then: Option<String>,
}

/// Sends a browser to the identity provider. For a link: not for programs.
#[utoipa::path(
    get,
    operation_id = "start_oidc",
    path = "/api/v1/auth/oidc/start",
    tag = "accounts",
    security(()),
    params(StartQuery),
    responses(
        (status = 303, description = "To the provider",
         headers(("Location" = String, description = "The provider's page"),
                 ("Set-Cookie" = String, description = "Shows that the same browser comes back"))),
        (status = 404, description = "There is no identity provider", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 502, description = "The provider can't be asked", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn start(
    State(door): State<Door>,
    _: SetUp,
    Asked(query): Asked<StartQuery>,
) -> Result<Response, Problem> {
    let oidc = offered(&door)?;
    let then = query.then.unwrap_or_else(|| format!("{}{THEN}", door.0.base_path));
    if !is_path_here(&then) {
        let detail = "it has to be a path on this server, such as /timeline";
        return Err(Problem::parameter("then", detail));
    }
    let departure = asking(&door, &oidc, move |oidc, now| oidc.depart(then, now)).await?;
    let location = HeaderValue::from_str(&departure.address).map_err(Problem::internal)?;
    let cookie = door.set_flow_cookie(departure.cookie.expose())?;
    let no_store = HeaderValue::from_static("no-store");
    let headers =
        [(header::LOCATION, location), (header::SET_COOKIE, cookie), (header::CACHE_CONTROL, no_store)];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// Where the identity provider sends a browser back to. Begins a session, and goes on where it was.
#[utoipa::path(
    get,
    operation_id = "finish_oidc",
    path = "/api/v1/auth/oidc/callback",
    tag = "accounts",
    security(()),
    params(
        ("code" = Option<String>, Query, description = "What the provider gives for who it is"),
        ("state" = Option<String>, Query, description = "Names the sign-in"),
        ("iss" = Option<String>, Query, description = "Names the provider"),
        ("error" = Option<String>, Query, description = "Why the provider does not say who it is"),
    ),
    responses(
        (status = 200, description = "A page that goes on by itself", content_type = "text/html", body = String,
         headers(("Set-Cookie" = String, description = "The session's cookie"))),
        (status = 400, description = "This is no sign-in that was begun in this browser", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 403, description = "No account is meant for this person", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 404, description = "There is no identity provider", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 502, description = "The provider can't be asked", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn callback(
    State(door): State<Door>,
    _: SetUp,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let oidc = offered(&door)?;
    let returned = Returned::read(query.as_deref().unwrap_or_default())?;
    let cookie = door.flow_cookie(&headers);
    let flow = returned.state.as_deref().and_then(|state| oidc.returned(state, cookie, door.now()));
    let Some(flow) = flow else {
        let detail = "this is no sign-in that was begun in this browser, or it was gone on with before, or it took \
                      longer than ten minutes";
        return Err(Problem::new(Code::SignInBroken, detail));
    };
    if returned.issuer.is_some_and(|issuer| issuer != oidc.settings.issuer) {
        return Err(Problem::new(Code::SignInBroken, "it was another identity provider that answered"));
    }
    let Some(code) = returned.code else {
        let detail = match returned.error.as_deref() {
            Some("access_denied") => "the identity provider says that you did not agree",
            _ => "the identity provider does not say who you are",
        };
        return Err(Problem::new(Code::SignInBroken, detail));
    };
    let then = flow.then.clone();
    let signed_in = signed_in(&door, &oidc, flow, code, caller).await?;
    let response = match signed_in {
        Ok(session) => welcomed(&door, &session, &then)?,
        Err((problem, noted)) => {
            let mut response = problem.into_response();
            response.extensions_mut().insert(noted);
            response
        }
    };
    Ok(response)
}

/// The session that begins; or what is wrong, and with which account.
async fn signed_in(
    door: &Door,
    oidc: &Arc<Oidc>,
    flow: Flow,
    code: String,
    caller: Caller,
) -> Result<Result<CookieSession, (Problem, Noted)>, Problem> {
    let accounts = Arc::clone(&door.0.accounts);
    asking(door, oidc, move |oidc, now| {
        let subjects: Vec<Subject<'_>> = caller.address.map(Subject::Address).into_iter().collect();
        let attempt = match accounts.throttle().begin(&subjects, now) {
            Ok(attempt) => attempt,
            Err(error) => return Ok(Err((error.into(), Noted::default()))),
        };
        let person = match oidc.identify(&flow, &code, now) {
            Ok(person) => person,
            // Whoever the provider can't tell has guessed nothing.
            Err(OidcError::Provider(reason)) => {
                attempt.give_back();
                return Err(OidcError::Provider(reason));
            }
            Err(error) => return Ok(Err((error.into(), Noted::default()))),
        };
        let begun = bound(&accounts, &oidc.settings.issuer, &person, now)
            .and_then(|account| accounts.open_cookie_session(account, &caller.client(), now));
        match begun {
            Ok(session) => {
                attempt.succeeded();
                Ok(Ok(session))
            }
            Err(error) => {
                let known = accounts.find_by_name(&person.account).ok().flatten().map(|account| account.id);
                Ok(Err((error.into(), Noted { account: known, origin: None })))
            }
        }
    })
    .await
}

fn bound(
    accounts: &crate::accounts::Accounts,
    issuer: &str,
    person: &Person,
    now: jiff::Timestamp,
) -> Result<crate::AccountId, AccountError> {
    let identity = Identity { issuer, subject: &person.subject, email: &person.email };
    accounts.account_of_identity(&identity, &person.account, now)
}

/// The page that hands the session over. It is a page, and no redirect: after a redirect from another site browsers
/// would keep the session's cookie back.
fn welcomed(door: &Door, session: &CookieSession, then: &str) -> Result<Response, Problem> {
    let age_s = session.expires.as_second() - door.now().as_second();
    let cookie = door.set_cookie(session.token.expose(), age_s.max(0))?;
    // A path has no character that means something in HTML but this one.
    let then = then.replace('&', "&amp;");
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Signed in</title>\
         <meta http-equiv=\"refresh\" content=\"0;url={then}\"><p>You are signed in. <a href=\"{then}\">Go on</a></p>\n"
    );
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::SET_COOKIE, cookie),
    ];
    let mut response = (headers, page).into_response();
    response.headers_mut().append(header::SET_COOKIE, door.set_flow_cookie("")?);
    response.extensions_mut().insert(noted(&session.principal));
    Ok(response)
}

/// What a provider sends a browser back with. It may send more, which is passed over.
#[derive(Debug, Default, PartialEq, Eq)]
struct Returned {
    code: Option<String>,
    state: Option<String>,
    issuer: Option<String>,
    error: Option<String>,
}

impl Returned {
    fn read(query: &str) -> Result<Self, Problem> {
        let broken = |detail: &str| Problem::new(Code::SignInBroken, detail);
        let mut returned = Self::default();
        for pair in query.split('&') {
            let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
            let place = match name {
                "code" => &mut returned.code,
                "state" => &mut returned.state,
                "iss" => &mut returned.issuer,
                "error" => &mut returned.error,
                _ => continue,
            };
            let text = text.replace('+', " ");
            let value =
                percent_decode_str(&text).decode_utf8().ok().filter(|value| value.len() <= VALUE_BYTES_MAX);
            let value = value.ok_or_else(|| broken("what the identity provider sent can't be read"))?;
            if place.replace(value.into_owned()).is_some() {
                return Err(broken("the identity provider sent the same thing twice"));
            }
        }
        Ok(returned)
    }
}

fn offered(door: &Door) -> Result<Arc<Oidc>, Problem> {
    let none = || Problem::new(Code::NotFound, "no identity provider is configured; sign in with a password");
    door.oidc().cloned().ok_or_else(none)
}

/// Asks the provider on a thread that may block; only so many at once.
async fn asking<T, F>(door: &Door, oidc: &Arc<Oidc>, work: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&Oidc, jiff::Timestamp) -> Result<T, OidcError> + Send + 'static,
{
    let permit = Arc::clone(&oidc.room).acquire_owned().await.map_err(Problem::internal)?;
    let (oidc, now) = (Arc::clone(oidc), door.now());
    let span = tracing::Span::current();
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        span.in_scope(|| work(&oidc, now))
    });
    done.await.map_err(Problem::internal)?.map_err(Into::into)
}

impl From<OidcError> for Problem {
    fn from(error: OidcError) -> Self {
        let text = error.to_string();
        match error {
            OidcError::Provider(reason) => {
                tracing::error!(%reason, "the identity provider did not do its part");
                Self::plain(Code::ProviderFailed)
            }
            OidcError::Token(_) => {
                tracing::warn!(reason = %text, "an identity provider's answer was refused");
                Self::new(Code::SignInBroken, text)
            }
            OidcError::NotVerified | OidcError::NotListed(_) => Self::new(Code::NotMeant, text),
        }
    }
}

/// Whether a text is a path on this server, and nothing that a browser could take for another place.
fn is_path_here(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%?=&+:,@".contains(&byte);
    text.len() <= THEN_BYTES_MAX
        && text.starts_with('/')
        && !text.starts_with("//")
        && text.bytes().all(is_plain)
}

/// The identities that may sign in to the account.
#[utoipa::path(
    get,
    operation_id = "list_identities",
    path = "/api/v1/account/identities",
    tag = "accounts",
    responses((status = 200, description = "Identities", body = All<IdentityView>))
)]
pub(in crate::http) async fn list(
    State(door): State<Door>,
    Holder(principal): Holder,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Secretly, Problem> {
    let identities = door.ask(move |accounts, _| accounts.list_identities(principal.account)).await?;
    Secretly::of(&All { items: identities.into_iter().map(IdentityView::from).collect() })
}

/// Unbinds an identity from the account. If its e-mail address is still listed, it binds itself again when it next
/// signs in.
#[utoipa::path(
    delete,
    operation_id = "remove_identity",
    path = "/api/v1/account/identities/{id}",
    tag = "accounts",
    params(("id" = i64, Path, description = "Its number")),
    responses((status = 204, description = "It is not bound any more"))
)]
pub(in crate::http) async fn remove(
    State(door): State<Door>,
    Holder(principal): Holder,
    Named(id): Named<i64>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<StatusCode, Problem> {
    door.ask(move |accounts, _| accounts.remove_identity(principal.account, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_on_this_server_are_gone_on_at() {
        for path in ["/", "/timeline?day=2024-06-14&kind=email", "/life/api/docs"] {
            assert!(is_path_here(path), "{path}");
        }
        for path in [
            "",
            "timeline",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\"b",
            "/<b>",
            "/a;url=x",
            "/\n",
        ] {
            assert!(!is_path_here(path), "{path}");
        }
        assert!(!is_path_here(&format!("/{}", "a".repeat(THEN_BYTES_MAX))));
    }

    #[test]
    fn what_a_provider_sends_besides_is_passed_over() {
        let returned =
            Returned::read("code=a%2Fb&state=s&session_state=x&scope=openid+email&iss=https%3A%2F%2Fid")
                .unwrap();
        assert_eq!((returned.code.as_deref(), returned.issuer.as_deref()), (Some("a/b"), Some("https://id")));
        for query in ["state=a&state=b", "code=%ff", &format!("code={}", "a".repeat(5_000))] {
            assert!(Returned::read(query).is_err(), "{query:.20}");
        }
    }
}

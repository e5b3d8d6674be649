//! `GET` and `POST /api/v1/keys`, `DELETE /api/v1/keys/{id}`

use super::super::{
    Door,
    caller::Holder,
    shapes::{KeyView, MadeKeyView, Secretly},
};
use crate::Scope;
use crate::accounts::NewKey;
use crate::http::{
    answer::All,
    asked::Asked,
    given::{Given, Named},
    problem::{Problem, ProblemView},
    routes::Nothing,
    words::{FirstDay, LastDay},
};
use axum::extract::State;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

/// The account's keys, oldest first, the expired ones too.
#[utoipa::path(
    get,
    operation_id = "list_keys",
    path = "/api/v1/keys",
    tag = "accounts",
    responses((status = 200, description = "Keys", body = All<KeyView>))
)]
pub(in crate::http) async fn list(
    State(door): State<Door>,
    Holder(principal): Holder,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Secretly, Problem> {
    let keys = door.ask(move |accounts, _| accounts.list_keys(principal.account)).await?;
    Secretly::of(&All { items: keys.into_iter().map(KeyView::from).collect() })
}

/// What a key is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct KeyForm {
    /// What it is for.
    name: String,
    /// What it may do: no more than who makes it.
    scope: ScopeForm,
    /// When it expires; never if left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Timestamp>,
}

/// What a key may do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ScopeForm {
    /// May read.
    #[serde(default)]
    read: bool,
    /// May change annotations and own documents.
    #[serde(default)]
    write: bool,
    /// May import.
    #[serde(default)]
    import: bool,
    /// May manage the account.
    #[serde(default)]
    admin: bool,
    /// Only documents of these sources and those below them; of all if there are none.
    #[serde(default)]
    sources: Vec<String>,
    /// Only documents from this year, month or day on.
    #[schema(value_type = Option<String>)]
    from: Option<FirstDay>,
    /// Only documents up to this year, month or day, inclusive.
    #[schema(value_type = Option<String>)]
    to: Option<LastDay>,
}

impl From<ScopeForm> for Scope {
    fn from(form: ScopeForm) -> Self {
        Self {
            read: form.read,
            write: form.write,
            import: form.import,
            admin: form.admin,
            sources: form.sources,
            from: form.from.map(|day| day.0),
            until: form.to.map(LastDay::past),
        }
    }
}

/// Makes a key. Its text is in the answer and never shown again.
#[utoipa::path(
    post,
    operation_id = "make_key",
    path = "/api/v1/keys",
    tag = "accounts",
    request_body = KeyForm,
    responses(
        (status = 201, description = "The key", body = MadeKeyView),
        (status = 409, description = "There are as many keys as an account may have", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn make(
    State(door): State<Door>,
    Holder(principal): Holder,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<KeyForm>,
) -> Result<Secretly, Problem> {
    let made = door.ask(move |accounts, now| {
        let new = NewKey { name: &form.name, scope: form.scope.into(), expires: form.expires };
        accounts.make_key(&principal, &new, now)
    });
    let (text, info) = made.await?;
    Secretly::made(&MadeKeyView { text: text.expose().to_owned(), key: info.into() })
}

/// Ends a key of the account.
#[utoipa::path(
    delete,
    operation_id = "revoke_key",
    path = "/api/v1/keys/{id}",
    tag = "accounts",
    params(("id" = i64, Path, description = "Its number")),
    responses((status = 204, description = "It is good for nothing any more"))
)]
pub(in crate::http) async fn revoke(
    State(door): State<Door>,
    Holder(principal): Holder,
    Named(id): Named<i64>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<StatusCode, Problem> {
    door.ask(move |accounts, now| accounts.revoke_key(principal.account, id, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

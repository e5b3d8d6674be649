//! `GET` and `POST /api/v1/users`, `DELETE /api/v1/users/{id}`

use super::super::{
    Door,
    caller::Owner,
    shapes::{AccountView, Secretly},
};
use crate::accounts::NewAccount;
use crate::http::{
    answer::All,
    asked::Asked,
    given::{Given, Named},
    problem::{Code, Problem, ProblemView},
    routes::Nothing,
};
use crate::{AccountId, Role};
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// All accounts, oldest first. For the owner.
#[utoipa::path(
    get,
    operation_id = "list_users",
    path = "/api/v1/users",
    tag = "accounts",
    responses((status = 200, description = "Accounts", body = All<AccountView>))
)]
pub(in crate::http) async fn list(
    State(door): State<Door>,
    _: Owner,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Secretly, Problem> {
    let accounts = door.ask(|accounts, _| accounts.list()).await?;
    Secretly::of(&All { items: accounts.into_iter().map(AccountView::from).collect() })
}

/// What an account besides the owner's can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum UserRole {
    /// Has a vault of its own.
    Member,
    /// Reads what was shared.
    Reader,
}

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct UserForm {
    /// Its name.
    name: String,
    /// Its first password, which it can change: 12 characters at least.
    password: String,
    /// What it is to be.
    role: UserRole,
}

/// Makes an account. For the owner.
#[utoipa::path(
    post,
    operation_id = "make_user",
    path = "/api/v1/users",
    tag = "accounts",
    request_body = UserForm,
    responses(
        (status = 201, description = "The account", body = AccountView),
        (status = 409, description = "The name is taken", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn make(
    State(door): State<Door>,
    _: Owner,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<UserForm>,
) -> Result<Secretly, Problem> {
    let made = door.ask_slowly(move |accounts, now| {
        let role = match form.role {
            UserRole::Member => Role::Member,
            UserRole::Reader => Role::Reader,
        };
        accounts.create(&NewAccount { name: &form.name, password: Some(&form.password), role }, now)
    });
    Secretly::made(&AccountView::from(made.await?))
}

/// Deletes an account with its sessions and keys. For the owner, whose own account stays. Its vault is not
/// touched.
#[utoipa::path(
    delete,
    operation_id = "delete_user",
    path = "/api/v1/users/{id}",
    tag = "accounts",
    params(("id" = String, Path, description = "The account's id")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "It is the owner's, which stays", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn remove(
    State(door): State<Door>,
    _: Owner,
    Named(id): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<StatusCode, Problem> {
    let id: AccountId = id.parse().map_err(|reason: &str| Problem::new(Code::UnknownId, reason))?;
    let asked = door.clone();
    let removal = asked.ask(move |accounts, _| {
        accounts.delete(id)?;
        door.removed(id);
        Ok(())
    });
    removal.await?;
    Ok(StatusCode::NO_CONTENT)
}

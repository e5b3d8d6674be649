//! Every path about accounts and what answers it.

mod account;
mod auth;
mod keys;
mod log;
mod oidc;
mod passkeys;
mod second_factor;
mod sessions;
mod setup;
mod users;

use super::Door;
use axum::{
    Router,
    routing::{delete, get, post, put},
};
use utoipa::OpenApi;

pub(super) fn all() -> Router<Door> {
    let api = Router::new()
        .route("/setup", get(setup::get).post(setup::post))
        .route("/auth/sign-in", post(auth::sign_in))
        .route("/auth/refresh", post(auth::refresh))
        .route("/auth/sign-out", post(auth::sign_out))
        .route("/auth/sign-out-everywhere", post(auth::sign_out_everywhere))
        .route("/auth/oidc", get(oidc::get))
        .route("/auth/oidc/start", get(oidc::start))
        .route("/auth/oidc/callback", get(oidc::callback))
        .route("/auth/passkeys", post(passkeys::sign_in))
        .route("/auth/passkeys/options", post(passkeys::sign_in_options))
        .route("/account/passkeys", get(passkeys::list).post(passkeys::add))
        .route("/account/passkeys/options", post(passkeys::begin))
        .route("/account/passkeys/{id}", put(passkeys::rename).delete(passkeys::remove))
        .route("/account/identities", get(oidc::list))
        .route("/account/identities/{id}", delete(oidc::remove))
        .route("/account", get(account::get))
        .route("/account/password", put(account::change_password))
        .route("/account/password-strength", post(account::password_strength))
        .route("/account/totp", post(second_factor::begin).delete(second_factor::remove))
        .route("/account/totp/confirm", post(second_factor::confirm))
        .route("/account/recovery-codes", post(second_factor::renew_codes))
        .route("/sessions", get(sessions::list))
        .route("/sessions/{id}", delete(sessions::end))
        .route("/keys", get(keys::list).post(keys::make))
        .route("/keys/{id}", delete(keys::revoke))
        .route("/users", get(users::list).post(users::make))
        .route("/users/{id}", delete(users::remove))
        .route("/log", get(log::read));
    Router::new().nest("/api/v1", api)
}

/// The routes as documented.
#[derive(OpenApi)]
#[openapi(paths(
    setup::get,
    setup::post,
    auth::sign_in,
    auth::refresh,
    auth::sign_out,
    auth::sign_out_everywhere,
    passkeys::sign_in,
    passkeys::sign_in_options,
    passkeys::list,
    passkeys::begin,
    passkeys::add,
    passkeys::rename,
    passkeys::remove,
    oidc::get,
    oidc::start,
    oidc::callback,
    oidc::list,
    oidc::remove,
    account::get,
    account::change_password,
    account::password_strength,
    second_factor::begin,
    second_factor::confirm,
    second_factor::remove,
    second_factor::renew_codes,
    sessions::list,
    sessions::end,
    keys::list,
    keys::make,
    keys::revoke,
    users::list,
    users::make,
    users::remove,
    log::read,
))]
pub(in crate::http) struct Documented;

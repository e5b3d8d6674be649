//! `POST` and `GET /api/v1/backups`, `GET` and `DELETE /api/v1/backups/{name}`

use super::{BACKUP, BackupFile, BackupWork, Backups, fetch::answer, owners};
use crate::http::{
    answer::{All, Written},
    asked::Asked,
    entrance::Administers,
    given::{Given, Named},
    problem::{Code, Problem},
    routes::Nothing,
    works::JobView,
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use dp_stream::NewJob;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::{OpenApi, ToSchema};

/// Recipients of one backup.
const RECIPIENTS_MAX: usize = 20;

/// How a backup is to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BackupForm {
    /// For whom it is encrypted: recipients of age, as `age1…`. None means those of the configuration; without any it is not
    /// encrypted.
    #[serde(default)]
    recipients: Vec<String>,
}

/// Makes a backup of everything, while everything goes on. It is done in the background and read back before it counts: the
/// answer is the job. For the owner.
#[utoipa::path(
    post,
    operation_id = "begin_backup",
    path = "/api/v1/backups",
    tag = "backups",
    request_body = BackupForm,
    responses(
        (status = 202, description = "The job that makes it, or the one that is about to", body = JobView,
         headers(("Location" = String, description = "The job"))),
    )
)]
pub(super) async fn begin(
    State(backups): State<Backups>,
    Administers(principal): Administers,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<BackupForm>,
) -> Result<Response, Problem> {
    owners(&principal)?;
    let view = backups.ask(move |inner| {
        if form.recipients.len() > RECIPIENTS_MAX {
            let detail = format!("more than {RECIPIENTS_MAX} recipients are named");
            return Err(Problem::new(Code::UnfitBody, detail));
        }
        for recipient in &form.recipients {
            (inner.check_recipient)(recipient).map_err(|detail| Problem::new(Code::UnfitBody, detail))?;
        }
        let work = BackupWork { recipients: form.recipients, is_scheduled: false };
        let jobs = inner.stream.jobs();
        let added = jobs.add(&NewJob {
            kind: BACKUP.to_owned(),
            account: principal.account.to_string(),
            payload: serde_json::to_value(&work).map_err(Problem::internal)?,
            priority: 0,
            // Who asks twice, as by a page that is loaded again, gets one.
            unique_key: Some(BACKUP.to_owned()),
            due: None,
        })?;
        let job = jobs.get(added.id())?.ok_or_else(|| Problem::internal("a new job is gone"))?;
        Ok(JobView::from(job))
    });
    let view = view.await?;
    let mut response = Written::of(&view)?.into_response();
    *response.status_mut() = StatusCode::ACCEPTED;
    let location = HeaderValue::from_str(&format!("jobs/{}", view.id)).map_err(Problem::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// The backups that are kept, the newest first. For the owner.
#[utoipa::path(
    get,
    operation_id = "list_backups",
    path = "/api/v1/backups",
    tag = "backups",
    responses((status = 200, description = "Backups", body = All<BackupFile>))
)]
pub(super) async fn list(
    State(backups): State<Backups>,
    Administers(principal): Administers,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    owners(&principal)?;
    let question = backups.ask(|inner| {
        let items = inner.folder.list().map_err(Problem::internal)?;
        Written::of(&All { items })
    });
    question.await
}

/// A backup itself. A download that broke off goes on with `Range`. For the owner.
#[utoipa::path(
    get,
    operation_id = "fetch_backup",
    path = "/api/v1/backups/{name}",
    tag = "backups",
    params(("name" = String, Path, description = "Its name")),
    responses(
        (status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, description = "A part of the file", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "It is what the client has"),
        (status = 416, description = "The range lies behind the end", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn fetch(
    State(backups): State<Backups>,
    Administers(principal): Administers,
    Named(name): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    owners(&principal)?;
    let permit = Arc::clone(&backups.0.fetches).try_acquire_owned();
    let permit = permit.map_err(|_| {
        Problem::new(Code::TooSlow, "as many backups are being fetched as can be at once").retry_after_s(30)
    })?;
    let question = backups.ask(move |inner| {
        let found = inner.folder.open(&name).map_err(Problem::internal)?;
        answer(found.ok_or_else(|| unknown(&name))?, &headers, permit)
    });
    question.await
}

/// Removes a backup. For the owner.
#[utoipa::path(
    delete,
    operation_id = "remove_backup",
    path = "/api/v1/backups/{name}",
    tag = "backups",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 204, description = "It is gone"))
)]
pub(super) async fn remove(
    State(backups): State<Backups>,
    Administers(principal): Administers,
    Named(name): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<StatusCode, Problem> {
    owners(&principal)?;
    let question = backups.ask(move |inner| {
        let is_removed = inner.folder.remove(&name).map_err(Problem::internal)?;
        if is_removed { Ok(StatusCode::NO_CONTENT) } else { Err(unknown(&name)) }
    });
    question.await
}

fn unknown(name: &str) -> Problem {
    Problem::new(Code::UnknownId, format!("there is no backup {name:?}"))
}

/// The routes as documented.
#[derive(OpenApi)]
#[openapi(paths(begin, list, fetch, remove))]
pub(in crate::http) struct Documented;

//! `POST /api/v1/imports/{id}/entries/{entry}/retry`

use super::{
    Works,
    jobs::{accepted, queued},
    shapes::JobView,
    whole_account,
};
use crate::http::{
    App,
    asked::Asked,
    entrance::Imports,
    given::Named,
    problem::{Code, Problem},
    routes::Nothing,
};
use axum::{Extension, extract::State, response::Response};
use dp_lake::etl::{EtlError, RetryError, find_entry};
use dp_stream::NewJob;
use serde::{Deserialize, Serialize};

/// The kind of a job that reads one entry again.
pub const ENTRY: &str = "import_entry";

/// What such a job is to do, as it is kept in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryWork {
    /// Number of the import.
    pub import: u64,
    /// Number of the entry in its plan.
    pub entry: u32,
}

impl From<RetryError> for Problem {
    fn from(error: RetryError) -> Self {
        match error {
            RetryError::NoSuchImport(_) => Self::new(Code::NoSuchImport, error.to_string()),
            RetryError::NoSuchEntry { .. } => Self::new(Code::UnknownId, error.to_string()),
            RetryError::Unfinished(_) | RetryError::Gone { .. } | RetryError::Etl(EtlError::Cancelled) => {
                Self::new(Code::Conflict, error.to_string())
            }
            RetryError::Etl(EtlError::Lake(error)) => error.into(),
        }
    }
}

/// Reads one entry of an import again, out of the archive it came from: one that could not be read, or that is better
/// understood by now. It is done in the background: the answer is the job. The row in the ledger is written anew, and
/// what the entry gave before and still gives counts as unchanged.
#[utoipa::path(
    post,
    operation_id = "retry_entry",
    path = "/api/v1/imports/{id}/entries/{entry}/retry",
    tag = "imports",
    params(
        ("id" = u64, Path, description = "Number of the import"),
        ("entry" = u32, Path, description = "Number of the entry in its plan, counted from 0"),
    ),
    responses(
        (status = 202, description = "The job that reads it, or the one that is about to", body = JobView,
         headers(("Location" = String, description = "The job"))),
        (status = 409, description = "The import has not ended", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn retry(
    State(works): State<Works>,
    Extension(app): Extension<App>,
    Imports(principal): Imports,
    Named((import, entry)): Named<(String, String)>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Response, Problem> {
    let account = whole_account(&principal)?;
    let no_import = || Problem::new(Code::NoSuchImport, format!("there is no import {import:?}"));
    let import = import.parse::<u64>().map_err(|_| no_import())?;
    let no_entry = || Problem::new(Code::UnknownId, format!("import {import} has no entry {entry:?}"));
    let entry = entry.parse::<u32>().map_err(|_| no_entry())?;
    let known = app.ask(&principal, move |engine| Ok(find_entry(&**engine.vault(), import, entry)?));
    known.await?;
    let view = works.ask(move |inner| {
        let new = NewJob {
            kind: ENTRY.to_owned(),
            account,
            // Asked for twice it is one job.
            unique_key: Some(format!("{ENTRY} {import} {entry}")),
            payload: serde_json::to_value(EntryWork { import, entry }).map_err(Problem::internal)?,
            // A person waits for it, and it is short beside an import.
            priority: 1,
            due: None,
        };
        queued(inner.stream().jobs(), &new)
    });
    accepted(&view.await?, "../../../../")
}

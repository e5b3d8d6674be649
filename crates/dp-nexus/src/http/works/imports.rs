//! `POST /api/v1/imports`: what was uploaded, or lies in a folder of the machine, becomes a job.

use super::{
    Inner, Works,
    jobs::{accepted, queued},
    shapes::JobView,
    whole_account,
};
use crate::{
    Principal, Role,
    http::{
        asked::Asked,
        entrance::Imports,
        given::Given,
        problem::{Code, Problem},
        routes::Nothing,
    },
    uploads::UploadId,
};
use axum::{extract::State, response::Response};
use dp_stream::NewJob;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};
use utoipa::ToSchema;

/// The kind of an import's job.
pub const IMPORT: &str = "import";
/// Files of one import that can be named.
const FILES_MAX: usize = 1_000;

/// What an import's job is to do, as it is kept in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportWork {
    /// Ids of finished uploads of the account.
    pub uploads: Vec<String>,
    /// Files and folders of the machine.
    pub paths: Vec<PathBuf>,
}

/// What is to be imported: uploads, or paths. All of it together is one import.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportForm {
    /// Ids of uploads that are complete.
    #[serde(default)]
    uploads: Vec<String>,
    /// Files or folders on the server, in a folder that the configuration allows. For the owner only.
    #[serde(default)]
    paths: Vec<String>,
}

/// Imports what was uploaded; several parts of an export belong into one import. It is done in the background:
/// the answer is the job, and `GET /api/v1/events` tells how it gets on.
#[utoipa::path(
    post,
    operation_id = "begin_import",
    path = "/api/v1/imports",
    tag = "imports",
    request_body = ImportForm,
    responses(
        (status = 202, description = "The job that imports it, or the one that is about to", body = JobView,
         headers(("Location" = String, description = "The job"))),
        (status = 409, description = "An upload is not complete", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn begin(
    State(works): State<Works>,
    Imports(principal): Imports,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<ImportForm>,
) -> Result<Response, Problem> {
    let account = whole_account(&principal)?;
    let view = works.ask(move |inner| {
        let work = inner.work_of(&principal, &form)?;
        let new = NewJob {
            kind: IMPORT.to_owned(),
            account,
            // The same files asked for twice, as by a page that is loaded again, are one job.
            unique_key: Some(key_of(&work)?),
            payload: serde_json::to_value(&work).map_err(Problem::internal)?,
            priority: 0,
            due: None,
        };
        queued(inner.stream.jobs(), &new)
    });
    accepted(&view.await?, "")
}

impl Inner {
    /// What is asked for, after looking whether it may be and is there.
    fn work_of(&self, principal: &Principal, form: &ImportForm) -> Result<ImportWork, Problem> {
        let unfit = |detail: String| Err(Problem::new(Code::UnfitBody, detail));
        if form.uploads.is_empty() == form.paths.is_empty() {
            return unfit("give either uploads or paths: what is to be imported".to_owned());
        }
        if form.uploads.len().max(form.paths.len()) > FILES_MAX {
            return unfit(format!("more than {FILES_MAX} files are named; import them in several goes"));
        }
        if !form.paths.is_empty() {
            let paths = form.paths.iter().map(|path| self.allowed(principal, path));
            let paths = paths.collect::<Result<BTreeSet<_>, _>>()?;
            return Ok(ImportWork { uploads: Vec::new(), paths: paths.into_iter().collect() });
        }
        let ids = form.uploads.iter().collect::<BTreeSet<_>>();
        let uploads = ids.into_iter().map(|text| {
            let unknown = |_| Problem::new(Code::NoSuchUpload, format!("there is no upload {text:?}"));
            let id = text.parse::<UploadId>().map_err(unknown)?;
            let upload = self.staging.get(principal.account, id)?;
            if !upload.is_finished() {
                let (offset, length) = (upload.offset_bytes, upload.length_bytes);
                let detail = format!("{} is not complete: {offset} of {length} bytes are there", upload.name);
                return Err(Problem::new(Code::Conflict, detail));
            }
            Ok(text.clone())
        });
        Ok(ImportWork { uploads: uploads.collect::<Result<_, Problem>>()?, paths: Vec::new() })
    }

    /// The path as the file system has it, if it is one that the owner may import.
    fn allowed(&self, principal: &Principal, path: &str) -> Result<PathBuf, Problem> {
        if principal.role != Role::Owner {
            return Err(Problem::new(Code::Forbidden, "only the owner imports files of the server by path"));
        }
        if self.import_folders.is_empty() {
            let detail =
                "no folder is allowed: name some as `import_folders` under [server] in datapunk.toml";
            return Err(Problem::new(Code::Forbidden, detail));
        }
        // Whether something is there is told of allowed folders only.
        let refused = || {
            let folders = self.import_folders.iter().map(|folder| folder.display().to_string());
            let folders = folders.collect::<Vec<_>>().join(", ");
            Problem::new(Code::Forbidden, format!("{path} is nothing in a folder that is allowed: {folders}"))
        };
        let real = Path::new(path).canonicalize().map_err(|_| refused())?;
        if self.import_folders.iter().any(|folder| real.starts_with(folder)) {
            Ok(real)
        } else {
            Err(refused())
        }
    }
}

fn key_of(work: &ImportWork) -> Result<String, Problem> {
    let text = serde_json::to_vec(work).map_err(Problem::internal)?;
    Ok(format!("{IMPORT} {}", blake3::hash(&text).to_hex()))
}

//! Imports that were asked for over HTTP: a job comes in, its uploads become originals of the vault, and the same
//! import runs as on the command line.

use super::{Home, Vaults};
use crate::{commands::import, place::Place};
use dp_lake::etl::{self, EtlError, ImportReport};
use dp_model::EntryStatus;
use dp_nexus::{
    AccountId, Role,
    accounts::Accounts,
    http::ImportWork,
    uploads::{Staging, StagingError, UploadId},
};
use dp_stream::{Failure, Handler, Job, Work};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Runs the jobs of the kind [`IMPORT`](dp_nexus::http::IMPORT).
pub(super) struct ImportJobs {
    pub(super) place: Place,
    pub(super) accounts: Arc<Accounts>,
    pub(super) vaults: Arc<Vaults>,
    pub(super) staging: Staging,
}

impl Handler for ImportJobs {
    fn run(&self, job: &Job, work: &Work) -> Result<Value, Failure> {
        let asked: ImportWork = serde_json::from_value(job.payload.clone())
            .map_err(|error| Failure::Final(format!("what the job is to do can't be read: {error}")))?;
        let (account, home) = self.account(&job.account)?;
        let paths = if asked.uploads.is_empty() {
            asked.paths
        } else {
            let folder = self.vaults.directory(home).join("archives").join(format!("import-{}", job.id.0));
            self.keep(account, &asked.uploads, &folder)?
        };
        let exports = dp_archive::open(&paths, &self.place.config.archive).map_err(finally)?;
        import::ensure_any_file(&exports, &paths).map_err(|error| Failure::Final(format!("{error:#}")))?;
        let engine = self.vaults.engine_of(home).map_err(|error| Failure::Retry(format!("{error:#}")))?;
        let options = import::options(&self.place);
        // Progress that can't be told is no reason to stop.
        let mut tell = |progress: &_| work.progress(serde_json::to_value(progress).unwrap_or_default());
        let report = etl::import(&**engine.vault(), &exports, &options, &mut tell, work.cancelled());
        match report {
            Ok(report) => Ok(told(&report)),
            Err(EtlError::Cancelled) => Err(Failure::Stopped),
            Err(EtlError::Lake(error @ dp_lake::LakeError::DiskFull { .. })) => Err(finally(error)),
            Err(error) => Err(Failure::Retry(format!("{:#}", anyhow::Error::from(error)))),
        }
    }
}

impl ImportJobs {
    /// Whose vault the job is for.
    pub(super) fn account(&self, id: &str) -> Result<(AccountId, Home), Failure> {
        let gone = || Failure::Final("the account that asked for it is not there any more".to_owned());
        let id: AccountId = id.parse().map_err(|_| gone())?;
        let account = self.accounts.get(id).map_err(|error| Failure::Retry(error.to_string()))?;
        match account.ok_or_else(gone)?.role {
            Role::Owner => Ok((id, Home::Owner)),
            Role::Member => Ok((id, Home::Member(id))),
            Role::Reader => Err(Failure::Final("this account has no vault of its own".to_owned())),
        }
    }

    /// Moves uploads to where originals are kept, for ever; those that were moved before a stop stay there.
    fn keep(&self, account: AccountId, uploads: &[String], folder: &Path) -> Result<Vec<PathBuf>, Failure> {
        for id in uploads {
            let id = id.parse::<UploadId>().map_err(|error| Failure::Final(error.to_owned()))?;
            match self.staging.take(account, id, folder) {
                Ok(_) | Err(StagingError::NotFound(_)) => {}
                Err(error @ StagingError::NotFinished(_)) => return Err(finally(error)),
                Err(error) => return Err(Failure::Retry(error.to_string())),
            }
        }
        let retry = |error: std::io::Error| Failure::Retry(error.to_string());
        let files = match fs_err::read_dir(folder) {
            Ok(files) => files.collect::<Result<Vec<_>, _>>().map_err(retry)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(retry(error)),
        };
        if files.len() < uploads.len() {
            let gone =
                "an upload that was to be imported is not there any more: it expired or was taken away";
            return Err(Failure::Final(gone.to_owned()));
        }
        let mut paths = files.into_iter().map(|file| file.path()).collect::<Vec<_>>();
        paths.sort_unstable();
        Ok(paths)
    }
}

/// No later try would end otherwise.
pub(super) fn finally(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::Final(format!("{:#}", anyhow::Error::from(error)))
}

/// What came of an import. The ledger itself is `GET /api/v1/imports/{id}/entries`.
fn told(report: &ImportReport) -> Value {
    let entries =
        EntryStatus::ALL.iter().map(|&status| (status.as_str().to_owned(), report.count(status).into()));
    json!({
        "import": report.import,
        "documents": report.documents,
        "samples": report.samples,
        "people": report.people,
        "entries": serde_json::Map::from_iter(entries),
        "elapsed_seconds": report.elapsed_seconds,
    })
}

//! Imports that were asked for over HTTP: a job comes in, its uploads become originals of the vault, and the same
//! import runs as on the command line.

use super::Vaults;
use crate::{commands::import, place::Place};
use dp_lake::etl::{self, EtlError, ImportReport};
use dp_model::EntryStatus;
use dp_nexus::{
    AccountId, Role,
    accounts::Accounts,
    http::ImportWork,
    uploads::{Staging, UploadError},
};
use dp_stream::{Failure, Handler, Job, Work};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
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
        let account = self.account(&job.account)?;
        let paths = if asked.uploads.is_empty() {
            asked.paths
        } else {
            let folder = self.vaults.directory(account).join("archives").join(format!("import-{}", job.id.0));
            self.keep(&job.account, &asked.uploads, &folder)?
        };
        let exports = dp_archive::open(&paths, &self.place.config.archive).map_err(finally)?;
        import::ensure_any_file(&exports, &paths).map_err(|error| Failure::Final(format!("{error:#}")))?;
        let engine = self.vaults.engine_of(account).map_err(|error| Failure::Retry(format!("{error:#}")))?;
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
    fn account(&self, id: &str) -> Result<super::Home, Failure> {
        let gone = || Failure::Final("the account that asked for it is not there any more".to_owned());
        let id: AccountId = id.parse().map_err(|_| gone())?;
        let account = self.accounts.get(id).map_err(|error| Failure::Retry(error.to_string()))?;
        match account.ok_or_else(gone)?.role {
            Role::Owner => Ok(super::Home::Owner),
            Role::Member => Ok(super::Home::Member(id)),
            Role::Reader => Err(Failure::Final("this account has no vault of its own".to_owned())),
        }
    }

    /// Moves uploads to where originals are kept, for ever; those that were moved before a stop stay.
    fn keep(
        &self,
        account: &str,
        uploads: &[(String, String)],
        folder: &Path,
    ) -> Result<Vec<PathBuf>, Failure> {
        fs_err::create_dir_all(folder).map_err(|error| Failure::Retry(error.to_string()))?;
        let mut namesakes: HashMap<&str, u32> = HashMap::new();
        let mut paths = Vec::with_capacity(uploads.len());
        for (id, name) in uploads {
            let number = namesakes.entry(name).and_modify(|number| *number += 1).or_insert(1);
            // The ending says what it is, so the number goes before the name.
            let path = folder.join(if *number == 1 { name.clone() } else { format!("{number} {name}") });
            match self.staging.take(account, id, &path) {
                Ok(()) => {}
                Err(UploadError::NotFound(_)) if path.is_file() => {}
                Err(error @ UploadError::NotFound(_)) => return Err(finally(error)),
                Err(error) => return Err(Failure::Retry(error.to_string())),
            }
            paths.push(path);
        }
        Ok(paths)
    }
}

/// No later try would end otherwise.
fn finally(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::Final(format!("{:#}", anyhow::Error::from(error)))
}

/// What came of an import. The ledger itself is `GET /api/v1/imports/{id}/entries`.
fn told(report: &ImportReport) -> Value {
    let entries = EntryStatus::ALL.iter().map(|&status| (status.as_str().to_owned(), report.count(status).into()));
    json!({
        "import": report.import,
        "documents": report.documents,
        "samples": report.samples,
        "people": report.people,
        "entries": serde_json::Map::from_iter(entries),
        "elapsed_seconds": report.elapsed_seconds,
    })
}

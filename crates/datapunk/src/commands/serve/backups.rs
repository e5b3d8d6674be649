//! Backups that were asked for over HTTP or by the schedule: a job comes in, and the same backup is made as on the command line.

use crate::{
    backup::{self, Extent},
    commands::backup::make_folder,
    place::Place,
};
use dp_backup::{BackupError, Lock, Progress, Watch};
use dp_nexus::{
    Role,
    accounts::Accounts,
    http::{BACKUP, BackupWork},
};
use dp_stream::{Failure, Handler, Job, Jobs, Schedule, Work};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// Names the schedule.
const KEY: &str = "scheduled backup";

/// Runs the jobs of the kind [`BACKUP`].
pub(super) struct BackupJobs {
    pub(super) place: Place,
}

impl Handler for BackupJobs {
    fn run(&self, job: &Job, work: &Work) -> Result<Value, Failure> {
        let asked: BackupWork = serde_json::from_value(job.payload.clone())
            .map_err(|error| Failure::Final(format!("what the job is to do can't be read: {error}")))?;
        let lock = match asked.recipients.as_slice() {
            [] => backup::usual_lock(&self.place),
            recipients => Lock::for_recipients(recipients).map(Some),
        };
        let lock = lock.map_err(|error| Failure::Final(error.to_string()))?;
        let folder = backup::folder(&self.place);
        make_folder(&folder).map_err(|error| Failure::Retry(format!("{error:#}")))?;
        backup::tidy(&self.place);
        let mark = if asked.is_scheduled { backup::SCHEDULED.to_owned() } else { format!("-job{}", job.id) };
        // The same at each try, so that one that was killed when all was done is not made twice.
        let name = backup::name_of(job.created, &mark, lock.is_some());
        let to = folder.join(&name);
        let mut tell = |progress: Progress| {
            let (stage, done, all) = (progress.stage.as_str(), progress.bytes_done, progress.bytes);
            work.progress(json!({ "stage": stage, "bytes_done": done, "bytes": all }));
        };
        let mut watch = Watch { cancelled: work.cancelled(), progress: &mut tell };
        let made = backup::create(&self.place, &to, lock.as_ref(), Extent::default(), &mut watch);
        match made {
            Ok(contents) => {
                self.retain(&asked, &folder);
                Ok(json!({
                    "name": name,
                    "size_bytes": contents.size_bytes,
                    "files": contents.files,
                    "content_bytes": contents.content_bytes,
                    "is_encrypted": contents.is_encrypted,
                }))
            }
            Err(error) => match error.downcast_ref::<BackupError>() {
                Some(BackupError::Cancelled) => Err(Failure::Stopped),
                // Only what was read back has its name.
                Some(BackupError::Exists(_)) => Ok(json!({ "name": name })),
                Some(BackupError::NoRoom { .. } | BackupError::BadName(_)) => {
                    Err(Failure::Final(error.to_string()))
                }
                _ => Err(Failure::Retry(format!("{error:#}"))),
            },
        }
    }
}

impl BackupJobs {
    /// Removes old ones, if the schedule made this one. What can't be removed is no reason to make it again.
    fn retain(&self, asked: &BackupWork, folder: &std::path::Path) {
        if !asked.is_scheduled {
            return;
        }
        if let Err(error) = backup::retain(folder, self.place.config.backup.keep) {
            tracing::warn!(%error, "old backups could not be removed");
        }
    }
}

/// Says to the queue what the configuration says of backups. They are the owner's, so there is none without one.
pub(super) fn schedule(place: &Place, accounts: &Accounts, jobs: &Jobs) -> anyhow::Result<()> {
    let Some(owner) = accounts.list()?.into_iter().find(|account| account.role == Role::Owner) else {
        return Ok(());
    };
    let account = owner.id.to_string();
    let Some(hours) = place.config.backup.every_h else {
        jobs.unschedule(&account, KEY)?;
        return Ok(());
    };
    let every = Duration::from_secs(u64::from(hours) * 3_600);
    let work = BackupWork { recipients: Vec::new(), is_scheduled: true };
    jobs.schedule(&Schedule {
        account,
        key: KEY.to_owned(),
        kind: BACKUP.to_owned(),
        payload: serde_json::to_value(work)?,
        priority: 0,
        every,
        next: Timestamp::now() + every,
    })?;
    Ok(())
}

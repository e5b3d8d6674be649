//! Making a backup of the data directory: copies of its databases and its other files go into one file. What can be made anew,
//! such as indexes, stays out of it.

mod contents;
mod indexes;
mod working;

use crate::{brain, place::Place};
use anyhow::Context as _;
use dp_backup::{BackupError, Contents, FORMAT, Header, Lock, Source, Watch};
use dp_lake_embedded::copy_database;
use jiff::Timestamp;
use std::{
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};
use working::Working;

/// How backups are named that were given no name.
const NAME: &str = "datapunk-";

/// How often it is tried to find a vault's indexes at rest while its store is copied.
const INDEX_TRIES: u32 = 3;

/// What goes into a backup besides what always does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// Models that can be pulled again.
    pub(crate) with_models: bool,
    /// The text index and vectors, which can be made again.
    pub(crate) with_indexes: bool,
}

impl Default for Extent {
    fn default() -> Self {
        Self { with_models: false, with_indexes: true }
    }
}

/// Where backups are kept that were given no place.
pub(crate) fn folder(place: &Place) -> PathBuf {
    place.config.backup.folder.clone().unwrap_or_else(|| place.directory.join("backups"))
}

/// The name of a backup that was begun at this time; `mark` tells it from others of the same second.
pub(crate) fn name_of(begun: Timestamp, mark: &str, is_encrypted: bool) -> String {
    let time = begun.strftime("%Y%m%d-%H%M%S");
    format!("{NAME}{time}{mark}.tar.zst{}", if is_encrypted { ".age" } else { "" })
}

/// For whom backups are encrypted unless something else is said.
pub(crate) fn usual_lock(place: &Place) -> Result<Option<Lock>, BackupError> {
    let recipients = &place.config.backup.recipients;
    if recipients.is_empty() { Ok(None) } else { Lock::for_recipients(recipients).map(Some) }
}

/// Makes a backup of everything while others go on reading and writing.
pub(crate) fn create(
    place: &Place,
    to: &Path,
    lock: Option<&Lock>,
    extent: Extent,
    watch: &mut Watch<'_>,
) -> anyhow::Result<Contents> {
    let models = brain::models(place).list().unwrap_or_default();
    let found = contents::find(place, &models, extent)?;
    let working = Working::make(&place.directory)?;
    let mut sources = found.files;
    let mut left_out = found.left_out;
    for (number, name) in found.databases.into_iter().enumerate() {
        let room = working.path().join(number.to_string());
        fs_err::create_dir(&room)?;
        let copied = copy(place, &name, &room, extent, watch)?;
        if let Some(prefix) = name.strip_suffix("/lake.db").filter(|_| copied.len() > 1) {
            left_out
                .retain(|out| !contents::MADE_ANEW.iter().any(|folder| *out == format!("{prefix}/{folder}")));
        }
        sources.extend(copied);
    }
    let header = Header {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        created: Timestamp::now().to_string(),
        models: found.models,
        left_out,
    };
    Ok(dp_backup::write(to, &header, sources, lock, watch)?)
}

/// Copies a database, and beside a vault's store its indexes as they were at the same moment: as if the machine had stopped
/// then, which a vault can always go on from. Indexes that are never at rest are left out.
fn copy(
    place: &Place,
    name: &str,
    room: &Path,
    extent: Extent,
    watch: &Watch<'_>,
) -> anyhow::Result<Vec<Source>> {
    let path = place.directory.join(name);
    let vault = name.strip_suffix("/lake.db").filter(|_| extent.with_indexes);
    for attempt in 0..INDEX_TRIES {
        let to = room.join(format!("{attempt}.db"));
        let beside = match vault {
            Some(prefix) => {
                let vault = place.directory.join(prefix);
                let before = indexes::moment(&vault);
                let linked = indexes::link(&vault, prefix, &room.join(format!("indexes-{attempt}")));
                // Where the file system has no links, or files go while they are looked at.
                before.and_then(|before| Ok((vault, before, linked?))).ok()
            }
            None => None,
        };
        copy_one(&path, &to, watch)?;
        let mut sources = vec![Source { name: name.to_owned(), path: to.clone() }];
        match beside {
            Some((vault, before, linked)) if indexes::moment(&vault).is_ok_and(|after| after == before) => {
                sources.extend(linked);
                return Ok(sources);
            }
            Some(_) | None if vault.is_some() && attempt + 1 < INDEX_TRIES => fs_err::remove_file(&to)?,
            Some(_) | None => return Ok(sources),
        }
    }
    anyhow::bail!("{name} could not be copied")
}

fn copy_one(path: &Path, to: &Path, watch: &Watch<'_>) -> anyhow::Result<()> {
    let mut is_wanted = |_| !watch.cancelled.load(Ordering::Relaxed);
    let copied = copy_database(path, to, &mut is_wanted)
        .with_context(|| format!("{} could not be copied", path.display()))?;
    if copied.is_none() {
        return Err(BackupError::Cancelled.into());
    }
    Ok(())
}

/// Removes what backups left that were killed while they were made, here and in the folder they go to.
pub(crate) fn tidy(place: &Place) {
    working::sweep(&place.directory);
    working::sweep_partial(&folder(place));
}

/// Keeps the newest so many backups of those that were made by the schedule, and says how many went.
pub(crate) fn retain(folder: &Path, keep: u32) -> std::io::Result<u32> {
    let mut names = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(NAME) && name.contains(SCHEDULED) && entry.file_type()?.is_file() {
            names.push(name);
        }
    }
    // Their names begin with the time.
    names.sort_unstable();
    let mut removed = 0;
    for name in names.iter().rev().skip(keep as usize) {
        fs_err::remove_file(folder.join(name))?;
        removed += 1;
    }
    Ok(removed)
}

/// In the names of those that the schedule made.
pub(crate) const SCHEDULED: &str = "-scheduled";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_scheduled_backups_go() {
        let folder = tempfile::tempdir().unwrap();
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let scheduled = |second: i64| name_of(at(second), SCHEDULED, second % 2 == 0);
        let asked = name_of(at(0), "-7", false);
        for name in (0..5).map(scheduled).chain([asked.clone(), "photo.jpg".to_owned()]) {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        assert_eq!(retain(folder.path(), 2).unwrap(), 3);
        let mut left = fs_err::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect::<Vec<_>>();
        left.sort_unstable();
        assert_eq!(left, [asked, scheduled(3), scheduled(4), "photo.jpg".to_owned()]);
        assert_eq!(scheduled(3), "datapunk-20270115-080003-scheduled.tar.zst");
    }
}

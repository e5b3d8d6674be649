//! Tells whether another process has committed to a text index since it was last looked. The file that names the parts
//! of an index is put in place anew with each commit, so asking costs a look at that file, and no more than a few a
//! second. Never reads the index itself.

use std::{
    fs::Metadata,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

/// The file that names the parts of an index.
const NAMES: &str = "meta.json";
/// How often it is looked at most.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What is known of the file.
#[derive(Debug)]
pub(super) struct Freshness {
    file: PathBuf,
    looked: Mutex<Looked>,
}

#[derive(Debug)]
struct Looked {
    at: Instant,
    stamp: Option<Stamp>,
}

/// By what a file that was put in place anew is told from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    number: u64,
}

impl Freshness {
    /// For the index in this directory, as it is before it is opened.
    pub(super) fn of(directory: &Path) -> Self {
        let file = directory.join(NAMES);
        let stamp = stamp(&file);
        Self { file, looked: Mutex::new(Looked { at: Instant::now(), stamp }) }
    }

    /// Whether there is something new; says so once.
    pub(super) fn is_stale(&self) -> bool {
        // Who finds somebody else looking takes what there is.
        let mut looked = match self.looked.try_lock() {
            Ok(looked) => looked,
            Err(std::sync::TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
            Err(std::sync::TryLockError::WouldBlock) => return false,
        };
        if looked.at.elapsed() < LOOK_EVERY {
            return false;
        }
        looked.at = Instant::now();
        // While an index is built anew there is no file for a moment; what is open stays good.
        let Some(now) = stamp(&self.file) else { return false };
        looked.stamp.replace(now) != Some(now)
    }
}

fn stamp(file: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(file).ok()?;
    Some(Stamp { modified: metadata.modified().ok(), bytes: metadata.len(), number: number(&metadata) })
}

/// The number that the file system has for the file.
#[cfg(unix)]
fn number(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

/// Elsewhere time and length have to do.
#[cfg(not(unix))]
fn number(_: &Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_put_in_place_anew_is_told_once_and_not_at_every_look() {
        let folder = tempfile::tempdir().unwrap();
        let put = |text: &str| {
            std::fs::write(folder.path().join("new"), text).unwrap();
            std::fs::rename(folder.path().join("new"), folder.path().join(NAMES)).unwrap();
        };
        put("1");
        let freshness = Freshness::of(folder.path());
        put("2");
        assert!(!freshness.is_stale(), "it is too soon to look");
        std::thread::sleep(LOOK_EVERY);
        assert!(freshness.is_stale());
        std::thread::sleep(LOOK_EVERY);
        assert!(!freshness.is_stale());
        std::fs::remove_file(folder.path().join(NAMES)).unwrap();
        std::thread::sleep(LOOK_EVERY);
        assert!(!freshness.is_stale());
    }
}

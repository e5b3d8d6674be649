//! Room for copies of databases while a backup is made: a folder in the data directory, where they lie no more openly than the
//! originals. It goes with the backup; what a killed one left goes with the next.

use anyhow::Context as _;
use dp_backup::PARTIAL_PREFIX;
use fs_err as fs;
use std::path::{Path, PathBuf};

/// How the names of such folders begin.
const PREFIX: &str = ".backup-";
/// Held by whoever uses it.
const LOCK: &str = "held";

/// The folder, as long as this lives.
#[derive(Debug)]
pub(super) struct Working {
    path: PathBuf,
    _held: std::fs::File,
}

impl Working {
    /// Makes one, and removes those that nobody holds any more.
    pub(super) fn make(data_directory: &Path) -> anyhow::Result<Self> {
        sweep(data_directory);
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        for number in 0..1_000 {
            let path = data_directory.join(format!("{PREFIX}{}-{number}", std::process::id()));
            match builder.create(&path) {
                Ok(()) => {
                    let held = std::fs::File::create(path.join(LOCK))?;
                    held.try_lock().context("a folder for copies can't be held")?;
                    return Ok(Self { path, _held: held });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("could not make {}", path.display()));
                }
            }
        }
        anyhow::bail!("too many backups are being made in {}", data_directory.display())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        // What can't be removed now is removed by the next.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes folders that nobody holds any more.
pub(super) fn sweep(data_directory: &Path) {
    for path in beginning_with(PREFIX, data_directory) {
        let is_held = std::fs::File::open(path.join(LOCK)).is_ok_and(|file| file.try_lock().is_err());
        if !is_held {
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Removes unfinished backups whose makers are gone: their names have the number of the process.
pub(super) fn sweep_partial(folder: &Path) {
    for path in beginning_with(PARTIAL_PREFIX, folder) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let process = name.strip_prefix(PARTIAL_PREFIX).and_then(|rest| rest.split('-').next()?.parse().ok());
        let is_alive = process
            .and_then(rustix::process::Pid::from_raw)
            .is_some_and(|process| rustix::process::test_kill_process(process).is_ok());
        if !is_alive {
            let _ = fs::remove_file(path);
        }
    }
}

fn beginning_with(prefix: &str, folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    named.map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_holds_goes_and_what_is_used_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".backup-1-0")).unwrap();
        let one = Working::make(folder.path()).unwrap();
        let other = Working::make(folder.path()).unwrap();
        assert!(one.path().is_dir() && other.path().is_dir() && !folder.path().join(".backup-1-0").exists());
        drop((one, other));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let own = folder.path().join(format!("{PARTIAL_PREFIX}{}-a.tar.zst", std::process::id()));
        let gone = folder.path().join(format!("{PARTIAL_PREFIX}2147483646-a.tar.zst"));
        for path in [&own, &gone] {
            fs::write(path, "x").unwrap();
        }
        sweep_partial(folder.path());
        assert!(own.exists() && !gone.exists());
    }
}

//! SQLite's and the operating system's errors in the lake's words.

use dp_lake::LakeError;
use std::path::Path;

/// Bytes a full disk is said to need at least, when nothing more exact is known.
const NEEDED_BYTES_MIN: u64 = 64 << 20;

/// Adds what was tried to an error of the engine.
pub(crate) trait Context<T> {
    fn context(self, what: &'static str) -> Result<T, LakeError>;
}

impl<T> Context<T> for rusqlite::Result<T> {
    fn context(self, what: &'static str) -> Result<T, LakeError> {
        self.map_err(|error| from_sqlite(error, what))
    }
}

impl<T> Context<T> for std::io::Result<T> {
    fn context(self, what: &'static str) -> Result<T, LakeError> {
        self.map_err(|source| LakeError::Io { context: format!("could not {what}: {source}"), source })
    }
}

fn from_sqlite(error: rusqlite::Error, what: &str) -> LakeError {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        // The path and the free space are filled in by whoever knows the directory.
        Some(ErrorCode::DiskFull) => LakeError::DiskFull {
            path: Path::new("").to_owned(),
            needed_bytes: NEEDED_BYTES_MIN,
            free_bytes: 0,
        },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            LakeError::Corrupt(format!("could not {what}: {error}"))
        }
        _ => LakeError::Engine { context: format!("could not {what}: {error}"), source: error.into() },
    }
}

/// Completes an error of a vault in this directory: a full disk is told with its numbers, also where
/// the engine only said that writing failed.
pub(crate) fn in_directory(error: LakeError, directory: &Path) -> LakeError {
    let free_bytes = free_bytes(directory);
    match error {
        LakeError::DiskFull { needed_bytes, .. } => {
            LakeError::DiskFull { path: directory.to_owned(), needed_bytes, free_bytes }
        }
        error if is_out_of_space(&error) || (is_write_failure(&error) && free_bytes < 1 << 20) => {
            LakeError::DiskFull { path: directory.to_owned(), needed_bytes: NEEDED_BYTES_MIN, free_bytes }
        }
        error => error,
    }
}

fn is_out_of_space(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::StorageFull)
        {
            return true;
        }
        if error.to_string().contains("No space left on device") {
            return true;
        }
        cause = error.source();
    }
    false
}

fn is_write_failure(error: &LakeError) -> bool {
    matches!(error, LakeError::Engine { .. } | LakeError::Io { .. } | LakeError::Projection { .. })
}

/// Free bytes on the disk that holds this directory; 0 if that can't be told.
pub(crate) fn free_bytes(directory: &Path) -> u64 {
    rustix::fs::statvfs(directory).map_or(0, |stat| stat.f_bavail.saturating_mul(stat.f_frsize))
}

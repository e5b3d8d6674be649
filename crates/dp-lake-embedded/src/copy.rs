//! A copy of a SQLite file as it is at one moment, while others write to it: for backups. Nobody waits for it.

use crate::error::{Context as _, free_bytes, in_directory};
use dp_lake::LakeError;
use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};
use std::{path::Path, time::Duration};

/// Pages that are copied before it is asked whether to go on.
const STEP_PAGES: i32 = 2_048;
/// Bytes that a copy leaves free.
const RESERVE_BYTES: u64 = 64 << 20;
/// How long to wait for one who holds the whole file.
const BUSY: Duration = Duration::from_secs(10);

/// Copies a database to a file that is not there yet, and says how large the copy is; None if `is_wanted` said no, which is asked
/// again and again with the bytes that are copied.
///
/// # Errors
/// `DiskFull`, `Corrupt`, and `Io` or `Engine` if one of the files can't be read or written.
pub fn copy_database(
    from: &Path,
    to: &Path,
    is_wanted: &mut dyn FnMut(u64) -> bool,
) -> Result<Option<u64>, LakeError> {
    let folder = to.parent().unwrap_or(to);
    let copied = copy(from, to, is_wanted).map_err(|error| in_directory(error, folder));
    if !matches!(copied, Ok(Some(_))) {
        // A part of a database is none.
        let _ = fs_err::remove_file(to);
    }
    copied
}

fn copy(from: &Path, to: &Path, is_wanted: &mut dyn FnMut(u64) -> bool) -> Result<Option<u64>, LakeError> {
    let sizes = ["", "-wal"].map(|end| {
        let path = format!("{}{end}", from.display());
        std::fs::metadata(path).map_or(0, |metadata| metadata.len())
    });
    let needed_bytes = sizes.iter().sum::<u64>().saturating_add(RESERVE_BYTES);
    let folder = to.parent().unwrap_or(to);
    let free_bytes = free_bytes(folder);
    if free_bytes < needed_bytes {
        return Err(LakeError::DiskFull { path: folder.to_owned(), needed_bytes, free_bytes });
    }
    make_private(to)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags).context("open the store to copy it")?;
    source.busy_timeout(BUSY).context("open the store to copy it")?;
    // From its first reading on, a transaction sees one moment; without one the copy would begin anew at each write.
    source.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;").context("copy the store")?;
    let page_bytes: u64 = source
        .query_row("PRAGMA page_size", (), |row| row.get::<_, i64>(0))
        .context("copy the store")?
        .unsigned_abs();
    let mut target = Connection::open(to).context("make a copy of the store")?;
    // What is half done is thrown away, so nothing has to be undone.
    target
        .execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        .context("make a copy of the store")?;
    let backup = Backup::new(&source, &mut target).context("copy the store")?;
    loop {
        let step = backup.step(STEP_PAGES).context("copy the store")?;
        let progress = backup.progress();
        let done = (progress.pagecount - progress.remaining).max(0) as u64 * page_bytes;
        if !is_wanted(done) {
            return Ok(None);
        }
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            // Only where the file itself is being replaced.
            _ => std::thread::sleep(Duration::from_millis(50)),
        }
    }
    drop(backup);
    target.close().map_err(|(_, error)| error).context("end the copy of the store")?;
    Ok(Some(std::fs::metadata(to).context("end the copy of the store")?.len()))
}

fn make_private(path: &Path) -> Result<(), LakeError> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    fs_err::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).context("make a copy of the store")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_of_one_moment_while_others_write() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from.db"), folder.path().join("to.db"));
        let writer = Connection::open(&from).unwrap();
        let made = "PRAGMA journal_mode = WAL; CREATE TABLE pairs (one INTEGER, other INTEGER, filler BLOB);
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9000)
            INSERT INTO pairs SELECT n, n, randomblob(2000) FROM numbers;";
        writer.execute_batch(made).unwrap();
        let mut steps = 0;
        let copied = copy_database(&from, &to, &mut |_| {
            steps += 1;
            writer
                .execute_batch(
                    "BEGIN; UPDATE pairs SET one = one + 1; UPDATE pairs SET other = other + 1; COMMIT",
                )
                .unwrap();
            true
        });
        assert!(copied.unwrap().unwrap() > 18_000_000 && steps > 1, "{steps}");
        let copy = Connection::open(&to).unwrap();
        let sound: String = copy.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
        let sums = copy.query_row("SELECT sum(one - other), min(one), count(*) FROM pairs", (), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        });
        assert_eq!((sound.as_str(), sums.unwrap()), ("ok", (0, 1, 9_000)));
    }

    #[test]
    fn one_that_is_not_wanted_any_more_or_cannot_be_made_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from.db"), folder.path().join("to.db"));
        Connection::open(&from).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
        assert_eq!(copy_database(&from, &to, &mut |_| false).unwrap(), None);
        assert!(!to.exists());
        std::fs::write(&from, vec![0x55; 8_192]).unwrap();
        assert!(matches!(copy_database(&from, &to, &mut |_| true), Err(LakeError::Corrupt(_))));
        assert!(!to.exists());
    }
}

//! Opening SQLite: the pragmas that make it durable, and the format it must have.

use crate::{cells, error::Context as _, migrate::migrate, write::conversations};
use dp_lake::LakeError;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use std::path::Path;

/// The format that this program writes.
pub(crate) const FORMAT: i64 = 2;
/// Pages of the writer's cache, in KiB.
const WRITER_CACHE_KIB: i64 = 48 * 1024;
/// Pages of a reader's cache, in KiB.
const READER_CACHE_KIB: i64 = 4 * 1024;
/// Bytes of the file that readers map into memory instead of copying pages of it: the system takes them back when it
/// needs the memory. SQLite maps no more than this.
const READER_MAPPED_BYTES: i64 = 0x7fff_0000;
/// Prepared statements kept by a connection: a page of the timeline uses one for each group.
const STATEMENTS: usize = 256;
/// Pages of 4 KiB in the write-ahead log before it is copied into the database.
const CHECKPOINT_PAGES: i64 = 8_000;

/// Opens the store for writing, making it if it is not there. `home_zone` is kept when it is made.
pub(crate) fn open_writer(file: &Path, home_zone: &str) -> Result<Connection, LakeError> {
    let mut connection = Connection::open(file).context("open the store")?;
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA cache_size = -{WRITER_CACHE_KIB};
             PRAGMA temp_store = MEMORY;
             PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};
             PRAGMA journal_size_limit = 67108864;"
        ))
        .context("set the store up")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    if format(&connection)?.is_none() {
        let transaction = connection.transaction().context("make the store")?;
        transaction.execute_batch(include_str!("schema.sql")).context("make the store")?;
        for (key, value) in
            [("format", &FORMAT as &dyn rusqlite::ToSql), ("home_zone", &home_zone), ("sequence", &0)]
        {
            transaction
                .execute("INSERT INTO vault (key, value) VALUES (?, ?)", (key, value))
                .context("make the store")?;
        }
        transaction.commit().context("make the store")?;
    }
    check_format(&connection)?;
    if let Some(older) = format(&connection)?.filter(|&found| found < FORMAT) {
        migrate(&mut connection, older)?;
    }
    connection.execute_batch(include_str!("additions.sql")).context("make the store")?;
    cells::make(&mut connection)?;
    conversations::make(&mut connection)?;
    Ok(connection)
}

/// Opens the store for reading.
pub(crate) fn open_reader(file: &Path) -> Result<Connection, LakeError> {
    // A write-ahead log can be read only by a connection that may write its index; the pragma keeps
    // the data itself from being written.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).context("open the store for reading")?;
    connection
        .execute_batch(&format!(
            "PRAGMA query_only = ON; PRAGMA cache_size = -{READER_CACHE_KIB}; PRAGMA temp_store = MEMORY;
             PRAGMA mmap_size = {READER_MAPPED_BYTES};"
        ))
        .context("set the store up for reading")?;
    connection.busy_timeout(std::time::Duration::from_secs(10)).context("set the store up for reading")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    check_format(&connection)?;
    Ok(connection)
}

/// The format of the store in this file; None if there is none, or it is being made.
pub(crate) fn made_format(file: &Path) -> Result<Option<i64>, LakeError> {
    if !file.is_file() {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).context("open the store for reading")?;
    format(&connection)
}

/// The format of the store; None if it has no tables yet.
fn format(connection: &Connection) -> Result<Option<i64>, LakeError> {
    let made: bool = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'vault'", (), |row| row.get(0))
        .context("read the store's format")?;
    if !made {
        return Ok(None);
    }
    connection
        .query_row("SELECT value FROM vault WHERE key = 'format'", (), |row| row.get(0))
        .optional()
        .context("read the store's format")
}

fn check_format(connection: &Connection) -> Result<(), LakeError> {
    match format(connection)? {
        Some(found) if found > FORMAT => Err(LakeError::NewerFormat { found, known: FORMAT }),
        Some(_) => Ok(()),
        None => Err(LakeError::Corrupt("the store has no format".to_owned())),
    }
}

/// A value of the vault's own table.
pub(crate) fn vault_value<T: rusqlite::types::FromSql>(
    connection: &Connection,
    key: &str,
) -> Result<T, LakeError> {
    connection
        .prepare_cached("SELECT value FROM vault WHERE key = ?")
        .and_then(|mut statement| statement.query_row([key], |row| row.get(0)))
        .context("read the vault's settings")
}

#[cfg(test)]
mod tests {
    #[test]
    fn bundled_sqlite_is_past_the_wal_fix() {
        // Older ones can corrupt a write-ahead log under two connections.
        assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
    }
}

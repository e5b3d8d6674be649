//! `system.db`: how it is opened, which format it has, and how it is read and written. One connection writes,
//! a few read, so that nobody who only shows a token waits for the disk.

use super::{
    AccountError,
    error::{Context as _, on_file},
    secret::{SecretKey, random_bytes},
};
use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Transaction, TransactionBehavior};
use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

/// What makes each format from the one before. Only ever added to.
const MIGRATIONS: &[&str] = &[include_str!("schema_1.sql"), include_str!("schema_2.sql")];
/// Marks the file as ours in SQLite's header: `DPsy`.
const APPLICATION_ID: i64 = 0x4450_7379;
/// Connections that read.
const READERS: usize = 4;
/// Pages that a connection keeps, in KiB.
const CACHE_KIB: i64 = 2 * 1024;
/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(10);
/// How long between two tries where SQLite itself does not wait.
const PAUSE: Duration = Duration::from_millis(10);

/// The opened database.
#[derive(Debug)]
pub(super) struct Store {
    writer: Mutex<Connection>,
    readers: Vec<Mutex<Connection>>,
    next_reader: AtomicUsize,
}

impl Store {
    pub(super) fn open(path: &Path) -> Result<Self, AccountError> {
        make_private(path)?;
        let mut writer = connect(path)?;
        // First of all: nothing of a database of something else is changed, not even how it is written.
        migrate(&mut writer, path)?;
        write_ahead(&writer)
            .and_then(|()| writer.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"))
            .context("set the accounts' database up")?;
        let readers = (0..READERS).map(|_| reader(path)).collect::<Result<_, _>>()?;
        Ok(Self { writer: Mutex::new(writer), readers, next_reader: AtomicUsize::new(0) })
    }

    /// Reads from one of the readers.
    pub(super) fn read<T>(
        &self,
        what: &'static str,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, AccountError> {
        let first = self.next_reader.fetch_add(1, Ordering::Relaxed) % READERS;
        let idle = (0..READERS).find_map(|step| self.readers[(first + step) % READERS].try_lock());
        let connection = idle.unwrap_or_else(|| self.readers[first].lock());
        read(&connection).context(what)
    }

    /// Writes all or, if there is an error, nothing. On disk when it returns.
    pub(super) fn write<T>(
        &self,
        what: &'static str,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, AccountError>,
    ) -> Result<T, AccountError> {
        let mut writer = self.writer.lock();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate).context(what)?;
        let value = write(&transaction)?;
        transaction.commit().context(what)?;
        Ok(value)
    }

    /// The key for CSRF tokens, made at first start.
    pub(super) fn csrf_key(&self) -> Result<SecretKey, AccountError> {
        self.write("read the program's keys", |transaction| {
            let fresh: [u8; 32] = random_bytes()?;
            transaction
                .execute("INSERT OR IGNORE INTO secrets (name, value) VALUES ('csrf', ?)", [&fresh[..]])
                .and_then(|_| {
                    transaction.query_row("SELECT value FROM secrets WHERE name = 'csrf'", (), |row| {
                        row.get(0).map(SecretKey)
                    })
                })
                .context("read the program's keys")
        })
    }

    /// Runs statements as somebody who tampers would.
    #[cfg(test)]
    pub(super) fn raw(&self, sql: &str) -> rusqlite::Result<()> {
        self.writer.lock().execute_batch(sql)
    }
}

/// Makes the file if it is not there; in any case nobody else may read it.
fn make_private(path: &Path) -> Result<(), AccountError> {
    let mut options = fs_err::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let file = options.open(path).map_err(|source| on_file("open", path, source))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // An older file may have been copied with other rights.
        file.set_permissions(std::fs::Permissions::from_mode(0o600))
            .map_err(|source| on_file("keep to its owner", path, source))?;
    }
    drop(file);
    Ok(())
}

fn connect(path: &Path) -> Result<Connection, AccountError> {
    let connection = Connection::open(path).context("open the accounts' database")?;
    connection
        .busy_timeout(BUSY)
        .and_then(|()| connection.pragma_update(None, "cache_size", -CACHE_KIB))
        .and_then(|()| connection.pragma_update(None, "temp_store", "MEMORY"))
        .context("set the accounts' database up")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Has changes written ahead. SQLite does not wait for others who are about to change that too, so it is tried
/// again.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let until = Instant::now() + BUSY;
    loop {
        match connection.execute_batch("PRAGMA journal_mode = WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < until =>
            {
                std::thread::sleep(PAUSE);
            }
            outcome => return outcome,
        }
    }
}

fn reader(path: &Path) -> Result<Mutex<Connection>, AccountError> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", true).context("set the accounts' database up")?;
    Ok(Mutex::new(connection))
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), AccountError> {
    let what = "bring the accounts' database to this version";
    let known = MIGRATIONS.len() as i64;
    // In one transaction, so that a second process that starts at the same time waits and then finds it done.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).context(what)?;
    let pragma =
        |name: &str| transaction.query_row(&format!("PRAGMA {name}"), (), |row| row.get::<_, i64>(0));
    let found = pragma("user_version").context(what)?;
    let application = pragma("application_id").context(what)?;
    let any: Option<i64> = transaction
        .query_row("SELECT 1 FROM sqlite_schema LIMIT 1", (), |row| row.get(0))
        .optional()
        .context(what)?;
    if any.is_some() && application != APPLICATION_ID {
        return Err(AccountError::Foreign(path.to_owned()));
    }
    if found > known {
        return Err(AccountError::Newer { path: path.to_owned(), found, known });
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or_default()) {
        transaction.execute_batch(migration).context(what)?;
    }
    if found < known {
        transaction.pragma_update(None, "application_id", APPLICATION_ID).context(what)?;
        transaction.pragma_update(None, "user_version", known).context(what)?;
    }
    transaction.commit().context(what)
}

#[cfg(test)]
mod tests {
    use super::super::{Accounts, testing::World};
    use super::*;

    #[test]
    fn a_database_of_a_newer_program_is_refused() {
        let world = World::empty();
        world.sql("PRAGMA user_version = 999").unwrap();
        let path = world.directory.path().join("system.db");
        let error = Accounts::open(&path).unwrap_err();
        assert!(matches!(error, AccountError::Newer { found: 999, .. }), "{error}");
        assert!(error.to_string().contains("system.db") && error.to_string().contains("newer"));
    }

    #[test]
    fn a_database_of_another_program_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("photos.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE photos (id)").unwrap();
        assert!(matches!(Accounts::open(&path), Err(AccountError::Foreign(_))));
    }

    #[test]
    fn what_is_no_database_is_an_error_that_names_no_secret_and_does_not_panic() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("system.db");
        std::fs::write(&path, vec![0x55; 8192]).unwrap();
        assert!(matches!(Accounts::open(&path), Err(AccountError::Engine { .. })));
        assert!(matches!(Accounts::open(directory.path()), Err(AccountError::Io { .. })));
    }

    #[test]
    fn opening_again_finds_the_same_keys() {
        let world = World::empty();
        let again = Accounts::open(&world.directory.path().join("system.db")).unwrap();
        assert_eq!(again.csrf_key, world.accounts.csrf_key);
        let count = |accounts: &Accounts| {
            accounts
                .store
                .read("count", |connection| {
                    connection.query_row("SELECT count(*) FROM signing_keys", (), |row| row.get::<_, i64>(0))
                })
                .unwrap()
        };
        assert_eq!(count(&again), 1);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let world = World::empty();
        world.sql("PRAGMA wal_checkpoint").unwrap();
        for entry in std::fs::read_dir(world.directory.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", entry.path().display());
        }
        let path = world.directory.path().join("system.db");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        Accounts::open(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn several_may_open_a_new_database_at_the_same_time() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("system.db");
        std::thread::scope(|scope| {
            let opened: Vec<_> = (0..4).map(|_| scope.spawn(|| Accounts::open(&path).map(|_| ()))).collect();
            for opened in opened {
                opened.join().unwrap().unwrap();
            }
        });
    }
}

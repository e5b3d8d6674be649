//! The tables of jobs and events: how they are opened, which format they have, how they are read and written. One connection
//! writes; whoever holds it gives events their numbers and hands them to subscribers, so all see them in one order.

mod hub;
mod writing;

pub(crate) use hub::{Hub, Live};
pub(crate) use writing::Writing;

use crate::{
    Event, Options, StreamError,
    error::{Context as _, on_file},
};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};
use serde_json::Value;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use writing::Sequence;

/// What makes each format from the one before. Only ever added to.
const MIGRATIONS: &[&str] = &[include_str!("schema_1.sql")];
/// Connections that read.
const READERS: usize = 2;
/// Pages that a connection keeps, in KiB.
const CACHE_KIB: i64 = 512;
/// How long to wait for another process, or another part of this one, that writes.
const BUSY: Duration = Duration::from_secs(10);

/// The opened database.
#[derive(Debug)]
pub(crate) struct Store {
    writer: Mutex<Writer>,
    readers: Vec<Mutex<Connection>>,
    next_reader: AtomicUsize,
    /// Events that were stored since this was opened.
    stored_events: AtomicU64,
    pub(crate) hub: Hub,
    pub(crate) options: Options,
}

#[derive(Debug)]
struct Writer {
    connection: Connection,
    sequence: Sequence,
}

impl Store {
    pub(crate) fn open(path: &Path, options: Options) -> Result<Self, StreamError> {
        make_private(path)?;
        let mut connection = connect(path)?;
        // First of all: nothing of a newer version is changed, not even how it is written.
        migrate(&mut connection, path)?;
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
            .context("set the tables of jobs up")?;
        let sequence = Sequence::read(&connection).context("read the numbers of events")?;
        let readers = (0..READERS).map(|_| reader(path)).collect::<Result<_, _>>()?;
        Ok(Self {
            hub: Hub::new(sequence.last(), options.waiting_max),
            writer: Mutex::new(Writer { connection, sequence }),
            readers,
            next_reader: AtomicUsize::new(0),
            stored_events: AtomicU64::new(0),
            options,
        })
    }

    /// Reads from one of the readers.
    pub(crate) fn read<T>(
        &self,
        what: &'static str,
        read: impl FnOnce(&Connection) -> Result<T, ReadError>,
    ) -> Result<T, StreamError> {
        let first = self.next_reader.fetch_add(1, Ordering::Relaxed) % READERS;
        let idle = (0..READERS).find_map(|step| self.readers[(first + step) % READERS].try_lock());
        let connection = idle.unwrap_or_else(|| self.readers[first].lock());
        read(&connection).map_err(|error| error.of(what))
    }

    /// Writes all or, if there is an error, nothing. When it returns, it is on disk and its events are with the subscribers.
    pub(crate) fn write<T>(
        &self,
        what: &'static str,
        write: impl FnOnce(&mut Writing<'_>) -> Result<T, ReadError>,
    ) -> Result<T, StreamError> {
        let mut writer = self.writer.lock();
        let Writer { connection, sequence } = &mut *writer;
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).context(what)?;
        let mut writing = Writing::new(transaction, *sequence, &self.options);
        let value = write(&mut writing).map_err(|error| error.of(what))?;
        let done = writing.commit().context(what)?;
        *sequence = done.sequence;
        self.stored_events.fetch_add(done.stored, Ordering::Relaxed);
        // The writer is still held: nobody can come between with a later number.
        self.hub.send(done.events);
        Ok(value)
    }

    /// Hands an event to the subscribers there are, and does not store it. Waits for whoever is writing, since its number
    /// must come after theirs, and itself goes to the disk only when a block of numbers is used up. `data` is asked for when
    /// nobody writes, and may find that there is nothing to send.
    pub(crate) fn send(
        &self,
        account: &str,
        kind: &str,
        data: impl FnOnce() -> Result<Option<Value>, StreamError>,
    ) -> Result<Option<u64>, StreamError> {
        let what = "number an event";
        let mut writer = self.writer.lock();
        let Some(data) = data()? else { return Ok(None) };
        let Writer { connection, sequence } = &mut *writer;
        if sequence.is_used_up() {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate).context(what)?;
            let reserved = sequence.reserve(&transaction).context(what)?;
            transaction.commit().context(what)?;
            *sequence = reserved;
        }
        let id = sequence.take();
        let at = crate::encode::time(self.options.now_us())?;
        let event = Event { id, account: account.to_owned(), kind: kind.to_owned(), data, at };
        self.hub.send(vec![Arc::new(event)]);
        Ok(Some(id))
    }

    /// How many events were stored since this was opened.
    pub(crate) fn stored_events(&self) -> u64 {
        self.stored_events.load(Ordering::Relaxed)
    }

    /// Runs statements as somebody who tampers would.
    #[cfg(test)]
    pub(crate) fn raw(&self, sql: &str) -> rusqlite::Result<()> {
        self.writer.lock().connection.execute_batch(sql)
    }
}

/// What can go wrong between opening a statement and making sense of its rows.
#[derive(Debug)]
pub(crate) enum ReadError {
    Engine(rusqlite::Error),
    Stream(StreamError),
}

impl ReadError {
    fn of(self, context: &'static str) -> StreamError {
        match self {
            Self::Engine(source) => StreamError::Engine { context, source },
            Self::Stream(error) => error,
        }
    }
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<StreamError> for ReadError {
    fn from(error: StreamError) -> Self {
        Self::Stream(error)
    }
}

/// Makes the file if it is not there, readable by its owner only. What is there keeps the rights it has.
fn make_private(path: &Path) -> Result<(), StreamError> {
    let mut options = fs_err::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).map(drop).map_err(|source| on_file("open", path, source))
}

fn connect(path: &Path) -> Result<Connection, StreamError> {
    let connection = Connection::open(path).context("open the database of jobs")?;
    connection
        .busy_timeout(BUSY)
        .and_then(|()| connection.pragma_update(None, "cache_size", -CACHE_KIB))
        .and_then(|()| connection.pragma_update(None, "temp_store", "MEMORY"))
        .context("set the tables of jobs up")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn reader(path: &Path) -> Result<Mutex<Connection>, StreamError> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", true).context("set the tables of jobs up")?;
    Ok(Mutex::new(connection))
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StreamError> {
    let what = "bring the tables of jobs to this version";
    let known = MIGRATIONS.len() as i64;
    // In one transaction, so that a second process that starts at the same time waits and then finds it done.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).context(what)?;
    let is_there: bool = transaction
        .query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'stream_format')", (), |row| {
            row.get(0)
        })
        .context(what)?;
    let found: i64 = if is_there {
        transaction
            .query_row("SELECT format FROM stream_format", (), |row| row.get(0))
            .optional()
            .context(what)?
            .ok_or_else(|| StreamError::Corrupt("their format is missing".to_owned()))?
    } else {
        0
    };
    if found > known {
        return Err(StreamError::Newer { path: path.to_owned(), found, known });
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or_default()) {
        transaction.execute_batch(migration).context(what)?;
    }
    if found < known {
        transaction
            .execute("INSERT OR REPLACE INTO stream_format (id, format) VALUES (1, ?)", [known])
            .context(what)?;
    }
    transaction.commit().context(what)
}

#[cfg(test)]
mod tests;

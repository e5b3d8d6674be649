//! One transaction that writes: changes of jobs, and the events that tell of them, which go out together or not at all.

use crate::{
    Announce, Event, Options, StreamError,
    encode::{stored, time},
    store::ReadError,
};
use rusqlite::{Connection, Transaction};
use serde_json::Value;
use std::sync::Arc;

/// Numbers of events that are taken at a time.
const BLOCK: u64 = 1024;

/// A transaction that is under way.
pub(crate) struct Writing<'a> {
    pub(crate) transaction: Transaction<'a>,
    pub(crate) now_us: i64,
    /// What is told of jobs that ended.
    pub(crate) announce: Option<Announce>,
    sequence: Sequence,
    stored: u64,
    events: Vec<Arc<Event>>,
}

/// What a transaction leaves behind.
pub(super) struct Done {
    pub(super) sequence: Sequence,
    pub(super) stored: u64,
    pub(super) events: Vec<Arc<Event>>,
}

impl<'a> Writing<'a> {
    pub(super) fn new(transaction: Transaction<'a>, sequence: Sequence, options: &Options) -> Self {
        let (now_us, announce) = (options.now_us(), options.announce.clone());
        Self { transaction, now_us, announce, sequence, stored: 0, events: Vec::new() }
    }

    /// Stores an event, and sends it when all is on disk.
    pub(crate) fn publish(&mut self, account: &str, kind: &str, data: Value) -> Result<u64, ReadError> {
        let id = self.number()?;
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO stream_events (id, account, kind, data, at_us) VALUES (?, ?, ?, ?, ?)",
        )?;
        insert.execute((stored(id), account, kind, data.to_string(), self.now_us))?;
        drop(insert);
        self.stored += 1;
        self.note(id, account, kind, data)?;
        Ok(id)
    }

    /// Sends an event when all is on disk, and does not store it.
    pub(crate) fn send(&mut self, account: &str, kind: &str, data: Value) -> Result<u64, ReadError> {
        let id = self.number()?;
        self.note(id, account, kind, data)?;
        Ok(id)
    }

    pub(super) fn commit(self) -> rusqlite::Result<Done> {
        self.transaction.commit()?;
        Ok(Done { sequence: self.sequence, stored: self.stored, events: self.events })
    }

    /// The next number. Where another process has taken numbers since, they come before this one.
    fn number(&mut self) -> rusqlite::Result<u64> {
        if self.sequence.is_used_up() || self.sequence.is_behind(&self.transaction)? {
            self.sequence = self.sequence.reserve(&self.transaction)?;
        }
        Ok(self.sequence.take())
    }

    fn note(&mut self, id: u64, account: &str, kind: &str, data: Value) -> Result<(), StreamError> {
        let at = time(self.now_us)?;
        let event = Event { id, account: account.to_owned(), kind: kind.to_owned(), data, at };
        self.events.push(Arc::new(event));
        Ok(())
    }
}

/// The numbers of events: the last one given, and up to where they may be given without asking the database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sequence {
    last: u64,
    reserved: u64,
}

impl Sequence {
    /// After all numbers that may have been given.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let last = reserved(connection)?;
        Ok(Self { last, reserved: last })
    }

    pub(super) fn last(self) -> u64 {
        self.last
    }

    pub(super) fn is_used_up(self) -> bool {
        self.last >= self.reserved
    }

    fn is_behind(self, connection: &Connection) -> rusqlite::Result<bool> {
        Ok(reserved(connection)? != self.reserved)
    }

    /// Takes a block of numbers, which are this process's once the transaction is committed.
    pub(super) fn reserve(self, transaction: &Transaction<'_>) -> rusqlite::Result<Self> {
        let before = reserved(transaction)?;
        let reserved = before + BLOCK;
        transaction.prepare_cached("UPDATE stream_sequence SET reserved = ?")?.execute([stored(reserved)])?;
        Ok(Self { last: before.max(self.last), reserved })
    }

    pub(super) fn take(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}

fn reserved(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT reserved FROM stream_sequence")?
        .query_row((), |row| row.get::<_, i64>(0))
        .map(|reserved| u64::try_from(reserved).unwrap_or_default())
}

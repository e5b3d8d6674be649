//! The event log: what happened in an account, numbered, kept for a while, and handed to those who listen.

mod log;
mod subscription;

pub use subscription::{Lagged, Subscription};

use crate::{
    StreamError,
    encode::{DATA_BYTES_MAX, check_name, encode},
    options::as_us,
    store::Store,
};
use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// Events that are removed in one transaction at most.
const SWEPT_AT_ONCE: usize = 1000;
/// After how many events that were stored the log is swept.
const SWEEP_EVERY: u64 = 1000;
/// Events that are read at once at most.
const READ_MAX: usize = 1000;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number: larger than that of any event before, of whatever account; some are missing between.
    pub id: u64,
    /// Whose it is.
    pub account: String,
    /// What happened, dotted: `job.queued`.
    pub kind: String,
    /// What there is to say of it.
    pub data: Value,
    /// When, to the microsecond.
    pub at: Timestamp,
}

/// The events of all accounts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Events {
    store: Arc<Store>,
}

impl Events {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Stores an event and hands it to those who listen. On disk when it returns with its number. Costs a transaction, so what
    /// happens many times a second is summed up first, or sent by [`Events::send`].
    ///
    /// # Errors
    /// When a name is empty or too long, the data is larger than 256 KiB or nested more than 100 levels deep, or the
    /// database can't be written.
    pub fn publish(&self, account: &str, kind: &str, data: Value) -> Result<u64, StreamError> {
        check(account, kind, &data)?;
        let before = self.store.stored_events();
        let id = self.store.write("publish an event", |writing| writing.publish(account, kind, data))?;
        if before / SWEEP_EVERY != self.store.stored_events() / SWEEP_EVERY {
            self.sweep()?;
        }
        Ok(id)
    }

    /// Hands an event to those who listen right now and does not store it: for what is soon out of date, such as progress.
    /// It has a number like any other, and whoever comes back finds it missing.
    ///
    /// # Errors
    /// As [`Events::publish`].
    pub fn send(&self, account: &str, kind: &str, data: Value) -> Result<u64, StreamError> {
        check(account, kind, &data)?;
        let sent = self.store.send(account, kind, || Ok(Some(data)))?;
        Ok(sent.unwrap_or_default())
    }

    /// Stored events of an account that come after the event `id`, oldest first; those that are still kept. There may be fewer
    /// than `limit` although more follow, since their bytes are bounded too; none is the end.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn after(&self, account: &str, id: u64, limit: usize) -> Result<Vec<Event>, StreamError> {
        log::page(&self.store, account, id, None, limit.min(READ_MAX)).map(|page| page.events)
    }

    /// The number of the last event. All that come are larger.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.store.hub.last()
    }

    /// The number of the oldest event of an account that is kept.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn oldest(&self, account: &str) -> Result<Option<u64>, StreamError> {
        self.store.read("look for the oldest event", |connection| {
            let oldest = connection
                .prepare_cached("SELECT min(id) FROM stream_events WHERE account = ?")?
                .query_row([account], |row| row.get::<_, Option<i64>>(0))?;
            Ok(oldest.and_then(|id| u64::try_from(id).ok()))
        })
    }

    /// Listens to the events of an account: first those that are kept and come after the event `after`, then what happens, each once
    /// and in order. With None, what happens from now on; with 0, all that are kept. Does not block.
    #[must_use]
    pub fn subscribe(&self, account: &str, after: Option<u64>) -> Subscription {
        Subscription::new(Arc::clone(&self.store), account, after)
    }

    /// How many listen at present.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.store.hub.listeners()
    }

    /// Ends all subscriptions, and those that are made from now on as soon as they have read what was stored: for a program that stops.
    pub fn close(&self) {
        self.store.hub.close();
    }

    /// Removes events that are too old or too many.
    pub(crate) fn sweep(&self) -> Result<(), StreamError> {
        while self.sweep_old()? == SWEPT_AT_ONCE {}
        for (account, newest) in self.crowded()? {
            while self.sweep_up_to(&account, newest)? == SWEPT_AT_ONCE {}
        }
        Ok(())
    }

    /// Removes all events of an account.
    pub(crate) fn forget(&self, account: &str) -> Result<(), StreamError> {
        self.store.hub.end(account);
        while self.sweep_up_to(account, i64::MAX)? == SWEPT_AT_ONCE {}
        self.store.write("forget an account's events", |writing| {
            writing.transaction.execute("DELETE FROM stream_swept WHERE account = ?", [account])?;
            Ok(())
        })
    }

    /// Accounts that have too many events, with the newest that is to go.
    fn crowded(&self) -> Result<Vec<(String, i64)>, StreamError> {
        let kept = i64::try_from(self.store.options.events_max).unwrap_or(i64::MAX);
        self.store.read("count events", |connection| {
            let mut counts = connection
                .prepare_cached("SELECT account FROM stream_events GROUP BY account HAVING count(*) > ?")?;
            let accounts: Vec<String> =
                counts.query_map([kept], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            let mut newest = connection.prepare_cached(
                "SELECT id FROM stream_events WHERE account = ? ORDER BY id DESC LIMIT 1 OFFSET ?",
            )?;
            let mut crowded = Vec::new();
            for account in accounts {
                let id = newest.query_row((&account, kept), |row| row.get(0)).optional()?;
                crowded.extend(id.map(|id| (account, id)));
            }
            Ok(crowded)
        })
    }

    fn sweep_old(&self) -> Result<usize, StreamError> {
        let until_us = self.store.options.now_us().saturating_sub(as_us(self.store.options.events_kept));
        let select = "SELECT id FROM stream_events WHERE at_us < ?1 ORDER BY at_us LIMIT ?2";
        self.remove(select, rusqlite::params![until_us, SWEPT_AT_ONCE as i64])
    }

    fn sweep_up_to(&self, account: &str, newest: i64) -> Result<usize, StreamError> {
        let select = "SELECT id FROM stream_events WHERE account = ?1 AND id <= ?3 ORDER BY id LIMIT ?2";
        self.remove(select, rusqlite::params![account, SWEPT_AT_ONCE as i64, newest])
    }

    /// Removes the events that `select` gives, and notes of each account up to where.
    fn remove(&self, select: &str, parameters: &[&dyn rusqlite::ToSql]) -> Result<usize, StreamError> {
        let delete = format!("DELETE FROM stream_events WHERE id IN ({select}) RETURNING account, id");
        let note = "INSERT INTO stream_swept (account, id) VALUES (?, ?)
            ON CONFLICT (account) DO UPDATE SET id = max(id, excluded.id)";
        self.store.write("remove old events", |writing| {
            let removed: Vec<(String, i64)> = writing
                .transaction
                .prepare_cached(&delete)?
                .query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let mut newest = std::collections::HashMap::new();
            for (account, id) in &removed {
                let newest = newest.entry(account).or_insert(*id);
                *newest = (*newest).max(*id);
            }
            let mut note = writing.transaction.prepare_cached(note)?;
            for (account, id) in newest {
                note.execute((account, id))?;
            }
            Ok(removed.len())
        })
    }
}

fn check(account: &str, kind: &str, data: &Value) -> Result<(), StreamError> {
    check_name("the account of an event", account)?;
    check_name("the kind of an event", kind)?;
    encode("the data of an event", data, DATA_BYTES_MAX).map(drop)
}

//! Reads the log page by page; a page is bounded in events and in bytes.

use crate::{
    Event, StreamError,
    encode::{decode, stored, time},
    store::{ReadError, Store},
};
use rusqlite::{OptionalExtension as _, Row};

/// Bytes of data after which a page ends; it holds one event at least.
const PAGE_BYTES: usize = 1 << 20;

/// A part of the log.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) events: Vec<Event>,
    /// Whether there was nothing after it.
    pub(super) is_end: bool,
    /// The newest event of the account that is no longer there; 0 if none ever was removed.
    pub(super) swept: u64,
    /// No event has a larger number.
    pub(super) last: u64,
}

/// Events of an account after `after` and, if it is given, up to `until`.
pub(super) fn page(
    store: &Store,
    account: &str,
    after: u64,
    until: Option<u64>,
    limit: usize,
) -> Result<Page, StreamError> {
    store.read("read events", |connection| {
        let mut select = connection.prepare_cached(
            "SELECT id, account, kind, data, at_us FROM stream_events
             WHERE account = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?",
        )?;
        let until = until.map_or(i64::MAX, stored);
        let rows_max = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = select.query((account, stored(after), until, rows_max))?;
        let mut events = Vec::new();
        let mut bytes = 0;
        let mut is_end = false;
        while events.len() < limit && bytes < PAGE_BYTES {
            let Some(row) = rows.next()? else {
                is_end = true;
                break;
            };
            events.push(event(row, &mut bytes)?);
        }
        // After the rows: what is removed in between is rather noticed once too often than not at all.
        let swept = connection
            .prepare_cached("SELECT id FROM stream_swept WHERE account = ?")?
            .query_row([account], |row| row.get::<_, i64>(0))
            .optional()?;
        let last = connection
            .prepare_cached("SELECT reserved FROM stream_sequence")?
            .query_row((), |row| row.get::<_, i64>(0))?;
        let number = |id: i64| u64::try_from(id).unwrap_or_default();
        Ok(Page { events, is_end, swept: swept.map_or(0, number), last: number(last) })
    })
}

fn event(row: &Row<'_>, bytes: &mut usize) -> Result<Event, ReadError> {
    let data: String = row.get(3)?;
    *bytes += data.len();
    let id: i64 = row.get(0)?;
    Ok(Event {
        id: u64::try_from(id).map_err(|_| StreamError::Corrupt(format!("{id} is no event's number")))?,
        account: row.get(1)?,
        kind: row.get(2)?,
        data: decode(&data)?,
        at: time(row.get(4)?)?,
    })
}

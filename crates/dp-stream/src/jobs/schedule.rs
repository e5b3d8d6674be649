//! Jobs that are made anew at an interval. What was missed while nothing ran is made up for once, not many times.

use super::{CHANGED_AT_ONCE, Jobs, add, row::NewRow};
use crate::{
    StreamError,
    encode::{PAYLOAD_BYTES_MAX, check_name, decode, encode, time},
    store::{ReadError, Writing},
};
use jiff::Timestamp;
use rusqlite::{Connection, Row};
use serde_json::Value;
use std::time::Duration;

const SELECT: &str = "SELECT account, key, kind, payload, priority, every_s, next_us FROM stream_schedules";

/// A job that comes again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Whose it is.
    pub account: String,
    /// Names it in the account, and is the unique key of its jobs: there is never more than one that is not finished.
    pub key: String,
    /// Which handler does it.
    pub kind: String,
    /// What the handler needs to know; 64 KiB at most.
    pub payload: Value,
    /// Larger ones come first.
    pub priority: i8,
    /// Time from one to the next, in whole seconds; one at least.
    pub every: Duration,
    /// When the next is made.
    pub next: Timestamp,
}

impl Jobs {
    /// Keeps a schedule. One with the same account and key is replaced; if its interval was the same, the next job is made when
    /// it would have been, so that a program may say at each start what it wants.
    ///
    /// # Errors
    /// When a name is empty or too long, the payload is too large or too deep, the interval is shorter than a second, or the
    /// database can't be written.
    pub fn schedule(&self, schedule: &Schedule) -> Result<(), StreamError> {
        check_name("the account of a schedule", &schedule.account)?;
        check_name("the key of a schedule", &schedule.key)?;
        check_name("the kind of a job", &schedule.kind)?;
        let payload = encode("the payload of a job", &schedule.payload, PAYLOAD_BYTES_MAX)?;
        let every_s = i64::try_from(schedule.every.as_secs()).unwrap_or(i64::MAX);
        if every_s == 0 {
            return Err(StreamError::Empty("the interval of a schedule"));
        }
        self.write("keep a schedule", |writing| {
            let mut upsert = writing.transaction.prepare_cached(
                "INSERT INTO stream_schedules (account, key, kind, payload, priority, every_s, next_us)
                 VALUES (?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (account, key) DO UPDATE SET kind = excluded.kind, payload = excluded.payload,
                     priority = excluded.priority,
                     next_us = iif(every_s = excluded.every_s, next_us, excluded.next_us),
                     every_s = excluded.every_s",
            )?;
            upsert.execute((
                &schedule.account,
                &schedule.key,
                &schedule.kind,
                &payload,
                schedule.priority,
                every_s,
                schedule.next.as_microsecond(),
            ))?;
            Ok(())
        })
    }

    /// Ends a schedule; its jobs stay. False if there is none.
    ///
    /// # Errors
    /// When the database can't be written.
    pub fn unschedule(&self, account: &str, key: &str) -> Result<bool, StreamError> {
        self.write("end a schedule", |writing| {
            let mut delete = writing
                .transaction
                .prepare_cached("DELETE FROM stream_schedules WHERE account = ? AND key = ?")?;
            Ok(delete.execute((account, key))? > 0)
        })
    }

    /// The schedules of an account, by key.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn schedules(&self, account: &str) -> Result<Vec<Schedule>, StreamError> {
        self.shared.store.read("list schedules", |connection| {
            let mut select =
                connection.prepare_cached(&format!("{SELECT} WHERE account = ? ORDER BY key"))?;
            let mut rows = select.query([account])?;
            let mut schedules = Vec::new();
            while let Some(row) = rows.next()? {
                schedules.push(read(row)?);
            }
            Ok(schedules)
        })
    }

    /// Adds the jobs whose time has come, and says how many; none for a schedule whose last job is not finished. A runner does this
    /// by itself.
    ///
    /// # Errors
    /// When the database can't be written.
    pub fn add_scheduled(&self) -> Result<usize, StreamError> {
        let now_us = self.shared.store.options.now_us();
        let mut added = 0;
        while self
            .shared
            .store
            .read("look for schedules", |connection| Ok(!due(connection, now_us)?.is_empty()))?
        {
            added += self.write("add scheduled jobs", |writing| {
                let schedules = due(&writing.transaction, now_us)?;
                let mut added = 0;
                for schedule in &schedules {
                    added += usize::from(self.add_one(writing, schedule)?);
                    advance(writing, schedule, now_us)?;
                }
                Ok(added)
            })?;
        }
        if added > 0 {
            self.shared.signal.wake();
        }
        Ok(added)
    }

    /// Whether a job was added.
    fn add_one(&self, writing: &mut Writing<'_>, schedule: &Schedule) -> Result<bool, ReadError> {
        let payload = schedule.payload.to_string();
        let new = NewRow {
            kind: &schedule.kind,
            account: &schedule.account,
            payload: &payload,
            priority: schedule.priority,
            unique_key: Some(&schedule.key),
            due_us: schedule.next.as_microsecond(),
        };
        match add(writing, &new, self.shared.store.options.unfinished_max) {
            Ok(added) => Ok(matches!(added, super::Added::New(_))),
            Err(ReadError::Stream(StreamError::QueueFull { .. })) => {
                tracing::warn!(
                    account = schedule.account,
                    key = schedule.key,
                    "too many jobs wait; a scheduled one was left out"
                );
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

fn due(connection: &Connection, now_us: i64) -> Result<Vec<Schedule>, ReadError> {
    let mut select =
        connection.prepare_cached(&format!("{SELECT} WHERE next_us <= ? ORDER BY next_us LIMIT ?"))?;
    let mut rows = select.query((now_us, CHANGED_AT_ONCE as i64))?;
    let mut schedules = Vec::new();
    while let Some(row) = rows.next()? {
        schedules.push(read(row)?);
    }
    Ok(schedules)
}

/// Moves a schedule to its first time after now that is a whole number of intervals away.
fn advance(writing: &Writing<'_>, schedule: &Schedule, now_us: i64) -> Result<(), ReadError> {
    let every_us = crate::options::as_us(schedule.every).max(1);
    let next_us = schedule.next.as_microsecond();
    let missed = now_us.saturating_sub(next_us) / every_us;
    let next_us = next_us.saturating_add(every_us.saturating_mul(missed.saturating_add(1)));
    // What lies beyond all time never comes.
    let next_us = next_us.min(Timestamp::MAX.as_microsecond());
    writing
        .transaction
        .prepare_cached("UPDATE stream_schedules SET next_us = ? WHERE account = ? AND key = ?")?
        .execute((next_us, &schedule.account, &schedule.key))?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Schedule, ReadError> {
    let payload: String = row.get(3)?;
    let every_s: i64 = row.get(5)?;
    Ok(Schedule {
        account: row.get(0)?,
        key: row.get(1)?,
        kind: row.get(2)?,
        payload: decode(&payload)?,
        priority: row.get(4)?,
        every: Duration::from_secs(u64::try_from(every_s).unwrap_or_default()),
        next: time(row.get(6)?)?,
    })
}

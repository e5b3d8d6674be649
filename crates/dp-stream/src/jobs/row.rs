//! Jobs as the database has them.

use super::{Job, JobId, JobState, JobsQuery};
use crate::{
    StreamError,
    encode::{decode, stored, time},
    store::ReadError,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};
use serde_json::Value;

const SELECT: &str = "SELECT id, kind, account, payload, state, priority, attempts, progress, result, error, is_cancelling,
    created_us, due_us, started_us, ended_us, unique_key, interruptions, leases, leased_until_us FROM stream_jobs";

/// A job with what only the queue needs to know.
#[derive(Debug, Clone)]
pub(super) struct JobRow {
    pub(super) job: Job,
    pub(super) unique_key: Option<String>,
    /// How often the program ended while it ran.
    pub(super) interruptions: u32,
    /// How often it was leased: who has an earlier number has lost it.
    pub(super) leases: i64,
    pub(super) leased_until_us: Option<i64>,
}

/// A job that is not there yet.
pub(super) struct NewRow<'a> {
    pub(super) kind: &'a str,
    pub(super) account: &'a str,
    /// JSON.
    pub(super) payload: &'a str,
    pub(super) priority: i8,
    pub(super) unique_key: Option<&'a str>,
    pub(super) due_us: i64,
}

impl NewRow<'_> {
    pub(super) fn insert(&self, transaction: &Transaction<'_>, now_us: i64) -> Result<JobRow, ReadError> {
        transaction
            .prepare_cached(
                "INSERT INTO stream_jobs (kind, account, payload, state, priority, unique_key, created_us, due_us)
                 VALUES (?, ?, ?, 'queued', ?, ?, ?, ?)",
            )?
            .execute((
                self.kind,
                self.account,
                self.payload,
                self.priority,
                self.unique_key,
                now_us,
                self.due_us,
            ))?;
        let id = JobId(u64::try_from(transaction.last_insert_rowid()).unwrap_or_default());
        JobRow::find(transaction, id)?
            .ok_or_else(|| StreamError::Corrupt("a job was added and is not there".to_owned()).into())
    }
}

impl JobRow {
    pub(super) fn find(connection: &Connection, id: JobId) -> Result<Option<Self>, ReadError> {
        let mut select = connection.prepare_cached(&format!("{SELECT} WHERE id = ?"))?;
        let mut rows = select.query([stored(id.0)])?;
        rows.next()?.map(Self::read).transpose()
    }

    /// The job whose turn it is: of those that are due and of these kinds (a JSON array), the most important, of those the one
    /// that has waited longest.
    pub(super) fn next(connection: &Connection, kinds: &str, now_us: i64) -> Result<Option<Self>, ReadError> {
        let mut select = connection.prepare_cached(&format!(
            "{SELECT} WHERE state = 'queued' AND due_us <= ? AND kind IN (SELECT value FROM json_each(?))
             ORDER BY priority DESC, due_us, id LIMIT 1"
        ))?;
        let mut rows = select.query((now_us, kinds))?;
        rows.next()?.map(Self::read).transpose()
    }

    /// Running jobs whose lease ended before this time, but for these.
    pub(super) fn expired(
        connection: &Connection,
        before_us: i64,
        but_for: &[JobId],
        limit: usize,
    ) -> Result<Vec<Self>, ReadError> {
        let but_for = serde_json::to_string(but_for).unwrap_or_else(|_| "[]".to_owned());
        let mut select = connection.prepare_cached(&format!(
            "{SELECT} WHERE state = 'running' AND leased_until_us < ? AND id NOT IN (SELECT value FROM json_each(?))
             ORDER BY leased_until_us LIMIT ?"
        ))?;
        let mut rows = select.query((before_us, but_for, limit as i64))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Self::read(row)?);
        }
        Ok(found)
    }

    /// Writes all that can change.
    pub(super) fn save(&self, transaction: &Transaction<'_>) -> Result<(), ReadError> {
        let job = &self.job;
        let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
        let us = |time: Option<Timestamp>| time.map(Timestamp::as_microsecond);
        transaction
            .prepare_cached(
                "UPDATE stream_jobs SET state = ?, attempts = ?, progress = ?, result = ?, error = ?, is_cancelling = ?,
                 due_us = ?, started_us = ?, ended_us = ?, interruptions = ?, leases = ?, leased_until_us = ? WHERE id = ?",
            )?
            .execute(rusqlite::params![
                job.state.as_str(),
                job.attempts,
                text(&job.progress),
                text(&job.result),
                job.error,
                job.is_cancelling,
                job.due.as_microsecond(),
                us(job.started),
                us(job.ended),
                self.interruptions,
                self.leases,
                self.leased_until_us,
                stored(job.id.0),
            ])?;
        Ok(())
    }

    fn read(row: &Row<'_>) -> Result<Self, ReadError> {
        let id: i64 = row.get(0)?;
        let state: String = row.get(4)?;
        let json = |column: usize| -> Result<Option<Value>, ReadError> {
            let text: Option<String> = row.get(column)?;
            Ok(text.map(|text| decode(&text)).transpose()?)
        };
        let instant = |column: usize| -> Result<Option<Timestamp>, ReadError> {
            let us: Option<i64> = row.get(column)?;
            Ok(us.map(time).transpose()?)
        };
        let damaged = |what: &str| StreamError::Corrupt(format!("job {id} {what}"));
        Ok(Self {
            job: Job {
                id: JobId(u64::try_from(id).map_err(|_| damaged("has no possible number"))?),
                kind: row.get(1)?,
                account: row.get(2)?,
                payload: json(3)?.unwrap_or_default(),
                state: JobState::parse(&state).ok_or_else(|| damaged("is in no known state"))?,
                priority: row.get(5)?,
                attempts: row.get(6)?,
                progress: json(7)?,
                result: json(8)?,
                error: row.get(9)?,
                is_cancelling: row.get(10)?,
                created: instant(11)?.ok_or_else(|| damaged("was never added"))?,
                due: instant(12)?.ok_or_else(|| damaged("is never due"))?,
                started: instant(13)?,
                ended: instant(14)?,
            },
            unique_key: row.get(15)?,
            interruptions: row.get(16)?,
            leases: row.get(17)?,
            leased_until_us: row.get(18)?,
        })
    }
}

/// Jobs, newest first.
pub(super) fn list(connection: &Connection, query: &JobsQuery, limit: usize) -> Result<Vec<Job>, ReadError> {
    let states: Vec<&str> = query.states.iter().map(|state| state.as_str()).collect();
    // An empty list asks for nothing in particular.
    let names = |names: &[&str]| (!names.is_empty()).then(|| Value::from(names.to_vec()).to_string());
    let kinds: Vec<&str> = query.kinds.iter().map(String::as_str).collect();
    let of_account = if query.account.is_some() { "account = ?1" } else { "?1 IS NULL" };
    let mut select = connection.prepare_cached(&format!(
        "{SELECT} WHERE {of_account} AND id < ?2
         AND (?3 IS NULL OR kind IN (SELECT value FROM json_each(?3)))
         AND (?4 IS NULL OR state IN (SELECT value FROM json_each(?4)))
         ORDER BY id DESC LIMIT ?5"
    ))?;
    let before = query.before.map_or(i64::MAX, |id| stored(id.0));
    let mut rows = select.query((&query.account, before, names(&kinds), names(&states), limit as i64))?;
    let mut jobs = Vec::new();
    while let Some(row) = rows.next()? {
        jobs.push(JobRow::read(row)?.job);
    }
    Ok(jobs)
}

/// The unfinished job of an account that has this key.
pub(super) fn with_key(connection: &Connection, account: &str, key: &str) -> rusqlite::Result<Option<JobId>> {
    connection
        .prepare_cached(
            "SELECT id FROM stream_jobs WHERE account = ? AND unique_key = ? AND state IN ('queued', 'running')",
        )?
        .query_row((account, key), |row| row.get::<_, i64>(0))
        .optional()
        .map(|id| id.and_then(|id| u64::try_from(id).ok()).map(JobId))
}

/// How many unfinished jobs an account has.
pub(super) fn unfinished(connection: &Connection, account: &str) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM stream_jobs WHERE account = ? AND state IN ('queued', 'running')",
        )?
        .query_row([account], |row| row.get(0))
}

/// Whether a job of these kinds (a JSON array) is due.
pub(super) fn is_any_due(connection: &Connection, kinds: &str, now_us: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM stream_jobs WHERE state = 'queued' AND due_us <= ?
             AND kind IN (SELECT value FROM json_each(?)))",
        )?
        .query_row((now_us, kinds), |row| row.get(0))
}

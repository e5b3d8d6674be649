//! The books of an import: its beginning, the entries whose account is closed, its end.

use super::Writer;
use crate::{connection::vault_value, error::Context as _, read};
use dp_lake::{Applied, Checkpoint, FinishedEntry, Import, ImportDraft, LakeError};
use dp_model::Warning;
use rusqlite::{Connection, OptionalExtension as _, params};

impl Writer {
    /// Begins an import, or finds the unfinished one with the same fingerprint.
    pub(crate) fn begin(&mut self, draft: &ImportDraft) -> Result<Import, LakeError> {
        let unfinished: Option<i64> = self
            .connection
            .query_row(
                "SELECT id FROM imports WHERE fingerprint = ? AND finished_us IS NULL ORDER BY id",
                [draft.fingerprint],
                |row| row.get(0),
            )
            .optional()
            .context("look for an unfinished import")?;
        let id = match unfinished {
            Some(id) => id,
            None => insert(&mut self.connection, draft)?,
        };
        read::imports::get(&self.connection, id)
    }

    /// Ends an import.
    pub(crate) fn finish(&mut self, import: u64, now_us: i64) -> Result<Import, LakeError> {
        self.connection
            .execute(
                "UPDATE imports SET finished_us = ? WHERE id = ? AND finished_us IS NULL",
                (now_us, import as i64),
            )
            .context("end an import")?;
        read::imports::get(&self.connection, import as i64)
    }
}

fn insert(connection: &mut Connection, draft: &ImportDraft) -> Result<i64, LakeError> {
    let sequence: i64 = vault_value(connection, "sequence")?;
    let applied = Applied { sequence: sequence as u64, ..Applied::default() };
    let mut write = || -> rusqlite::Result<i64> {
        let transaction = connection.transaction()?;
        transaction.execute(
            "INSERT INTO imports (fingerprint, started_us, paths, entries, applied, checkpoint)
             VALUES (?, ?, ?, ?, ?, ?)",
            params![
                draft.fingerprint,
                draft.now_us,
                serde_json::to_string(&draft.paths).unwrap_or_default(),
                draft.entries.len() as i64,
                serde_json::to_string(&applied).unwrap_or_default(),
                serde_json::to_string(&Checkpoint::default()).unwrap_or_default(),
            ],
        )?;
        let import = transaction.last_insert_rowid();
        let mut add = transaction.prepare_cached(
            "INSERT INTO exports (import, number, name, exported_at_us) VALUES (?, ?, ?, ?)",
        )?;
        for (number, (name, exported_at_us)) in draft.exports.iter().enumerate() {
            add.execute((import, number as i64, name, exported_at_us))?;
        }
        drop(add);
        let mut add = transaction.prepare_cached(
            "INSERT INTO ledger (import, entry, export, path, archive) VALUES (?, ?, ?, ?, ?)",
        )?;
        for (entry, file) in draft.entries.iter().enumerate() {
            let archive = file.archive.map_or(-1, i64::from);
            add.execute((import, entry as i64, file.export, &file.path, archive))?;
        }
        drop(add);
        transaction.commit()?;
        Ok(import)
    };
    write().context("begin an import")
}

/// Writes the ledger rows of entries that ended, and remembers those that were read whole.
pub(super) fn close_entries(
    connection: &Connection,
    import: i64,
    finished: &[FinishedEntry],
) -> Result<(), LakeError> {
    let write = || -> rusqlite::Result<()> {
        let mut close = connection.prepare_cached(
            "UPDATE ledger SET status = ?3, source = ?4, reason = ?5, documents = ?6, samples = ?7, bytes = ?8,
                 warning_count = ?9, warnings = ?10
             WHERE import = ?1 AND entry = ?2",
        )?;
        let mut remember = connection.prepare_cached(
            "INSERT OR REPLACE INTO memo
                 (hash, parser, version, import, entry, bytes, documents, samples, status, warning_count, warnings)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        for FinishedEntry { entry, memo, report } in finished {
            let warnings = warnings_json(&report.warnings);
            close.execute(params![
                import,
                entry,
                report.status as u8,
                report.source,
                report.reason,
                report.documents as i64,
                report.samples as i64,
                report.bytes as i64,
                report.warning_count as i64,
                warnings,
            ])?;
            if let Some((hash, parser, version)) = memo {
                remember.execute(params![
                    hash,
                    parser,
                    version,
                    import,
                    entry,
                    report.bytes as i64,
                    report.documents as i64,
                    report.samples as i64,
                    report.status as u8,
                    report.warning_count as i64,
                    warnings,
                ])?;
            }
        }
        Ok(())
    };
    write().context("write the ledger")
}

fn warnings_json(warnings: &[Warning]) -> Option<String> {
    (!warnings.is_empty()).then(|| serde_json::to_string(warnings).unwrap_or_default())
}

/// Adds to an import's counts and sets how far it is.
pub(super) fn advance(
    connection: &Connection,
    import: i64,
    applied: &Applied,
    checkpoint: &Checkpoint,
) -> Result<(), LakeError> {
    let stored: Option<String> = connection
        .prepare_cached("SELECT applied FROM imports WHERE id = ?")
        .and_then(|mut statement| statement.query_row([import], |row| row.get(0)).optional())
        .context("read an import's counts")?;
    let stored = stored.ok_or_else(|| no_such_import(import))?;
    let mut total: Applied = serde_json::from_str(&stored)
        .map_err(|error| LakeError::Corrupt(format!("an import's counts: {error}")))?;
    total.sequence = applied.sequence;
    total.documents += applied.documents;
    total.samples += applied.samples;
    total.people += applied.people;
    connection
        .prepare_cached("UPDATE imports SET applied = ?, checkpoint = ? WHERE id = ?")
        .and_then(|mut statement| {
            let total = serde_json::to_string(&total).unwrap_or_default();
            let checkpoint = serde_json::to_string(checkpoint).unwrap_or_default();
            statement.execute((total, checkpoint, import))
        })
        .map(|_| ())
        .context("count an import")
}

/// The caller names an import that never began.
pub(crate) fn no_such_import(import: i64) -> LakeError {
    LakeError::Engine {
        context: format!("there is no import {import}"),
        source: Box::new(rusqlite::Error::QueryReturnedNoRows),
    }
}

/// Fails unless the import began.
pub(super) fn require(connection: &Connection, import: i64) -> Result<(), LakeError> {
    let began = connection
        .prepare_cached("SELECT 1 FROM imports WHERE id = ?")
        .and_then(|mut statement| statement.exists([import]))
        .context("look for an import")?;
    if began { Ok(()) } else { Err(no_such_import(import)) }
}

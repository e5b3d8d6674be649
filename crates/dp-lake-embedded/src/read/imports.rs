//! Imports and their ledger out of the store.

use super::Reader;
use crate::{error::Context as _, write::imports::no_such_import};
use dp_lake::{EntryOrigin, Import, ImportState, LakeError, LedgerQuery, MemoEntry};
use dp_model::{EntryReport, EntryStatus, Warning};
use rusqlite::{Connection, OptionalExtension as _, Row};

/// The import with this number.
pub(crate) fn get(connection: &Connection, id: i64) -> Result<Import, LakeError> {
    let mut statement = connection
        .prepare_cached("SELECT id, finished_us, started_us, paths, entries, applied, checkpoint FROM imports WHERE id = ?")
        .context("read an import")?;
    let mut rows = statement.query([id]).context("read an import")?;
    match rows.next().context("read an import")? {
        Some(row) => import_of_row(connection, row),
        None => Err(no_such_import(id)),
    }
}

fn import_of_row(connection: &Connection, row: &Row<'_>) -> Result<Import, LakeError> {
    let id: i64 = row.get(0).context("read an import")?;
    let finished_us: Option<i64> = row.get(1).context("read an import")?;
    let exports = connection
        .prepare_cached("SELECT name FROM exports WHERE import = ? ORDER BY number")
        .and_then(|mut statement| statement.query_map([id], |row| row.get(0))?.collect())
        .context("read an import")?;
    Ok(Import {
        id: id as u64,
        state: if finished_us.is_some() { ImportState::Finished } else { ImportState::Unfinished },
        exports,
        paths: json(row, 3)?,
        started_us: row.get(2).context("read an import")?,
        finished_us,
        entries: row.get::<_, i64>(4).context("read an import")? as u64,
        applied: json(row, 5)?,
        checkpoint: json(row, 6)?,
    })
}

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, LakeError> {
    let text: String = row.get(column).context("read an import")?;
    serde_json::from_str(&text)
        .map_err(|error| LakeError::Corrupt(format!("the books of an import: {error}")))
}

fn read_warnings(text: Option<String>) -> Result<Vec<Warning>, LakeError> {
    match text {
        Some(text) => serde_json::from_str(&text)
            .map_err(|error| LakeError::Corrupt(format!("warnings in the ledger: {error}"))),
        None => Ok(Vec::new()),
    }
}

fn read_status(code: u8) -> Result<EntryStatus, LakeError> {
    EntryStatus::from_code(code)
        .ok_or_else(|| LakeError::Corrupt(format!("no ledger status has the code {code}")))
}

impl Reader {
    pub(crate) fn imports(&mut self) -> Result<Vec<Import>, LakeError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT id, finished_us, started_us, paths, entries, applied, checkpoint FROM imports ORDER BY id DESC",
            )
            .context("read the imports")?;
        let mut rows = statement.query(()).context("read the imports")?;
        let mut imports = Vec::new();
        while let Some(row) = rows.next().context("read the imports")? {
            imports.push(import_of_row(&self.connection, row)?);
        }
        Ok(imports)
    }

    pub(crate) fn ledger(&mut self, query: &LedgerQuery) -> Result<Vec<EntryReport>, LakeError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT path, source, status, reason, documents, samples, bytes, warning_count, warnings, entry FROM ledger
                 WHERE import = coalesce(?1, (SELECT max(id) FROM imports))
                     AND status IS NOT NULL AND (?2 IS NULL OR status = ?2)
                 ORDER BY entry",
            )
            .context("read the ledger")?;
        let mut rows = statement
            .query((query.import.map(|id| id as i64), query.status.map(|status| status as u8)))
            .context("read the ledger")?;
        let mut reports = Vec::new();
        while let Some(row) = rows.next().context("read the ledger")? {
            let count = |column: usize| {
                row.get::<_, i64>(column).map(|count| count as u64).context("read the ledger")
            };
            reports.push(EntryReport {
                entry: row.get(9).context("read the ledger")?,
                path: row.get(0).context("read the ledger")?,
                source: row.get(1).context("read the ledger")?,
                status: read_status(row.get(2).context("read the ledger")?)?,
                reason: row.get(3).context("read the ledger")?,
                documents: count(4)?,
                samples: count(5)?,
                bytes: count(6)?,
                warning_count: count(7)?,
                warnings: read_warnings(row.get(8).context("read the ledger")?)?,
            });
        }
        Ok(reports)
    }

    pub(crate) fn origin(&mut self, import: u64, entry: u32) -> Result<Option<EntryOrigin>, LakeError> {
        let import = import as i64;
        let found = self
            .connection
            .prepare_cached("SELECT path, archive, bytes, status FROM ledger WHERE import = ? AND entry = ?")
            .and_then(|mut statement| {
                let read = |row: &Row<'_>| {
                    let (path, archive) = (row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?);
                    Ok((path, archive, row.get::<_, Option<i64>>(2)?, row.get::<_, Option<u8>>(3)?))
                };
                statement.query_row((import, entry), read).optional()
            })
            .context("look for an entry")?;
        let Some((path, archive, bytes, status)) = found else { return Ok(None) };
        let mut archives = get(&self.connection, import)?.paths;
        let mut ordinal = 0;
        if let Some(archive) = archive {
            let known = usize::try_from(archive).ok().and_then(|index| archives.get(index).cloned());
            archives = known.into_iter().collect();
            ordinal = self
                .connection
                .prepare_cached(
                    "SELECT count(*) FROM ledger WHERE import = ? AND entry < ? AND archive = ? AND path = ?",
                )
                .and_then(|mut statement| {
                    statement.query_row((import, entry, archive, &path), |row| row.get(0))
                })
                .context("look for an entry")?;
        }
        let closed = bytes.map(|bytes| bytes as u64).zip(status.map(read_status).transpose()?);
        Ok(Some(EntryOrigin { path, archives, ordinal, closed }))
    }

    pub(crate) fn memo_has_size(&mut self, bytes: u64) -> Result<bool, LakeError> {
        self.connection
            .prepare_cached("SELECT 1 FROM memo WHERE bytes = ? LIMIT 1")
            .and_then(|mut statement| statement.exists([bytes as i64]))
            .context("look for an entry read before")
    }

    pub(crate) fn memo(
        &mut self,
        hash: [u8; 32],
        parser: &str,
        version: u32,
    ) -> Result<Option<MemoEntry>, LakeError> {
        let found = self
            .connection
            .prepare_cached(
                "SELECT memo.documents, memo.samples, memo.status, memo.warning_count, memo.warnings,
                     exports.exported_at_us, exports.name, ledger.path
                 FROM memo
                 JOIN ledger ON ledger.import = memo.import AND ledger.entry = memo.entry
                 JOIN exports ON exports.import = ledger.import AND exports.number = ledger.export
                 WHERE hash = ? AND parser = ? AND version = ?",
            )
            .and_then(|mut statement| {
                statement
                    .query_row((hash, parser, version), |row| {
                        let memo = MemoEntry {
                            exported_at_us: row.get(5)?,
                            archive: row.get(6)?,
                            entry: row.get(7)?,
                            documents: row.get::<_, i64>(0)? as u64,
                            samples: row.get::<_, i64>(1)? as u64,
                            status: EntryStatus::Failed,
                            warning_count: row.get::<_, i64>(3)? as u64,
                            warnings: Vec::new(),
                        };
                        Ok((memo, row.get::<_, u8>(2)?, row.get::<_, Option<String>>(4)?))
                    })
                    .optional()
            })
            .context("look for an entry read before")?;
        let Some((memo, status, warnings)) = found else { return Ok(None) };
        Ok(Some(MemoEntry { status: read_status(status)?, warnings: read_warnings(warnings)?, ..memo }))
    }
}

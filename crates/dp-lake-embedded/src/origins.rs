//! Where versions were read: which export and entry an import's plan number means. Looked up for
//! every document and nearly always one of a few, so they are remembered.

use crate::error::Context as _;
use dp_lake::LakeError;
use dp_model::Provenance;
use rusqlite::{Connection, OptionalExtension as _};
use std::{collections::HashMap, sync::Arc};

/// Origins remembered before the memory is emptied.
const REMEMBERED_MAX: usize = 20_000;

/// An entry of an export.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) exported_at_us: Option<i64>,
    pub(crate) archive: String,
    pub(crate) entry: String,
}

impl Origin {
    /// The place of a record in this entry.
    pub(crate) fn provenance(&self, position: i64) -> Provenance {
        Provenance { archive: self.archive.clone(), entry: self.entry.clone(), position: position as u64 }
    }
}

/// Origins by import and entry.
#[derive(Debug, Default)]
pub(crate) struct Origins(HashMap<(i64, u32), Arc<Origin>>);

impl Origins {
    pub(crate) fn get(
        &mut self,
        connection: &Connection,
        import: i64,
        entry: u32,
    ) -> Result<Arc<Origin>, LakeError> {
        if let Some(origin) = self.0.get(&(import, entry)) {
            return Ok(origin.clone());
        }
        let found = connection
            .prepare_cached(
                "SELECT exports.exported_at_us, exports.name, ledger.path FROM ledger JOIN exports
                     ON exports.import = ledger.import AND exports.number = ledger.export
                 WHERE ledger.import = ? AND ledger.entry = ?",
            )
            .and_then(|mut statement| {
                statement
                    .query_row((import, entry), |row| {
                        Ok(Origin { exported_at_us: row.get(0)?, archive: row.get(1)?, entry: row.get(2)? })
                    })
                    .optional()
            })
            .context("find where a document was read")?;
        let origin = found.map(Arc::new).ok_or_else(|| {
            LakeError::Corrupt(format!("import {import} has no entry {entry} in the ledger"))
        })?;
        if self.0.len() >= REMEMBERED_MAX {
            self.0.clear();
        }
        self.0.insert((import, entry), origin.clone());
        Ok(origin)
    }
}

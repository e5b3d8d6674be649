//! Imports of the memory vault and their ledger.

use super::{MemoryVault, no_such_import, state::StoredImport};
use crate::{
    Applied, Checkpoint, EntryOrigin, Import, ImportDraft, ImportState, Imports, LakeError, LedgerQuery,
    MemoEntry,
};
use async_trait::async_trait;
use dp_model::EntryReport;
use std::collections::BTreeMap;

#[async_trait]
impl Imports for MemoryVault {
    async fn begin(&self, draft: ImportDraft) -> Result<Import, LakeError> {
        let mut state = self.change();
        let unfinished = state.imports.iter().find(|stored| {
            stored.import.state == ImportState::Unfinished && stored.draft.fingerprint == draft.fingerprint
        });
        if let Some(stored) = unfinished {
            return Ok(stored.import.clone());
        }
        let import = Import {
            id: state.imports.len() as u64 + 1,
            state: ImportState::Unfinished,
            exports: draft.exports.iter().map(|(name, _)| name.clone()).collect(),
            paths: draft.paths.clone(),
            started_us: draft.now_us,
            finished_us: None,
            entries: draft.entries.len() as u64,
            applied: Applied { sequence: state.sequence, ..Applied::default() },
            checkpoint: Checkpoint::default(),
        };
        state.imports.push(StoredImport { import: import.clone(), draft, ledger: BTreeMap::new() });
        Ok(import)
    }

    async fn finish(&self, import: u64, now_us: i64) -> Result<Import, LakeError> {
        let mut state = self.change();
        let index = state.import_index(import).ok_or_else(|| no_such_import(import))?;
        let import = &mut state.imports[index].import;
        if import.state == ImportState::Unfinished {
            import.state = ImportState::Finished;
            import.finished_us = Some(now_us);
        }
        Ok(import.clone())
    }

    async fn list(&self) -> Result<Vec<Import>, LakeError> {
        Ok(self.lock().imports.iter().rev().map(|stored| stored.import.clone()).collect())
    }

    async fn ledger(&self, query: &LedgerQuery) -> Result<Vec<EntryReport>, LakeError> {
        let state = self.lock();
        let wanted = query.import.unwrap_or(state.imports.len() as u64);
        let Some(index) = state.import_index(wanted) else { return Ok(Vec::new()) };
        let rows = state.imports[index].ledger.values();
        Ok(rows.filter(|row| query.status.is_none_or(|status| row.status == status)).cloned().collect())
    }

    async fn origin(&self, import: u64, entry: u32) -> Result<Option<EntryOrigin>, LakeError> {
        let state = self.lock();
        let Some(index) = state.import_index(import) else { return Ok(None) };
        let StoredImport { draft, ledger, .. } = &state.imports[index];
        let Some(file) = draft.entries.get(entry as usize) else { return Ok(None) };
        let path_of = |archive: u32| draft.paths.get(archive as usize).cloned();
        let before = draft.entries[..entry as usize].iter();
        Ok(Some(EntryOrigin {
            path: file.path.clone(),
            archives: file.archive.and_then(path_of).into_iter().collect(),
            ordinal: before.filter(|other| (other.archive, &other.path) == (file.archive, &file.path)).count()
                as u32,
            closed: ledger.get(&entry).map(|report| (report.bytes, report.status)),
        }))
    }

    async fn memo_has_size(&self, bytes: u64) -> Result<bool, LakeError> {
        Ok(self.lock().memos.values().any(|(size, _)| *size == bytes))
    }

    async fn memo(&self, hash: [u8; 32], parser: &str, version: u32) -> Result<Option<MemoEntry>, LakeError> {
        let state = self.lock();
        Ok(state.memos.get(&(hash, parser.to_owned(), version)).map(|(_, memo)| memo.clone()))
    }
}

//! Imports are of the whole vault, so a view tells nothing of them.

use super::{View, refused};
use async_trait::async_trait;
use dp_lake::{EntryOrigin, Import, ImportDraft, Imports, LakeError, LedgerQuery, MemoEntry};
use dp_model::EntryReport;

#[async_trait]
impl Imports for View {
    async fn begin(&self, _draft: ImportDraft) -> Result<Import, LakeError> {
        Err(LakeError::ReadOnly)
    }

    async fn finish(&self, _import: u64, _now_us: i64) -> Result<Import, LakeError> {
        Err(LakeError::ReadOnly)
    }

    async fn list(&self) -> Result<Vec<Import>, LakeError> {
        refused("the list of imports")
    }

    async fn ledger(&self, _query: &LedgerQuery) -> Result<Vec<EntryReport>, LakeError> {
        refused("the ledger of an import")
    }

    async fn origin(&self, _import: u64, _entry: u32) -> Result<Option<EntryOrigin>, LakeError> {
        refused("the original of an entry")
    }

    async fn memo_has_size(&self, _bytes: u64) -> Result<bool, LakeError> {
        refused("what was imported")
    }

    async fn memo(
        &self,
        _hash: [u8; 32],
        _parser: &str,
        _version: u32,
    ) -> Result<Option<MemoEntry>, LakeError> {
        refused("what was imported")
    }
}

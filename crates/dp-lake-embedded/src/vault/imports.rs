//! Imports and their ledger, as the lake's contract has them.

use super::EmbeddedVault;
use crate::read::Reader;
use async_trait::async_trait;
use dp_lake::{EntryOrigin, Import, ImportDraft, Imports, LakeError, LedgerQuery, MemoEntry};
use dp_model::EntryReport;

#[async_trait]
impl Imports for EmbeddedVault {
    async fn begin(&self, draft: ImportDraft) -> Result<Import, LakeError> {
        self.write(move |state| state.writer.begin(&draft)).await
    }

    async fn finish(&self, import: u64, now_us: i64) -> Result<Import, LakeError> {
        self.write(move |state| state.writer.finish(import, now_us)).await
    }

    async fn list(&self) -> Result<Vec<Import>, LakeError> {
        self.read(Reader::imports).await
    }

    async fn ledger(&self, query: &LedgerQuery) -> Result<Vec<EntryReport>, LakeError> {
        let query = query.clone();
        self.read(move |reader| reader.ledger(&query)).await
    }

    async fn origin(&self, import: u64, entry: u32) -> Result<Option<EntryOrigin>, LakeError> {
        self.read(move |reader| reader.origin(import, entry)).await
    }

    async fn memo_has_size(&self, bytes: u64) -> Result<bool, LakeError> {
        self.read(move |reader| reader.memo_has_size(bytes)).await
    }

    async fn memo(&self, hash: [u8; 32], parser: &str, version: u32) -> Result<Option<MemoEntry>, LakeError> {
        let parser = parser.to_owned();
        self.read(move |reader| reader.memo(hash, &parser, version)).await
    }
}

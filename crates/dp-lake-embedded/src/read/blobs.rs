//! What the store knows of blobs, and which documents name them.

use super::Reader;
use crate::error::Context as _;
use dp_lake::{Blob, LakeError};
use dp_model::{BlobHash, DocumentId};
use rusqlite::{OptionalExtension as _, Row};

fn blob_of_row(row: &Row<'_>) -> rusqlite::Result<Blob> {
    let size_bytes = row.get::<_, i64>(1)? as u64;
    Ok(Blob { hash: BlobHash(row.get(0)?), size_bytes, stored_us: row.get(2)? })
}

impl Reader {
    /// All that are stored.
    pub(crate) fn blobs(&mut self) -> Result<Vec<Blob>, LakeError> {
        self.connection
            .prepare_cached("SELECT hash, bytes, stored_us FROM blobs ORDER BY hash")
            .and_then(|mut statement| statement.query_map((), blob_of_row)?.collect())
            .context("list the blobs")
    }

    pub(crate) fn blob(&mut self, hash: BlobHash) -> Result<Option<Blob>, LakeError> {
        self.connection
            .prepare_cached("SELECT hash, bytes, stored_us FROM blobs WHERE hash = ?")
            .and_then(|mut statement| statement.query_row([hash.0], blob_of_row).optional())
            .context("find a blob")
    }

    pub(crate) fn referrers(
        &mut self,
        hash: BlobHash,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<DocumentId>, LakeError> {
        let after = after.map(|id| id.0);
        self.connection
            .prepare_cached(
                "SELECT documents.id FROM media JOIN documents ON documents.row = media.document
                 WHERE media.hash = ?1 AND (?2 IS NULL OR documents.id > ?2) ORDER BY documents.id LIMIT ?3",
            )
            .and_then(|mut statement| {
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                statement.query_map((hash.0, after, limit), |row| row.get(0).map(DocumentId))?.collect()
            })
            .context("find who refers to a blob")
    }
}

//! The rows of blobs. A row is written when its file is there for good, and removed before its file, so that a kill
//! between the two leaves a file that nobody knows, and never a row without a file.

use super::Writer;
use crate::{blobs::NewBlob, error::Context as _};
use dp_lake::{Blob, LakeError, RemovedBlobs};
use dp_model::BlobHash;
use rusqlite::Connection;

impl Writer {
    /// Makes a file that is written a blob.
    pub(crate) fn keep_blob(&mut self, new: NewBlob, now_us: i64) -> Result<Blob, LakeError> {
        let (hash, size_bytes) = (new.hash, new.size_bytes);
        self.blobs.keep(new)?;
        let stored_us = self
            .connection
            .prepare_cached(
                "INSERT INTO blobs (hash, bytes, stored_us) VALUES (?, ?, ?)
                 ON CONFLICT (hash) DO UPDATE SET bytes = excluded.bytes, stored_us = max(stored_us, excluded.stored_us)
                 RETURNING stored_us",
            )
            .and_then(|mut statement| {
                statement.query_row((hash.0, size_bytes as i64, now_us), |row| row.get(0))
            })
            .context("store a blob")?;
        Ok(Blob { hash, size_bytes, stored_us })
    }

    /// Removes the blobs that nothing refers to and that were last put before.
    pub(crate) fn delete_unreferenced(&mut self, put_before_us: i64) -> Result<RemovedBlobs, LakeError> {
        let gone: Vec<(BlobHash, i64)> = self
            .connection
            .prepare_cached(
                "DELETE FROM blobs WHERE stored_us < ?
                     AND NOT EXISTS (SELECT 1 FROM media WHERE media.hash = blobs.hash)
                 RETURNING hash, bytes",
            )
            .and_then(|mut statement| {
                statement
                    .query_map([put_before_us], |row| Ok((BlobHash(row.get(0)?), row.get(1)?)))?
                    .collect()
            })
            .context("remove blobs")?;
        for (hash, _) in &gone {
            self.blobs.remove(*hash)?;
        }
        let bytes = gone.iter().map(|(_, bytes)| *bytes as u64).sum();
        Ok(RemovedBlobs { blobs: gone.len() as u64, bytes })
    }

    /// Removes files of these blobs, as far as the store does not know them.
    pub(crate) fn remove_strays(&mut self, files: &[BlobHash]) -> Result<(), LakeError> {
        for &hash in files {
            let is_known = self
                .connection
                .prepare_cached("SELECT 1 FROM blobs WHERE hash = ?")
                .and_then(|mut statement| statement.exists([hash.0]))
                .context("find a blob")?;
            if !is_known {
                self.blobs.remove(hash)?;
            }
        }
        Ok(())
    }
}

/// Removes from the store those of these blobs that nothing refers to any more; their files are to be removed when
/// that is durable.
pub(super) fn remove_rows(
    connection: &Connection,
    mut named: Vec<BlobHash>,
) -> Result<Vec<BlobHash>, LakeError> {
    named.sort_unstable();
    named.dedup();
    let mut gone = Vec::new();
    for hash in named {
        let removed = connection
            .prepare_cached(
                "DELETE FROM blobs WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM media WHERE media.hash = ?1)",
            )
            .and_then(|mut statement| statement.execute([hash.0]))
            .context("forget a blob")?;
        if removed > 0 {
            gone.push(hash);
        }
    }
    Ok(gone)
}

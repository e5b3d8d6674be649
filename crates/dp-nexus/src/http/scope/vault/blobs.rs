//! Blobs of a view: those that a document in it refers to.

use super::{READ_AT_ONCE, View};
use async_trait::async_trait;
use dp_lake::{Blob, Blobs, Documents, LakeError, RemovedBlobs};
use dp_model::{BlobHash, Content, DocumentId};
use std::{io::Read, ops::Range};

#[async_trait]
impl Blobs for View {
    async fn put(
        &self,
        _bytes: Box<dyn Read + Send>,
        _bytes_max: u64,
        _now_us: i64,
    ) -> Result<Blob, LakeError> {
        Err(LakeError::ReadOnly)
    }

    async fn find(&self, hash: BlobHash) -> Result<Option<Blob>, LakeError> {
        if self.sees_bytes(hash).await? { self.vault.blobs().find(hash).await } else { Ok(None) }
    }

    async fn get(
        &self,
        hash: BlobHash,
        range: Range<u64>,
    ) -> Result<Option<Box<dyn Read + Send>>, LakeError> {
        if self.sees_bytes(hash).await? { self.vault.blobs().get(hash, range).await } else { Ok(None) }
    }

    async fn referrers(
        &self,
        hash: BlobHash,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<DocumentId>, LakeError> {
        let (mut after, mut seen) = (after, Vec::new());
        while seen.len() < limit {
            let ids = self.vault.blobs().referrers(hash, after, READ_AT_ONCE).await?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            let documents = Documents::get_many(self, &ids).await?;
            for document in documents.into_iter().flatten() {
                let id = document.id;
                // It may be an older version that refers to them, and that one lies on its own day.
                if names(&document.content, hash) || self.named_before(id, hash).await? {
                    seen.push(id);
                }
            }
        }
        seen.truncate(limit);
        Ok(seen)
    }

    async fn delete_unreferenced(&self, _put_before_us: i64) -> Result<RemovedBlobs, LakeError> {
        Err(LakeError::ReadOnly)
    }

    async fn keep_thumbnail(&self, hash: BlobHash, size_px: u16, picture: Vec<u8>) -> Result<(), LakeError> {
        // It can be made anew at any time, and whoever gives it has seen the bytes.
        if self.sees_bytes(hash).await? {
            self.vault.blobs().keep_thumbnail(hash, size_px, picture).await
        } else {
            Ok(())
        }
    }

    async fn find_thumbnail(&self, hash: BlobHash, size_px: u16) -> Result<Option<Vec<u8>>, LakeError> {
        if self.sees_bytes(hash).await? {
            self.vault.blobs().find_thumbnail(hash, size_px).await
        } else {
            Ok(None)
        }
    }
}

fn names(content: &Content, hash: BlobHash) -> bool {
    content.media.iter().any(|media| media.hash == Some(hash))
}

impl View {
    async fn sees_bytes(&self, hash: BlobHash) -> Result<bool, LakeError> {
        Ok(!Blobs::referrers(self, hash, None, 1).await?.is_empty())
    }

    /// Whether an older version that may be seen refers to these bytes.
    async fn named_before(&self, id: DocumentId, hash: BlobHash) -> Result<bool, LakeError> {
        let found = Documents::get(self, id).await?;
        Ok(found.is_some_and(|found| found.revisions.iter().any(|revision| names(&revision.content, hash))))
    }
}

//! Blobs as the lake's contract has them: files are written and read on threads of their own, rows by those of the
//! store. What is to be seen by all happens on the thread that writes, so that nothing comes between.

use crate::EmbeddedVault;
use async_trait::async_trait;
use dp_lake::{Blob, Blobs, LakeError, RemovedBlobs};
use dp_model::{BlobHash, DocumentId};
use std::{io::Read, ops::Range};

/// Files whose rows are looked for at once, so that documents that are to be stored don't wait long.
const STRAYS_AT_ONCE: usize = 500;

#[async_trait]
impl Blobs for EmbeddedVault {
    async fn put(&self, bytes: Box<dyn Read + Send>, bytes_max: u64, now_us: i64) -> Result<Blob, LakeError> {
        if self.is_read_only() {
            return Err(LakeError::ReadOnly);
        }
        let mut bytes = bytes;
        let new = self.with_blobs(move |files| files.write(&mut *bytes, bytes_max)).await?;
        self.write_plainly(move |writer| writer.keep_blob(new, now_us)).await
    }

    async fn find(&self, hash: BlobHash) -> Result<Option<Blob>, LakeError> {
        self.read(move |reader| reader.blob(hash)).await
    }

    async fn get(
        &self,
        hash: BlobHash,
        range: Range<u64>,
    ) -> Result<Option<Box<dyn Read + Send>>, LakeError> {
        let Some(blob) = Blobs::find(self, hash).await? else { return Ok(None) };
        let opened = self.with_blobs(move |files| files.read(hash, blob.size_bytes, range)).await;
        match opened {
            Ok(bytes) => Ok(Some(bytes)),
            // It may have been removed since.
            Err(LakeError::Corrupt(_)) if Blobs::find(self, hash).await?.is_none() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn referrers(
        &self,
        hash: BlobHash,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<DocumentId>, LakeError> {
        self.read(move |reader| reader.referrers(hash, after, limit)).await
    }

    async fn delete_unreferenced(&self, put_before_us: i64) -> Result<RemovedBlobs, LakeError> {
        let removed = self.write_plainly(move |writer| writer.delete_unreferenced(put_before_us)).await?;
        let known = self.read(|reader| reader.blobs()).await?;
        let mut strays = self.with_blobs(|files| files.list()).await?;
        strays.retain(|hash| known.binary_search_by_key(hash, |blob| blob.hash).is_err());
        for some in strays.chunks(STRAYS_AT_ONCE) {
            let some = some.to_vec();
            self.write_plainly(move |writer| writer.remove_strays(&some)).await?;
        }
        Ok(removed)
    }

    async fn keep_thumbnail(&self, hash: BlobHash, size_px: u16, picture: Vec<u8>) -> Result<(), LakeError> {
        if self.is_read_only() {
            return Err(LakeError::ReadOnly);
        }
        self.with_blobs(move |files| files.keep_thumbnail(hash, size_px, &picture)).await?;
        // Looked for afterwards: whoever removes a blob removes its row first and its thumbnails then.
        if Blobs::find(self, hash).await?.is_none() {
            self.with_blobs(move |files| files.remove_thumbnails(hash)).await?;
        }
        Ok(())
    }

    async fn find_thumbnail(&self, hash: BlobHash, size_px: u16) -> Result<Option<Vec<u8>>, LakeError> {
        self.with_blobs(move |files| files.find_thumbnail(hash, size_px)).await
    }
}

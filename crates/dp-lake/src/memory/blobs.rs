//! Blobs of the memory vault.

use super::{MemoryVault, state::State};
use crate::{Blob, Blobs, LakeError, RemovedBlobs};
use async_trait::async_trait;
use dp_model::{BlobHash, DocumentId};
use std::{
    io::{Cursor, Read},
    ops::Range,
};

#[async_trait]
impl Blobs for MemoryVault {
    async fn put(&self, bytes: Box<dyn Read + Send>, bytes_max: u64, now_us: i64) -> Result<Blob, LakeError> {
        let mut all = Vec::new();
        let read = bytes.take(bytes_max.saturating_add(1)).read_to_end(&mut all);
        read.map_err(|source| LakeError::Io { context: format!("could not read a blob: {source}"), source })?;
        if all.len() as u64 > bytes_max {
            return Err(LakeError::BlobTooLarge { bytes_max });
        }
        let hash = BlobHash::of(&all);
        let size_bytes = all.len() as u64;
        let mut state = self.lock();
        let known_us = state.blobs.get(&hash).map_or(i64::MIN, |(_, stored_us)| *stored_us);
        let stored_us = known_us.max(now_us);
        state.blobs.insert(hash, (all, stored_us));
        Ok(Blob { hash, size_bytes, stored_us })
    }

    async fn find(&self, hash: BlobHash) -> Result<Option<Blob>, LakeError> {
        let state = self.lock();
        let found = state.blobs.get(&hash);
        Ok(found.map(|(bytes, stored_us)| Blob {
            hash,
            size_bytes: bytes.len() as u64,
            stored_us: *stored_us,
        }))
    }

    async fn get(
        &self,
        hash: BlobHash,
        range: Range<u64>,
    ) -> Result<Option<Box<dyn Read + Send>>, LakeError> {
        let state = self.lock();
        let Some((bytes, _)) = state.blobs.get(&hash) else { return Ok(None) };
        let end = range.end.min(bytes.len() as u64);
        let part = bytes[range.start.min(end) as usize..end as usize].to_vec();
        Ok(Some(Box::new(Cursor::new(part))))
    }

    async fn referrers(
        &self,
        hash: BlobHash,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<DocumentId>, LakeError> {
        let state = self.lock();
        let ids = state.referring(hash).filter(|&id| after.is_none_or(|after| id > after));
        Ok(ids.take(limit).collect())
    }

    async fn delete_unreferenced(&self, put_before_us: i64) -> Result<RemovedBlobs, LakeError> {
        let mut state = self.lock();
        let old = state.blobs.iter().filter(|(_, (_, stored_us))| *stored_us < put_before_us);
        let old: Vec<BlobHash> = old.map(|(&hash, _)| hash).collect();
        Ok(state.remove_unreferenced(old))
    }

    async fn keep_thumbnail(&self, hash: BlobHash, size_px: u16, picture: Vec<u8>) -> Result<(), LakeError> {
        let mut state = self.lock();
        if state.blobs.contains_key(&hash) {
            state.thumbnails.insert((hash, size_px), picture);
        }
        Ok(())
    }

    async fn find_thumbnail(&self, hash: BlobHash, size_px: u16) -> Result<Option<Vec<u8>>, LakeError> {
        Ok(self.lock().thumbnails.get(&(hash, size_px)).cloned())
    }
}

impl State {
    /// Documents that refer to these bytes in any version, in order of id.
    pub(super) fn referring(&self, hash: BlobHash) -> impl Iterator<Item = DocumentId> {
        let documents = self.documents.iter();
        documents.filter(move |(_, stored)| stored.hashes().any(|named| named == hash)).map(|(&id, _)| id)
    }

    /// Removes those of these blobs that nothing refers to.
    pub(super) fn remove_unreferenced(&mut self, hashes: Vec<BlobHash>) -> RemovedBlobs {
        let mut removed = RemovedBlobs::default();
        for hash in hashes {
            if self.referring(hash).next().is_some() {
                continue;
            }
            if let Some((bytes, _)) = self.blobs.remove(&hash) {
                removed.blobs += 1;
                removed.bytes += bytes.len() as u64;
                self.thumbnails.retain(|(of, _), _| *of != hash);
            }
        }
        removed
    }
}

//! The right to change one upload, which one at a time has: taken from the shelf, and given back when dropped.

use super::{
    Key, Staging, StagingError, UploadId,
    folder::{Folder, Meta},
};

/// The right to change an upload.
#[derive(Debug)]
pub(super) struct Claim {
    staging: Staging,
    key: Key,
    meta: Meta,
    most_bytes: u64,
    end: End,
}

/// What becomes of the upload when the claim is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It stays.
    Stays,
    /// It goes: it was not whole.
    Goes,
    /// It has gone.
    Gone,
}

impl Claim {
    /// Claims an upload that is as it should be. One that is not stays free for others all the while.
    pub(super) fn take(
        staging: &Staging,
        key: Key,
        check: impl FnOnce(&Meta) -> Result<(), StagingError>,
    ) -> Result<Self, StagingError> {
        let mut shelf = staging.0.shelf.lock();
        let slot = shelf.find_mut(key).ok_or(StagingError::NotFound(key.1))?;
        if slot.is_claimed {
            return Err(StagingError::Busy);
        }
        check(&slot.meta)?;
        slot.is_claimed = true;
        let (meta, most_bytes) = (slot.meta.clone(), slot.most_bytes);
        Ok(Self { staging: staging.clone(), key, meta, most_bytes, end: End::Stays })
    }

    /// The claim of one that was put on the shelf claimed; it goes again unless it is kept.
    pub(super) fn of_new(staging: &Staging, key: Key, meta: Meta, most_bytes: u64) -> Self {
        Self { staging: staging.clone(), key, meta, most_bytes, end: End::Goes }
    }

    pub(super) fn id(&self) -> UploadId {
        self.key.1
    }

    pub(super) fn meta(&self) -> &Meta {
        &self.meta
    }

    pub(super) fn most_bytes(&self) -> u64 {
        self.most_bytes
    }

    pub(super) fn staging(&self) -> &Staging {
        &self.staging
    }

    pub(super) fn folder(&self) -> Folder {
        self.staging.folder_of(self.key)
    }

    /// It stays when the claim is dropped.
    pub(super) fn keep(&mut self) {
        self.end = End::Stays;
    }

    /// Writes how far it is, to disk and then to the shelf.
    pub(super) fn write(&mut self, meta: Meta) -> Result<(), StagingError> {
        self.folder().write(&meta)?;
        if let Some(length_bytes) = meta.length_bytes {
            self.most_bytes = length_bytes;
        }
        if let Some(slot) = self.staging.0.shelf.lock().find_mut(self.key) {
            slot.meta = meta.clone();
            slot.most_bytes = self.most_bytes;
        }
        self.meta = meta;
        Ok(())
    }

    /// Removes the upload.
    pub(super) fn remove(mut self) -> Result<(), StagingError> {
        self.remove_now()
    }

    fn remove_now(&mut self) -> Result<(), StagingError> {
        self.folder().remove()?;
        self.end = End::Gone;
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.end == End::Goes
            && let Err(error) = self.remove_now()
        {
            tracing::warn!(%error, upload = %self.key.1, "what is left of an upload goes at the next start");
        }
        let mut shelf = self.staging.0.shelf.lock();
        match self.end {
            End::Stays => {
                if let Some(slot) = shelf.find_mut(self.key) {
                    slot.is_claimed = false;
                }
            }
            End::Goes | End::Gone => shelf.remove(self.key),
        }
    }
}

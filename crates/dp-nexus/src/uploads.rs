//! Files on their way in: bytes of uploads come in, piece by piece and over days, and whole files go out to whoever
//! imports them. What is in a file is never looked at, and no byte is told as kept that is not on disk.

mod checksum;
mod claim;
mod error;
mod file_name;
mod folder;
mod options;
mod shelf;
mod upload;
mod writer;

pub use checksum::{Algorithm, Checksum};
pub use error::StagingError;
pub use file_name::FileName;
pub use options::StagingOptions;
pub use upload::{NewUpload, Upload, UploadId};
pub use writer::Writer;

use crate::AccountId;
use claim::Claim;
use folder::{Folder, Meta};
use fs_err as fs;
use jiff::Timestamp;
use parking_lot::Mutex;
use shelf::{Shelf, Slot};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Held by the process that has the staging area open.
const LOCK: &str = "lock";

type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Uploads are asked for by both, so that nobody finds another account's.
type Key = (AccountId, UploadId);

/// Where uploads wait until they are whole and taken. Cheap to clone. Everything here blocks.
#[derive(Clone)]
pub struct Staging(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    options: StagingOptions,
    clock: Clock,
    shelf: Mutex<Shelf>,
    /// Given back when it is dropped.
    _lock: fs::File,
}

impl fmt::Debug for Staging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staging").field("folder", &self.0.folder).finish_non_exhaustive()
    }
}

impl Staging {
    /// Opens the staging area in this folder, making it if it is not there. What has expired, and what a kill left
    /// half made or half removed, is removed.
    ///
    /// # Errors
    /// If another process has it open, or the file system refuses.
    pub fn open(folder: &Path, options: StagingOptions) -> Result<Self, StagingError> {
        Self::open_with_clock(folder, options, Timestamp::now)
    }

    /// The same with a clock of its own.
    ///
    /// # Errors
    /// As [`Staging::open`].
    pub fn open_with_clock(
        folder: &Path,
        options: StagingOptions,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Result<Self, StagingError> {
        folder::make_private(folder)?;
        let lock = folder::lock(&folder.join(LOCK))?;
        let shelf = Shelf::read(folder)?;
        let staging = Self(Arc::new(Inner {
            folder: folder.to_owned(),
            options,
            clock: Arc::new(clock),
            shelf: Mutex::new(shelf),
            _lock: lock,
        }));
        staging.sweep()?;
        Ok(staging)
    }

    /// How it behaves.
    #[must_use]
    pub fn options(&self) -> &StagingOptions {
        &self.0.options
    }

    /// Begins an upload. It is on disk when this returns.
    ///
    /// # Errors
    /// If the file is too large, the account has too many uploads, or there is no room on the disk.
    pub fn create(&self, account: AccountId, new: NewUpload) -> Result<Upload, StagingError> {
        let mut claim =
            self.begin(account, new.name, Some(new.length_bytes), new.length_bytes, new.metadata)?;
        claim.keep();
        Ok(self.upload(claim.id(), claim.meta()))
    }

    /// Begins to receive a file whose length is not known, and is `most_bytes` at most. It is an upload once the
    /// writer is told that it is whole; otherwise nothing stays of it.
    ///
    /// # Errors
    /// As [`Staging::create`].
    pub fn receive(
        &self,
        account: AccountId,
        name: FileName,
        most_bytes: u64,
    ) -> Result<Writer, StagingError> {
        Writer::open(self.begin(account, name, None, most_bytes, String::new())?, None)
    }

    /// An upload of this account.
    ///
    /// # Errors
    /// If there is none of this id, or it has expired.
    pub fn get(&self, account: AccountId, id: UploadId) -> Result<Upload, StagingError> {
        let shelf = self.0.shelf.lock();
        let slot = shelf.find((account, id)).filter(|slot| !self.has_expired(&slot.meta));
        let slot = slot.filter(|slot| slot.meta.length_bytes.is_some());
        Ok(self.upload(id, &slot.ok_or(StagingError::NotFound(id))?.meta))
    }

    /// The uploads of this account, oldest first.
    #[must_use]
    pub fn list(&self, account: AccountId) -> Vec<Upload> {
        let shelf = self.0.shelf.lock();
        let slots = shelf.of(account).filter(|(_, slot)| slot.meta.length_bytes.is_some());
        let slots = slots.filter(|(_, slot)| !self.has_expired(&slot.meta));
        let mut uploads: Vec<Upload> = slots.map(|(id, slot)| self.upload(id, &slot.meta)).collect();
        uploads.sort_by_key(|upload| (upload.created, upload.id));
        uploads
    }

    /// Bytes of all accounts' uploads that are on disk.
    #[must_use]
    pub fn staged_bytes(&self) -> u64 {
        self.0.shelf.lock().staged_bytes()
    }

    /// Goes on with an upload from this offset. With a checksum what comes is kept if it fits, and wholly or not
    /// at all.
    ///
    /// # Errors
    /// If there is no such upload, somebody else is at it, or it does not go on there.
    pub fn append(
        &self,
        account: AccountId,
        id: UploadId,
        offset_bytes: u64,
        checksum: Option<Checksum>,
    ) -> Result<Writer, StagingError> {
        let claim = self.claim(account, id, |meta| {
            let (asked_bytes, at_bytes) = (offset_bytes, meta.offset_bytes);
            if asked_bytes == at_bytes {
                return Ok(());
            }
            Err(StagingError::WrongOffset { asked_bytes, at_bytes })
        });
        Writer::open(claim?, checksum)
    }

    /// Opens the bytes of a finished upload for reading.
    ///
    /// # Errors
    /// If there is no such upload, it is not finished, or the file system refuses.
    pub fn read(&self, account: AccountId, id: UploadId) -> Result<fs::File, StagingError> {
        if !self.get(account, id)?.is_finished() {
            return Err(StagingError::NotFinished(id));
        }
        let path = self.folder_of((account, id)).data();
        fs::File::open(&path).map_err(error::on_file("open", &path))
    }

    /// Ends an upload: nothing stays of it.
    ///
    /// # Errors
    /// If there is no such upload, or somebody is at it.
    pub fn terminate(&self, account: AccountId, id: UploadId) -> Result<(), StagingError> {
        self.claim(account, id, |_| Ok(()))?.remove()
    }

    /// Moves the file of a finished upload into this folder, which has to be on the same file system and is made if
    /// it is not there, and forgets the upload. Gives the path of the file: its name, numbered if there is a file
    /// of that name. If the program is killed meanwhile, the file is
    /// in one of the two places.
    ///
    /// # Errors
    /// If there is no such upload, it is not finished, somebody is at it, or the file system refuses.
    pub fn take(&self, account: AccountId, id: UploadId, into: &Path) -> Result<PathBuf, StagingError> {
        let claim = self.claim(account, id, |meta| {
            if meta.length_bytes == Some(meta.offset_bytes) {
                return Ok(());
            }
            Err(StagingError::NotFinished(id))
        })?;
        let path = claim.folder().move_data(&claim.meta().name, into)?;
        claim.remove()?;
        Ok(path)
    }

    /// Removes what has expired. Gives how many uploads that were. To be called now and then.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn sweep(&self) -> Result<usize, StagingError> {
        let expired: Vec<Key> = {
            let shelf = self.0.shelf.lock();
            let slots = shelf.all().filter(|(_, slot)| !slot.is_claimed && self.has_expired(&slot.meta));
            slots.map(|(key, _)| key).collect()
        };
        let mut removed = 0;
        for key in expired {
            let check = |meta: &Meta| if self.has_expired(meta) { Ok(()) } else { Err(StagingError::Busy) };
            // Somebody may have come to it meanwhile.
            let Ok(claim) = Claim::take(self, key, check) else { continue };
            claim.remove()?;
            removed += 1;
        }
        Ok(removed)
    }

    /// Puts a new upload on the shelf and on disk, to be removed again unless the claim is kept.
    fn begin(
        &self,
        account: AccountId,
        name: FileName,
        length_bytes: Option<u64>,
        most_bytes: u64,
        metadata: String,
    ) -> Result<Claim, StagingError> {
        let now = self.now();
        let meta = Meta { name, length_bytes, offset_bytes: 0, metadata, created: now, touched: now };
        let key = (account, UploadId::new()?);
        let claim = {
            let mut shelf = self.0.shelf.lock();
            self.admit(&shelf, account, most_bytes)?;
            shelf.put(key, Slot { meta: meta.clone(), most_bytes, is_claimed: true });
            Claim::of_new(self, key, meta, most_bytes)
        };
        claim.folder().make(claim.meta())?;
        Ok(claim)
    }

    /// Whether the account may have one more upload of this size, and there is room for it beside what the disk
    /// is to keep free and what other uploads were promised.
    fn admit(&self, shelf: &Shelf, account: AccountId, most_bytes: u64) -> Result<(), StagingError> {
        let options = &self.0.options;
        if most_bytes > options.upload_bytes_max {
            let max_bytes = options.upload_bytes_max;
            return Err(StagingError::TooLarge { length_bytes: most_bytes, max_bytes });
        }
        let usage = shelf.usage(account);
        if usage.unfinished >= options.unfinished_max {
            return Err(StagingError::TooManyUnfinished(options.unfinished_max));
        }
        if usage.uploads >= options.uploads_max {
            return Err(StagingError::TooMany(options.uploads_max));
        }
        let left_bytes = options.account_bytes_max.saturating_sub(usage.bytes);
        if most_bytes > left_bytes {
            return Err(StagingError::AccountFull { needed_bytes: most_bytes, left_bytes });
        }
        let kept_bytes = options.reserve_bytes.saturating_add(shelf.promised_bytes());
        let free_bytes = folder::free_bytes(&self.0.folder)?.saturating_sub(kept_bytes);
        if free_bytes == 0 || most_bytes > free_bytes {
            return Err(StagingError::NoRoom { needed_bytes: most_bytes, free_bytes });
        }
        Ok(())
    }

    /// The right to change an upload that is as it should be, which one at a time has.
    fn claim(
        &self,
        account: AccountId,
        id: UploadId,
        check: impl FnOnce(&Meta) -> Result<(), StagingError>,
    ) -> Result<Claim, StagingError> {
        Claim::take(self, (account, id), |meta| {
            if self.has_expired(meta) {
                return Err(StagingError::NotFound(id));
            }
            check(meta)
        })
    }

    fn upload(&self, id: UploadId, meta: &Meta) -> Upload {
        Upload {
            id,
            name: meta.name.clone(),
            length_bytes: meta.length_bytes.unwrap_or(meta.offset_bytes),
            offset_bytes: meta.offset_bytes,
            metadata: meta.metadata.clone(),
            created: meta.created,
            expires: self.expires(meta),
        }
    }

    fn expires(&self, meta: &Meta) -> Timestamp {
        meta.touched.saturating_add(self.0.options.expires_after).unwrap_or(Timestamp::MAX)
    }

    fn has_expired(&self, meta: &Meta) -> bool {
        self.expires(meta) <= self.now()
    }

    fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    fn folder_of(&self, (account, id): Key) -> Folder {
        Folder::new(self.0.folder.join(account.to_string()).join(id.to_string()))
    }
}

#[cfg(test)]
mod tests;

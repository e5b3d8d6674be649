//! Writes what comes of an upload behind what there is, and says how far it is only once that is on disk.

use super::{
    Checksum, StagingError, Upload, UploadId, checksum::Comparison, claim::Claim, error::on_file,
    folder::Meta,
};
use fs_err as fs;
use std::{
    io::{Seek as _, SeekFrom, Write as _},
    time::{Duration, Instant},
};

/// Bytes after which what came is brought to disk though more is coming: what a kill may cost.
const CHECKPOINT_BYTES: u64 = 64 << 20;
/// The same for slow lines, in time.
const CHECKPOINT_AFTER: Duration = Duration::from_secs(10);

/// One who writes to an upload; nobody else can meanwhile. Dropped without an end it leaves what the last
/// checkpoint kept, and nothing of a file whose length was not known.
#[derive(Debug)]
pub struct Writer {
    claim: Claim,
    file: fs::File,
    comparison: Option<Comparison>,
    /// Bytes that are written, be they on disk or not.
    at_bytes: u64,
    last_checkpoint: Instant,
    /// Whether bytes could not be brought to disk. They may never be, though another try succeeds.
    is_unsure: bool,
}

impl Writer {
    pub(super) fn open(claim: Claim, checksum: Option<Checksum>) -> Result<Self, StagingError> {
        let at_bytes = claim.meta().offset_bytes;
        let file = claim.folder().open_data(at_bytes)?;
        let comparison = checksum.map(Comparison::begin);
        Ok(Self { claim, file, comparison, at_bytes, last_checkpoint: Instant::now(), is_unsure: false })
    }

    /// Of which upload.
    #[must_use]
    pub fn id(&self) -> UploadId {
        self.claim.id()
    }

    /// Bytes that may still come.
    #[must_use]
    pub fn left_bytes(&self) -> u64 {
        self.claim.most_bytes().saturating_sub(self.at_bytes)
    }

    /// Writes bytes behind those there are. After an error nothing more is to be written.
    ///
    /// # Errors
    /// If they are too many, the disk is full or the file system refuses.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StagingError> {
        if bytes.len() as u64 > self.left_bytes() {
            return Err(self.too_long());
        }
        // After an error there may be more in the file than counts.
        self.file.seek(SeekFrom::Start(self.at_bytes)).map_err(on_file("write to", self.file.path()))?;
        self.file.write_all(bytes).map_err(on_file("write to", self.file.path()))?;
        self.at_bytes += bytes.len() as u64;
        if let Some(comparison) = &mut self.comparison {
            comparison.update(bytes);
            return Ok(());
        }
        let is_due = self.at_bytes - self.claim.meta().offset_bytes >= CHECKPOINT_BYTES
            || self.last_checkpoint.elapsed() >= CHECKPOINT_AFTER;
        if is_due && self.claim.meta().length_bytes.is_some() {
            self.checkpoint()?;
        }
        Ok(())
    }

    /// That more comes than may.
    #[must_use]
    pub fn too_long(&self) -> StagingError {
        StagingError::TooLong { length_bytes: self.claim.most_bytes() }
    }

    /// Ends: all came that was to come. It is on disk when this returns.
    ///
    /// # Errors
    /// If what came does not have its checksum and is not kept, or the file system refuses.
    pub fn finish(mut self) -> Result<Upload, StagingError> {
        if self.comparison.take().is_some_and(|comparison| !comparison.matches()) {
            self.cut(self.claim.meta().offset_bytes)?;
            return Err(StagingError::WrongChecksum);
        }
        if self.claim.meta().length_bytes.is_none() {
            self.bring_to_disk(Some(self.at_bytes))?;
            self.claim.keep();
        } else {
            self.checkpoint()?;
        }
        Ok(self.claim.staging().upload(self.claim.id(), self.claim.meta()))
    }

    /// Ends before all came. What came is kept, unless it has a checksum, which can't be compared, or its length
    /// was not known.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn break_off(mut self) -> Result<(), StagingError> {
        if self.comparison.is_some() || self.is_unsure {
            return self.cut(self.claim.meta().offset_bytes);
        }
        if self.claim.meta().length_bytes.is_none() {
            return Ok(());
        }
        // A full disk may have taken a part of what was written last.
        self.cut(self.at_bytes)?;
        self.checkpoint()
    }

    fn cut(&self, length_bytes: u64) -> Result<(), StagingError> {
        self.file.set_len(length_bytes).map_err(on_file("cut", self.file.path()))
    }

    fn checkpoint(&mut self) -> Result<(), StagingError> {
        self.last_checkpoint = Instant::now();
        if self.at_bytes == self.claim.meta().offset_bytes {
            return Ok(());
        }
        self.bring_to_disk(self.claim.meta().length_bytes)
    }

    /// First the bytes, then how many they are.
    fn bring_to_disk(&mut self, length_bytes: Option<u64>) -> Result<(), StagingError> {
        if let Err(error) = self.file.sync_data() {
            self.is_unsure = true;
            return Err(on_file("sync", self.file.path())(error));
        }
        let touched = self.claim.staging().now();
        let meta = Meta { length_bytes, offset_bytes: self.at_bytes, touched, ..self.claim.meta().clone() };
        self.claim.write(meta)
    }
}

//! How far a backup is, and whether it is still wanted.

use crate::BackupError;
use std::{
    io::{self, Read},
    sync::atomic::{AtomicBool, Ordering},
};

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Files go into the backup.
    Writing,
    /// What was written is read back.
    Verifying,
    /// Files come out of the backup.
    Restoring,
}

impl Stage {
    /// In a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Writing => "writing",
            Self::Verifying => "verifying",
            Self::Restoring => "restoring",
        }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Bytes that are done: of the files while writing, else of the backup.
    pub bytes_done: u64,
    /// Bytes in all.
    pub bytes: u64,
}

/// Who is told of progress, and says when to stop.
pub struct Watch<'a> {
    /// Whether it is to be called off.
    pub cancelled: &'a AtomicBool,
    /// Called now and then.
    pub progress: &'a mut dyn FnMut(Progress),
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl Watch<'_> {
    /// Tells how far it is.
    pub(crate) fn tell(&mut self, progress: Progress) -> Result<(), BackupError> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(BackupError::Cancelled);
        }
        (self.progress)(progress);
        Ok(())
    }
}

/// Counts the bytes that are read through it.
pub(crate) struct Counted<R> {
    pub(crate) inner: R,
    pub(crate) bytes: std::rc::Rc<std::cell::Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes.set(self.bytes.get() + count as u64);
        Ok(count)
    }
}

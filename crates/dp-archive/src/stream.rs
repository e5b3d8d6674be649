//! The inflated bytes of one entry, checked while they are read: size, checksum and limits.

use crate::{ArchiveError, Entry, Limits, gzip::GzipCursor, packed::PackedFile};
use flate2::Crc;
use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::atomic::{AtomicU64, Ordering},
};

/// Bytes counted by one stream before it adds them to the count shared by all readers.
const SHARE_BYTES: u64 = 1 << 20;

/// Streams one entry. Ends in an error, which repeats, unless all bytes came and were the right ones.
#[derive(Debug)]
pub struct EntryStream<'r> {
    source: Source<'r>,
    checks: Checks<'r>,
    state: State,
}

#[derive(Debug)]
enum State {
    Open,
    Finished,
    Failed(ArchiveError),
}

#[derive(Debug)]
pub(crate) enum Source<'r> {
    Zip(PackedFile<'r>),
    /// A stretch of an uncompressed archive.
    Part {
        file: &'r std::fs::File,
        left: u64,
    },
    /// A stretch of a gzip stream.
    Gzip {
        cursor: &'r mut GzipCursor,
        left: u64,
    },
    File(fs_err::File),
}

impl<'r> EntryStream<'r> {
    pub(crate) fn new(mut source: Source<'r>, mut checks: Checks<'r>) -> Self {
        if let Source::Gzip { cursor, .. } = &mut source {
            checks.taken_before = cursor.taken_bytes();
        }
        Self { source, checks, state: State::Open }
    }

    pub(crate) fn count_into(&mut self, shared: &'r AtomicU64) {
        self.checks.shared = Some(shared);
    }

    /// Size the archive declares, in bytes.
    #[must_use]
    pub fn declared_bytes(&self) -> Option<u64> {
        self.checks.declared_bytes
    }

    /// Inflated bytes read so far.
    #[must_use]
    pub fn read_bytes(&self) -> u64 {
        self.checks.read_bytes
    }

    /// Passes over bytes, without reading them where that can be. What is passed over is not checked, and then
    /// neither is the checksum.
    ///
    /// # Errors
    /// If the entry ends before, or can't be read.
    pub fn skip(&mut self, bytes: u64) -> Result<(), ArchiveError> {
        if bytes == 0 {
            return Ok(());
        }
        let path = &self.checks.path;
        let seek = |mut file: &std::fs::File| {
            let forward = i64::try_from(bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput));
            forward.and_then(|forward| file.seek(SeekFrom::Current(forward)))
        };
        match &mut self.source {
            Source::File(file) => seek(file.file()).map_err(|error| ArchiveError::io(path, error))?,
            Source::Part { file, left } => {
                *left = left.saturating_sub(bytes);
                seek(file).map_err(|error| ArchiveError::io(path, error))?
            }
            Source::Zip(_) | Source::Gzip { .. } => return self.read_past(bytes),
        };
        self.checks.pass_over(bytes)
    }

    fn read_past(&mut self, bytes: u64) -> Result<(), ArchiveError> {
        match io::copy(&mut self.by_ref().take(bytes), &mut io::sink()) {
            Ok(count) if count == bytes => Ok(()),
            Ok(_) => {
                Err(ArchiveError::truncated(&self.checks.path, "it ends before the place that is asked for"))
            }
            Err(error) => match ArchiveError::find_in(&error) {
                Some(known) => Err(known.clone()),
                None => Err(ArchiveError::io(&self.checks.path, error)),
            },
        }
    }

    pub(crate) fn into_error(self, error: io::Error) -> ArchiveError {
        match &self.state {
            State::Failed(error) => error.clone(),
            _ => ArchiveError::io(&self.checks.path, error),
        }
    }

    fn advance(&mut self, out: &mut [u8]) -> Result<usize, ArchiveError> {
        let path = &self.checks.path;
        let count = match &mut self.source {
            Source::Zip(packed) => packed.read_some(out, path)?,
            Source::Part { file, left } => {
                let count = read_file(*file, limited(out, *left), path)?;
                *left -= count as u64;
                count
            }
            Source::Gzip { left: 0, .. } => 0,
            Source::Gzip { cursor, left } => {
                let count = cursor.read_some(limited(out, *left))?;
                *left -= count as u64;
                self.checks.packed_bytes = Some(cursor.taken_bytes() - self.checks.taken_before);
                count
            }
            Source::File(file) => read_file(file, out, path)?,
        };
        if count == 0 {
            self.checks.finish()?;
            self.state = State::Finished;
        } else {
            self.checks.see(&out[..count])?;
        }
        Ok(count)
    }
}

impl Read for EntryStream<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match &self.state {
            State::Finished => return Ok(0),
            State::Failed(error) => return Err(error.clone().into()),
            State::Open if out.is_empty() => return Ok(0),
            State::Open => {}
        }
        self.advance(out).map_err(|error| {
            self.state = State::Failed(error.clone());
            error.into()
        })
    }
}

/// The front of a buffer, no longer than what is left.
pub(crate) fn limited(out: &mut [u8], left: u64) -> &mut [u8] {
    let count = usize::try_from(left).map_or(out.len(), |left| left.min(out.len()));
    &mut out[..count]
}

/// Reads some bytes, past interruptions; 0 only at the end or for an empty buffer.
pub(crate) fn read_file(mut file: impl Read, out: &mut [u8], path: &str) -> Result<usize, ArchiveError> {
    if out.is_empty() {
        return Ok(0);
    }
    loop {
        match file.read(out) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ArchiveError::io(path, error)),
            Ok(count) => return Ok(count),
        }
    }
}

/// What is known and counted of the entry being read.
#[derive(Debug)]
pub(crate) struct Checks<'r> {
    /// How messages name the entry.
    pub(crate) path: String,
    pub(crate) declared_bytes: Option<u64>,
    /// Compressed bytes it takes, as far as known.
    pub(crate) packed_bytes: Option<u64>,
    taken_before: u64,
    declared_crc32: Option<u32>,
    crc: Crc,
    read_bytes: u64,
    /// Bytes not yet added to the shared count.
    unshared_bytes: u64,
    shared: Option<&'r AtomicU64>,
    limits: &'r Limits,
}

impl<'r> Checks<'r> {
    pub(crate) fn new(path: String, entry: &Entry, limits: &'r Limits) -> Self {
        Self {
            path,
            declared_bytes: entry.size_bytes,
            packed_bytes: None,
            taken_before: 0,
            declared_crc32: entry.crc32,
            crc: Crc::new(),
            read_bytes: 0,
            unshared_bytes: 0,
            shared: None,
            limits,
        }
    }

    fn pass_over(&mut self, bytes: u64) -> Result<(), ArchiveError> {
        self.read_bytes = self.read_bytes.saturating_add(bytes);
        self.declared_crc32 = None;
        match self.declared_bytes.filter(|declared| self.read_bytes > *declared) {
            Some(declared) => {
                Err(ArchiveError::Size { path: self.path.clone(), declared, found: self.read_bytes })
            }
            None => Ok(()),
        }
    }

    fn see(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        // What says itself that it is too much takes nothing away from the entries read beside it.
        if self.shared.is_some() && self.declared_bytes > Some(self.limits.total_bytes) {
            return Err(self.over("total_bytes", self.limits.total_bytes));
        }
        self.read_bytes += bytes.len() as u64;
        self.unshared_bytes += bytes.len() as u64;
        if self.declared_crc32.is_some() {
            self.crc.update(bytes);
        }
        if let Some(declared) = self.declared_bytes.filter(|declared| self.read_bytes > *declared) {
            return Err(ArchiveError::Size { path: self.path.clone(), declared, found: self.read_bytes });
        }
        if self.read_bytes > self.limits.entry_bytes {
            return Err(self.over("entry_bytes", self.limits.entry_bytes));
        }
        if let Some(packed_bytes) = self.packed_bytes
            && is_over_ratio(self.read_bytes, packed_bytes, self.limits)
        {
            return Err(self.over("ratio", self.limits.ratio));
        }
        if self.unshared_bytes >= SHARE_BYTES { self.share() } else { Ok(()) }
    }

    fn finish(&mut self) -> Result<(), ArchiveError> {
        self.share()?;
        if let Some(declared) = self.declared_bytes.filter(|declared| *declared != self.read_bytes) {
            return Err(ArchiveError::Size { path: self.path.clone(), declared, found: self.read_bytes });
        }
        match self.declared_crc32 {
            Some(declared) if declared != self.crc.sum() => {
                Err(ArchiveError::Checksum { path: self.path.clone(), declared, found: self.crc.sum() })
            }
            _ => Ok(()),
        }
    }

    fn share(&mut self) -> Result<(), ArchiveError> {
        let Some(shared) = self.shared else { return Ok(()) };
        let bytes = std::mem::take(&mut self.unshared_bytes);
        let total = shared.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if total > self.limits.total_bytes {
            return Err(self.over("total_bytes", self.limits.total_bytes));
        }
        Ok(())
    }

    fn over(&self, limit: &'static str, allowed: u64) -> ArchiveError {
        ArchiveError::Limit { path: self.path.clone(), limit, allowed }
    }
}

impl Drop for Checks<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared {
            shared.fetch_add(self.unshared_bytes, Ordering::Relaxed);
        }
    }
}

/// Whether an entry inflates more than is believable.
pub(crate) fn is_over_ratio(inflated_bytes: u64, packed_bytes: u64, limits: &Limits) -> bool {
    inflated_bytes > limits.ratio_floor_bytes
        && inflated_bytes / packed_bytes.max(1) >= limits.ratio.max(1)
        && inflated_bytes > packed_bytes.saturating_mul(limits.ratio)
}

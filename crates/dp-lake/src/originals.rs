//! The original bytes of an entry, out of the archive that it was imported from: import and number come in, a stream
//! goes out. Opens only archives that the vault has recorded, and never writes.

use crate::{EntryOrigin, Imports, LakeError};
use dp_archive::{ArchiveError, Limits};
use dp_model::{BlobHash, EntryStatus};
use futures::executor::block_on;
use std::{io::Read, path::Path};

/// Finds originals. Everything here blocks.
#[derive(Debug, Clone, Default)]
pub struct Originals {
    limits: Limits,
}

/// An original that can be read.
#[derive(Debug)]
pub struct Original {
    /// Path inside the archive, as the archive writes it.
    pub path: String,
    /// Its size in bytes, where the archive says.
    pub size_bytes: Option<u64>,
    /// Changes when the archive does.
    pub tag: BlobHash,
    found: dp_archive::Original,
}

/// Why the original of an entry can't be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OriginalError {
    /// There is no such import, or it has no such entry.
    #[error("import {import} has no entry {entry}")]
    NoSuchEntry {
        /// The import.
        import: u64,
        /// The number.
        entry: u32,
    },
    /// The row of the ledger is no file.
    #[error("entry {entry} of import {import} is no file: it tells something of the whole export")]
    NoFile {
        /// The import.
        import: u64,
        /// The number.
        entry: u32,
    },
    /// The archive is not where it was.
    #[error("the archive is not where it was imported from: {}. Put it back there, or import it again from where it is now", .paths.join(", "))]
    Moved {
        /// Where it was expected.
        paths: Vec<String>,
    },
    /// Something else is where the archive was.
    #[error(
        "{archive} is not the archive any more that was imported: {reason}. Put that back, or import this one too"
    )]
    Changed {
        /// Where it is.
        archive: String,
        /// What is different.
        reason: String,
    },
    /// It was imported before it was noted which archive holds it, and several do.
    #[error(
        "{path:?} is in several archives of that import, and which one it came from was not noted; import them again"
    )]
    Uncertain {
        /// Path inside the archives.
        path: String,
    },
    /// The archive or the entry can't be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The store failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl Originals {
    /// Reads archives within these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }

    /// Finds the original of an entry.
    ///
    /// # Errors
    /// As [`OriginalError`] has it.
    pub fn find(&self, imports: &dyn Imports, import: u64, entry: u32) -> Result<Original, OriginalError> {
        let origin = block_on(imports.origin(import, entry))?;
        self.open(import, entry, origin.ok_or(OriginalError::NoSuchEntry { import, entry })?)
    }

    /// Opens the original of an entry of which the vault has said where it came from. A compressed tar is read up
    /// to the entry, which may take minutes.
    ///
    /// # Errors
    /// As [`OriginalError`] has it.
    pub fn open(&self, import: u64, entry: u32, origin: EntryOrigin) -> Result<Original, OriginalError> {
        if origin.archives.is_empty() {
            return Err(OriginalError::NoFile { import, entry });
        }
        let (archive, found) = match origin.archives.as_slice() {
            [archive] => (archive, self.find_in(archive, &origin.path, origin.ordinal)?),
            several => self.find_among(several, &origin.path)?,
        };
        let known = found.entry()?;
        let before_bytes =
            origin.closed.filter(|(_, status)| *status != EntryStatus::Failed).map(|(bytes, _)| bytes);
        if let Some((size_bytes, before_bytes)) = known.size_bytes.zip(before_bytes)
            && size_bytes != before_bytes
        {
            let reason = format!("{} had {before_bytes} bytes and has {size_bytes}", origin.path);
            return Err(OriginalError::Changed { archive: archive.clone(), reason });
        }
        // Two of the same path are told apart by where they are.
        let mut tag = found.tag()?;
        tag.0[0] ^= origin.ordinal as u8;
        Ok(Original { path: origin.path, size_bytes: known.size_bytes, tag, found })
    }

    fn find_in(
        &self,
        archive: &str,
        path: &str,
        ordinal: u32,
    ) -> Result<dp_archive::Original, OriginalError> {
        let moved = || OriginalError::Moved { paths: vec![archive.to_owned()] };
        let place = Path::new(archive);
        // A path that depends on where the program runs leads nowhere for sure.
        if !place.is_absolute() {
            return Err(moved());
        }
        match dp_archive::Original::find(place, path, ordinal as usize, &self.limits) {
            Ok(found) => Ok(found),
            Err(ArchiveError::NotFound { .. }) if !place.exists() => Err(moved()),
            Err(error @ ArchiveError::Missing { .. }) => {
                Err(OriginalError::Changed { archive: archive.to_owned(), reason: error.to_string() })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The one archive among several that holds an entry of this path.
    fn find_among<'a>(
        &self,
        archives: &'a [String],
        path: &str,
    ) -> Result<(&'a String, dp_archive::Original), OriginalError> {
        let mut found = None;
        let mut gone = Vec::new();
        for archive in archives {
            match self.find_in(archive, path, 0) {
                Ok(_) if found.is_some() => return Err(OriginalError::Uncertain { path: path.to_owned() }),
                Ok(original) => found = Some((archive, original)),
                Err(OriginalError::Moved { paths }) => gone.extend(paths),
                Err(OriginalError::Changed { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        found.ok_or_else(|| match gone.is_empty() {
            true => OriginalError::Changed {
                archive: archives.join(", "),
                reason: format!("none of them holds {path:?}"),
            },
            false => OriginalError::Moved { paths: gone },
        })
    }
}

impl Original {
    /// Its file name: the last part of its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(&self.path)
    }

    /// Hands the bytes from this one on to `take`, as a stream that ends in an error if not all of them are right.
    ///
    /// # Errors
    /// If the entry can't be read.
    pub fn read<T>(self, from_bytes: u64, take: impl FnOnce(&mut dyn Read) -> T) -> Result<T, OriginalError> {
        Ok(self.found.read(from_bytes, take)?)
    }
}

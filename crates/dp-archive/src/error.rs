//! What can go wrong with an archive or an entry, in words that name the file and say what to do.

use dp_model::WarningKind;
use std::{io, path::Path, sync::Arc};

/// Why an archive or an entry could not be read. `path` is a path on this machine for an archive and
/// the path inside the archive, with the archive's name, for an entry.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// Nothing is there.
    #[error("{path}: no such file or folder")]
    NotFound {
        /// What was asked for.
        path: String,
    },
    /// The machine could not read it.
    #[error("{path}: could not be read: {source}")]
    Io {
        /// What was being read.
        path: String,
        /// What the machine said.
        source: Arc<io::Error>,
    },
    /// The file ends before its end.
    #[error("{path}: cut short ({detail}); the download is not complete, download it again")]
    Truncated {
        /// What was being read.
        path: String,
        /// What is missing.
        detail: String,
    },
    /// The bytes contradict the format.
    #[error("{path}: damaged ({detail}); if the other copies are no better, download it again")]
    Damaged {
        /// What was being read.
        path: String,
        /// What is wrong.
        detail: String,
    },
    /// It is a well-formed something, but not one this program opens.
    #[error("{path}: {detail}")]
    Unsupported {
        /// What was being read.
        path: String,
        /// What it is and what to do about it.
        detail: String,
    },
    /// The entry was refused when the archive was opened.
    #[error("{path}: not read: {reason}")]
    Refused {
        /// The entry.
        path: String,
        /// Why.
        reason: String,
    },
    /// A configured limit was reached.
    #[error(
        "{path}: over the archive limit {limit} = {allowed}; raise it in the configuration if you trust the archive"
    )]
    Limit {
        /// The entry.
        path: String,
        /// Name of the field of [`crate::Limits`].
        limit: &'static str,
        /// Its value.
        allowed: u64,
    },
    /// All bytes were there and are not the ones that were packed.
    #[error(
        "{path}: damaged (checksum {found:08x} where {declared:08x} was declared); download the archive again"
    )]
    Checksum {
        /// The entry.
        path: String,
        /// CRC-32 the archive declares.
        declared: u32,
        /// CRC-32 of the bytes.
        found: u32,
    },
    /// The entry holds more or fewer bytes than the archive declares.
    #[error(
        "{path}: damaged (holds {found} bytes where {declared} were declared); download the archive again"
    )]
    Size {
        /// The entry.
        path: String,
        /// Bytes the archive declares.
        declared: u64,
        /// Bytes found; for an entry that is too long, at least as many.
        found: u64,
    },
    /// The file is no longer the one that was opened.
    #[error("{path}: changed while it was being imported; import it again")]
    Changed {
        /// The file on this machine.
        path: String,
    },
    /// The archive is there, and this entry is not in it.
    #[error("{path}: holds no entry {entry:?}")]
    Missing {
        /// The archive on this machine.
        path: String,
        /// Path of the entry inside the archive.
        entry: String,
    },
    /// An entry number that the export does not have.
    #[error("entry {index} does not exist")]
    NoSuchEntry {
        /// The number.
        index: usize,
    },
}

impl ArchiveError {
    /// The archive error inside an error that [`crate::EntryStream`] gave as a reader.
    #[must_use]
    pub fn find_in(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// How the ledger classes it.
    #[must_use]
    pub fn warning_kind(&self) -> WarningKind {
        match self {
            Self::Truncated { .. } => WarningKind::Truncated,
            Self::Limit { .. } => WarningKind::LimitReached,
            _ => WarningKind::Unreadable,
        }
    }

    pub(crate) fn io(path: &str, error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound {
            return Self::NotFound { path: path.to_owned() };
        }
        Self::Io { path: path.to_owned(), source: Arc::new(error) }
    }

    pub(crate) fn at(path: &Path, error: io::Error) -> Self {
        Self::io(&path.display().to_string(), error)
    }

    pub(crate) fn damaged(path: &str, detail: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), detail: detail.into() }
    }

    pub(crate) fn truncated(path: &str, detail: impl Into<String>) -> Self {
        Self::Truncated { path: path.to_owned(), detail: detail.into() }
    }
}

impl From<ArchiveError> for io::Error {
    fn from(error: ArchiveError) -> Self {
        let kind = match &error {
            ArchiveError::NotFound { .. } | ArchiveError::NoSuchEntry { .. } => io::ErrorKind::NotFound,
            ArchiveError::Io { source, .. } => source.kind(),
            ArchiveError::Truncated { .. } => io::ErrorKind::UnexpectedEof,
            _ => io::ErrorKind::InvalidData,
        };
        // A reader would try again after `Interrupted`; an archive error is final.
        let kind = if kind == io::ErrorKind::Interrupted { io::ErrorKind::Other } else { kind };
        io::Error::new(kind, error)
    }
}

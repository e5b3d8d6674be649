//! What can go wrong with uploads, in words for people.

use super::UploadId;
use std::{io, path::Path};

/// Why something was not done to an upload.
#[derive(Debug, thiserror::Error)]
pub enum StagingError {
    /// There is none of this id, it was another account's, or it has expired.
    #[error("there is no upload {0}; it may have expired, or been imported")]
    NotFound(UploadId),
    /// Somebody else is writing to it, or moving it.
    #[error("another request is at this upload; try again when it has ended")]
    Busy,
    /// It goes on elsewhere.
    #[error("the upload goes on at byte {at_bytes}, not at {asked_bytes}")]
    WrongOffset {
        /// Where the client wants to go on.
        asked_bytes: u64,
        /// Where it goes on.
        at_bytes: u64,
    },
    /// More came than was declared.
    #[error("more bytes came than the {length_bytes} that were declared")]
    TooLong {
        /// Bytes that were declared.
        length_bytes: u64,
    },
    /// The file is larger than any may be.
    #[error("the file has {length_bytes} bytes, and at most {max_bytes} are taken")]
    TooLarge {
        /// Bytes of the file.
        length_bytes: u64,
        /// Bytes of the largest file that is taken.
        max_bytes: u64,
    },
    /// The account has too many unfinished uploads.
    #[error("the account has {0} uploads that are not finished, and may not have more")]
    TooManyUnfinished(usize),
    /// The account has too many uploads.
    #[error("the account has {0} uploads that wait to be imported, and may not have more")]
    TooMany(usize),
    /// The account has no room for the file.
    #[error("the file takes {needed_bytes} bytes, and the account's uploads may take {left_bytes} more")]
    AccountFull {
        /// Bytes of the file.
        needed_bytes: u64,
        /// Bytes that are left.
        left_bytes: u64,
    },
    /// The disk has no room for the file.
    #[error(
        "the file takes {needed_bytes} bytes, and {free_bytes} are free beside what is kept free and what \
         other uploads were promised"
    )]
    NoRoom {
        /// Bytes of the file.
        needed_bytes: u64,
        /// Bytes that uploads may still take.
        free_bytes: u64,
    },
    /// The disk has become full meanwhile.
    #[error("the disk has become full; what came before is kept")]
    DiskFull,
    /// What came is not what was sent.
    #[error("what came does not have the checksum that was sent with it, and was not kept")]
    WrongChecksum,
    /// It is to be taken before it is whole.
    #[error("the upload {0} is not finished")]
    NotFinished(UploadId),
    /// Another process has the staging area open.
    #[error("another process has the uploads in {0} open; end it first")]
    InUse(String),
    /// The file system refused.
    #[error("could not {context}: {source}")]
    Io {
        /// What was tried.
        context: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// An error of the file system with what was tried.
pub(super) fn on_file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StagingError {
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StagingError::DiskFull,
        _ => StagingError::Io { context: format!("{what} {}", path.display()), source },
    }
}

//! What can go wrong with a backup, in words a person can act on.

use std::{io, path::PathBuf};

/// Why a backup could not be made, checked or restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// A file could not be read or written.
    #[error("could not {context}: {source}")]
    Io {
        /// What was tried.
        context: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// There is a file of that name already.
    #[error("{} is there already; choose another name, or move it away first", .0.display())]
    Exists(PathBuf),
    /// The disk has no room.
    #[error(
        "there is no room in {}: {free_bytes} bytes are free and {needed_bytes} are needed; free some space or choose \
         another disk", .path.display()
    )]
    NoRoom {
        /// The folder.
        path: PathBuf,
        /// Bytes that are needed, with what is kept free.
        needed_bytes: u64,
        /// Bytes that are free.
        free_bytes: u64,
    },
    /// A file became shorter while it was read.
    #[error("{0} changed while it was read; try again")]
    Changed(String),
    /// A file has a name that a backup can't hold.
    #[error(
        "{0:?} is a name that a backup can't hold: it must be UTF-8 without control characters; rename the file"
    )]
    BadName(String),
    /// There are more files than a backup holds.
    #[error("there are more than {0} files")]
    TooManyFiles(usize),
    /// What was named is no recipient.
    #[error(
        "{text:?} is no recipient: {reason}; one begins with age1, and `rage-keygen` or `age-keygen` makes them"
    )]
    BadRecipient {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What was named is no passphrase or identity.
    #[error("{0}")]
    BadKey(String),
    /// The file is not one of these backups.
    #[error("{} is no backup of Datapunk", .0.display())]
    NotABackup(PathBuf),
    /// The file is encrypted and no key was given.
    #[error("{} is encrypted; give --identity FILE, or --passphrase-file FILE if it was made with a passphrase", .0.display())]
    Encrypted(PathBuf),
    /// The key is not one of those the file was made for.
    #[error("{} can't be opened with this key: {reason}", .path.display())]
    WrongKey {
        /// The file.
        path: PathBuf,
        /// What the cipher said.
        reason: String,
    },
    /// A newer program made it.
    #[error(
        "this backup has format {found}, and this Datapunk knows formats up to {known}; use a newer Datapunk"
    )]
    NewerFormat {
        /// What the backup says.
        found: u32,
        /// The newest this program knows.
        known: u32,
    },
    /// The end is missing.
    #[error(
        "the backup is cut off {at}: its end is missing, as when copying it was interrupted; nothing of it was used"
    )]
    Truncated {
        /// Where: `in data/vaults/owner/lake.db`.
        at: String,
    },
    /// What is in it is not what was put in.
    #[error("the backup is damaged {at}: {reason}; nothing of it was used")]
    Damaged {
        /// Where: `in data/vaults/owner/lake.db`.
        at: String,
        /// What is wrong.
        reason: String,
    },
    /// It holds something that no backup of this program holds.
    #[error("the backup is refused: {name:?} {reason}")]
    Refused {
        /// The name in it.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is something where a backup is to be restored.
    #[error("{} is not empty; a backup is restored only where nothing is yet: name another folder with --data-dir", .0.display())]
    NotEmpty(PathBuf),
    /// It was called off.
    #[error("it was called off, and nothing was kept")]
    Cancelled,
}

/// Says of an error what was tried.
pub(crate) fn on_file(what: &str, path: &std::path::Path) -> impl FnOnce(io::Error) -> BackupError {
    let context = format!("{what} {}", path.display());
    move |source| BackupError::Io { context, source }
}

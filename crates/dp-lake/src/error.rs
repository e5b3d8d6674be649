//! What can go wrong in a store, in words a person can act on.

use crate::Forgotten;
use std::path::PathBuf;

/// Why the lake could not do what was asked. Absent things are `Ok(None)`, not errors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LakeError {
    /// The disk is full. What was acknowledged before is safe.
    #[error(
        "the disk that holds {} is full: {free_bytes} bytes are free and about {needed_bytes} more are needed. \
         Free some space and run the same command again; it goes on where it stopped", .path.display()
    )]
    DiskFull {
        /// The vault's directory.
        path: PathBuf,
        /// How much the import is estimated to need still.
        needed_bytes: u64,
        /// How much is free now.
        free_bytes: u64,
    },
    /// Another process is writing to this vault.
    #[error("another datapunk process is writing to {} (process {holder}); wait for it to end or stop it. Reading commands work meanwhile", .path.display())]
    Locked {
        /// The vault's directory.
        path: PathBuf,
        /// Who holds the lock, as it wrote into the lock file.
        holder: String,
    },
    /// The vault was opened for reading only.
    #[error("this vault was opened for reading; open it for writing to change it")]
    ReadOnly,
    /// The vault was made by a newer Datapunk.
    #[error(
        "this vault has format {found}, and this Datapunk knows formats up to {known}; use a newer Datapunk"
    )]
    NewerFormat {
        /// What the vault says.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// The store is damaged.
    #[error("the store is damaged: {0}. Run `datapunk doctor` to see what can be saved")]
    Corrupt(String),
    /// A projection is missing or damaged; rebuilding it helps.
    #[error("the {projection} can't be used: {reason}. Run `datapunk reindex` to build it anew")]
    Projection {
        /// Which projection.
        projection: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Something else would be forgotten than was expected, so nothing was.
    #[error("{} documents and {} samples would be forgotten by now, which is not what was expected", .now.documents, .now.samples)]
    NotAsExpected {
        /// What would be forgotten.
        now: Forgotten,
    },
    /// A vector that can't be stored or compared: of another width, or with values that are no numbers.
    #[error("a vector can't be used: {0}")]
    Vector(String),
    /// More bytes than one blob may have.
    #[error("these are more than {bytes_max} bytes, which is the most that is stored as one")]
    BlobTooLarge {
        /// The most.
        bytes_max: u64,
    },
    /// A cursor that this listing did not hand out.
    #[error("{0:?} is not a cursor of this listing; use the one that the page before gave")]
    BadCursor(String),
    /// A file could not be read or written.
    #[error("{context}")]
    Io {
        /// What was tried.
        context: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// The storage engine failed in a way not told apart above.
    #[error("{context}")]
    Engine {
        /// What was tried.
        context: String,
        /// What the engine said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store's own thread has ended.
    #[error("the store has been closed")]
    Closed,
}

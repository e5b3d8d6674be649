//! Backups: named files come in and go into one file, compressed and if wanted encrypted, which is read back before it counts;
//! and out of such a file into an empty folder. Knows no database and not what the files are; believes nothing of a backup that
//! it reads.
//!
//! The file is a tar in zstd, in age if it is encrypted: first [`Header`], then the files under `data/`, last the list of them
//! with their hashes. Other programs open it too: `rage --decrypt`, `zstd --decompress`, `tar --extract`.

mod cipher;
mod error;
mod list;
mod names;
mod read;
mod restore;
mod watch;
mod write;

#[cfg(test)]
mod tests;

pub use cipher::{Key, Lock};
pub use error::BackupError;
pub use list::{Contents, FORMAT, Header};
pub use read::verify;
pub use restore::{is_half_restored, restore};
pub use watch::{Progress, Stage, Watch};
pub use write::{PARTIAL_PREFIX, Source, write};

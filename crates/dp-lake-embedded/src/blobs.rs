//! The files of blobs: `blobs/ab/<hash>`, and small pictures of them in `thumbnails/ab/<hash>/`. Streams come in and
//! are on disk, under the name of their hash, before anybody is told. Which blobs there are is the store's to know.

mod check;
mod contract;
mod thumbnails;
mod verified;

use crate::{error::Context as _, error::free_bytes};
use dp_lake::LakeError;
use dp_model::BlobHash;
use fs_err as fs;
use std::{
    io::{ErrorKind, Read, Seek as _, SeekFrom, Write as _},
    ops::Range,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};
use verified::Verified;

/// Bytes that are read and written at once.
const BUFFER_BYTES: usize = 256 << 10;
/// Bytes of the disk that are left free.
const RESERVE_BYTES: u64 = 64 << 20;
/// The folder of files that are being written.
const NEW: &str = "new";

/// The folders of blobs and thumbnails of one vault.
#[derive(Debug)]
pub(crate) struct BlobFiles {
    blobs: PathBuf,
    thumbnails: PathBuf,
    /// Numbers files that are being written.
    next: AtomicU64,
}

/// A file that is written and has no name yet; it goes when this is dropped.
#[derive(Debug)]
pub(crate) struct NewBlob {
    path: PathBuf,
    pub(crate) hash: BlobHash,
    pub(crate) size_bytes: u64,
}

impl Drop for NewBlob {
    fn drop(&mut self) {
        // When it was kept there is nothing under this name, and what stays is removed at the next start.
        let _ = fs::remove_file(&self.path);
    }
}

impl BlobFiles {
    /// Opens the folders for writing, and removes what a kill left half written. They are made when something comes.
    pub(crate) fn open(vault: &Path) -> Result<Self, LakeError> {
        let files = Self::for_reading(vault);
        for folder in [files.blobs.join(NEW), files.thumbnails.join(NEW)] {
            absent_or(fs::remove_dir_all(folder)).context("remove what was half written")?;
        }
        Ok(files)
    }

    /// Opens the folders.
    pub(crate) fn for_reading(vault: &Path) -> Self {
        let (blobs, thumbnails) = (vault.join("blobs"), vault.join("thumbnails"));
        Self { blobs, thumbnails, next: AtomicU64::new(0) }
    }

    fn path(&self, hash: BlobHash) -> PathBuf {
        let name = hash.to_string();
        self.blobs.join(&name[..2]).join(name)
    }

    /// A path that nobody else writes to, in the folder of new files below this one.
    fn new_path(&self, below: &Path) -> Result<PathBuf, LakeError> {
        let folder = below.join(NEW);
        make_private(&folder)?;
        Ok(folder.join(self.next.fetch_add(1, Ordering::Relaxed).to_string()))
    }

    /// Writes a stream to a file that has no name yet; it is on disk when this returns.
    pub(crate) fn write(&self, bytes: &mut dyn Read, bytes_max: u64) -> Result<NewBlob, LakeError> {
        let path = self.new_path(&self.blobs)?;
        let mut file = private().create_new(true).open(&path).context("make a blob")?;
        let mut new = NewBlob { path, hash: BlobHash([0; 32]), size_bytes: 0 };
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let count = match bytes.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).context("read what is to be a blob"),
            };
            new.size_bytes += count as u64;
            if new.size_bytes > bytes_max {
                return Err(LakeError::BlobTooLarge { bytes_max });
            }
            // Whoever writes documents needs room too.
            let left_bytes = free_bytes(&self.blobs);
            if left_bytes < RESERVE_BYTES {
                return Err(LakeError::DiskFull {
                    path: self.blobs.clone(),
                    needed_bytes: RESERVE_BYTES,
                    free_bytes: left_bytes,
                });
            }
            hasher.update(&buffer[..count]);
            file.write_all(&buffer[..count]).context("write a blob")?;
        }
        file.sync_all().context("write a blob")?;
        new.hash = BlobHash(*hasher.finalize().as_bytes());
        Ok(new)
    }

    /// Gives a file its name, in place of one that is there; durable when this returns.
    pub(crate) fn keep(&self, new: NewBlob) -> Result<(), LakeError> {
        let path = self.path(new.hash);
        let folder = path.parent().unwrap_or(&self.blobs);
        if !folder.is_dir() {
            make_private(folder)?;
            sync_folder(&self.blobs)?;
            self.blobs.parent().map_or(Ok(()), sync_folder)?;
        }
        fs::rename(&new.path, &path).context("store a blob")?;
        sync_folder(folder)
    }

    /// The bytes in this range of a blob of this size; all of them are compared with their hash.
    ///
    /// # Errors
    /// `Corrupt` if the file is not there, or of another size.
    pub(crate) fn read(
        &self,
        hash: BlobHash,
        size_bytes: u64,
        range: Range<u64>,
    ) -> Result<Box<dyn Read + Send>, LakeError> {
        let mut file = match fs::File::open(self.path(hash)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(LakeError::Corrupt(format!("the blob {hash} is missing")));
            }
            Err(error) => return Err(error).context("open a blob"),
        };
        let found_bytes = file.metadata().context("open a blob")?.len();
        if found_bytes != size_bytes {
            let reason = format!("the blob {hash} has {found_bytes} bytes and should have {size_bytes}");
            return Err(LakeError::Corrupt(reason));
        }
        let range = range.start.min(size_bytes)..range.end.min(size_bytes);
        if range == (0..size_bytes) {
            return Ok(Box::new(Verified::new(file, hash)));
        }
        file.seek(SeekFrom::Start(range.start)).context("read a blob")?;
        Ok(Box::new(file.take(range.end.saturating_sub(range.start))))
    }

    /// Removes a blob and its thumbnails, if they are there.
    pub(crate) fn remove(&self, hash: BlobHash) -> Result<(), LakeError> {
        let path = self.path(hash);
        absent_or(fs::remove_file(&path)).context("remove a blob")?;
        absent_or(fs::remove_dir_all(self.thumbnails_of(hash))).context("remove thumbnails")?;
        path.parent().filter(|folder| folder.is_dir()).map_or(Ok(()), sync_folder)
    }

    /// Blobs of which there is a file or a thumbnail, in order.
    pub(crate) fn list(&self) -> Result<Vec<BlobHash>, LakeError> {
        let mut found = Vec::new();
        for root in [&self.blobs, &self.thumbnails] {
            for folder in children(root)? {
                for child in children(&folder)? {
                    let name = child.file_name().and_then(|name| name.to_str());
                    found.extend(name.and_then(|name| name.parse::<BlobHash>().ok()));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}

/// What is in a folder; nothing if there is none.
fn children(folder: &Path) -> Result<Vec<PathBuf>, LakeError> {
    let listing = match std::fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error).context("list the blobs"),
    };
    listing.map(|child| child.map(|child| child.path())).collect::<Result<_, _>>().context("list the blobs")
}

/// That there is nothing to remove is no failure.
fn absent_or(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Makes a folder if it is not there, and those above; nobody else may look into it.
fn make_private(folder: &Path) -> Result<(), LakeError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder).context("make a folder of blobs")
}

/// How files are opened that nobody else may read.
fn private() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// Makes names in a folder last.
fn sync_folder(folder: &Path) -> Result<(), LakeError> {
    if !cfg!(unix) {
        return Ok(());
    }
    fs::File::open(folder).and_then(|folder| folder.sync_all()).context("make a blob last")
}

#[cfg(test)]
mod tests;

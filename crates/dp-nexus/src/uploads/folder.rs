//! The folder of one upload: `data` and `meta.json`. What `meta.json` says is on disk before anybody is told, and a
//! folder without one was never an upload, or is none any more.

use super::{FileName, StagingError, error::on_file};
use fs_err as fs;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    io::{ErrorKind, Read as _, Write as _},
    path::{Path, PathBuf},
};

const DATA: &str = "data";
const META: &str = "meta.json";
const NEW_META: &str = "meta.json.new";
/// Bytes of the longest `meta.json` that is read.
const META_BYTES_MAX: u64 = 256 << 10;
/// How often a name is numbered before it is given up.
const NUMBERS_MAX: u32 = 10_000;

/// What is known of an upload besides its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Meta {
    pub(super) name: FileName,
    /// None while a file comes whose length is not known.
    pub(super) length_bytes: Option<u64>,
    /// Bytes of `data` that count.
    pub(super) offset_bytes: u64,
    pub(super) metadata: String,
    pub(super) created: Timestamp,
    /// When the last byte came.
    pub(super) touched: Timestamp,
}

/// Where an upload is.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn data(&self) -> PathBuf {
        self.0.join(DATA)
    }

    /// Makes it. The upload is there when its `meta.json` is, which comes last.
    pub(super) fn make(&self, meta: &Meta) -> Result<(), StagingError> {
        let account = self.0.parent().unwrap_or(&self.0);
        let is_new = !account.exists();
        make_private(account)?;
        make_private(&self.0)?;
        let data = self.data();
        private().create_new(true).open(&data).map_err(on_file("make", &data))?;
        self.write(meta)?;
        sync_folder(account)?;
        match account.parent() {
            Some(all) if is_new => sync_folder(all),
            _ => Ok(()),
        }
    }

    /// Writes `meta.json` anew: the old one or the new one is there, whatever happens.
    pub(super) fn write(&self, meta: &Meta) -> Result<(), StagingError> {
        let (new, path) = (self.0.join(NEW_META), self.0.join(META));
        let failure = || on_file("write", &path);
        let text = serde_json::to_vec(meta).map_err(std::io::Error::from).map_err(failure())?;
        let mut file = private().create(true).truncate(true).open(&new).map_err(failure())?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(failure())?;
        fs::rename(&new, &path).map_err(failure())?;
        sync_folder(&self.0)
    }

    /// What is known of the upload; None if it is none.
    pub(super) fn read(&self) -> Result<Option<Meta>, StagingError> {
        let path = self.0.join(META);
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(on_file("read", &path)(error)),
        };
        let mut text = Vec::new();
        file.take(META_BYTES_MAX).read_to_end(&mut text).map_err(on_file("read", &path))?;
        let meta: Meta =
            serde_json::from_slice(&text).map_err(std::io::Error::from).map_err(on_file("read", &path))?;
        let Ok(data) = fs::metadata(self.data()) else { return Ok(None) };
        // Never told as kept what is not there, whatever became of the disk.
        Ok(Some(Meta { offset_bytes: meta.offset_bytes.min(data.len()), ..meta }))
    }

    /// Opens the bytes for writing behind the first so many, and cuts off what else there is.
    pub(super) fn open_data(&self, offset_bytes: u64) -> Result<fs::File, StagingError> {
        let path = self.data();
        let file = private().open(&path).map_err(on_file("open", &path))?;
        file.set_len(offset_bytes).map_err(on_file("cut", &path))?;
        Ok(file)
    }

    /// Moves the bytes into another folder under this name, or a numbered one if it is taken.
    pub(super) fn move_data(&self, name: &FileName, into: &Path) -> Result<PathBuf, StagingError> {
        fs::create_dir_all(into).map_err(on_file("make", into))?;
        let names = std::iter::once(name.clone()).chain((1..NUMBERS_MAX).map(|number| name.numbered(number)));
        let mut paths = names.map(|name| into.join(name.as_str()));
        let Some(path) = paths.find(|path| fs::symlink_metadata(path).is_err()) else {
            return Err(on_file("find a free name in", into)(ErrorKind::AlreadyExists.into()));
        };
        fs::rename(self.data(), &path).map_err(on_file("move an upload to", &path))?;
        sync_folder(into)?;
        Ok(path)
    }

    /// Removes it: first what makes it an upload.
    pub(super) fn remove(&self) -> Result<(), StagingError> {
        for path in [self.0.join(META), self.0.join(NEW_META), self.data()] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(on_file("remove", &path)(error));
                }
                _ => {}
            }
        }
        match fs::remove_dir(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(on_file("remove", &self.0)(error)),
            _ => self.0.parent().map_or(Ok(()), sync_folder),
        }
    }
}

/// Makes a folder if it is not there, and those above; nobody else may look into it.
pub(super) fn make_private(folder: &Path) -> Result<(), StagingError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder).map_err(on_file("make", folder))
}

/// Takes the lock of a staging area, which the process gives back when it ends, however it ends.
pub(super) fn lock(path: &Path) -> Result<fs::File, StagingError> {
    let file = private().create(true).truncate(false).open(path).map_err(on_file("open", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            let folder = path.parent().unwrap_or(path);
            Err(StagingError::InUse(folder.display().to_string()))
        }
        Err(std::fs::TryLockError::Error(error)) => Err(on_file("lock", path)(error)),
    }
}

/// Bytes that are free on the disk of this folder.
pub(super) fn free_bytes(folder: &Path) -> Result<u64, StagingError> {
    let stat = rustix::fs::statvfs(folder).map_err(std::io::Error::from);
    let stat = stat.map_err(on_file("ask for the free space of", folder))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
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

/// Makes new, renamed and removed names in a folder last.
fn sync_folder(folder: &Path) -> Result<(), StagingError> {
    if !cfg!(unix) {
        return Ok(());
    }
    let file = fs::File::open(folder).map_err(on_file("open", folder))?;
    file.sync_all().map_err(on_file("sync", folder))
}

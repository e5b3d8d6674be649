//! The folder of backups: which there are, and reading and removing one. A name from outside is looked up among those that are
//! there, and never becomes a path by itself.

use jiff::Timestamp;
use serde::Serialize;
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};
use utoipa::ToSchema;

/// How the names of backups end; the second one is of encrypted ones.
const ENDS: [&str; 2] = [".tar.zst", ".tar.zst.age"];

/// A backup in the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Backup)]
pub struct BackupFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
    /// When it was done.
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
    /// Whether it takes an identity or a passphrase to read it.
    pub is_encrypted: bool,
}

/// A folder with backups in it, which need not be there yet.
#[derive(Debug, Clone)]
pub struct BackupFolder(PathBuf);

impl BackupFolder {
    /// The folder at this path.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The backups in it, the newest first. Unfinished ones are none.
    ///
    /// # Errors
    /// When the folder is there and can't be read.
    pub fn list(&self) -> io::Result<Vec<BackupFile>> {
        let entries = match fs_err::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            // One that was removed meanwhile is none.
            let Ok(metadata) = entry.metadata() else { continue };
            if is_name(&name) && metadata.is_file() {
                let created = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                files.push(BackupFile {
                    is_encrypted: name.ends_with(ENDS[1]),
                    name,
                    size_bytes: metadata.len(),
                    created: Timestamp::try_from(created).unwrap_or_default(),
                });
            }
        }
        files.sort_unstable_by(|one, other| (other.created, &other.name).cmp(&(one.created, &one.name)));
        Ok(files)
    }

    /// The backup of this name, opened; None if there is none.
    pub(super) fn open(&self, name: &str) -> io::Result<Option<(BackupFile, File)>> {
        let Some(found) = self.find(name)? else { return Ok(None) };
        let file = File::open(self.path(&found))?;
        Ok(Some((found, file)))
    }

    /// Removes the backup of this name; says whether there was one.
    pub(super) fn remove(&self, name: &str) -> io::Result<bool> {
        let Some(found) = self.find(name)? else { return Ok(false) };
        fs_err::remove_file(self.path(&found))?;
        fs_err::File::open(&self.0)?.sync_all()?;
        Ok(true)
    }

    fn find(&self, name: &str) -> io::Result<Option<BackupFile>> {
        Ok(self.list()?.into_iter().find(|file| file.name == name))
    }

    fn path(&self, file: &BackupFile) -> PathBuf {
        self.0.join(Path::new(&file.name))
    }
}

/// Whether a file of this name is a backup that is done.
fn is_name(name: &str) -> bool {
    !name.starts_with('.') && ENDS.iter().any(|end| name.ends_with(end))
}

//! Restoring: a backup is unpacked beside where it belongs and checked to its last byte, and only then its files move to their
//! places. Killed before that, nothing was restored; killed after, the same command ends what was begun.

use crate::{
    BackupError, Contents, Key, Watch,
    error::on_file,
    read,
    write::{private, sync_folder},
};
use fs_err as fs;
use std::{io::Write as _, path::Path};

/// Where files are until all are there.
const FOLDER: &str = ".restoring";
/// In it: the files.
const FILES: &str = "files";
/// In it: that all are there, and what they are.
const COMPLETE: &str = "complete.json";
/// What may be in a folder that counts as empty: disks of their own have it.
const HARMLESS: &str = "lost+found";

/// Whether a backup was being restored to this folder, and the end of that is missing.
#[must_use]
pub fn is_half_restored(data_directory: &Path) -> bool {
    let folder = data_directory.join(FOLDER);
    [COMPLETE, FILES].iter().any(|name| fs::symlink_metadata(folder.join(name)).is_ok())
}

/// Restores a backup to a folder in which nothing is, or which is not there yet. One that was interrupted begins anew, or is
/// ended if everything was there already.
///
/// # Errors
/// `NotEmpty`, and those of [`crate::verify`]; then nothing was restored.
pub fn restore(
    path: &Path,
    key: Option<&Key>,
    data_directory: &Path,
    watch: &mut Watch<'_>,
) -> Result<Contents, BackupError> {
    let folder = data_directory.join(FOLDER);
    if let Some(contents) = complete(&folder)? {
        settle(&folder, data_directory)?;
        return Ok(contents);
    }
    if !is_free(data_directory)? {
        return Err(BackupError::NotEmpty(data_directory.to_owned()));
    }
    make_private(data_directory)?;
    remove(&folder)?;
    let unpacked = unpack(path, key, &folder, watch);
    let contents = match unpacked {
        Ok(contents) => contents,
        Err(error) => {
            // The error is what is to be told; what could not be removed is removed next time.
            let _ = remove(&folder);
            return Err(error);
        }
    };
    settle(&folder, data_directory)?;
    Ok(contents)
}

fn unpack(
    path: &Path,
    key: Option<&Key>,
    folder: &Path,
    watch: &mut Watch<'_>,
) -> Result<Contents, BackupError> {
    let files = folder.join(FILES);
    make_private(&files)?;
    let contents = read::read(path, key, &read::Into::Folder(&files), watch)?;
    sync_folders(&files)?;
    let marker = folder.join(COMPLETE);
    let passing = folder.join("complete.new");
    let text =
        serde_json::to_vec(&contents).map_err(std::io::Error::from).map_err(on_file("write", &marker))?;
    let mut file = private(&passing)?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(on_file("write", &marker))?;
    fs::rename(&passing, &marker).map_err(on_file("write", &marker))?;
    sync_folder(folder)?;
    Ok(contents)
}

/// What was restored, if all of it is there and only has to be moved.
fn complete(folder: &Path) -> Result<Option<Contents>, BackupError> {
    let marker = folder.join(COMPLETE);
    match fs::read(&marker) {
        Ok(bytes) => {
            let contents = serde_json::from_slice(&bytes).map_err(std::io::Error::from);
            contents.map(Some).map_err(on_file("read", &marker))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(on_file("read", &marker)(error)),
    }
}

/// Moves everything to its place. May be done again and again.
fn settle(folder: &Path, data_directory: &Path) -> Result<(), BackupError> {
    let files = folder.join(FILES);
    if files.exists() {
        for entry in fs::read_dir(&files).map_err(on_file("read", &files))? {
            let entry = entry.map_err(on_file("read", &files))?;
            let to = data_directory.join(entry.file_name());
            fs::rename(entry.path(), &to).map_err(on_file("move into place", &to))?;
        }
        sync_folder(data_directory)?;
        fs::remove_dir(&files).map_err(on_file("remove", &files))?;
    }
    // From here on it is no more than an empty folder.
    let marker = folder.join(COMPLETE);
    fs::remove_file(&marker).map_err(on_file("remove", &marker))?;
    fs::remove_dir(folder).map_err(on_file("remove", folder))?;
    sync_folder(data_directory)
}

/// Whether nothing is there but what an interrupted restore left.
fn is_free(data_directory: &Path) -> Result<bool, BackupError> {
    let entries = match fs::read_dir(data_directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(on_file("read", data_directory)(error)),
    };
    for entry in entries {
        let name = entry.map_err(on_file("read", data_directory))?.file_name();
        if name != FOLDER && name != HARMLESS {
            return Ok(false);
        }
    }
    Ok(true)
}

fn make_private(folder: &Path) -> Result<(), BackupError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(on_file("make", folder))
}

fn remove(folder: &Path) -> Result<(), BackupError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(on_file("remove", folder)(error)),
        _ => Ok(()),
    }
}

/// Makes all names below a folder last.
fn sync_folders(folder: &Path) -> Result<(), BackupError> {
    for entry in fs::read_dir(folder).map_err(on_file("read", folder))? {
        let entry = entry.map_err(on_file("read", folder))?;
        if entry.file_type().map_err(on_file("read", folder))?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync_folder(folder)
}

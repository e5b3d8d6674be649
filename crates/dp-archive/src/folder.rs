//! Lists an unpacked folder without following links: every file, and a refused entry for whatever is
//! no file or cannot be looked into.

use crate::{
    ArchiveError, Limits,
    entry_path::find_fault,
    export::{ArchiveWarning, Item, Place},
};
use dp_model::WarningKind;
use std::{
    fs::FileType,
    path::{Path, PathBuf},
};

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) items: Vec<Item>,
    pub(crate) warnings: Vec<ArchiveWarning>,
    pub(crate) size_bytes: u64,
}

/// Lists all below `folder`; entry paths begin with `prefix`, which is empty or ends in `/`.
pub(crate) fn walk(folder: &Path, prefix: &str, name: &str, limits: &Limits) -> Result<Walk, ArchiveError> {
    let mut walk = Walk::default();
    let mut pending = vec![(folder.to_path_buf(), prefix.to_owned(), 0)];
    while let Some((path, prefix, depth)) = pending.pop() {
        let listing = match fs_err::read_dir(&path) {
            Ok(listing) => listing,
            Err(error) if depth == 0 => return Err(ArchiveError::at(&path, error)),
            Err(error) => {
                walk.items.push(Item::refused(prefix, format!("the folder could not be read: {error}")));
                continue;
            }
        };
        for child in listing {
            let child = match child {
                Ok(child) => child,
                Err(error) => {
                    let message = format!("the folder {prefix:?} could not be read to its end: {error}");
                    walk.warnings.push(ArchiveWarning::new(name, WarningKind::Unreadable, message));
                    break;
                }
            };
            if walk.items.len() >= limits.entries {
                let message = format!(
                    "more files than the archive limit entries = {} allows; the rest was left out",
                    limits.entries
                );
                walk.warnings.push(ArchiveWarning::new(name, WarningKind::LimitReached, message));
                return Ok(walk);
            }
            let raw_name = child.file_name();
            let child_path = format!("{prefix}{}", raw_name.to_string_lossy());
            match child.file_type() {
                Err(error) => {
                    walk.items.push(Item::refused(child_path, format!("could not be read: {error}")));
                }
                Ok(kind) if kind.is_dir() => {
                    if depth >= limits.depth {
                        let reason =
                            format!("the folder lies deeper than the archive limit depth = {}", limits.depth);
                        walk.items.push(Item::refused(format!("{child_path}/"), reason));
                    } else {
                        pending.push((child.path(), format!("{child_path}/"), depth + 1));
                    }
                }
                Ok(kind) => {
                    let odd_name = raw_name.to_str().is_none() || child_path.contains('\u{fffd}');
                    let item = list_file(child.path(), child_path, kind, odd_name, limits);
                    walk.size_bytes = walk.size_bytes.saturating_add(item.size_bytes.unwrap_or(0));
                    walk.items.push(item);
                }
            }
        }
    }
    Ok(walk)
}

/// A file as an item of the export.
pub(crate) fn list_file(
    path: PathBuf,
    entry_path: String,
    kind: FileType,
    odd_name: bool,
    limits: &Limits,
) -> Item {
    if !kind.is_file() {
        let reason =
            if kind.is_symlink() { "it is a symbolic link" } else { "it is a device, pipe or socket" };
        return Item::refused(entry_path, reason);
    }
    let size_bytes = match fs_err::symlink_metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(error) => return Item::refused(entry_path, format!("could not be read: {error}")),
    };
    // A colon is an ordinary character in a file name here; only archives smuggle drives in.
    let fault = find_fault(&entry_path.replace(':', "_"), limits);
    let refused = fault.or_else(|| {
        (size_bytes > limits.entry_bytes).then(|| {
            format!("its {size_bytes} bytes are over the archive limit entry_bytes = {}", limits.entry_bytes)
        })
    });
    let place = if odd_name { Place::FileAt(path.into_boxed_path()) } else { Place::File };
    Item { path: entry_path, size_bytes: Some(size_bytes), crc32: None, refused, place, head: None }
}

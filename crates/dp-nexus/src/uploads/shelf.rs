//! All uploads in memory: which there are, how far they are, who is at them, and how much they take. Read from disk
//! once; its size is bounded by what accounts may have.

use super::{
    Key, StagingError, UploadId,
    error::on_file,
    folder::{Folder, Meta},
};
use crate::AccountId;
use fs_err as fs;
use std::{collections::BTreeMap, path::Path, str::FromStr};

/// An upload.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) meta: Meta,
    /// Bytes it may come to have.
    pub(super) most_bytes: u64,
    /// Whether somebody is at it.
    pub(super) is_claimed: bool,
}

/// What an account's uploads take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) uploads: usize,
    pub(super) unfinished: usize,
    /// Bytes they may come to have.
    pub(super) bytes: u64,
}

/// All uploads.
#[derive(Debug, Default)]
pub(super) struct Shelf(BTreeMap<Key, Slot>);

impl Shelf {
    /// Reads what there is in a folder, and removes what is no upload.
    pub(super) fn read(folder: &Path) -> Result<Self, StagingError> {
        let mut shelf = Self::default();
        for (account, path) in named::<AccountId>(folder)? {
            for (id, path) in named::<UploadId>(&path)? {
                shelf.read_one((account, id), Folder::new(path));
            }
        }
        Ok(shelf)
    }

    /// One that can't be read or removed is told to the log, and keeps no other from being read.
    fn read_one(&mut self, key: Key, folder: Folder) {
        let removed = match folder.read() {
            Ok(Some(meta @ Meta { length_bytes: Some(length_bytes), .. })) => {
                self.put(key, Slot { meta, most_bytes: length_bytes, is_claimed: false });
                return;
            }
            // Half made or half removed; or without a length, so that nobody can go on with it.
            Ok(_) => folder.remove(),
            Err(error) => Err(error),
        };
        if let Err(error) = removed {
            tracing::warn!(%error, upload = %key.1, "an upload is left as it is");
        }
    }

    pub(super) fn put(&mut self, key: Key, slot: Slot) {
        self.0.insert(key, slot);
    }

    pub(super) fn remove(&mut self, key: Key) {
        self.0.remove(&key);
    }

    pub(super) fn find(&self, key: Key) -> Option<&Slot> {
        self.0.get(&key)
    }

    pub(super) fn find_mut(&mut self, key: Key) -> Option<&mut Slot> {
        self.0.get_mut(&key)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (Key, &Slot)> {
        self.0.iter().map(|(key, slot)| (*key, slot))
    }

    pub(super) fn of(&self, account: AccountId) -> impl Iterator<Item = (UploadId, &Slot)> {
        let slots = self.0.range((account, UploadId([0; 16]))..=(account, UploadId([u8::MAX; 16])));
        slots.map(|((_, id), slot)| (*id, slot))
    }

    pub(super) fn usage(&self, account: AccountId) -> Usage {
        self.of(account).fold(Usage::default(), |usage, (_, slot)| Usage {
            uploads: usage.uploads + 1,
            unfinished: usage.unfinished
                + usize::from(slot.meta.length_bytes != Some(slot.meta.offset_bytes)),
            bytes: usage.bytes.saturating_add(slot.most_bytes),
        })
    }

    /// Bytes of all uploads that are on disk.
    pub(super) fn staged_bytes(&self) -> u64 {
        self.0.values().fold(0, |sum, slot| sum.saturating_add(slot.meta.offset_bytes))
    }

    /// Bytes of the disk that uploads were promised and have not taken yet.
    pub(super) fn promised_bytes(&self) -> u64 {
        let open = self.0.values().map(|slot| slot.most_bytes.saturating_sub(slot.meta.offset_bytes));
        open.fold(0, u64::saturating_add)
    }
}

/// What lies in a folder and is called as something of this kind.
fn named<T: FromStr>(folder: &Path) -> Result<Vec<(T, std::path::PathBuf)>, StagingError> {
    let entries = fs::read_dir(folder).map_err(on_file("read", folder))?;
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(on_file("read", folder))?;
        let name = entry.file_name().to_str().and_then(|name| name.parse().ok());
        // A link may lead anywhere, and is none of ours.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let Some(name) = name.filter(|_| is_folder) {
            found.push((name, entry.path()));
        }
    }
    Ok(found)
}

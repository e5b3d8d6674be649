//! An export: its entries from all containers in one deterministic order, and what it is known by.
//! Built once by `open`, then shared read-only by any number of readers.

use crate::{
    ArchiveError, Limits,
    entry_path::{find_wrapper_depth, key_below},
    reader::Reader,
};
use dp_model::{BlobHash, Warning, WarningKind};
use std::{
    borrow::Cow,
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{OnceLock, atomic::AtomicU64},
    time::{SystemTime, UNIX_EPOCH},
};

/// What sort of thing a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContainerKind {
    /// A zip archive.
    Zip,
    /// A tar archive that is not compressed.
    Tar,
    /// A tar archive under gzip.
    TarGz,
    /// An unpacked folder.
    Folder,
    /// One file that is no archive.
    File,
}

/// A file or folder on this machine that an export is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Where it is on this machine.
    pub path: PathBuf,
    /// Its file name.
    pub name: String,
    /// What it is.
    pub kind: ContainerKind,
    /// Its size in bytes; of a folder, that of the files in it.
    pub size_bytes: u64,
    /// When it was last changed, in microseconds since 1970 UTC, if the machine knows.
    pub modified_us: Option<i64>,
}

impl Container {
    /// Whether its entries can only be read front to back, so that they are best all read by one
    /// reader in ascending order.
    #[must_use]
    pub fn is_sequential(&self) -> bool {
        self.kind == ContainerKind::TarGz
    }
}

/// One file inside an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path in its container, as the archive spells it.
    pub path: String,
    /// The path for matching: see [`crate::normalise_path`]; wrapper folders are left out too.
    pub key: String,
    /// Which of [`Export::containers`] holds it.
    pub container: usize,
    /// Inflated size in bytes, as declared.
    pub size_bytes: Option<u64>,
    /// CRC-32 of the inflated bytes, where known.
    pub crc32: Option<u32>,
    /// Why it must not be read: encrypted, a link, a path that leaves the archive, over a limit.
    pub refused: Option<String>,
    /// An earlier entry with the same key, size and checksum: the same file in another part.
    pub duplicate_of: Option<usize>,
}

/// Something a person should know about a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveWarning {
    /// File name of the container concerned, or the name of the export.
    pub path: String,
    /// What it is.
    pub warning: Warning,
}

impl ArchiveWarning {
    pub(crate) fn new(path: &str, kind: WarningKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { path: path.to_owned(), warning: Warning { kind, position: 0, message: message.into() } }
    }
}

/// Where the bytes of an entry are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere: the entry is refused.
    Nowhere,
    /// In a zip archive.
    Zip {
        /// Offset of the local header in the file.
        header_at: u64,
        /// Compressed size in bytes.
        packed_bytes: u64,
        /// Offset at which the next entry, or the directory, begins.
        bound: u64,
        /// Whether the bytes are deflated; stored otherwise.
        deflated: bool,
    },
    /// In the inflated tar stream, from this offset.
    Tar {
        /// Offset of the first byte.
        data_at: u64,
    },
    /// A file of its own, at its path below the container's root.
    File,
    /// A file of its own whose name is not Unicode.
    FileAt(Box<Path>),
}

/// An entry as an index pass finds it.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) path: String,
    pub(crate) size_bytes: Option<u64>,
    pub(crate) crc32: Option<u32>,
    pub(crate) refused: Option<String>,
    pub(crate) place: Place,
    /// First bytes, if the pass saw them and had room to keep them.
    pub(crate) head: Option<Box<[u8]>>,
}

impl Item {
    pub(crate) fn refused(path: String, reason: impl Into<String>) -> Self {
        let refused = Some(reason.into());
        Self { path, size_bytes: None, crc32: None, refused, place: Place::Nowhere, head: None }
    }
}

/// A container and what its index pass found.
#[derive(Debug)]
pub(crate) struct Indexed {
    pub(crate) container: Container,
    /// Folder that entry paths are relative to, for folders and single files.
    pub(crate) root: PathBuf,
    pub(crate) items: Vec<Item>,
    pub(crate) warnings: Vec<ArchiveWarning>,
}

/// One export of one account at one time, from however many containers.
#[derive(Debug)]
pub struct Export {
    pub(crate) name: String,
    pub(crate) exported_at_us: Option<i64>,
    pub(crate) containers: Vec<Container>,
    pub(crate) roots: Vec<PathBuf>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) places: Vec<Place>,
    pub(crate) heads: HashMap<usize, Box<[u8]>>,
    pub(crate) warnings: Vec<ArchiveWarning>,
    pub(crate) limits: Limits,
    pub(crate) inflated_bytes: AtomicU64,
    fingerprint: OnceLock<BlobHash>,
}

impl Export {
    /// Puts containers together. Their order decides between equal paths.
    pub(crate) fn assemble(
        name: String,
        exported_at_us: Option<i64>,
        parts: Vec<Indexed>,
        limits: &Limits,
    ) -> Self {
        let mut export = Self {
            name,
            exported_at_us,
            containers: Vec::with_capacity(parts.len()),
            roots: Vec::with_capacity(parts.len()),
            entries: Vec::new(),
            places: Vec::new(),
            heads: HashMap::new(),
            warnings: Vec::new(),
            limits: limits.clone(),
            inflated_bytes: AtomicU64::new(0),
            fingerprint: OnceLock::new(),
        };
        let mut rows = Vec::with_capacity(parts.iter().map(|part| part.items.len()).sum());
        for part in parts {
            let number = export.containers.len();
            let sequential = part.container.is_sequential();
            let wrapper_depth = find_wrapper_depth(part.items.iter().map(|item| item.path.as_str()));
            export.containers.push(part.container);
            export.roots.push(part.root);
            export.warnings.extend(part.warnings);
            rows.extend(part.items.into_iter().map(|item| (sequential, number, wrapper_depth, item)));
        }
        // Stable: equal paths stay in container and archive order, sequential containers in theirs.
        rows.sort_by(
            |(left_sequential, left_number, _, left), (right_sequential, right_number, _, right)| {
                left_sequential.cmp(right_sequential).then_with(|| {
                    let by_path =
                        if *left_sequential { std::cmp::Ordering::Equal } else { left.path.cmp(&right.path) };
                    by_path.then(left_number.cmp(right_number))
                })
            },
        );
        if rows.len() > limits.entries {
            let message = format!(
                "{} entries are past the archive limit entries = {} and were left out",
                rows.len() - limits.entries,
                limits.entries
            );
            export.warnings.push(ArchiveWarning::new(&export.name, WarningKind::LimitReached, message));
            rows.truncate(limits.entries);
        }
        export.entries.reserve_exact(rows.len());
        export.places.reserve_exact(rows.len());
        for (_, container, wrapper_depth, item) in rows {
            if let Some(head) = item.head {
                export.heads.insert(export.entries.len(), head);
            }
            export.entries.push(Entry {
                key: key_below(&item.path, wrapper_depth),
                path: item.path,
                container,
                size_bytes: item.size_bytes,
                crc32: item.crc32,
                refused: item.refused,
                duplicate_of: None,
            });
            export.places.push(item.place);
        }
        export.mark_duplicates();
        export
    }

    fn mark_duplicates(&mut self) {
        let mut first = HashMap::new();
        let mut found = Vec::new();
        for (index, entry) in self.entries.iter().enumerate() {
            let (Some(size_bytes), Some(crc32), None) = (entry.size_bytes, entry.crc32, &entry.refused)
            else {
                continue;
            };
            match first.entry((entry.key.as_str(), size_bytes, crc32)) {
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(index);
                }
                std::collections::hash_map::Entry::Occupied(earlier) => found.push((index, *earlier.get())),
            }
        }
        for (index, earlier) in found {
            self.entries[index].duplicate_of = Some(earlier);
        }
    }

    /// `takeout-20240516T230250Z` for parts named so; else the file or folder name, never a machine path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When the export was made, in microseconds since 1970 UTC, if its name says.
    #[must_use]
    pub fn exported_at_us(&self) -> Option<i64> {
        self.exported_at_us
    }

    /// The files and folders on this machine that it is read from.
    #[must_use]
    pub fn containers(&self) -> &[Container] {
        &self.containers
    }

    /// Every entry in reading order: zip, tar and folder entries sorted by path and then part, then
    /// those of compressed tars in archive order. The same for the same parts, however given.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What a person should know: truncated or duplicate parts, missing part numbers, limits.
    #[must_use]
    pub fn warnings(&self) -> &[ArchiveWarning] {
        &self.warnings
    }

    /// Names the content: a hash over path, size and checksum of the entries. It does not depend on
    /// how the parts are named or ordered, so it finds an interrupted import of the same export again.
    ///
    /// Files of a folder have no checksum; their first and last bytes and time of change stand in,
    /// read at the first call.
    #[must_use]
    pub fn fingerprint(&self) -> BlobHash {
        *self.fingerprint.get_or_init(|| self.take_fingerprint())
    }

    fn take_fingerprint(&self) -> BlobHash {
        let mut reader = self.reader();
        let mut rows = Vec::with_capacity(self.entries.len());
        for (index, entry) in self.entries.iter().enumerate() {
            let unseen = entry.crc32.is_none() && entry.refused.is_none();
            let sample = unseen.then(|| reader.sample_hash(index));
            rows.push((entry.key.as_str(), entry.size_bytes, entry.crc32, sample));
        }
        rows.sort_unstable();
        rows.dedup();
        let mut hasher = blake3::Hasher::new();
        for (key, size_bytes, crc32, sample) in rows {
            hasher.update(&(key.len() as u64).to_le_bytes());
            hasher.update(key.as_bytes());
            hasher.update(&size_bytes.unwrap_or(u64::MAX).to_le_bytes());
            hasher.update(&crc32.map_or(u64::MAX, u64::from).to_le_bytes());
            hasher.update(&sample.map_or([0; 32], |hash: BlobHash| hash.0));
        }
        BlobHash(*hasher.finalize().as_bytes())
    }

    /// A reader of its own for one worker thread; any number may be in use at once.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(self)
    }

    /// How messages name an entry: with its container, where that is a file that can be replaced.
    pub(crate) fn label(&self, index: usize) -> String {
        let Some(entry) = self.entries.get(index) else { return format!("entry {index}") };
        match self.containers.get(entry.container) {
            Some(container) if !matches!(container.kind, ContainerKind::Folder | ContainerKind::File) => {
                format!("{} in {}", entry.path, container.name)
            }
            _ => entry.path.clone(),
        }
    }

    pub(crate) fn find_entry(&self, index: usize) -> Result<(&Entry, &Place), ArchiveError> {
        match (self.entries.get(index), self.places.get(index)) {
            (Some(entry), Some(place)) => Ok((entry, place)),
            _ => Err(ArchiveError::NoSuchEntry { index }),
        }
    }
}

/// Microseconds since 1970 UTC of a file's time.
pub(crate) fn since_1970_us(time: SystemTime) -> Option<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).ok(),
        Err(before) => i64::try_from(before.duration().as_micros()).ok().map(|us| -us),
    }
}

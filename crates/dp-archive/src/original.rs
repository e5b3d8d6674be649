//! One entry of one archive, found again by its path long after it was imported: the archive's place and the path
//! come in, the bytes go out as a stream. Reads nothing but what the archive lists.

use crate::{
    ArchiveError, Container, ContainerKind, Entry, Export, Limits, Reader,
    export::Indexed,
    given::{Given, resolve},
    gzip::GzipCursor,
    open::{describe, open},
    tar_index::TarIndex,
};
use dp_model::BlobHash;
use fs_err::File;
use std::{io::Read, path::Path};

/// An entry that can be read.
#[derive(Debug)]
pub struct Original {
    export: Export,
    index: usize,
    /// Of a compressed tar: stands at the first byte of the entry.
    cursor: Option<GzipCursor>,
}

impl Original {
    /// Finds an entry by its path as the archive spells it; `ordinal` entries of the same path come before it.
    ///
    /// Of a compressed tar no more is read than up to the entry.
    ///
    /// # Errors
    /// `NotFound` if there is no archive, `Missing` if there is no such entry in it, and whatever is wrong with the
    /// archive itself.
    pub fn find(container: &Path, path: &str, ordinal: usize, limits: &Limits) -> Result<Self, ArchiveError> {
        let given = resolve(&[container.to_owned()])?;
        if let [given] = given.as_slice()
            && given.kind == ContainerKind::TarGz
        {
            return Self::scan(given, path, ordinal, limits);
        }
        let missing = || Self::missing(container, path);
        let exports = open(&[container.to_owned()], limits)?;
        let mut left = ordinal;
        for export in exports {
            let entries = export.entries().iter().enumerate().filter(|(_, entry)| entry.path == path);
            let indexes: Vec<usize> = entries.map(|(index, _)| index).collect();
            match indexes.get(left) {
                Some(&index) => return Ok(Self { export, index, cursor: None }),
                None => left -= indexes.len(),
            }
        }
        Err(missing())
    }

    /// Reads a compressed tar up to the entry.
    fn scan(given: &Given, path: &str, ordinal: usize, limits: &Limits) -> Result<Self, ArchiveError> {
        let file = File::open(&given.path).map_err(|error| ArchiveError::at(&given.path, error))?;
        let mut cursor = GzipCursor::new(0, &given.path.display().to_string(), file);
        // No first bytes are kept: nothing is recognised here.
        let mut head_budget_bytes = 0;
        let mut index = TarIndex::new(&given.name, limits, &mut head_budget_bytes).stopping_at(path, ordinal);
        index.read(&mut cursor)?;
        let (is_found, mut items, warnings) = (index.found, index.items, index.warnings);
        let item = items.pop().filter(|_| is_found).ok_or_else(|| match warnings.first() {
            // The pass ended early, so the entry may lie behind.
            Some(told) => {
                ArchiveError::damaged(&given.path.display().to_string(), told.warning.message.clone())
            }
            None => Self::missing(&given.path, path),
        })?;
        let indexed = Indexed {
            container: describe(given)?,
            root: given.root.clone(),
            items: vec![item],
            warnings: Vec::new(),
        };
        let export = Export::assemble(given.name.clone(), None, vec![indexed], limits);
        Ok(Self { export, index: 0, cursor: Some(cursor) })
    }

    fn missing(container: &Path, entry: &str) -> ArchiveError {
        ArchiveError::Missing { path: container.display().to_string(), entry: entry.to_owned() }
    }

    /// What the archive says of it.
    ///
    /// # Errors
    /// Never for one that was found.
    pub fn entry(&self) -> Result<&Entry, ArchiveError> {
        self.export.find_entry(self.index).map(|(entry, _)| entry)
    }

    /// The file or folder on this machine that it is read from.
    ///
    /// # Errors
    /// Never for one that was found.
    pub fn container(&self) -> Result<&Container, ArchiveError> {
        let entry = self.entry()?;
        self.export.containers().get(entry.container).ok_or(ArchiveError::NoSuchEntry { index: self.index })
    }

    /// Changes when the bytes may have: made of size, checksum and times, and of a file's first and last bytes where
    /// there is no checksum.
    ///
    /// # Errors
    /// Never for one that was found.
    pub fn tag(&self) -> Result<BlobHash, ArchiveError> {
        let (entry, container) = (self.entry()?, self.container()?);
        let mut hasher = blake3::Hasher::new();
        hasher.update(container.path.as_os_str().as_encoded_bytes());
        let numbers = [
            container.size_bytes,
            container.modified_us.unwrap_or_default() as u64,
            entry.size_bytes.unwrap_or(u64::MAX),
            entry.crc32.map_or(u64::MAX, u64::from),
        ];
        for number in numbers {
            hasher.update(&number.to_le_bytes());
        }
        if entry.crc32.is_none() && self.cursor.is_none() {
            hasher.update(&Reader::new(&self.export).sample_hash(self.index).0);
        }
        hasher.update(entry.path.as_bytes());
        Ok(BlobHash(*hasher.finalize().as_bytes()))
    }

    /// Hands the bytes from this one on to `take`, as a stream that ends in an error unless all of them came and
    /// were the right ones; read from the middle, their checksum is not known.
    ///
    /// # Errors
    /// If the entry is refused, its beginning can't be read, or it ends before.
    pub fn read<T>(
        mut self,
        from_bytes: u64,
        take: impl FnOnce(&mut dyn Read) -> T,
    ) -> Result<T, ArchiveError> {
        let mut reader = Reader::new(&self.export).with_cursor(self.cursor.take());
        let mut stream = reader.open(self.index)?;
        stream.skip(from_bytes)?;
        Ok(take(&mut stream))
    }
}

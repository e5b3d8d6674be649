//! Which entries of a segment are no longer valid: one bit each, vectors first and then the documents
//! without any. Kept beside the segment in a small file that is written anew whenever it changes.

use super::failure::{damaged, failed, unreadable};
use dp_lake::LakeError;
use std::{io::Write as _, path::Path};

/// The bits of one segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tombstones {
    words: Vec<u64>,
    count: usize,
}

impl Tombstones {
    /// None of so many entries.
    pub(super) fn none(entries: usize) -> Self {
        Self { words: vec![0; entries.div_ceil(64)], count: 0 }
    }

    /// Whether this entry is gone.
    pub(super) fn has(&self, entry: usize) -> bool {
        self.words.get(entry / 64).is_some_and(|word| word >> (entry % 64) & 1 == 1)
    }

    /// Marks an entry; says whether it was valid.
    pub(super) fn add(&mut self, entry: usize) -> bool {
        let Some(word) = self.words.get_mut(entry / 64) else { return false };
        let bit = 1 << (entry % 64);
        let was_valid = *word & bit == 0;
        *word |= bit;
        self.count += usize::from(was_valid);
        was_valid
    }

    /// Entries that are gone.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The bits, entry 0 lowest.
    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    /// Writes the file, durable when it returns; gives its hash.
    pub(super) fn write(&self, path: &Path) -> Result<[u8; 32], LakeError> {
        let bytes = self.words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
        let write = || -> std::io::Result<()> {
            let mut file = std::fs::File::create(path)?;
            file.write_all(&bytes)?;
            file.sync_all()
        };
        write().map_err(|source| failed(path, "write", source))?;
        Ok(*blake3::hash(&bytes).as_bytes())
    }

    /// Reads the file of a segment with so many entries.
    pub(super) fn read(path: &Path, entries: usize, hash: &[u8; 32]) -> Result<Self, LakeError> {
        let bytes = std::fs::read(path).map_err(|source| unreadable(path, source))?;
        let (words, rest) = bytes.as_chunks::<8>();
        if blake3::hash(&bytes).as_bytes() != hash || !rest.is_empty() || words.len() != entries.div_ceil(64)
        {
            return Err(damaged(path, "does not have its checksum"));
        }
        let words = words.iter().map(|&word| u64::from_le_bytes(word)).collect::<Vec<_>>();
        let count = words.iter().map(|word| word.count_ones() as usize).sum();
        Ok(Self { words, count })
    }
}

//! Vectors that were put and are not in a segment yet: quantised at once, so that they are small.

use super::{
    quantise::{Rotation, prepare, quantise},
    segment::{RECORD_HEAD_BYTES, Record, ShortHash},
    snapshot::restored,
};
use dp_lake::PassageVector;
use hashbrown::HashMap;

/// Bytes of vectors after which they are written into a segment.
const FULL_BYTES: usize = 18 << 20;
/// Documents after which they are.
const FULL_DOCUMENTS: usize = 1 << 18;

/// A document that waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct WaitingDocument {
    pub(super) row: u32,
    pub(super) hash: ShortHash,
    first: usize,
    count: usize,
    is_valid: bool,
}

/// Documents in the order they came.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    documents: Vec<WaitingDocument>,
    records: Vec<u8>,
    /// Places of the valid ones.
    by_row: HashMap<u32, usize, foldhash::fast::RandomState>,
    vectors: usize,
    prepared: Vec<f32>,
}

impl Waiting {
    /// Adds a document that is not in it.
    pub(super) fn add(&mut self, rotation: &Rotation, row: u32, hash: ShortHash, passages: &[PassageVector]) {
        let first = self.records.len();
        for PassageVector { passage, values } in passages {
            prepare(rotation, values, &mut self.prepared);
            let at = self.records.len();
            Record { hash, passage: *passage, scale: 0.0, values: &[] }.append_head(&mut self.records);
            let scale = quantise(&self.prepared, &mut self.records);
            self.records[at + RECORD_HEAD_BYTES - 4..at + RECORD_HEAD_BYTES]
                .copy_from_slice(&scale.to_le_bytes());
        }
        self.by_row.insert(row, self.documents.len());
        self.documents.push(WaitingDocument { row, hash, first, count: passages.len(), is_valid: true });
        self.vectors += passages.len();
    }

    /// Takes a document out; says whether it was in it.
    pub(super) fn remove(&mut self, row: u32) -> bool {
        let Some(place) = self.by_row.remove(&row) else { return false };
        if let Some(document) = self.documents.get_mut(place) {
            document.is_valid = false;
            self.vectors -= document.count;
        }
        true
    }

    /// The document of a row.
    pub(super) fn find(&self, row: u32) -> Option<&WaitingDocument> {
        self.documents.get(*self.by_row.get(&row)?)
    }

    /// Bytes of the records of a document.
    pub(super) fn records(
        &self,
        document: &WaitingDocument,
        width: usize,
    ) -> std::slice::ChunksExact<'_, u8> {
        let size = RECORD_HEAD_BYTES + width;
        self.records[document.first..document.first + document.count * size].chunks_exact(size)
    }

    /// The vectors of a document.
    pub(super) fn vectors_of(
        &self,
        document: &WaitingDocument,
        rotation: &Rotation,
        width: usize,
    ) -> Vec<PassageVector> {
        self.records(document, width).map(|record| restored(rotation, Record::of(record))).collect()
    }

    /// Valid documents in order of row.
    pub(super) fn sorted(&self) -> Vec<WaitingDocument> {
        let mut sorted =
            self.documents.iter().copied().filter(|document| document.is_valid).collect::<Vec<_>>();
        sorted.sort_unstable_by_key(|document| document.row);
        sorted
    }

    /// Valid vectors.
    pub(super) fn vectors(&self) -> usize {
        self.vectors
    }

    /// Whether nothing valid waits.
    pub(super) fn is_empty(&self) -> bool {
        self.by_row.is_empty()
    }

    /// Whether it is time to write a segment.
    pub(super) fn is_full(&self) -> bool {
        self.records.len() >= FULL_BYTES || self.documents.len() >= FULL_DOCUMENTS
    }

    /// Forgets everything; gives the rows of what was valid.
    pub(super) fn clear(&mut self) -> Vec<u32> {
        self.documents.clear();
        self.records.clear();
        self.vectors = 0;
        self.by_row.drain().map(|(row, _)| row).collect()
    }

    /// Bytes in memory.
    pub(super) fn memory_bytes(&self) -> u64 {
        (self.records.capacity()
            + self.documents.capacity() * size_of::<WaitingDocument>()
            + self.by_row.capacity() * 17) as u64
    }
}

//! The committed segments of a set as one search sees them: they do not change under it. Also what is
//! cheap to tell of them all: counts, and how similar vectors of the set are to a query on the whole.

use super::{
    manifest::Manifest,
    quantise::{Rotation, product, restore},
    rows::Rows,
    segment::{RECORD_HEAD_BYTES, Record, Segment, ShortHash},
    tombstones::Tombstones,
};
use dp_lake::{LakeError, PassageVector};
use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

/// Vectors that stand for all when the mean similarity is worked out; a set with fewer uses all.
const SAMPLE: usize = 2048;

/// A segment and which of its entries are valid.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub(super) segment: Arc<Segment>,
    pub(super) tombstones: Arc<Tombstones>,
}

impl Live {
    /// Opens a listed segment.
    fn open(directory: &Path, listed: &super::manifest::Listed, width: usize) -> Result<Self, LakeError> {
        let segment = Segment::open(&directory.join(&listed.file), width, &listed.hash.0)?;
        let tombstones = match &listed.tombstones {
            Some((file, hash)) => Tombstones::read(&directory.join(file), segment.entries(), &hash.0)?,
            None => Tombstones::none(segment.entries()),
        };
        Ok(Self { segment: Arc::new(segment), tombstones: Arc::new(tombstones) })
    }

    /// The valid entries of a document.
    pub(super) fn entries_of(&self, row: u32) -> std::ops::Range<usize> {
        // A document's entries come and go together.
        let entries = self.segment.entries_of(row);
        if self.tombstones.has(entries.start) { entries.start..entries.start } else { entries }
    }

    /// Valid vectors.
    pub(super) fn vectors(&self) -> usize {
        let total = self.segment.rows.len();
        if self.tombstones.count() == 0 {
            return total;
        }
        (0..total).filter(|&vector| !self.tombstones.has(vector)).count()
    }

    /// Adds the rows of valid documents.
    pub(super) fn add_rows(&self, rows: &mut Rows) {
        let all = self.segment.rows.iter().chain(&self.segment.bare).enumerate();
        for (_, &row) in all.filter(|&(entry, _)| !self.tombstones.has(entry)) {
            rows.add(row);
        }
    }
}

/// Vectors that stand for all.
#[derive(Debug)]
struct Sample {
    records: Vec<u8>,
}

/// The committed segments.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) rotation: Arc<Rotation>,
    pub(super) width: usize,
    /// What the bits are measured from.
    pub(super) centre: Arc<[f32]>,
    pub(super) segments: Vec<Live>,
    /// Documents the set is done with.
    pub(super) documents: u64,
    /// Valid vectors.
    pub(super) vectors: u64,
    /// Bytes of the files.
    pub(super) disk_bytes: u64,
    sample: OnceLock<Sample>,
}

impl Snapshot {
    pub(super) fn new(
        rotation: &Arc<Rotation>,
        centre: &Arc<[f32]>,
        segments: Vec<Live>,
        documents: u64,
    ) -> Self {
        let tombstones =
            |live: &Live| if live.tombstones.count() > 0 { live.segment.entries() / 8 } else { 0 };
        Self {
            rotation: Arc::clone(rotation),
            width: centre.len(),
            centre: Arc::clone(centre),
            documents,
            vectors: segments.iter().map(|live| live.vectors() as u64).sum(),
            disk_bytes: segments.iter().map(|live| live.segment.disk_bytes() + tombstones(live) as u64).sum(),
            segments,
            sample: OnceLock::new(),
        }
    }

    /// Opens what a list names; segments that `known` has are not read again.
    pub(super) fn open(
        directory: &Path,
        manifest: &Manifest,
        rotation: &Arc<Rotation>,
        width: usize,
        known: &[Live],
    ) -> Result<Self, LakeError> {
        let open = |listed: &super::manifest::Listed| -> Result<Live, LakeError> {
            let same = known.iter().find(|live| live.segment.hash == listed.hash.0);
            let Some(same) = same.filter(|live| live.segment.name() == listed.file) else {
                return Live::open(directory, listed, width);
            };
            let segment = Arc::clone(&same.segment);
            let tombstones = match &listed.tombstones {
                Some((file, hash)) => Tombstones::read(&directory.join(file), segment.entries(), &hash.0)?,
                None => Tombstones::none(segment.entries()),
            };
            Ok(Live { segment, tombstones: Arc::new(tombstones) })
        };
        let segments = manifest.segments.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let centre: Arc<[f32]> =
            if manifest.centre.is_empty() { vec![0.0; width].into() } else { manifest.centre.clone().into() };
        Ok(Self::new(rotation, &centre, segments, manifest.documents))
    }

    /// Rows of all valid documents.
    pub(super) fn rows(&self) -> Rows {
        let mut rows = Rows::default();
        for live in &self.segments {
            live.add_rows(&mut rows);
        }
        rows
    }

    /// Bytes in memory.
    pub(super) fn memory_bytes(&self) -> u64 {
        let of = |live: &Live| live.segment.memory_bytes() + live.segment.entries() as u64 / 8;
        let sample = self.sample.get().map_or(0, |sample| sample.records.len() as u64);
        self.segments.iter().map(of).sum::<u64>() + sample
    }

    /// Mean and standard deviation of the similarities of all vectors, or of a sample, to a query.
    pub(super) fn similarities(&self, prepared: &[f32]) -> Result<(f32, f32), LakeError> {
        let sample = match self.sample.get() {
            Some(sample) => sample,
            None => {
                let sample = self.draw()?;
                self.sample.get_or_init(|| sample)
            }
        };
        let (mut sum, mut squares, mut count) = (0.0_f64, 0.0_f64, 0.0_f64);
        for record in sample.records.chunks_exact(RECORD_HEAD_BYTES + self.width).map(Record::of) {
            let similarity = f64::from(product(prepared, record.values) * record.scale);
            sum += similarity;
            squares += similarity * similarity;
            count += 1.0;
        }
        if count == 0.0 {
            return Ok((0.0, 0.0));
        }
        let mean = sum / count;
        Ok((mean as f32, (squares / count - mean * mean).max(0.0).sqrt() as f32))
    }

    /// Vectors at even distances.
    fn draw(&self) -> Result<Sample, LakeError> {
        let step = (self.vectors as usize).div_ceil(SAMPLE).max(1);
        let (mut records, mut record) = (Vec::new(), Vec::new());
        let mut seen = 0;
        for live in &self.segments {
            for vector in (0..live.segment.rows.len()).filter(|&vector| !live.tombstones.has(vector)) {
                if seen % step == 0 {
                    live.segment.read_records(vector, 1, &mut record)?;
                    records.extend_from_slice(&record);
                }
                seen += 1;
            }
        }
        Ok(Sample { records })
    }
}

/// The vectors of a document with the hash they belong to; None if no segment has the document.
pub(super) fn vectors_of<'l>(
    segments: impl Iterator<Item = &'l Live>,
    row: u32,
    rotation: &Rotation,
    width: usize,
) -> Result<Option<(ShortHash, Vec<PassageVector>)>, LakeError> {
    for live in segments {
        let entries = live.entries_of(row);
        if entries.is_empty() {
            continue;
        }
        let hash = live.segment.hash_of(entries.start)?;
        if entries.start >= live.segment.rows.len() {
            return Ok(Some((hash, Vec::new())));
        }
        let mut bytes = Vec::new();
        live.segment.read_records(entries.start, entries.len(), &mut bytes)?;
        let records = bytes.chunks_exact(RECORD_HEAD_BYTES + width).map(Record::of);
        return Ok(Some((hash, records.map(|record| restored(rotation, record)).collect())));
    }
    Ok(None)
}

/// A stored vector as it was given.
pub(super) fn restored(rotation: &Rotation, record: Record<'_>) -> PassageVector {
    PassageVector { passage: record.passage, values: restore(rotation, record.values, record.scale) }
}

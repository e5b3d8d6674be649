//! Segments into one: the valid documents of some, in order of row, read piece by piece. What is no
//! longer valid, or is to be forgotten, does not come along.

use super::{
    segment::{RECORD_HEAD_BYTES, Record, Segment, SegmentWriter},
    snapshot::Live,
};
use dp_lake::LakeError;
use hashbrown::HashSet;
use std::{path::Path, sync::Arc};

/// Records read in one go.
const READ_AHEAD: usize = 256;
/// Most vectors of a segment that is merged from others.
pub(super) const VECTORS_MAX: usize = 500_000;
/// Segments of about one size that are merged.
const MERGED: usize = 4;
/// Below this size all segments count as of one size.
const SMALL: usize = 4096;

/// Rows.
pub(super) type RowSet = HashSet<u32, foldhash::fast::RandomState>;

/// Writes the valid documents of `inputs` without those of `forgotten`; None if none is left.
pub(super) fn merge(
    inputs: &[Live],
    forgotten: &RowSet,
    centre: &Arc<[f32]>,
    path: &Path,
) -> Result<Option<Segment>, LakeError> {
    let mut vectors = Vec::new();
    let mut bare = Vec::new();
    for (number, Live { segment, tombstones }) in inputs.iter().enumerate() {
        let is_kept = |entry: usize, row: u32| !tombstones.has(entry) && !forgotten.contains(&row);
        let rows = segment.rows.iter().enumerate();
        vectors.extend(
            rows.filter(|&(entry, &row)| is_kept(entry, row))
                .map(|(entry, &row)| (row, number as u32, entry as u32)),
        );
        for (place, &row) in segment.bare.iter().enumerate() {
            let entry = segment.rows.len() + place;
            if is_kept(entry, row) {
                bare.push((row, segment.hash_of(entry)?));
            }
        }
    }
    // A document is valid in one segment only, so this keeps its passages in their order.
    vectors.sort_unstable();
    bare.sort_unstable();
    let mut writer = SegmentWriter::create(path, centre)?;
    let mut readers =
        inputs.iter().map(|live| RecordReader::new(&live.segment, centre.len())).collect::<Vec<_>>();
    for (row, number, index) in vectors {
        writer.push(row, readers[number as usize].record(index as usize)?)?;
    }
    for (row, hash) in bare {
        writer.push_bare(row, hash);
    }
    if writer.entries() == 0 {
        drop(writer);
        let _ = std::fs::remove_file(path);
        return Ok(None);
    }
    writer.finish().map(Some)
}

/// Which segments to merge next; empty if it is not worth it.
pub(super) fn worth_merging(segments: &[Live]) -> Vec<usize> {
    for (number, live) in segments.iter().enumerate() {
        if live.tombstones.count() * 3 > live.segment.entries() {
            return vec![number];
        }
    }
    let level = |live: &Live| (live.segment.entries() / SMALL).max(1).ilog(MERGED);
    for of in 0..=VECTORS_MAX.ilog(MERGED) {
        let mut chosen = Vec::new();
        let mut sum = 0;
        // Small ones first, lest large ones fill the place that many small ones would have.
        let mut alike = segments.iter().enumerate().filter(|(_, live)| level(live) == of).collect::<Vec<_>>();
        alike.sort_by_key(|(_, live)| live.segment.entries());
        for (number, live) in alike {
            if sum + live.segment.entries() <= VECTORS_MAX {
                sum += live.segment.entries();
                chosen.push(number);
            }
        }
        if chosen.len() >= MERGED {
            return chosen;
        }
    }
    Vec::new()
}

/// Mean of the valid vectors of segments and of some records, as they are stored; with their number.
pub(super) fn mean<'r>(
    inputs: &[Live],
    more: impl Iterator<Item = &'r [u8]>,
    width: usize,
) -> Result<(Vec<f32>, u64), LakeError> {
    let mut sums = vec![0.0_f64; width];
    let mut count = 0_u64;
    let mut add = |record: &[u8]| {
        let Record { scale, values, .. } = Record::of(record);
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += f64::from(*value as i8) * f64::from(scale);
        }
        count += 1;
    };
    for Live { segment, tombstones } in inputs {
        let mut reader = RecordReader::new(segment, width);
        for vector in (0..segment.rows.len()).filter(|&vector| !tombstones.has(vector)) {
            add(reader.record(vector)?);
        }
    }
    more.for_each(add);
    let divisor = count.max(1) as f64;
    Ok((sums.iter().map(|sum| (sum / divisor) as f32).collect(), count))
}

/// Reads the records of a segment in ascending order.
struct RecordReader<'s> {
    segment: &'s Segment,
    size: usize,
    bytes: Vec<u8>,
    first: usize,
}

impl<'s> RecordReader<'s> {
    fn new(segment: &'s Segment, width: usize) -> Self {
        Self { segment, size: RECORD_HEAD_BYTES + width, bytes: Vec::new(), first: 0 }
    }

    fn record(&mut self, index: usize) -> Result<&[u8], LakeError> {
        if index < self.first || index >= self.first + self.bytes.len() / self.size {
            let count = READ_AHEAD.min(self.segment.rows.len() - index);
            self.segment.read_records(index, count, &mut self.bytes)?;
            self.first = index;
        }
        let at = (index - self.first) * self.size;
        Ok(&self.bytes[at..at + self.size])
    }
}

//! The search: bits of all vectors, then the query itself against the bits of the nearest, then exact
//! products with the stored values of the best of those. In a sample of 350,000 sentences this order
//! kept 0.997 of the ten nearest.

use super::{
    quantise::{bits_of_query, prepare, product},
    rows_mask::Allowed,
    scan::{Candidate, Nearest, scan},
    segment::{Record, ShortHash},
    snapshot::Snapshot,
};
use dp_lake::{LakeError, Passage};
use hashbrown::HashMap;

/// Vectors whose bits differ least that are looked at again.
const BY_BITS: usize = 4096;
/// The same for each document that is wanted, where many are.
const BITS_FOR_EACH: usize = 12;
/// Vectors of fewer bits than this may have the same bits without being the same.
const BITS_OF_ONE_TEXT: usize = 64;
/// Of vectors with the same bits, so many times as many are looked at as of one text: neighbours have them
/// too.
const OF_EQUAL_BITS: usize = 4;
/// Of these, vectors whose values are read.
const BY_VALUES: usize = 400;

/// A document that is near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RowHit {
    pub(super) row: u32,
    /// Of the version that was embedded.
    pub(super) hash: ShortHash,
    pub(super) passage: Passage,
    pub(super) similarity: f32,
}

/// What was found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct RowHits {
    /// Nearest first; may hold more documents than were asked for.
    pub(super) hits: Vec<RowHit>,
    pub(super) compared: u64,
    pub(super) mean_similarity: f32,
    pub(super) similarity_deviation: f32,
}

impl Snapshot {
    /// The documents nearest to a vector, at least `limit` if there are so many. Of equally near ones no
    /// more than `equal_max` unless that is 0; then there may be fewer than `limit`.
    pub(super) fn nearest(
        &self,
        vector: &[f32],
        allowed: &Allowed<'_>,
        limit: usize,
        equal_max: usize,
    ) -> Result<RowHits, LakeError> {
        let mut prepared = Vec::new();
        prepare(&self.rotation, vector, &mut prepared);
        let (mean_similarity, similarity_deviation) = self.similarities(&prepared)?;
        let mut found =
            RowHits { compared: self.vectors, mean_similarity, similarity_deviation, ..RowHits::default() };
        if limit == 0 || self.vectors == 0 {
            return Ok(found);
        }
        let masks = self.segments.iter().map(|live| allowed.of(live)).collect::<Vec<_>>();
        let query = bits_of_query(&prepared, &self.centre);
        let first = BY_BITS.max(limit.saturating_mul(BITS_FOR_EACH));
        let mut wanted = first;
        loop {
            let mut nearest = Nearest::new(wanted);
            for (number, (live, mask)) in self.segments.iter().zip(&masks).enumerate() {
                scan(number as u32, &live.segment.bits, &query, mask.as_deref(), &mut nearest);
            }
            let candidates = nearest.into_found();
            let is_all = candidates.len() < wanted;
            let candidates = self.few_of_equal_bits(candidates, equal_max);
            let mut hits = self.best(&prepared, candidates, limit, is_all)?;
            keep_few_equals(&mut hits, equal_max);
            // Passages of few documents may stand before those of all others. How often one text was noted has
            // no bound, so it is not looked past more than once.
            let is_enough = hits.len() >= limit || (equal_max > 0 && wanted > first);
            if is_all || is_enough {
                found.hits = hits;
                return Ok(found);
            }
            wanted = wanted.saturating_mul(8);
        }
    }

    /// Without most of those that have all their bits in common: their values need not be read to know that
    /// they are one text.
    fn few_of_equal_bits(&self, mut candidates: Vec<Candidate>, equal_max: usize) -> Vec<Candidate> {
        if equal_max == 0 || self.width < BITS_OF_ONE_TEXT {
            return candidates;
        }
        // The same ones are kept whenever it is asked.
        candidates.sort_unstable_by_key(|candidate| (candidate.segment, candidate.index));
        let mut counts = HashMap::<&[u64], usize, foldhash::fast::RandomState>::default();
        candidates.retain(|candidate| {
            let segment = &self.segments[candidate.segment as usize].segment;
            let words = segment.bits.len() / segment.rows.len().max(1);
            let first = candidate.index as usize * words;
            let count = counts.entry(&segment.bits[first..first + words]).or_default();
            *count += 1;
            *count <= equal_max * OF_EQUAL_BITS
        });
        candidates
    }

    /// The best documents of the candidates.
    pub(super) fn best(
        &self,
        prepared: &[f32],
        candidates: Vec<Candidate>,
        limit: usize,
        is_all: bool,
    ) -> Result<Vec<RowHit>, LakeError> {
        let table = Table::new(prepared);
        let mut ranked = self.estimated(&table, candidates);
        let mut best = HashMap::<u32, RowHit, foldhash::fast::RandomState>::default();
        let mut wanted = BY_VALUES.max(limit.saturating_mul(6));
        loop {
            let count = wanted.min(ranked.len());
            if count < ranked.len() {
                ranked.select_nth_unstable_by(count, |one, other| other.0.total_cmp(&one.0));
            }
            let rest = ranked.split_off(count);
            self.compare(prepared, ranked, &mut best)?;
            if rest.is_empty() || best.len() >= limit {
                break;
            }
            // The rest is looked at only where that is the end of it, or else more are scanned.
            if !is_all && wanted >= BY_BITS {
                break;
            }
            ranked = rest;
            wanted = wanted.saturating_mul(4);
        }
        let mut hits = best.into_values().collect::<Vec<_>>();
        hits.sort_unstable_by(|one, other| {
            other.similarity.total_cmp(&one.similarity).then(one.row.cmp(&other.row))
        });
        Ok(hits)
    }

    /// The candidates, each with a number that grows with its likely similarity.
    fn estimated(&self, table: &Table, candidates: Vec<Candidate>) -> Vec<(f32, Candidate)> {
        let words = table.words();
        let estimate = |candidate: Candidate| {
            let bits = &self.segments[candidate.segment as usize].segment.bits;
            let first = candidate.index as usize * words;
            (table.estimate(&bits[first..first + words]), candidate)
        };
        candidates.into_iter().map(estimate).collect()
    }

    /// Compares stored values with the query; keeps the best passage of each document.
    fn compare(
        &self,
        prepared: &[f32],
        mut candidates: Vec<(f32, Candidate)>,
        best: &mut HashMap<u32, RowHit, foldhash::fast::RandomState>,
    ) -> Result<(), LakeError> {
        // In the order of the files.
        candidates.sort_unstable_by_key(|(_, candidate)| (candidate.segment, candidate.index));
        let mut bytes = Vec::new();
        for (_, Candidate { segment, index, .. }) in candidates {
            let segment = &self.segments[segment as usize].segment;
            segment.read_records(index as usize, 1, &mut bytes)?;
            let record = Record::of(&bytes);
            let similarity = product(prepared, record.values) * record.scale;
            let hit = RowHit {
                row: segment.rows[index as usize],
                hash: record.hash,
                passage: record.passage,
                similarity: similarity.clamp(-1.0, 1.0),
            };
            let known = best.entry(hit.row).or_insert(hit);
            let is_nearer = hit.similarity > known.similarity;
            let is_earlier = hit.similarity == known.similarity && hit.passage.start < known.passage.start;
            if is_nearer || is_earlier {
                *known = hit;
            }
        }
        Ok(())
    }
}

/// Leaves so many of those that are equally near; sorted ones come in.
fn keep_few_equals(hits: &mut Vec<RowHit>, equal_max: usize) {
    if equal_max == 0 {
        return;
    }
    let (mut last, mut count) = (None, 0);
    hits.retain(|hit| {
        count = if last == Some(hit.similarity) { count + 1 } else { 1 };
        last = Some(hit.similarity);
        count <= equal_max
    });
}

/// For each byte of a vector's bits and each value it can have, what the query's values add up to.
struct Table(Vec<[f32; 256]>);

impl Table {
    fn new(prepared: &[f32]) -> Self {
        let of_byte = |values: &[f32]| {
            let mut sums = [0.0; 256];
            for byte in 1..256_usize {
                let lowest = byte.trailing_zeros() as usize;
                sums[byte] = sums[byte & (byte - 1)] + values.get(lowest).copied().unwrap_or(0.0);
            }
            sums
        };
        let mut tables = prepared.chunks(8).map(of_byte).collect::<Vec<_>>();
        tables.resize(tables.len().next_multiple_of(8), [0.0; 256]);
        Self(tables)
    }

    fn words(&self) -> usize {
        self.0.len() / 8
    }

    /// Sum of the query's values where a bit is set.
    #[inline(always)]
    fn estimate(&self, bits: &[u64]) -> f32 {
        let mut sum = 0.0;
        for (word, tables) in bits.iter().zip(self.0.as_chunks::<8>().0) {
            for (byte, table) in word.to_le_bytes().iter().zip(tables) {
                sum += table[usize::from(*byte)];
            }
        }
        sum
    }
}

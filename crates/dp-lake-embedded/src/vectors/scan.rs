//! Goes through the bits of a segment and gathers the vectors whose bits differ least from the query's.
//! Works on blocks of 64 vectors in the widest vector units of the machine; keeps a bounded number.

/// Vectors compared in one go.
const BLOCK: usize = 64;
/// A block with no more allowed vectors than this is not compared as a whole.
const FEW: u32 = 10;

/// A vector that may be near.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Bits in which it differs.
    pub(super) distance: u32,
    /// Number of the segment.
    pub(super) segment: u32,
    /// Number of the vector in it.
    pub(super) index: u32,
}

/// The nearest so far.
#[derive(Debug)]
pub(super) struct Nearest {
    limit: usize,
    /// What is farther than this is not among the nearest.
    threshold: u32,
    found: Vec<Candidate>,
}

impl Nearest {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), threshold: u32::MAX, found: Vec::new() }
    }

    #[inline(always)]
    fn offer(&mut self, candidate: Candidate) {
        if candidate.distance > self.threshold {
            return;
        }
        self.found.push(candidate);
        if self.found.len() >= 4 * self.limit {
            self.shrink();
        }
    }

    #[inline(never)]
    fn shrink(&mut self) {
        if self.found.len() <= self.limit {
            return;
        }
        let (_, last, _) =
            self.found.select_nth_unstable_by_key(self.limit - 1, |candidate| candidate.distance);
        self.threshold = last.distance;
        self.found.truncate(self.limit);
    }

    /// The nearest, in no order.
    pub(super) fn into_found(mut self) -> Vec<Candidate> {
        self.shrink();
        self.found
    }
}

/// Offers the vectors of a segment. `allowed` has a bit for each, or all are.
pub(super) fn scan(
    segment: u32,
    bits: &[u64],
    query: &[u64],
    allowed: Option<&[u64]>,
    nearest: &mut Nearest,
) {
    pulp::Arch::new().dispatch(Scan { segment, bits, query, allowed, nearest });
}

/// A scan to be compiled for each kind of vector units: a closure of this size would not be.
struct Scan<'a> {
    segment: u32,
    bits: &'a [u64],
    query: &'a [u64],
    allowed: Option<&'a [u64]>,
    nearest: &'a mut Nearest,
}

impl pulp::NullaryFnOnce for Scan<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { segment, bits, query, allowed, nearest } = self;
        match query.len() {
            // The usual widths: 256, 384, 512, 768, 1024.
            4 => scan_wide::<4>(segment, bits, query, allowed, nearest),
            6 => scan_wide::<6>(segment, bits, query, allowed, nearest),
            8 => scan_wide::<8>(segment, bits, query, allowed, nearest),
            12 => scan_wide::<12>(segment, bits, query, allowed, nearest),
            16 => scan_wide::<16>(segment, bits, query, allowed, nearest),
            _ => scan_narrow(segment, bits, query, allowed, nearest),
        }
    }
}

#[inline(always)]
fn scan_wide<const WORDS: usize>(
    segment: u32,
    bits: &[u64],
    query: &[u64],
    allowed: Option<&[u64]>,
    nearest: &mut Nearest,
) {
    let Some(query) = query.first_chunk::<WORDS>() else { return };
    let (blocks, rest) = bits.as_chunks::<WORDS>().0.as_chunks::<BLOCK>();
    for (number, block) in blocks.iter().enumerate() {
        let left = allowed_in(allowed, number, BLOCK);
        let first = (number * BLOCK) as u32;
        if left.count_ones() <= FEW {
            few(segment, first, left, |place| differing(&block[place], query), nearest);
            continue;
        }
        let mut distances = [0; BLOCK];
        for (distance, vector) in distances.iter_mut().zip(block) {
            *distance = differing(vector, query);
        }
        offer_block(segment, first, left, &distances, nearest);
    }
    let left = allowed_in(allowed, blocks.len(), rest.len());
    let first = (blocks.len() * BLOCK) as u32;
    few(segment, first, left, |place| differing(&rest[place], query), nearest);
}

/// Bits in which a vector differs from the query.
#[inline(always)]
fn differing<const WORDS: usize>(vector: &[u64; WORDS], query: &[u64; WORDS]) -> u32 {
    let mut sum = 0;
    for word in 0..WORDS {
        sum += (vector[word] ^ query[word]).count_ones();
    }
    sum
}

/// The scan for unusual widths.
#[inline(always)]
fn scan_narrow(segment: u32, bits: &[u64], query: &[u64], allowed: Option<&[u64]>, nearest: &mut Nearest) {
    let words = query.len().max(1);
    for (number, block) in bits.chunks(words * BLOCK).enumerate() {
        let left = allowed_in(allowed, number, block.len() / words);
        let distance = |place: usize| {
            let vector = &block[place * words..(place + 1) * words];
            vector.iter().zip(query).map(|(one, other)| (one ^ other).count_ones()).sum()
        };
        few(segment, (number * BLOCK) as u32, left, distance, nearest);
    }
}

/// A bit for each vector of a block of this size.
#[inline(always)]
fn allowed_in(allowed: Option<&[u64]>, block: usize, size: usize) -> u64 {
    let whole = if size == BLOCK { u64::MAX } else { (1 << size) - 1 };
    whole & allowed.map_or(u64::MAX, |allowed| allowed.get(block).copied().unwrap_or(0))
}

/// Offers the vectors of a block one by one.
#[inline(always)]
fn few(segment: u32, first: u32, mut left: u64, distance: impl Fn(usize) -> u32, nearest: &mut Nearest) {
    while left != 0 {
        let place = left.trailing_zeros();
        left &= left - 1;
        nearest.offer(Candidate { distance: distance(place as usize), segment, index: first + place });
    }
}

/// Offers the vectors of a block that are near enough.
#[inline(always)]
fn offer_block(segment: u32, first: u32, left: u64, distances: &[u32; BLOCK], nearest: &mut Nearest) {
    let least = distances.iter().fold(u32::MAX, |least, &distance| least.min(distance));
    if least > nearest.threshold {
        return;
    }
    let mut near = 0;
    for (place, &distance) in distances.iter().enumerate() {
        near |= u64::from(distance <= nearest.threshold) << place;
    }
    few(segment, first, left & near, |place| distances[place], nearest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(count: usize, words: usize) -> Vec<u64> {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state ^ (state >> 29)
        };
        (0..count * words).map(|_| next()).collect()
    }

    #[test]
    fn the_scan_finds_what_a_plain_comparison_finds() {
        for words in [1, 3, 4, 6, 12] {
            for count in [0, 1, 63, 64, 65, 5000] {
                let (all, query) = (bits(count, words), bits(1, words));
                for every in [None, Some(2), Some(13)] {
                    let mask = every.map(|every| {
                        let mut mask = vec![0_u64; count.div_ceil(64)];
                        (0..count).step_by(every).for_each(|index| mask[index / 64] |= 1 << (index % 64));
                        mask
                    });
                    let mut nearest = Nearest::new(20);
                    scan(7, &all, &query, mask.as_deref(), &mut nearest);
                    let mut found = nearest.into_found().iter().map(|c| c.distance).collect::<Vec<_>>();
                    let plain = (0..count).step_by(every.unwrap_or(1)).map(|index| {
                        let vector = &all[index * words..(index + 1) * words];
                        vector.iter().zip(&query).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>()
                    });
                    let mut plain = plain.collect::<Vec<_>>();
                    found.sort_unstable();
                    plain.sort_unstable();
                    plain.truncate(20);
                    assert_eq!(found, plain, "{words} words, {count} vectors, every {every:?}");
                }
            }
        }
    }
}

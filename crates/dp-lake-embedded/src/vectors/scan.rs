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
            words => {
                let count = bits.len() / words.max(1);
                let distance = |index: usize| {
                    let vector = &bits[index * words..(index + 1) * words];
                    vector.iter().zip(query).map(|(one, other)| (one ^ other).count_ones()).sum()
                };
                scan_blocks(segment, count, distance, allowed, nearest);
            }
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
    let vectors = bits.as_chunks::<WORDS>().0;
    let distance = |index: usize| {
        let vector = &vectors[index];
        let mut sum = 0;
        for word in 0..WORDS {
            sum += (vector[word] ^ query[word]).count_ones();
        }
        sum
    };
    scan_blocks(segment, vectors.len(), distance, allowed, nearest);
}

#[inline(always)]
fn scan_blocks(
    segment: u32,
    count: usize,
    distance: impl Fn(usize) -> u32,
    allowed: Option<&[u64]>,
    nearest: &mut Nearest,
) {
    for (block, first) in (0..count).step_by(BLOCK).enumerate() {
        let size = (count - first).min(BLOCK);
        let whole = if size == BLOCK { u64::MAX } else { (1 << size) - 1 };
        let mut left = whole & allowed.map_or(u64::MAX, |allowed| allowed.get(block).copied().unwrap_or(0));
        if left.count_ones() > FEW {
            let mut distances = [u32::MAX; BLOCK];
            for (place, value) in distances[..size].iter_mut().enumerate() {
                *value = distance(first + place);
            }
            let least = distances.iter().fold(u32::MAX, |least, &distance| least.min(distance));
            if least > nearest.threshold {
                continue;
            }
            let mut near = 0;
            for (place, &distance) in distances.iter().enumerate() {
                near |= u64::from(distance <= nearest.threshold) << place;
            }
            left &= near;
            while left != 0 {
                let place = left.trailing_zeros();
                left &= left - 1;
                let index = first as u32 + place;
                nearest.offer(Candidate { distance: distances[place as usize], segment, index });
            }
            continue;
        }
        while left != 0 {
            let index = first as u32 + left.trailing_zeros();
            left &= left - 1;
            nearest.offer(Candidate { distance: distance(index as usize), segment, index });
        }
    }
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

//! Vectors to bytes and back: of length 1, turned by a fixed random rotation, one signed byte a value
//! with a scale. The rotation spreads what a vector says evenly over its values, whatever the model put
//! first; distances and angles stay as they are. Takes f32 values; never keeps a value that is no number.

use dp_lake::{LakeError, VectorModel};

/// Largest width of a vector.
pub(super) const WIDTH_MAX: u32 = 16_384;
/// Seed of the rotation: part of the file format.
const SEED: u64 = 0x6461_7461_7075_6e6b;

/// An orthogonal map: random signs and a Walsh-Hadamard transform, over the first values and, where the
/// width is no power of two, over the last.
#[derive(Debug)]
pub(crate) struct Rotation {
    width: usize,
    /// Values of one transform.
    block: usize,
    first: Vec<f32>,
    last: Vec<f32>,
}

impl Rotation {
    pub(super) fn new(width: usize) -> Self {
        let block = if width.is_power_of_two() { width } else { width.next_power_of_two() / 2 };
        let mut state = SEED;
        // The transform is orthogonal but for this factor.
        let factor = 1.0 / (block as f32).sqrt();
        let mut signs =
            || (0..block).map(|_| if split_mix(&mut state) >> 63 == 0 { factor } else { -factor }).collect();
        Self { width, block, first: signs(), last: signs() }
    }

    /// Turns a vector in place.
    #[inline(always)]
    pub(super) fn apply(&self, values: &mut [f32]) {
        multiply(&mut values[..self.block], &self.first);
        transform(&mut values[..self.block]);
        if self.block < self.width {
            let last = &mut values[self.width - self.block..];
            multiply(last, &self.last);
            transform(last);
        }
    }

    /// Turns a vector back.
    pub(super) fn undo(&self, values: &mut [f32]) {
        if self.block < self.width {
            let last = &mut values[self.width - self.block..];
            transform(last);
            multiply(last, &self.last);
        }
        transform(&mut values[..self.block]);
        multiply(&mut values[..self.block], &self.first);
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[inline(always)]
fn multiply(values: &mut [f32], factors: &[f32]) {
    for (value, factor) in values.iter_mut().zip(factors) {
        *value *= factor;
    }
}

/// The Walsh-Hadamard transform, not scaled; the number of values is a power of two.
#[inline(always)]
fn transform(values: &mut [f32]) {
    let mut half = 1;
    while half < values.len() {
        for pair in values.chunks_exact_mut(2 * half) {
            let (low, high) = pair.split_at_mut(half);
            for (one, other) in low.iter_mut().zip(high) {
                (*one, *other) = (*one + *other, *one - *other);
            }
        }
        half *= 2;
    }
}

/// Fails if a vector is not of the model's width or not finite.
pub(crate) fn check(model: &VectorModel, values: &[f32]) -> Result<(), LakeError> {
    if values.len() != model.width as usize {
        let message = format!("it has {} values, and {} makes {}", values.len(), model.name, model.width);
        return Err(LakeError::Vector(message));
    }
    if values.iter().all(|value| value.is_finite()) {
        return Ok(());
    }
    Err(LakeError::Vector(format!("it has values that are no numbers (model {})", model.name)))
}

/// The vector with length 1 (zeros stay zeros), rotated.
pub(super) fn prepare(rotation: &Rotation, values: &[f32], out: &mut Vec<f32>) {
    out.clear();
    out.resize(values.len(), 0.0);
    pulp::Arch::new().dispatch(Prepare { rotation, values, out });
}

struct Prepare<'a> {
    rotation: &'a Rotation,
    values: &'a [f32],
    out: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Prepare<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (wide, rest) = self.values.as_chunks::<8>();
        // The square of a large value does not fit into 32 bits.
        let mut sums = [0.0_f64; 8];
        for values in wide {
            for lane in 0..8 {
                sums[lane] += f64::from(values[lane]) * f64::from(values[lane]);
            }
        }
        let rest = rest.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>();
        let length = (sums.iter().sum::<f64>() + rest).sqrt();
        let factor = if length > 0.0 { 1.0 / length } else { 0.0 };
        for (out, &value) in self.out.iter_mut().zip(self.values) {
            *out = (f64::from(value) * factor) as f32;
        }
        self.rotation.apply(self.out);
    }
}

/// Appends a prepared vector as one signed byte a value; gives what they are to be multiplied by.
pub(super) fn quantise(prepared: &[f32], out: &mut Vec<u8>) -> f32 {
    let at = out.len();
    out.resize(at + prepared.len(), 0);
    pulp::Arch::new().dispatch(Quantise { prepared, out: &mut out[at..] })
}

struct Quantise<'a> {
    prepared: &'a [f32],
    out: &'a mut [u8],
}

impl pulp::NullaryFnOnce for Quantise<'_> {
    type Output = f32;

    #[inline(always)]
    fn call(self) -> f32 {
        let (wide, rest) = self.prepared.as_chunks::<16>();
        let mut most = [0.0_f32; 16];
        for values in wide {
            for lane in 0..16 {
                most[lane] = most[lane].max(values[lane].abs());
            }
        }
        let largest = most.iter().chain(rest).fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let factor = if largest > 0.0 { 127.0 / largest } else { 0.0 };
        for (out, value) in self.out.iter_mut().zip(self.prepared) {
            *out = (value * factor).round_ties_even() as i8 as u8;
        }
        largest / 127.0
    }
}

/// The vector that was quantised, as exactly as it is stored.
pub(super) fn restore(rotation: &Rotation, values: &[u8], scale: f32) -> Vec<f32> {
    let mut restored = values.iter().map(|&value| f32::from(value as i8) * scale).collect::<Vec<_>>();
    rotation.undo(&mut restored);
    restored
}

/// Words of 64 bits that a vector of this width takes.
pub(super) const fn words_of(width: usize) -> usize {
    width.div_ceil(64)
}

/// Appends a bit a value: whether it lies above the centre's.
pub(super) fn append_bits(values: &[u8], scale: f32, centre: &[f32], out: &mut Vec<u64>) {
    pulp::Arch::new().dispatch(AppendBits { values, scale, centre, out });
}

struct AppendBits<'a> {
    values: &'a [u8],
    scale: f32,
    centre: &'a [f32],
    out: &'a mut Vec<u64>,
}

impl pulp::NullaryFnOnce for AppendBits<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (values, centre) in self.values.chunks(64).zip(self.centre.chunks(64)) {
            let mut above = [0_u8; 64];
            for ((above, value), centre) in above.iter_mut().zip(values).zip(centre) {
                *above = u8::from(f32::from(*value as i8) * self.scale > *centre);
            }
            self.out.push(gathered(&above));
        }
    }
}

/// The bits of a query.
pub(super) fn bits_of_query(prepared: &[f32], centre: &[f32]) -> Vec<u64> {
    let of_word = |(values, centre): (&[f32], &[f32])| {
        let mut above = [0_u8; 64];
        for ((above, value), centre) in above.iter_mut().zip(values).zip(centre) {
            *above = u8::from(value > centre);
        }
        gathered(&above)
    };
    prepared.chunks(64).zip(centre.chunks(64)).map(of_word).collect()
}

/// Bytes that are 0 or 1 as bits, the first lowest.
#[inline(always)]
fn gathered(bytes: &[u8; 64]) -> u64 {
    /// Moves the lowest bit of byte n to bit n of the highest byte.
    const SPREAD: u64 = 0x0102_0408_1020_4080;
    let mut word = 0;
    for (place, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
        word |= (u64::from_le_bytes(*eight).wrapping_mul(SPREAD) >> 56) << (8 * place);
    }
    word
}

/// Sum of the products of a prepared query and stored values, not scaled.
pub(super) fn product(query: &[f32], values: &[u8]) -> f32 {
    pulp::Arch::new().dispatch(Product { query, values })
}

struct Product<'a> {
    query: &'a [f32],
    values: &'a [u8],
}

impl pulp::NullaryFnOnce for Product<'_> {
    type Output = f32;

    #[inline(always)]
    fn call(self) -> f32 {
        let (query, query_rest) = self.query.as_chunks::<16>();
        let (values, values_rest) = self.values.as_chunks::<16>();
        // Several sums side by side, for the vector units.
        let mut sums = [0.0_f32; 16];
        for (query, values) in query.iter().zip(values) {
            for lane in 0..16 {
                sums[lane] += query[lane] * f32::from(values[lane] as i8);
            }
        }
        let rest = query_rest.iter().zip(values_rest).map(|(query, value)| query * f32::from(*value as i8));
        sums.iter().sum::<f32>() + rest.sum::<f32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(width: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        (0..width).map(|_| (split_mix(&mut state) >> 40) as f32 / 16_777_216.0 - 0.4).collect()
    }

    #[test]
    fn rotating_keeps_products_and_can_be_undone() {
        for width in [1, 2, 3, 5, 64, 100, 256, 384, 768] {
            let rotation = Rotation::new(width);
            let (one, other) = (vector(width, 1), vector(width, 2));
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            let (mut turned, mut turned_other) = (one.clone(), other.clone());
            rotation.apply(&mut turned);
            rotation.apply(&mut turned_other);
            assert!((dot(&one, &other) - dot(&turned, &turned_other)).abs() < 1e-3, "width {width}");
            rotation.undo(&mut turned);
            assert!(one.iter().zip(&turned).all(|(a, b)| (a - b).abs() < 1e-4), "width {width}");
        }
    }

    #[test]
    fn stored_values_are_near_what_was_given() {
        for width in [1, 7, 256, 384] {
            let rotation = Rotation::new(width);
            let given = vector(width, 9);
            let (mut prepared, mut bytes) = (Vec::new(), Vec::new());
            prepare(&rotation, &given, &mut prepared);
            let scale = quantise(&prepared, &mut bytes);
            let length = given.iter().map(|value| value * value).sum::<f32>().sqrt();
            let restored = restore(&rotation, &bytes, scale);
            for (value, restored) in given.iter().zip(restored) {
                assert!((value / length - restored).abs() < 0.01, "width {width}: {value} {restored}");
            }
            assert!((product(&prepared, &bytes) * scale - 1.0).abs() < 0.01, "width {width}");
        }
    }

    #[test]
    fn the_longest_and_the_empty_vector_are_stored() {
        let rotation = Rotation::new(4);
        for given in [[f32::MAX; 4], [0.0; 4], [f32::MIN_POSITIVE; 4]] {
            let (mut prepared, mut bytes) = (Vec::new(), Vec::new());
            prepare(&rotation, &given, &mut prepared);
            let scale = quantise(&prepared, &mut bytes);
            assert!(scale.is_finite() && restore(&rotation, &bytes, scale).iter().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn bits_of_a_vector_and_of_its_query_agree() {
        let rotation = Rotation::new(100);
        let centre = vec![0.01; 100];
        let (mut prepared, mut bytes, mut bits) = (Vec::new(), Vec::new(), Vec::new());
        prepare(&rotation, &vector(100, 3), &mut prepared);
        let scale = quantise(&prepared, &mut bytes);
        append_bits(&bytes, scale, &centre, &mut bits);
        let differing = bits.iter().zip(bits_of_query(&prepared, &centre)).map(|(a, b)| (a ^ b).count_ones());
        assert!(bits.len() == words_of(100) && differing.sum::<u32>() <= 3);
    }
}

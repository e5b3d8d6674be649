//! The loops of an encoder that are no matrix products, written so that the compiler makes vector code of
//! them inside of `pulp`'s dispatch. Slices in, slices out.

use super::config::Activation;

/// Lanes of sums that are kept apart, so that adding can be done side by side.
const LANES: usize = 16;

/// e^x, to about 1 in 10^7. Splits x into n·ln 2 + r with |r| ≤ ½ ln 2 and takes a polynomial of r.
#[inline(always)]
pub(super) fn exponential(x: f32) -> f32 {
    // Adding it rounds to an integer, whose low bits are then those of the sum.
    const ROUNDER: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUNDER;
    let n = rounded - ROUNDER;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let tail = 1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0)));
    let power = 1.0 + r + r * r * (0.5 + r * tail);
    let exponent = rounded.to_bits().wrapping_sub(ROUNDER.to_bits()).wrapping_add(127);
    power * f32::from_bits(exponent << 23)
}

/// The error function, to 1.5 in 10^7 (Abramowitz and Stegun, 7.1.26).
#[inline(always)]
fn error_function(x: f32) -> f32 {
    let z = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let polynomial =
        t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152_1 + t * 1.061_405_4))));
    (1.0 - polynomial * exponential(-z * z)).copysign(x)
}

#[inline(always)]
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + error_function(x * std::f32::consts::FRAC_1_SQRT_2))
}

#[inline(always)]
fn gelu_tanh(x: f32) -> f32 {
    let inner = 0.797_884_6 * (x + 0.044_715 * x * x * x);
    // ½ (1 + tanh y) = 1 / (1 + e^-2y)
    x / (1.0 + exponential(-2.0 * inner))
}

/// Adds the bias to each row and applies the function.
#[inline(always)]
pub(super) fn add_and_activate(rows: &mut [f32], bias: &[f32], activation: Activation) {
    for row in rows.chunks_exact_mut(bias.len()) {
        let pairs = row.iter_mut().zip(bias);
        match activation {
            Activation::Gelu => pairs.for_each(|(value, bias)| *value = gelu(*value + bias)),
            Activation::GeluTanh => pairs.for_each(|(value, bias)| *value = gelu_tanh(*value + bias)),
            Activation::Relu => pairs.for_each(|(value, bias)| *value = (*value + bias).max(0.0)),
        }
    }
}

/// Adds the bias to each row.
#[inline(always)]
pub(super) fn add(rows: &mut [f32], bias: &[f32]) {
    for row in rows.chunks_exact_mut(bias.len()) {
        row.iter_mut().zip(bias).for_each(|(value, bias)| *value += bias);
    }
}

/// Scale and shift of a normalisation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Norm<'a> {
    pub(super) scale: &'a [f32],
    pub(super) shift: &'a [f32],
    pub(super) epsilon: f32,
}

/// Brings each row to mean 0 and deviation 1, then scales and shifts it.
#[inline(always)]
pub(super) fn normalise(rows: &mut [f32], norm: Norm<'_>) {
    let width = norm.scale.len();
    for row in rows.chunks_exact_mut(width) {
        let mean = total(row, |value| value) / width as f32;
        let variance = total(row, |value| (value - mean) * (value - mean)) / width as f32;
        let scale = 1.0 / (variance + norm.epsilon).sqrt();
        for ((value, gain), shift) in row.iter_mut().zip(norm.scale).zip(norm.shift) {
            *value = (*value - mean) * scale * gain + shift;
        }
    }
}

#[inline(always)]
fn total(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += of(*value);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|value| of(*value)).sum::<f32>()
}

/// Makes shares that sum to 1 of scores.
#[inline(always)]
pub(super) fn to_shares(scores: &mut [f32]) {
    let largest = scores.iter().fold(f32::NEG_INFINITY, |largest, score| largest.max(*score));
    for score in scores.iter_mut() {
        *score = exponential(*score - largest);
    }
    let scale = 1.0 / total(scores, |score| score);
    for score in scores {
        *score *= scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_are_as_good_as_single_precision_needs() {
        // From a table of the error function.
        for (x, expected) in
            [(0.0, 0.0), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (-2.0, -0.995_322_3), (6.0, 1.0)]
        {
            assert!((error_function(x) - expected).abs() < 5e-7, "{x}");
        }
        for step in -870..=880 {
            let x = step as f32 / 10.0;
            let expected = f64::from(x).exp();
            assert!((f64::from(exponential(x)) / expected - 1.0).abs() < 2e-6, "{x}");
        }
        assert!(gelu_tanh(-40.0).abs() < 1e-6 && (gelu_tanh(3.0) - 2.996_363).abs() < 1e-5);
        assert!(exponential(f32::NAN).is_nan());
    }

    #[test]
    fn rows_are_normalised_and_scores_become_shares() {
        let mut rows: Vec<f32> = (0..40).map(|value| value as f32).collect();
        normalise(&mut rows, Norm { scale: &[1.0; 20], shift: &[0.5; 20], epsilon: 0.0 });
        for row in rows.chunks(20) {
            let mean = row.iter().sum::<f32>() / 20.0;
            assert!((mean - 0.5).abs() < 1e-5);
        }
        let mut scores = [1.0, 1.0, f32::MIN, 1.0];
        to_shares(&mut scores);
        assert!((scores[0] - 1.0 / 3.0).abs() < 1e-6 && scores[2] < 1e-6);
    }
}

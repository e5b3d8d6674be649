//! Attention within each of the texts of a batch that lie one behind the other, without padding. Queries,
//! keys and values side by side come in; what each token gathers goes out.

use super::kernels::to_shares;
use rayon::prelude::*;

/// Rows of one text that one thread does at a time.
const ROWS: usize = 64;

/// Values of a head that are summed in registers.
const BLOCK: usize = 16;

/// Which texts attention is within.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts<'a> {
    /// Tokens of each text, in order.
    pub(super) lengths: &'a [usize],
    /// Attention heads.
    pub(super) heads: usize,
    /// What is added to a score by head and distance, if the model has that.
    pub(super) bias: Option<&'a DistanceBias>,
}

/// What is added to a score by head and distance.
#[derive(Debug)]
pub(super) struct DistanceBias {
    /// For each head the values of distances from `-reach` to `reach`.
    pub(super) values: Vec<Vec<f32>>,
    /// The greatest distance.
    pub(super) reach: usize,
}

impl DistanceBias {
    /// From a table of buckets by heads, as MPNet (and T5 before it) divide distances: near ones each their own
    /// bucket, far ones by their logarithm up to 128.
    pub(super) fn new(table: &[f32], buckets: usize, heads: usize, reach: usize) -> Self {
        let value = |head: usize, distance: isize| table[bucket(distance, buckets) * heads + head];
        let reach_signed = reach as isize;
        let values = (0..heads)
            .map(|head| (-reach_signed..=reach_signed).map(|distance| value(head, distance)).collect())
            .collect();
        Self { values, reach }
    }

    /// The values for a token's scores with all of its text's tokens.
    fn row(&self, head: usize, token: usize, length: usize) -> Option<&[f32]> {
        let first = self.reach.checked_sub(token)?;
        self.values.get(head)?.get(first..first + length)
    }
}

/// The bucket of a distance, positive for tokens behind.
fn bucket(distance: isize, buckets: usize) -> usize {
    const DISTANCE_MAX: f32 = 128.0;
    let side = buckets / 2;
    let first = if distance > 0 { side } else { 0 };
    let exact = side / 2;
    let far = distance.unsigned_abs();
    if far < exact {
        return first + far;
    }
    let logarithmic =
        (far as f32 / exact as f32).ln() / (DISTANCE_MAX / exact as f32).ln() * (side - exact) as f32;
    first + (exact + logarithmic as usize).min(side - 1)
}

/// A stretch of rows of one text, and where what they gather goes.
struct Task<'a> {
    output: &'a mut [f32],
    text_start: usize,
    length: usize,
    first_row: usize,
}

/// Rows of `qkv` hold the queries (scaled already), keys and values of all heads. Writes a row of `hidden`
/// values per token into `output`.
pub(super) fn attend(qkv: &[f32], output: &mut [f32], hidden: usize, texts: Texts<'_>) {
    let mut tasks = Vec::new();
    let (mut rest, mut text_start) = (output, 0);
    for &length in texts.lengths {
        for first_row in (0..length).step_by(ROWS) {
            let rows = ROWS.min(length - first_row);
            let (output, after) = rest.split_at_mut(rows * hidden);
            rest = after;
            tasks.push(Task { output, text_start, length, first_row });
        }
        text_start += length;
    }
    tasks.into_par_iter().for_each_init(Vec::new, |space, task| {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || run(task, qkv, hidden, texts, space),
        );
    });
}

#[inline(always)]
fn run(task: Task<'_>, qkv: &[f32], hidden: usize, texts: Texts<'_>, space: &mut Vec<f32>) {
    let Task { output, text_start, length, first_row } = task;
    let size = hidden / texts.heads;
    let text = &qkv[text_start * 3 * hidden..(text_start + length) * 3 * hidden];
    space.clear();
    space.resize(size * length * 2 + length, 0.0);
    let (keys, others) = space.split_at_mut(size * length);
    let (values, scores) = others.split_at_mut(size * length);
    for head in 0..texts.heads {
        for (token, row) in text.chunks_exact(3 * hidden).enumerate() {
            let key = &row[hidden + head * size..][..size];
            for (keys, key) in keys.chunks_exact_mut(length).zip(key) {
                keys[token] = *key;
            }
            values[token * size..][..size].copy_from_slice(&row[2 * hidden + head * size..][..size]);
        }
        for (row, output) in output.chunks_exact_mut(hidden).enumerate() {
            let token = first_row + row;
            let query = &text[token * 3 * hidden + head * size..][..size];
            match texts.bias.and_then(|bias| bias.row(head, token, length)) {
                Some(bias) => scores.copy_from_slice(bias),
                None => scores.fill(0.0),
            }
            score(query, keys, scores);
            to_shares(scores);
            gather(scores, values, &mut output[head * size..][..size]);
        }
    }
}

/// Adds the products of a query with all keys; `keys` holds one row per value of a key.
#[inline(always)]
fn score(query: &[f32], keys: &[f32], scores: &mut [f32]) {
    let length = scores.len();
    let mut rows = keys.chunks_exact(length * 4);
    let (fours, rest) = query.as_chunks::<4>();
    for (q, keys) in fours.iter().zip(&mut rows) {
        let (low, high) = keys.split_at(length * 2);
        let ((k0, k1), (k2, k3)) = (low.split_at(length), high.split_at(length));
        let columns = k0.iter().zip(k1).zip(k2.iter().zip(k3));
        for (score, ((k0, k1), (k2, k3))) in scores.iter_mut().zip(columns) {
            *score += q[0] * k0 + q[1] * k1 + (q[2] * k2 + q[3] * k3);
        }
    }
    for (q, keys) in rest.iter().zip(rows.remainder().chunks_exact(length)) {
        for (score, key) in scores.iter_mut().zip(keys) {
            *score += q * key;
        }
    }
}

/// Sums the values by their shares.
#[inline(always)]
fn gather(shares: &[f32], values: &[f32], output: &mut [f32]) {
    let size = output.len();
    let whole = size / BLOCK * BLOCK;
    for start in (0..whole).step_by(BLOCK) {
        let mut sums = [0.0; BLOCK];
        for (share, row) in shares.iter().zip(values.chunks_exact(size)) {
            if let Some(row) = row[start..].first_chunk::<BLOCK>() {
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += share * value;
                }
            }
        }
        output[start..start + BLOCK].copy_from_slice(&sums);
    }
    for (column, output) in output.iter_mut().enumerate().skip(whole) {
        *output = shares.iter().zip(values.chunks_exact(size)).map(|(share, row)| share * row[column]).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::test_models::made_up;

    /// The definition, in double precision.
    fn plainly(qkv: &[f32], hidden: usize, texts: Texts<'_>) -> Vec<f64> {
        let size = hidden / texts.heads;
        let mut output = vec![0.0; qkv.len() / 3];
        let mut start = 0;
        for &length in texts.lengths {
            let at = |token: usize, column: usize| f64::from(qkv[(start + token) * 3 * hidden + column]);
            for (token, head) in (0..length).flat_map(|token| (0..texts.heads).map(move |head| (token, head)))
            {
                let product = |other: usize| -> f64 {
                    (head * size..(head + 1) * size).map(|c| at(token, c) * at(other, hidden + c)).sum()
                };
                let bias = |other: usize| {
                    texts.bias.map_or(0.0, |bias| f64::from(bias.values[head][bias.reach + other - token]))
                };
                let weights: Vec<f64> =
                    (0..length).map(|other| (product(other) + bias(other)).exp()).collect();
                let total: f64 = weights.iter().sum();
                for column in head * size..(head + 1) * size {
                    output[(start + token) * hidden + column] = (0..length)
                        .map(|other| weights[other] / total * at(other, 2 * hidden + column))
                        .sum();
                }
            }
            start += length;
        }
        output
    }

    #[test]
    fn attention_is_what_its_definition_says_for_texts_of_any_length() {
        let (hidden, heads) = (38, 2);
        let lengths = [1, 7, 70, 3, 130];
        let total: usize = lengths.iter().sum();
        let qkv = made_up(total * 3 * hidden, 5);
        let bias = DistanceBias::new(&made_up(32 * heads, 9), 32, heads, 130);
        for bias in [None, Some(&bias)] {
            let texts = Texts { lengths: &lengths, heads, bias };
            let mut output = vec![0.0; total * hidden];
            attend(&qkv, &mut output, hidden, texts);
            for (got, expected) in output.iter().zip(plainly(&qkv, hidden, texts)) {
                assert!((f64::from(*got) - expected).abs() < 1e-4, "{got} is not {expected}");
            }
        }
    }

    #[test]
    fn distances_fall_into_the_buckets_of_the_original() {
        // As computed with the published formula.
        let distances = [0, -1, -7, -8, -15, -16, -50, -127, -500, 1, 7, 8, 64, 500];
        let buckets = distances.map(|distance| bucket(distance, 32));
        assert_eq!(buckets, [0, 1, 7, 8, 9, 10, 13, 15, 15, 17, 23, 24, 30, 31]);
    }
}

//! Passages as sparse rows: each token counted, weighted by its rarity, summing to 1. And ridge regression on
//! them by conjugate gradients, which needs no matrix of passages by passages. Knows nothing of texts.

use std::ops::Range;

/// Columns of the solution that one thread works on at a time: a few MB at 30,000 tokens.
pub(super) const BLOCK: usize = 64;
const ROUNDS_MAX: usize = 100;
/// Squared: an error of a thousandth of the start is far below what the teacher's own numbers are worth.
const TOLERANCE_SQUARED: f64 = 1e-6;

/// A sparse matrix, row after row.
#[derive(Debug, Clone, Default)]
struct Sparse {
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl Sparse {
    fn rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    fn range(&self, row: usize) -> Range<usize> {
        self.starts[row]..self.starts[row + 1]
    }

    /// This matrix times `dense`, whose rows are `width` wide.
    fn multiply(&self, dense: &[f32], width: usize, products: &mut [f32]) {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                for (row, product) in products.chunks_exact_mut(width).enumerate() {
                    product.fill(0.0);
                    let range = self.range(row);
                    for (column, factor) in self.columns[range.clone()].iter().zip(&self.values[range]) {
                        let start = *column as usize * width;
                        for (sum, value) in product.iter_mut().zip(&dense[start..start + width]) {
                            *sum += factor * value;
                        }
                    }
                }
            },
        );
    }

    fn transposed(&self, columns: usize) -> Self {
        let mut starts = vec![0; columns + 1];
        for column in &self.columns {
            starts[*column as usize + 1] += 1;
        }
        for column in 0..columns {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let mut turned =
            Self { starts, columns: vec![0; self.columns.len()], values: vec![0.0; self.values.len()] };
        for row in 0..self.rows() {
            for at in self.range(row) {
                let place = &mut next[self.columns[at] as usize];
                turned.columns[*place] = row as u32;
                turned.values[*place] = self.values[at];
                *place += 1;
            }
        }
        turned
    }
}

/// The features of a sample of passages.
#[derive(Debug)]
pub(super) struct Features {
    /// The tokens that occur, ascending: the columns.
    pub(super) tokens: Vec<u32>,
    /// What each of them counts.
    pub(super) weights: Vec<f32>,
    rows: Sparse,
    turned: Sparse,
}

impl Features {
    /// From the tokens of each passage. A token's weight is `prior / (prior + p)` where p is its share of all
    /// tokens (Arora, Liang and Ma 2017).
    pub(super) fn new(passages: &[Vec<u32>], prior: f64) -> Self {
        let mut all: Vec<u32> = passages.iter().flatten().copied().collect();
        all.sort_unstable();
        let total = all.len().max(1) as f64;
        let (mut tokens, mut weights) = (Vec::new(), Vec::new());
        for same in all.chunk_by(|a, b| a == b) {
            tokens.push(same[0]);
            weights.push((prior / (prior + same.len() as f64 / total)) as f32);
        }
        let mut rows = Sparse { starts: vec![0], ..Sparse::default() };
        for passage in passages {
            let mut columns: Vec<u32> = passage
                .iter()
                .filter_map(|token| tokens.binary_search(token).ok().map(|column| column as u32))
                .collect();
            columns.sort_unstable();
            let sum: f32 = columns.iter().map(|column| weights[*column as usize]).sum();
            for same in columns.chunk_by(|a, b| a == b) {
                rows.columns.push(same[0]);
                rows.values.push(same.len() as f32 * weights[same[0] as usize] / sum);
            }
            rows.starts.push(rows.columns.len());
        }
        let turned = rows.transposed(tokens.len());
        Self { tokens, weights, rows, turned }
    }

    /// Passages.
    pub(super) fn rows(&self) -> usize {
        self.rows.rows()
    }

    /// For each passage the weighted mean of its tokens' rows in `table`, which has one per column.
    pub(super) fn means(&self, table: &[f32], width: usize) -> Vec<f32> {
        let mut means = vec![0.0; self.rows() * width];
        self.rows.multiply(table, width, &mut means);
        means
    }

    /// The rows of tokens that map these features to `target` with the least squared error and small numbers:
    /// the same as the dual form `Fᵀ (F Fᵀ + ridge)⁻¹ target`. `width` columns are solved at once, each with
    /// steps of its own; the diagonal is the preconditioner.
    pub(super) fn solve(&self, target: &[f32], width: usize, ridge: f32) -> Vec<f32> {
        let columns = self.tokens.len();
        let mut diagonal = vec![ridge; columns];
        for (column, sum) in diagonal.iter_mut().enumerate() {
            *sum +=
                self.turned.values[self.turned.range(column)].iter().map(|value| value * value).sum::<f32>();
        }
        let mut solution = vec![0.0; columns * width];
        let mut rest = vec![0.0; columns * width];
        self.turned.multiply(target, width, &mut rest);
        let mut step: Vec<f32> = rest
            .chunks_exact(width)
            .zip(&diagonal)
            .flat_map(|(row, scale)| row.iter().map(move |value| value / scale))
            .collect();
        let start = column_products(&rest, &rest, width);
        let mut error = column_products(&rest, &step, width);
        let mut seen = vec![0.0; self.rows() * width];
        let mut image = vec![0.0; columns * width];
        for _ in 0..ROUNDS_MAX {
            self.rows.multiply(&step, width, &mut seen);
            self.turned.multiply(&seen, width, &mut image);
            add_scaled(&mut image, &step, &vec![ridge; width]);
            let curve = column_products(&step, &image, width);
            let length: Vec<f32> = ratios(&error, &curve);
            add_scaled(&mut solution, &step, &length);
            let back: Vec<f32> = length.iter().map(|value| -value).collect();
            add_scaled(&mut rest, &image, &back);
            let left = column_products(&rest, &rest, width);
            if left.iter().zip(&start).all(|(left, start)| *left <= start * TOLERANCE_SQUARED) {
                break;
            }
            for ((image, rest), scale) in
                image.chunks_exact_mut(width).zip(rest.chunks_exact(width)).zip(&diagonal)
            {
                for (image, rest) in image.iter_mut().zip(rest) {
                    *image = rest / scale;
                }
            }
            let next = column_products(&rest, &image, width);
            let turn = ratios(&next, &error);
            error = next;
            for (step, image) in step.chunks_exact_mut(width).zip(image.chunks_exact(width)) {
                for ((step, image), turn) in step.iter_mut().zip(image).zip(&turn) {
                    *step = image + turn * *step;
                }
            }
        }
        solution
    }
}

/// The product of each column of one matrix with the same column of the other.
fn column_products(left: &[f32], right: &[f32], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0_f64; width];
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            for (left, right) in left.chunks_exact(width).zip(right.chunks_exact(width)) {
                for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
                    *sum += f64::from(*left) * f64::from(*right);
                }
            }
        },
    );
    sums
}

fn add_scaled(to: &mut [f32], from: &[f32], scales: &[f32]) {
    let width = scales.len();
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            for (to, from) in to.chunks_exact_mut(width).zip(from.chunks_exact(width)) {
                for ((to, from), scale) in to.iter_mut().zip(from).zip(scales) {
                    *to += scale * from;
                }
            }
        },
    );
}

/// A column that is solved already has nothing left to divide by, and takes no further step.
fn ratios(above: &[f64], below: &[f64]) -> Vec<f32> {
    above
        .iter()
        .zip(below)
        .map(|(above, below)| if *below > 0.0 { (above / below) as f32 } else { 0.0 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::test_models::made_up;
    use nalgebra::{Cholesky, DMatrix};

    fn passages() -> Vec<Vec<u32>> {
        let numbers = made_up(60 * 12, 9);
        numbers
            .chunks(12)
            .map(|row| row.iter().map(|value| ((value + 1.0) * 20.0) as u32 * 7).collect())
            .collect()
    }

    #[test]
    fn rows_sum_to_one_and_frequent_tokens_count_less() {
        let features = Features::new(&[vec![5, 5, 5, 9], vec![5, 7], vec![]], 0.1);
        assert_eq!(features.tokens, [5, 7, 9]);
        assert!(features.weights[0] < features.weights[1]);
        assert_eq!(features.weights[1], features.weights[2]);
        let sums = features.means(&[1.0, 1.0, 1.0], 1);
        assert!((sums[0] - 1.0).abs() < 1e-6 && (sums[1] - 1.0).abs() < 1e-6);
        assert_eq!(sums[2], 0.0);
    }

    #[test]
    fn the_solution_is_that_of_the_dual_form() {
        let (passages, width, ridge) = (passages(), 3, 0.02_f32);
        let features = Features::new(&passages, 1e-3);
        let (rows, columns) = (features.rows(), features.tokens.len());
        let identity: Vec<f32> =
            (0..columns * columns).map(|at| if at % (columns + 1) == 0 { 1.0 } else { 0.0 }).collect();
        let dense: Vec<f64> = features.means(&identity, columns).into_iter().map(f64::from).collect();
        let dense = DMatrix::from_row_slice(rows, columns, &dense);
        let target = made_up(rows * width, 10);
        let wide: Vec<f64> = target.iter().copied().map(f64::from).collect();
        let mut kernel = &dense * dense.transpose();
        for at in 0..rows {
            kernel[(at, at)] += f64::from(ridge);
        }
        let dual = dense.transpose()
            * Cholesky::new(kernel).unwrap().solve(&DMatrix::from_row_slice(rows, width, &wide));
        let scale = dual.amax();
        for (at, value) in features.solve(&target, width, ridge).iter().enumerate() {
            let expected = dual[(at / width, at % width)];
            assert!((f64::from(*value) - expected).abs() < 5e-3 * scale, "{value} {expected}");
        }
    }

    #[test]
    fn nothing_to_explain_gives_zeros() {
        let features = Features::new(&passages(), 1e-3);
        assert!(features.solve(&vec![0.0; features.rows() * 2], 2, 0.02).iter().all(|value| *value == 0.0));
    }
}

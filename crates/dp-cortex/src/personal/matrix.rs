//! Products of dense matrices, row after row in memory, and what is solved with them. The sums are made in
//! the same order whatever the number of threads, so that the same numbers come out every time.

use nalgebra::{Cholesky, DMatrix, SymmetricEigen};

/// Columns that are worked on together: two vector registers of AVX2.
const TILE: usize = 16;
/// Rows that are worked on together, so that each row of the right matrix is read once for all of them.
const BAND: usize = 4;
/// Rows summed in single precision before they are added to the total in double precision.
const CHUNK_ROWS: usize = 512;

/// A matrix that others are multiplied by, stored in tiles of columns.
#[derive(Debug, Clone)]
pub(super) struct Multiplier {
    inner: usize,
    outer: usize,
    tiles: Vec<f32>,
}

impl Multiplier {
    /// From `inner` rows of `outer` values.
    pub(super) fn new(values: &[f32], inner: usize, outer: usize) -> Self {
        let mut tiles = vec![0.0; outer.div_ceil(TILE) * inner * TILE];
        if inner > 0 && outer > 0 {
            for (row, values) in values.chunks_exact(outer).take(inner).enumerate() {
                for (tile, values) in values.chunks(TILE).enumerate() {
                    let start = (tile * inner + row) * TILE;
                    tiles[start..start + values.len()].copy_from_slice(values);
                }
            }
        }
        Self { inner, outer, tiles }
    }

    pub(super) fn inner(&self) -> usize {
        self.inner
    }

    pub(super) fn outer(&self) -> usize {
        self.outer
    }

    /// `rows`, each of `inner` values, times this matrix, into `products`, each of `outer` values.
    pub(super) fn multiply(&self, rows: &[f32], products: &mut [f32]) {
        if self.inner == 0 || self.outer == 0 {
            products.fill(0.0);
            return;
        }
        pulp::Arch::new().dispatch(Multiplication { multiplier: self, rows, products });
    }

    /// The same with several threads, each with its share of the rows.
    pub(super) fn multiply_with(&self, rows: &[f32], products: &mut [f32], threads: usize) {
        let count = rows.len() / self.inner.max(1);
        let share = count.div_ceil(threads.max(1)).next_multiple_of(BAND);
        if threads <= 1 || share == 0 || self.inner == 0 || self.outer == 0 {
            self.multiply(rows, products);
            return;
        }
        std::thread::scope(|scope| {
            for (rows, products) in
                rows.chunks(share * self.inner).zip(products.chunks_mut(share * self.outer))
            {
                scope.spawn(move || self.multiply(rows, products));
            }
        });
    }
}

/// A product to be made with whatever vector unit there is.
struct Multiplication<'a> {
    multiplier: &'a Multiplier,
    rows: &'a [f32],
    products: &'a mut [f32],
}

impl pulp::WithSimd for Multiplication<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) {
        let Multiplier { inner, outer, .. } = *self.multiplier;
        // The values of a band's rows side by side, so that they are read in one go.
        let mut band = vec![[0.0_f32; BAND]; inner];
        for (rows, products) in self.rows.chunks(inner * BAND).zip(self.products.chunks_mut(outer * BAND)) {
            for (number, row) in rows.chunks_exact(inner).enumerate() {
                band.iter_mut().zip(row).for_each(|(side_by_side, value)| side_by_side[number] = *value);
            }
            match TILE / S::F32_LANES {
                1 => self.multiplier.multiply_band::<S, 1>(simd, &band, products),
                2 => self.multiplier.multiply_band::<S, 2>(simd, &band, products),
                4 => self.multiplier.multiply_band::<S, 4>(simd, &band, products),
                _ => self.multiplier.multiply_band_plainly(&band, products),
            }
        }
    }
}

impl Multiplier {
    /// `VECTORS` vectors make a tile.
    #[inline(always)]
    fn multiply_band<S: pulp::Simd, const VECTORS: usize>(
        &self,
        simd: S,
        band: &[[f32; BAND]],
        products: &mut [f32],
    ) {
        for (number, tile) in self.tiles.chunks_exact(self.inner * TILE).enumerate() {
            let mut sums = [[simd.splat_f32s(0.0); VECTORS]; BAND];
            let (vectors, _) = S::as_simd_f32s(tile);
            for (values, factors) in vectors.as_chunks::<VECTORS>().0.iter().zip(band) {
                for row in 0..BAND {
                    let factor = simd.splat_f32s(factors[row]);
                    for at in 0..VECTORS {
                        sums[row][at] = simd.mul_add_f32s(factor, values[at], sums[row][at]);
                    }
                }
            }
            let start = number * TILE;
            let width = TILE.min(self.outer - start);
            for (product, sums) in products.chunks_exact_mut(self.outer).zip(&sums) {
                let mut tile = [0.0_f32; TILE];
                S::as_mut_simd_f32s(&mut tile).0.copy_from_slice(sums);
                product[start..start + width].copy_from_slice(&tile[..width]);
            }
        }
    }

    /// For machines without vectors that fit.
    fn multiply_band_plainly(&self, band: &[[f32; BAND]], products: &mut [f32]) {
        for (number, tile) in self.tiles.chunks_exact(self.inner * TILE).enumerate() {
            let start = number * TILE;
            let width = TILE.min(self.outer - start);
            for (row, product) in products.chunks_exact_mut(self.outer).enumerate() {
                let product = &mut product[start..start + width];
                product.fill(0.0);
                for (values, factors) in tile.as_chunks::<TILE>().0.iter().zip(band) {
                    for (sum, value) in product.iter_mut().zip(values) {
                        *sum += factors[row] * value;
                    }
                }
            }
        }
    }
}

/// Left transposed times right, for two matrices with as many rows, `left_width` and `right_width` wide.
pub(super) fn transposed_product(
    left: &[f32],
    left_width: usize,
    right: &[f32],
    right_width: usize,
    threads: usize,
) -> Vec<f64> {
    let mut totals = vec![0.0_f64; left_width * right_width];
    let mut products = vec![0.0_f32; left_width * right_width];
    let mut columns = vec![0.0_f32; left_width * CHUNK_ROWS];
    if totals.is_empty() {
        return totals;
    }
    for (left, right) in left.chunks(left_width * CHUNK_ROWS).zip(right.chunks(right_width * CHUNK_ROWS)) {
        let rows = left.len() / left_width;
        for (row, values) in left.chunks_exact(left_width).enumerate() {
            for (column, value) in values.iter().enumerate() {
                columns[column * rows + row] = *value;
            }
        }
        let right = Multiplier::new(right, rows, right_width);
        right.multiply_with(&columns[..rows * left_width], &mut products, threads);
        for (total, product) in totals.iter_mut().zip(&products) {
            *total += f64::from(*product);
        }
    }
    totals
}

/// The matrix that maps `left` to `right` with the least squared error and small numbers. `ridge` is what is
/// added to the diagonal, as a share of its mean. None if there is no such matrix.
pub(super) fn ridge_map(
    left: &[f32],
    left_width: usize,
    right: &[f32],
    right_width: usize,
    ridge: f64,
    threads: usize,
) -> Option<Vec<f32>> {
    let gram = transposed_product(left, left_width, left, left_width, threads);
    let mut gram = DMatrix::from_row_slice(left_width, left_width, &gram);
    let mean = gram.trace() / left_width as f64;
    if !mean.is_finite() {
        return None;
    }
    for at in 0..left_width {
        gram[(at, at)] += (ridge * mean).max(f64::MIN_POSITIVE);
    }
    let target = transposed_product(left, left_width, right, right_width, threads);
    let map = Cholesky::new(gram)?.solve(&DMatrix::from_row_slice(left_width, right_width, &target));
    Some(map.transpose().iter().map(|value| *value as f32).collect())
}

/// The `kept` directions in which `rows` reach farthest from the origin, as a matrix of `width` rows and
/// `kept` columns, the farthest first. Products of rows are kept best by these. None if they can't be found.
pub(super) fn main_directions(rows: &[f32], width: usize, kept: usize, threads: usize) -> Option<Vec<f32>> {
    let moments = transposed_product(rows, width, rows, width, threads);
    let eigen = SymmetricEigen::try_new(DMatrix::from_row_slice(width, width, &moments), 1e-12, 100 * width)?;
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]).then(a.cmp(b)));
    let mut directions = vec![0.0_f32; width * kept];
    for (to, from) in order.into_iter().take(kept).enumerate() {
        let column = eigen.eigenvectors.column(from);
        // A direction and its opposite serve as well: the largest value decides, so that it is always the same.
        let largest =
            column.iter().fold(0.0_f64, |best, value| if value.abs() > best.abs() { *value } else { best });
        let sign = if largest < 0.0 { -1.0 } else { 1.0 };
        for (row, value) in column.iter().enumerate() {
            directions[row * kept + to] = (sign * value) as f32;
        }
    }
    directions.iter().all(|value| value.is_finite()).then_some(directions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::test_models::made_up;

    fn naive(left: &[f32], inner: usize, right: &[f32], outer: usize) -> Vec<f32> {
        let rows = left.len() / inner;
        let mut product = vec![0.0; rows * outer];
        for row in 0..rows {
            for at in 0..inner {
                for column in 0..outer {
                    product[row * outer + column] += left[row * inner + at] * right[at * outer + column];
                }
            }
        }
        product
    }

    #[test]
    fn products_are_right_for_widths_that_fill_no_tile_and_the_same_with_any_number_of_threads() {
        let (rows, inner, outer) = (11, 7, 21);
        let (left, right) = (made_up(rows * inner, 1), made_up(inner * outer, 2));
        let multiplier = Multiplier::new(&right, inner, outer);
        let mut products = vec![0.0; rows * outer];
        multiplier.multiply(&left, &mut products);
        for (given, expected) in products.iter().zip(naive(&left, inner, &right, outer)) {
            assert!((given - expected).abs() < 1e-5);
        }
        let mut plainly = vec![0.0; BAND * outer];
        let band: Vec<[f32; BAND]> =
            (0..inner).map(|at| std::array::from_fn(|row| left[row * inner + at])).collect();
        multiplier.multiply_band_plainly(&band, &mut plainly);
        for (given, expected) in plainly.iter().zip(&products) {
            assert!((given - expected).abs() < 1e-5);
        }
        for threads in [2, 3, 16] {
            let mut again = vec![0.0; rows * outer];
            multiplier.multiply_with(&left, &mut again, threads);
            assert_eq!(again, products);
        }
    }

    #[test]
    fn a_linear_map_is_found_again() {
        let (rows, from, to) = (900, 6, 4);
        let (left, map) = (made_up(rows * from, 3), made_up(from * to, 4));
        let right = naive(&left, from, &map, to);
        let found = ridge_map(&left, from, &right, to, 1e-6, 2).unwrap();
        for (given, expected) in found.iter().zip(&map) {
            assert!((given - expected).abs() < 1e-3, "{given} {expected}");
        }
    }

    #[test]
    fn the_directions_kept_are_those_that_the_rows_lie_in() {
        let (rows, width) = (200, 8);
        let plane = made_up(2 * width, 5);
        let values = naive(&made_up(rows * 2, 6), 2, &plane, width);
        let directions = main_directions(&values, width, 2, 2).unwrap();
        let mut projected = vec![0.0; rows * 2];
        Multiplier::new(&directions, width, 2).multiply(&values, &mut projected);
        for (row, two) in values.chunks(width).zip(projected.chunks(2)) {
            let (whole, kept): (f32, f32) =
                (row.iter().map(|value| value * value).sum(), two.iter().map(|value| value * value).sum());
            assert!((whole - kept).abs() < 1e-3 * whole.max(0.1));
        }
    }

    #[test]
    fn what_is_no_number_gives_no_map() {
        assert!(ridge_map(&[f32::NAN, 1.0], 1, &[1.0, 1.0], 1, 0.1, 1).is_none());
    }
}

//! How far a model finds the same neighbours as the teacher, on passages it didn't learn from. Vectors in,
//! shares out; knows nothing of texts.

use super::matrix::Multiplier;
use std::cmp::Ordering;

/// Neighbours that are compared.
const NEIGHBOURS: usize = 10;
/// A gain below this could be chance, and is not worth embedding everything again.
const GAIN_LEAST: f64 = 0.01;

/// What the held-out passages said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Passages it was measured on.
    pub passages: usize,
    /// Share of the teacher's ten nearest that the generic model finds too, 0 to 1.
    pub generic: f64,
    /// The same for the fitted model.
    pub fitted: f64,
}

impl Agreement {
    /// Whether the fitted model is worth changing to.
    #[must_use]
    pub fn is_better(&self) -> bool {
        self.fitted >= self.generic + GAIN_LEAST
    }
}

/// Share of each passage's ten nearest by `teacher` that are among its ten nearest by `model`, on average.
/// Both hold one vector of length 1 per passage, or an empty one, which is near to nothing. Fewer than ten
/// others make the list shorter. Zero if there is nothing to compare.
#[must_use]
pub fn agreement(teacher: &[Vec<f32>], model: &[Vec<f32>]) -> f64 {
    let count = teacher.len().min(model.len());
    let (wanted, found) = (neighbours(&teacher[..count]), neighbours(&model[..count]));
    let (mut shares, mut measured) = (0.0, 0_usize);
    for (wanted, found) in wanted.iter().zip(&found).filter(|(wanted, _)| !wanted.is_empty()) {
        let same = wanted.iter().filter(|passage| found.contains(passage)).count();
        shares += same as f64 / wanted.len() as f64;
        measured += 1;
    }
    if measured == 0 { 0.0 } else { shares / measured as f64 }
}

/// The nearest others of each vector.
fn neighbours(vectors: &[Vec<f32>]) -> Vec<Vec<usize>> {
    let width = vectors.iter().map(Vec::len).max().unwrap_or(0);
    let mut columns = vec![0.0_f32; width * vectors.len()];
    for (at, vector) in vectors.iter().enumerate() {
        for (row, value) in vector.iter().enumerate() {
            columns[row * vectors.len() + at] = *value;
        }
    }
    let columns = Multiplier::new(&columns, width, vectors.len());
    let mut cosines = vec![0.0; vectors.len()];
    let nearest_of = |(at, vector): (usize, &Vec<f32>)| {
        if vector.len() != width || width == 0 {
            return Vec::new();
        }
        columns.multiply(vector, &mut cosines);
        let mut others: Vec<usize> =
            (0..vectors.len()).filter(|other| *other != at && vectors[*other].len() == width).collect();
        let by_nearness =
            |a: &usize, b: &usize| -> Ordering { cosines[*b].total_cmp(&cosines[*a]).then(a.cmp(b)) };
        if others.len() > NEIGHBOURS {
            others.select_nth_unstable_by(NEIGHBOURS, by_nearness);
            others.truncate(NEIGHBOURS);
        }
        others
    };
    vectors.iter().enumerate().map(nearest_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::{test_models::made_up, to_unit_length};

    fn vectors(count: usize, seed: u64) -> Vec<Vec<f32>> {
        made_up(count * 8, seed).chunks(8).map(|row| to_unit_length(row.to_vec())).collect()
    }

    #[test]
    fn a_model_agrees_with_itself_and_hardly_with_chance() {
        let (one, other) = (vectors(300, 1), vectors(300, 2));
        assert_eq!(agreement(&one, &one), 1.0);
        assert!(agreement(&one, &other) < 0.1);
    }

    #[test]
    fn texts_without_vectors_are_near_to_nothing() {
        let mut with_gaps = vectors(40, 3);
        let whole = with_gaps.clone();
        with_gaps[7].clear();
        let share = agreement(&whole, &with_gaps);
        assert!(share > 0.8 && share < 1.0, "{share}");
        assert_eq!(agreement(&[vec![], vec![]], &[vec![], vec![]]), 0.0);
        assert_eq!(agreement(&[], &[]), 0.0);
    }

    #[test]
    fn only_a_gain_that_is_not_chance_is_worth_a_change() {
        let judged = |fitted| Agreement { passages: 500, generic: 0.4, fitted }.is_better();
        assert!(!judged(0.39) && !judged(0.405) && judged(0.42));
    }
}

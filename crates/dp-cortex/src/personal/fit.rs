//! Fits a table of tokens to a teacher: a linear map from the generic table first, then a correction for the
//! row of every token that occurs. Tokens and vectors in, a model out. Deterministic; works in memory only.

use super::{
    Origin, PersonalError, PersonalModel, Stage, Watch, bring_halves_to_unit_length,
    features::{BLOCK, Features},
    matrix::{Multiplier, main_directions, ridge_map},
    tell,
};
use crate::embed::{TextEmbedder as _, static_table::StaticModel};
use dp_lake::VectorModel;

/// Fewer passages than this teach nothing that holds for others.
pub(super) const PASSAGES_LEAST: usize = 50;
/// What the fitted table may take.
const TABLE_BYTES_MAX: usize = 512 << 20;

/// Tokens whose rows are mapped together.
const TOKENS_AT_ONCE: usize = 1_024;

/// How the fit is made. The numbers were chosen on collections of abstracts; results change little when they
/// are halved or doubled.
#[derive(Debug, Clone, PartialEq)]
pub struct FitOptions {
    /// A token that is this share of all tokens counts half.
    pub token_prior: f64,
    /// What is added to the diagonal when the linear map is solved, as a share of the diagonal's mean.
    pub map_ridge: f64,
    /// The same for the corrections of rows, in squared features.
    pub token_ridge: f32,
    /// Values of a vector, at most.
    pub width: usize,
    /// Threads to work with. The result doesn't depend on it.
    pub threads: usize,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self { token_prior: 1e-3, map_ridge: 0.08, token_ridge: 0.005, width: 256, threads: 2 }
    }
}

/// Fits `generic` to what `teacher` made of `passages`: one vector each, empty where it had none. `name` is
/// the model's; its hash is that of the file it is saved as.
///
/// # Errors
/// When there are too few passages, the vectors don't belong to them, or `watch` says to stop.
pub fn fit(
    name: &str,
    passages: &[String],
    teacher: (&VectorModel, &[Vec<f32>]),
    generic: &StaticModel,
    options: &FitOptions,
    watch: &mut Watch<'_>,
) -> Result<PersonalModel, PersonalError> {
    let (teacher_model, vectors) = teacher;
    let taught_width = checked_width(passages.len(), vectors)?;
    let texts: Vec<&str> = passages.iter().map(String::as_str).collect();
    let mut tokens = generic.tokens(&texts)?;
    let mut usable = vectors.iter().map(|vector| !vector.is_empty());
    // Each passage with its vector, or not at all.
    tokens.iter_mut().for_each(|tokens| {
        if !usable.next().unwrap_or(false) {
            tokens.clear();
        }
    });
    let mut target: Vec<f32> = vectors
        .iter()
        .zip(&tokens)
        .filter(|(_, tokens)| !tokens.is_empty())
        .flat_map(|(v, _)| v)
        .copied()
        .collect();
    tokens.retain(|tokens| !tokens.is_empty());
    if tokens.len() < PASSAGES_LEAST {
        return Err(PersonalError::TooFew { given: tokens.len(), least: PASSAGES_LEAST });
    }
    let sizes = Sizes::new(generic, taught_width)?;

    tell(watch, Stage::Fitting, 0, sizes.steps())?;
    centre(&mut target, taught_width);
    let features = Features::new(&tokens, options.token_prior);
    let fitted = Fitted::new(&features, &mut target, generic, &sizes, options, watch)?;
    let rows = fitted.rows(&features, generic, &sizes);

    tell(watch, Stage::Fitting, sizes.steps() - 1, sizes.steps())?;
    let width = options.width.clamp(1, sizes.both());
    let projection = projection(&rows, &tokens, &sizes, width, options.threads)?;
    let origin = Origin {
        generic: generic.model().clone(),
        teacher: teacher_model.clone(),
        passages: tokens.len(),
        tokens_max: generic.tokens_max(),
    };
    let model =
        PersonalModel::from_parts(name, origin, rows, &projection, width, generic.tokenizer().clone());
    tell(watch, Stage::Fitting, sizes.steps(), sizes.steps())?;
    model
}

/// Widths and counts that every part of the fit needs.
struct Sizes {
    generic: usize,
    taught: usize,
    tokens: usize,
}

impl Sizes {
    fn new(generic: &StaticModel, taught: usize) -> Result<Self, PersonalError> {
        let sizes = Self { generic: generic.model().width as usize, taught, tokens: generic.token_count() };
        let bytes = sizes.tokens * sizes.both() * 2;
        if bytes > TABLE_BYTES_MAX {
            return Err(PersonalError::TooLarge { tokens: sizes.tokens, bytes, bytes_max: TABLE_BYTES_MAX });
        }
        Ok(sizes)
    }

    /// Values of a row: generic and fitted ones.
    fn both(&self) -> usize {
        self.generic + self.taught
    }

    /// The map, each block of corrections, and the compression.
    fn steps(&self) -> usize {
        self.taught.div_ceil(BLOCK) + 2
    }
}

/// The width of the teacher's vectors.
fn checked_width(passages: usize, vectors: &[Vec<f32>]) -> Result<usize, PersonalError> {
    if passages != vectors.len() {
        let reason = format!("{} vectors for {passages} passages", vectors.len());
        return Err(PersonalError::Teacher(reason));
    }
    let width = vectors.iter().map(Vec::len).find(|width| *width > 0).unwrap_or(0);
    if let Some(other) = vectors.iter().map(Vec::len).find(|other| *other > 0 && *other != width) {
        return Err(PersonalError::Teacher(format!("some are {width} wide, others {other}")));
    }
    if vectors.iter().flatten().any(|value| !value.is_finite()) {
        return Err(PersonalError::Teacher("they hold what is no number".to_owned()));
    }
    Ok(width)
}

/// Moves the rows so that their mean is zero, and gives the mean that was.
fn centre(rows: &mut [f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f64; width];
    for row in rows.chunks_exact(width) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let count = (rows.len() / width.max(1)).max(1) as f64;
    let mean: Vec<f32> = sums.into_iter().map(|sum| (sum / count) as f32).collect();
    for row in rows.chunks_exact_mut(width) {
        row.iter_mut().zip(&mean).for_each(|(value, mean)| *value -= mean);
    }
    mean
}

/// The linear map, and the corrections of the tokens that occur.
struct Fitted {
    /// Mean of the passages' weighted generic vectors.
    middle: Vec<f32>,
    map: Multiplier,
    /// One row per token that occurs.
    corrections: Vec<f32>,
    threads: usize,
}

impl Fitted {
    fn new(
        features: &Features,
        target: &mut [f32],
        generic: &StaticModel,
        sizes: &Sizes,
        options: &FitOptions,
        watch: &mut Watch<'_>,
    ) -> Result<Self, PersonalError> {
        let threads = options.threads.max(1);
        let rows = generic_rows(generic, features.tokens.iter().copied(), sizes.generic);
        let mut means = features.means(&rows, sizes.generic);
        let middle = centre(&mut means, sizes.generic);
        let map = ridge_map(&means, sizes.generic, target, sizes.taught, options.map_ridge, threads)
            .ok_or(PersonalError::Unsolvable("no linear map from the static table to the teacher"))?;
        let map = Multiplier::new(&map, sizes.generic, sizes.taught);
        let mut explained = vec![0.0; target.len()];
        map.multiply_with(&means, &mut explained, threads);
        target.iter_mut().zip(&explained).for_each(|(value, explained)| *value -= explained);
        drop((explained, means));
        let corrections = solve_in_blocks(features, target, sizes, options, watch)?;
        Ok(Self { middle, map, corrections, threads })
    }

    /// The rows of the fitted model: generic values, then weighted fitted ones. The middle is taken off each
    /// token's row, which is the same as taking it off the mean.
    fn rows(&self, features: &Features, generic: &StaticModel, sizes: &Sizes) -> Vec<f32> {
        let mut rows = vec![0.0; sizes.tokens * sizes.both()];
        let mut mapped = vec![0.0; TOKENS_AT_ONCE * sizes.taught];
        for (number, rows) in rows.chunks_mut(TOKENS_AT_ONCE * sizes.both()).enumerate() {
            let first = number * TOKENS_AT_ONCE;
            let count = rows.len() / sizes.both();
            let mut moved = generic_rows(generic, first as u32..(first + count) as u32, sizes.generic);
            for (row, generic) in
                rows.chunks_exact_mut(sizes.both()).zip(moved.chunks_exact_mut(sizes.generic))
            {
                row[..sizes.generic].copy_from_slice(generic);
                generic.iter_mut().zip(&self.middle).for_each(|(value, middle)| *value -= middle);
            }
            let mapped = &mut mapped[..count * sizes.taught];
            self.map.multiply_with(&moved, mapped, self.threads);
            for (row, mapped) in rows.chunks_exact_mut(sizes.both()).zip(mapped.chunks_exact(sizes.taught)) {
                row[sizes.generic..].copy_from_slice(mapped);
            }
        }
        // A token that never occurred is as rare as can be: it counts fully, uncorrected.
        let seen = features.tokens.iter().zip(&features.weights);
        for ((token, weight), correction) in seen.zip(self.corrections.chunks_exact(sizes.taught)) {
            let start = *token as usize * sizes.both() + sizes.generic;
            // Tokens beyond the table have no row to correct.
            let Some(fitted) = rows.get_mut(start..start + sizes.taught) else { continue };
            for (value, correction) in fitted.iter_mut().zip(correction) {
                *value = weight * (*value + correction);
            }
        }
        rows
    }
}

fn generic_rows(generic: &StaticModel, tokens: impl ExactSizeIterator<Item = u32>, width: usize) -> Vec<f32> {
    let mut rows = vec![0.0; tokens.len() * width];
    for (token, row) in tokens.zip(rows.chunks_exact_mut(width)) {
        generic.add_rows(&[token], row);
    }
    rows
}

/// Solves for the corrections, a block of columns on each thread.
fn solve_in_blocks(
    features: &Features,
    target: &[f32],
    sizes: &Sizes,
    options: &FitOptions,
    watch: &mut Watch<'_>,
) -> Result<Vec<f32>, PersonalError> {
    let width = sizes.taught;
    let mut corrections = vec![0.0; features.tokens.len() * width];
    let starts: Vec<usize> = (0..width).step_by(BLOCK).collect();
    for (done, starts) in starts.chunks(options.threads.max(1)).enumerate() {
        tell(watch, Stage::Fitting, 1 + done * options.threads.max(1), sizes.steps())?;
        let solved: Vec<Option<Vec<f32>>> = std::thread::scope(|scope| {
            let threads: Vec<_> = starts
                .iter()
                .map(|start| {
                    let columns = *start..(start + BLOCK).min(width);
                    scope.spawn(move || {
                        let block: Vec<f32> = target
                            .chunks_exact(width)
                            .flat_map(|row| &row[columns.clone()])
                            .copied()
                            .collect();
                        features.solve(&block, columns.len(), options.token_ridge.max(1e-6))
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().ok()).collect()
        });
        for (start, solved) in starts.iter().zip(solved) {
            let solved = solved.ok_or(PersonalError::Unsolvable("a thread of the solver died"))?;
            let columns = *start..(start + BLOCK).min(width);
            for (row, solved) in corrections.chunks_exact_mut(width).zip(solved.chunks_exact(columns.len())) {
                row[columns.clone()].copy_from_slice(solved);
            }
        }
    }
    Ok(corrections)
}

/// The directions that the passages' vectors lie in, as a matrix of both halves by `width`.
fn projection(
    rows: &[f32],
    tokens: &[Vec<u32>],
    sizes: &Sizes,
    width: usize,
    threads: usize,
) -> Result<Vec<f32>, PersonalError> {
    let both = sizes.both();
    let mut halves = vec![0.0; tokens.len() * both];
    for (tokens, halves) in tokens.iter().zip(halves.chunks_exact_mut(both)) {
        for token in tokens {
            let start = *token as usize * both;
            if let Some(row) = rows.get(start..start + both) {
                halves.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
        }
        bring_halves_to_unit_length(halves, sizes.generic);
    }
    main_directions(&halves, both, width, threads)
        .ok_or(PersonalError::Unsolvable("the vectors can't be compressed"))
}

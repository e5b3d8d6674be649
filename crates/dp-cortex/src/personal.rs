//! A static model fitted to one person's texts, with a slow model as teacher: passages and the teacher's
//! vectors go in, a table of tokens comes out that agrees with the teacher better than the generic table,
//! at a static model's speed. Doesn't read the lake, and doesn't decide which model is in use.

mod agreement;
mod features;
mod file;
mod fit;
mod lesson;
mod matrix;
mod sample;

pub use agreement::{Agreement, agreement};
pub use file::{MODEL_FILE, TOKENIZER_FILE};
pub use fit::{FitOptions, fit};
pub use lesson::{Lesson, personalise};
pub use sample::{PASSAGE_BYTES_MAX, SAMPLE_MAX, SampleItem, choose_sample, sample_vault};

use crate::embed::{
    EmbedError, Pace, Purpose, TextEmbedder,
    table::Table,
    to_unit_length,
    tokens::{Reader, Tokens},
};
use dp_lake::VectorModel;
use matrix::Multiplier;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Texts whose halves are projected together.
const BATCH: usize = 64;

/// Why no personal model was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PersonalError {
    /// Too little to learn from.
    #[error(
        "{given} different passages are too few to learn from; at least {least} are needed: import more first"
    )]
    TooFew {
        /// Usable passages.
        given: usize,
        /// How many are needed.
        least: usize,
    },
    /// The table of the generic model has so many tokens that a fitted one would not fit into memory.
    #[error(
        "the static model has {tokens} tokens; a fitted table of {bytes} bytes is more than the {bytes_max} allowed: use a smaller static model"
    )]
    TooLarge {
        /// Tokens of the generic model.
        tokens: usize,
        /// What the fitted table would take.
        bytes: usize,
        /// What it may take.
        bytes_max: usize,
    },
    /// The teacher's vectors are not one per passage, of one width, or are no numbers.
    #[error("the teacher's vectors can't be learned from: {0}")]
    Teacher(String),
    /// The equations have no solution in numbers.
    #[error("the fit failed: {0}")]
    Unsolvable(&'static str),
    /// It was told to stop.
    #[error("stopped before it was done; nothing was changed")]
    Cancelled,
    /// A model failed.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// The model's files can't be written.
    #[error("could not write the personal model to {}: {source}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// What the making of a personal model is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The teacher embeds the passages: nearly all of the time.
    Teaching,
    /// The table is fitted.
    Fitting,
    /// The fitted table is compared with the generic one.
    Judging,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// What it is busy with.
    pub stage: Stage,
    /// Units of this stage that are done.
    pub done: usize,
    /// Units of this stage.
    pub all: usize,
}

/// Is told of progress between two steps. It may wait before it returns, so that searches and imports go
/// first; `Break` stops the work.
pub type Watch<'a> = dyn FnMut(Progress) -> std::ops::ControlFlow<()> + 'a;

fn tell(watch: &mut Watch<'_>, stage: Stage, done: usize, all: usize) -> Result<(), PersonalError> {
    match watch(Progress { stage, done, all }) {
        std::ops::ControlFlow::Continue(()) => Ok(()),
        std::ops::ControlFlow::Break(()) => Err(PersonalError::Cancelled),
    }
}

/// What a personal model was made from; kept in its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The static model that was fitted.
    pub generic: VectorModel,
    /// The model that taught.
    pub teacher: VectorModel,
    /// Passages it learned from.
    pub passages: usize,
    /// Tokens of a text that are looked at.
    pub tokens_max: usize,
}

/// A fitted static model. A text's vector: the sums of its tokens' generic and fitted rows, each brought to
/// length 1, side by side, projected to the model's width. The same for queries and passages.
#[derive(Debug)]
pub struct PersonalModel {
    model: VectorModel,
    origin: Origin,
    /// Rows by token: the generic model's values, then the fitted ones times the token's weight.
    table: Table,
    projection: Multiplier,
    tokens: Tokens,
}

impl PersonalModel {
    /// What it was made from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Both halves of a text's vector, each of length 1, into `halves`. False for a text without known tokens.
    fn read_halves(
        &self,
        reader: &mut Reader<'_>,
        text: &str,
        tokens: &mut Vec<u32>,
        halves: &mut [f32],
    ) -> Result<bool, EmbedError> {
        reader.read(text, tokens)?;
        halves.fill(0.0);
        if self.table.add(tokens, halves) == 0 {
            return Ok(false);
        }
        bring_halves_to_unit_length(halves, self.origin.generic.width as usize);
        Ok(true)
    }
}

fn bring_halves_to_unit_length(halves: &mut [f32], generic_width: usize) {
    let (generic, fitted) = halves.split_at_mut(generic_width);
    bring_to_unit_length(generic);
    bring_to_unit_length(fitted);
}

fn bring_to_unit_length(values: &mut [f32]) {
    let square: f32 = values.iter().map(|value| value * value).sum();
    if square > 0.0 && square.is_finite() {
        let scale = square.sqrt().recip();
        values.iter_mut().for_each(|value| *value *= scale);
    }
}

impl TextEmbedder for PersonalModel {
    fn model(&self) -> &VectorModel {
        &self.model
    }

    fn pace(&self) -> Pace {
        Pace::Pipeline
    }

    fn embed(&self, texts: &[&str], _purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let (inner, outer) = (self.projection.inner(), self.projection.outer());
        let mut reader = self.tokens.reader()?;
        let mut tokens = Vec::new();
        let mut halves = vec![0.0; BATCH * inner];
        let mut projected = vec![0.0; BATCH * outer];
        let mut vectors = Vec::with_capacity(texts.len());
        for texts in texts.chunks(BATCH) {
            let mut is_known = [false; BATCH];
            for ((text, halves), known) in texts.iter().zip(halves.chunks_exact_mut(inner)).zip(&mut is_known)
            {
                *known = self.read_halves(&mut reader, text, &mut tokens, halves)?;
            }
            self.projection.multiply(&halves[..texts.len() * inner], &mut projected[..texts.len() * outer]);
            vectors.extend(
                projected
                    .chunks_exact(outer)
                    .zip(&is_known)
                    .take(texts.len())
                    .map(|(vector, known)| if *known { to_unit_length(vector.to_vec()) } else { Vec::new() }),
            );
        }
        Ok(vectors)
    }
}

#[cfg(test)]
mod tests;

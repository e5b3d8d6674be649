//! Static models, as model2vec and wordllama make them: a text's vector is the mean of its tokens' rows in
//! a table, at length 1. A hundred thousand texts a second and more; knows nothing of word order.

use super::{EmbedError, Pace, Purpose, TextEmbedder, table::Table, to_unit_length, tokens::Tokens};
use dp_lake::VectorModel;
use std::{borrow::Cow, path::Path};

pub use super::tokens::TokenizerSource;

/// Tokens that are looked at unless the model says otherwise.
pub const TOKENS_MAX_DEFAULT: usize = 512;

/// A table of token vectors with its tokenizer.
#[derive(Debug)]
pub struct StaticModel {
    model: VectorModel,
    table: Table,
    tokens: Tokens,
}

impl StaticModel {
    /// A model from the bytes of a safetensors file with one table of two dimensions (f16 or f32) and, if
    /// there are, `weights` and a `mapping` by token. `path` is named in messages; `tokens_max` is how many
    /// tokens of a text are looked at. The tokenizer is read when it is first needed.
    ///
    /// # Errors
    /// When the table is truncated, not one, or holds what is no number.
    pub fn new(
        name: &str,
        hash: &str,
        table: impl Into<Cow<'static, [u8]>>,
        path: &Path,
        tokenizer: TokenizerSource,
        tokens_max: usize,
    ) -> Result<Self, EmbedError> {
        let table = Table::parse(table.into(), path)?;
        let model = VectorModel { name: name.to_owned(), hash: hash.to_owned(), width: table.width() as u32 };
        Ok(Self { model, table, tokens: Tokens::new(tokenizer, name, tokens_max.max(1)) })
    }

    /// Rows of its table: token numbers that have one are below, unless the model maps them.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.table.rows()
    }

    /// Token numbers that may have a row are below.
    pub(crate) fn token_count(&self) -> usize {
        self.table.tokens()
    }

    /// Tokens of a text that are looked at.
    pub(crate) fn tokens_max(&self) -> usize {
        self.tokens.tokens_max()
    }

    /// Where its tokenizer is.
    pub(crate) fn tokenizer(&self) -> &TokenizerSource {
        self.tokens.source()
    }

    /// The tokens of each text, without unknown ones: what a fitted table counts and weighs.
    ///
    /// # Errors
    /// When the tokenizer can't be read.
    pub fn tokens(&self, texts: &[&str]) -> Result<Vec<Vec<u32>>, EmbedError> {
        let mut reader = self.tokens.reader()?;
        texts
            .iter()
            .map(|text| {
                let mut tokens = Vec::new();
                reader.read(text, &mut tokens).map(|()| tokens)
            })
            .collect()
    }

    /// Adds the rows of these tokens, weighted as the model says, to `sum`, which must be as wide as the
    /// model. Gives how many of them have a row.
    pub fn add_rows(&self, tokens: &[u32], sum: &mut [f32]) -> usize {
        self.table.add(tokens, sum)
    }
}

impl TextEmbedder for StaticModel {
    fn model(&self) -> &VectorModel {
        &self.model
    }

    fn pace(&self) -> Pace {
        Pace::Pipeline
    }

    fn embed(&self, texts: &[&str], _purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut reader = self.tokens.reader()?;
        let mut tokens = Vec::new();
        let mut vectors = Vec::with_capacity(texts.len());
        for text in texts {
            reader.read(text, &mut tokens)?;
            let mut sum = vec![0.0; self.table.width()];
            // The mean and the sum have the same direction.
            let known = self.table.add(&tokens, &mut sum);
            vectors.push(if known == 0 { Vec::new() } else { to_unit_length(sum) });
        }
        Ok(vectors)
    }
}

#[cfg(test)]
mod tests;

//! BERT-family encoders (BERT, RoBERTa, XLM-RoBERTa, MPNet) from the files that Hugging Face models consist
//! of. Texts in, vectors out; everything about a model is taken from its own files.

mod attention;
mod config;
mod encoder;
mod kernels;
mod operations;
mod weights;

pub(crate) use config::is_encoder;
pub use config::{EncoderOptions, Pooling};

use super::{
    EmbedError, Pace, Purpose, TextEmbedder, clipped, to_unit_length,
    tokens::{BYTES_PER_TOKEN_MAX, TokenizerSource, unknown_token},
};
use config::Architecture;
use dp_lake::VectorModel;
use encoder::{Encoder, Sequence};
use std::path::Path;
use tokenizers::{Tokenizer, TruncationParams};

/// The file with the weights.
pub const WEIGHTS_FILE: &str = "model.safetensors";
/// The file with the tokenizer.
pub const TOKENIZER_FILE: &str = "tokenizer.json";

/// Tokens that go through the encoder at once: enough to keep its matrices busy, few enough for the caches.
const BATCH_TOKENS: usize = 1_024;

/// A BERT-family encoder.
#[derive(Debug)]
pub struct BertModel {
    model: VectorModel,
    tokenizer: Tokenizer,
    unknown: Option<u32>,
    encoder: Encoder,
    options: EncoderOptions,
}

impl BertModel {
    /// Reads a model's files from a folder: `config.json`, `tokenizer.json`, `model.safetensors`. How it pools,
    /// how long texts may be and what is put before them is in `options`; [`EncoderOptions::read`] takes it
    /// from the folder.
    ///
    /// # Errors
    /// When a file is missing, truncated, of another width than `config.json` says, or holds what is no number.
    pub fn open(folder: &Path, name: &str, hash: &str, options: EncoderOptions) -> Result<Self, EmbedError> {
        let architecture = Architecture::read(folder)?;
        let encoder = Encoder::load(&architecture, &folder.join(WEIGHTS_FILE))?;
        let path = folder.join(TOKENIZER_FILE);
        let mut tokenizer = TokenizerSource::File(path.clone()).load()?;
        let tokens_max = options.tokens_max.clamp(3, architecture.tokens_max());
        let truncation = TruncationParams { max_length: tokens_max, ..TruncationParams::default() };
        tokenizer
            .with_truncation(Some(truncation))
            .map_err(|error| EmbedError::file(&path, error.to_string()))?;
        let most = tokenizer.get_vocab_size(true);
        if most > encoder.vocabulary() {
            let reason = format!(
                "it has {most} tokens, and the weights have {} rows: the files are of different models",
                encoder.vocabulary()
            );
            return Err(EmbedError::file(&path, reason));
        }
        Ok(Self {
            model: VectorModel {
                name: name.to_owned(),
                hash: hash.to_owned(),
                width: architecture.hidden as u32,
            },
            unknown: unknown_token(&tokenizer),
            options: EncoderOptions { tokens_max, ..options },
            tokenizer,
            encoder,
        })
    }

    fn sequence(&self, text: &str, prefix: &str) -> Result<Option<Sequence>, EmbedError> {
        let text = clipped(text.trim(), self.options.tokens_max * BYTES_PER_TOKEN_MAX);
        if text.is_empty() {
            return Ok(None);
        }
        let prefixed;
        let whole = if prefix.is_empty() {
            text
        } else {
            prefixed = format!("{prefix}{text}");
            &prefixed
        };
        let encoding =
            self.tokenizer.encode_fast(whole, true).map_err(|error| self.failed(error.to_string()))?;
        let special = encoding.get_special_tokens_mask();
        let is_known = |(id, special): (&u32, &u32)| *special == 0 && Some(*id) != self.unknown;
        // With a prefix some tokens are always known, which is right: the model was taught with it.
        let known = encoding.get_ids().iter().zip(special).any(is_known);
        Ok(known.then(|| encoding.get_ids().to_vec()))
    }

    fn failed(&self, reason: String) -> EmbedError {
        EmbedError::Compute { model: self.model.name.clone(), reason }
    }

    fn encode(&self, batch: &[(usize, Sequence)], vectors: &mut [Vec<f32>]) -> Result<(), EmbedError> {
        let sequences: Vec<&[u32]> = batch.iter().map(|(_, sequence)| sequence.as_slice()).collect();
        let pooled = self
            .encoder
            .encode(&sequences, self.options.pooling)
            .map_err(|error| self.failed(error.to_string()))?;
        for ((index, _), vector) in batch.iter().zip(pooled) {
            let vector = to_unit_length(vector);
            if vector.is_empty() {
                return Err(self.failed("it made a vector of what is no number; pull it again".to_owned()));
            }
            vectors[*index] = vector;
        }
        Ok(())
    }
}

impl TextEmbedder for BertModel {
    fn model(&self) -> &VectorModel {
        &self.model
    }

    fn pace(&self) -> Pace {
        Pace::Background
    }

    fn embed(&self, texts: &[&str], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let prefix = match purpose {
            Purpose::Query => &self.options.query_prefix,
            Purpose::Passage => &self.options.passage_prefix,
        };
        let mut vectors = vec![Vec::new(); texts.len()];
        let mut batch: Vec<(usize, Sequence)> = Vec::new();
        let mut tokens = 0;
        for (index, text) in texts.iter().enumerate() {
            let Some(sequence) = self.sequence(text, prefix)? else { continue };
            if tokens + sequence.len() > BATCH_TOKENS && !batch.is_empty() {
                self.encode(&batch, &mut vectors)?;
                batch.clear();
                tokens = 0;
            }
            tokens += sequence.len();
            batch.push((index, sequence));
        }
        if !batch.is_empty() {
            self.encode(&batch, &mut vectors)?;
        }
        Ok(vectors)
    }
}

#[cfg(test)]
mod tests;

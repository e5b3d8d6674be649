//! Text to vectors: one trait, and an implementation per kind of model. Texts come in, vectors of length 1
//! go out. What a document's text is, and where vectors are kept, is not decided here.

pub mod bert;
pub mod http;
pub mod static_table;
pub(crate) mod table;
#[cfg(test)]
pub(crate) mod test_models;
pub(crate) mod tokens;
mod word_cache;

use std::path::{Path, PathBuf};

/// How fast a model is, which decides where it may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Fast enough to keep up with an import.
    Pipeline,
    /// Slow: documents are embedded after the import, by a worker that yields.
    Background,
}

/// What a text is embedded for: some models were trained with different openings for the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Something a person looks for. Somebody waits, so nothing is tried twice.
    Query,
    /// Something that may be found.
    Passage,
}

/// Why texts could not be embedded, or a model not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// A model's file can't be read.
    #[error("could not read the model file {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A model's file can't be used: truncated, of the wrong width, holding what is no number.
    #[error("the model file {} can't be used: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The model's own arithmetic failed.
    #[error("the model {model} failed: {reason}")]
    Compute {
        /// Name of the model.
        model: String,
        /// What went wrong.
        reason: String,
    },
    /// An endpoint did not answer, or not as it should.
    #[error("the embedding endpoint {endpoint} {reason}")]
    Endpoint {
        /// Its address.
        endpoint: String,
        /// What it did, and what to do.
        reason: String,
    },
    /// The privacy log can't be written, so nothing was sent.
    #[error("nothing was sent to {endpoint}, because the privacy log {} can't be written: {source}", .path.display())]
    PrivacyLog {
        /// Where the call would have gone.
        endpoint: String,
        /// The log.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl EmbedError {
    pub(crate) fn file(path: &Path, reason: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn read(path: &Path, source: std::io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }
}

/// Makes vectors of texts. Vectors of two models are never compared.
pub trait TextEmbedder: Send + Sync {
    /// Its name, the hash of its files and how wide its vectors are.
    fn model(&self) -> &dp_lake::VectorModel;

    /// Where it may run.
    fn pace(&self) -> Pace;

    /// One vector per text, in their order, each as wide as the model and of length 1. A text without
    /// any token that the model knows gives an empty vector: there is nothing to compare. What is longer
    /// than the model takes is cut.
    ///
    /// # Errors
    /// When the model's files or its endpoint fail. Nothing about the texts themselves is an error.
    fn embed(&self, texts: &[&str], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError>;
}

/// Brings a vector to length 1; empty if it has no direction, or one that is no number.
#[must_use]
pub fn to_unit_length(mut vector: Vec<f32>) -> Vec<f32> {
    let square: f64 = vector.iter().map(|value| f64::from(*value) * f64::from(*value)).sum();
    if !square.is_finite() || square <= 0.0 {
        return Vec::new();
    }
    let scale = (1.0 / square.sqrt()) as f32;
    if !scale.is_finite() {
        return Vec::new();
    }
    for value in &mut vector {
        *value *= scale;
    }
    vector
}

/// The longest start of a text of at most this many bytes that ends between characters.
pub(crate) fn clipped(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_brought_to_length_one_and_those_without_direction_are_empty() {
        assert_eq!(to_unit_length(vec![3.0, 4.0]), [0.6, 0.8]);
        for nothing in [vec![], vec![0.0, 0.0], vec![f32::NAN, 1.0], vec![f32::INFINITY, 1.0]] {
            assert!(to_unit_length(nothing).is_empty());
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!((clipped("häuser", 2), clipped("häuser", 3), clipped("a", 9)), ("h", "hä", "a"));
    }
}

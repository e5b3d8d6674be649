//! Finding documents by meaning: what a model, a vector set and a passage are, and what is asked of
//! them. Vectors are a projection: a set belongs to one model and is made anew from the documents.

use crate::{Filter, TextQuery};
use dp_model::{Content, DocumentId};
use serde::{Deserialize, Serialize};

/// The model that makes the vectors of a set. Vectors of different models are never compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VectorModel {
    /// Its name: lower-case letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// Hexadecimal hash of its files, or whatever else tells two versions of one name apart.
    pub hash: String,
    /// Values of a vector.
    pub width: u32,
}

impl VectorModel {
    /// A name for the set of this model that may be a file's: `minilm-384-53aa51172d14`.
    #[must_use]
    pub fn key(&self) -> String {
        let plain = |text: &str, most: usize| -> String {
            let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let mapped = text.chars().map(|c| if kept(c) { c.to_ascii_lowercase() } else { '-' });
            mapped.take(most).collect()
        };
        format!("{}-{}-{}", plain(&self.name, 48).trim_start_matches('.'), self.width, plain(&self.hash, 12))
    }
}

/// A stretch of a document's text: byte offsets into [`Content::text`]. An empty stretch means the
/// document as a whole, as where there is no text beside the title.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Passage {
    /// Offset of its first byte.
    pub start: u32,
    /// Offset past its last byte.
    pub end: u32,
}

/// The vector of a passage.
#[derive(Debug, Clone, PartialEq)]
pub struct PassageVector {
    /// Which stretch of the document.
    pub passage: Passage,
    /// As many values as the model is wide, of length 1.
    pub values: Vec<f32>,
}

/// The vectors of one version of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentVectors {
    /// Which document.
    pub id: DocumentId,
    /// [`crate::content_hash`] of the content that was embedded: vectors of a version that is no longer
    /// the document are not kept.
    pub hash: [u8; 16],
    /// One per passage; none if there is nothing in it to compare.
    pub passages: Vec<PassageVector>,
}

/// A document that a set has no vectors of yet.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingDocument {
    /// Which document.
    pub id: DocumentId,
    /// As in [`DocumentVectors`].
    pub hash: [u8; 16],
    /// What it says.
    pub content: Content,
}

/// The vectors that one model made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VectorSet {
    /// The model.
    pub model: VectorModel,
    /// Documents it is done with, those without any passage included.
    pub documents: u64,
    /// Vectors.
    pub passages: u64,
    /// Documents it has no vectors of yet.
    pub pending: u64,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Bytes held in memory.
    pub memory_bytes: u64,
}

/// What is near this vector.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NearestQuery {
    /// Of the set's width; its length does not matter.
    pub vector: Vec<f32>,
    /// What the text must and must not hold all the same.
    pub text: TextQuery,
    /// Which documents.
    pub filter: Filter,
    /// Of documents that are exactly equally near, mostly one text that was noted many times, about so many
    /// are given, so that they don't keep out the rest; 0 gives all.
    pub equal_max: usize,
}

/// A document that is near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VectorHit {
    /// Which document.
    pub id: DocumentId,
    /// Its nearest passage.
    pub passage: Passage,
    /// Cosine of the angle between the passage and what was asked, -1 to 1.
    pub similarity: f32,
}

/// The nearest documents, and how near any document is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Nearest {
    /// Each document once, nearest first.
    pub hits: Vec<VectorHit>,
    /// Vectors that were compared.
    pub compared: u64,
    /// Mean similarity of all vectors of the set (of a sample, where there are many), filtered or not:
    /// what is near stands out from it.
    pub mean_similarity: f32,
    /// Standard deviation of the same.
    pub similarity_deviation: f32,
}

/// Why a text could not be embedded.
#[derive(Debug, thiserror::Error)]
#[error("the model {model} could not embed: {reason}")]
pub struct EmbedderError {
    /// Name of the model.
    pub model: String,
    /// What went wrong and what to do.
    pub reason: String,
}

/// Makes the vectors of documents. A vault that is given one keeps a set for it and feeds it every
/// document that is new or changed, on a thread of the vault's own.
pub trait Embedder: Send + Sync {
    /// The model it stands for.
    fn model(&self) -> &VectorModel;

    /// The passages of each content with their vectors, in the order of `contents`.
    ///
    /// # Errors
    /// When the model fails; the documents stay pending, and nothing else is affected.
    fn embed(&self, contents: &[&Content]) -> Result<Vec<Vec<PassageVector>>, EmbedderError>;
}

//! What is embedded of a document: one text for a short one, several that overlap for a long one, each with
//! the place it has in the document. Content comes in, texts go out; nothing is embedded here.

use crate::embed::{Purpose, TextEmbedder};
use dp_lake::{Embedder, EmbedderError, Passage, PassageVector, VectorModel};
use dp_model::Content;
use std::sync::Arc;
use unicode_segmentation::UnicodeSegmentation as _;

/// Passages of a document; what is behind them is found by its words only.
pub const PASSAGES_MAX: usize = 512;

/// A text of up to so many bytes is one passage.
const WHOLE_BYTES_MAX: usize = 1_600;

/// About what a passage of a longer text has.
const PASSAGE_BYTES: usize = 1_200;

/// About what neighbours share, so that what stands across a border is whole in one of them.
const OVERLAP_BYTES: usize = 200;

/// Titles and names are short; what is longer is text in the wrong field.
const CONTEXT_BYTES_MAX: usize = 300;

/// People that are named in a passage; a mail to a hundred is not about each of them.
const PEOPLE_MAX: usize = 4;

/// What is embedded of a document, or of a part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PassageText {
    /// Which stretch of the text it is; empty for a document that has no text.
    pub passage: Passage,
    /// What is embedded: the stretch, with what names the document.
    pub text: String,
}

/// The passages of a document, in order; none if there is no word in it. A short text is one, with title,
/// place and the names of people. Of a long one each begins and ends with a sentence where there are
/// sentences, shares about a sixth with its neighbour and carries the title; at most [`PASSAGES_MAX`].
/// Addresses of pages say where a thing is, not what it is about, and are left out.
#[must_use]
pub fn passages(content: &Content) -> Vec<PassageText> {
    let text = content.text.as_str();
    if text.len() > WHOLE_BYTES_MAX {
        let title = shortened(&content.title);
        return stretches(text)
            .filter(|passage| has_word(within(text, *passage)))
            .take(PASSAGES_MAX)
            .map(|passage| PassageText { passage, text: joined([title, within(text, passage)]) })
            .collect();
    }
    let place = content.place.as_ref().and_then(|place| place.name.as_deref().or(place.address.as_deref()));
    let names = content.people.iter().filter_map(|mention| mention.name.as_deref()).take(PEOPLE_MAX);
    let parts = [shortened(&content.title), text, place.map_or("", shortened)];
    let whole = joined(parts.into_iter().chain(names.map(shortened)));
    if !has_word(&whole) {
        return Vec::new();
    }
    let passage =
        if has_word(text) { Passage { start: 0, end: text.len() as u32 } } else { Passage::default() };
    vec![PassageText { passage, text: whole }]
}

/// Parts line by line, without empty ones and ones that are in an earlier part already.
fn joined<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut whole = String::new();
    for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
        if whole.contains(part) {
            continue;
        }
        if !whole.is_empty() {
            whole.push('\n');
        }
        whole.push_str(part);
    }
    whole
}

fn shortened(text: &str) -> &str {
    crate::embed::clipped(text, CONTEXT_BYTES_MAX)
}

fn has_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

fn within(text: &str, passage: Passage) -> &str {
    text.get(passage.start as usize..passage.end as usize).unwrap_or_default()
}

/// Stretches that cover a text, each but the first beginning within the one before.
fn stretches(text: &str) -> impl Iterator<Item = Passage> + '_ {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let start = next?;
        // Texts of more than 4 GB have no place in a passage, and are cut by the bound on records anyway.
        let end = end_of(text, start);
        next = (end < text.len()).then(|| overlapping_start(text, start, end));
        Some(Passage { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()? })
    })
}

/// Where the passage that begins at `start` ends: after the last sentence that fits, else after the last
/// word, else after the last character.
fn end_of(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    if rest.len() <= WHOLE_BYTES_MAX {
        return text.len();
    }
    let piece = &rest[..rest.floor_char_boundary(PASSAGE_BYTES)];
    let enough = PASSAGE_BYTES / 2;
    // The last sentence of the piece may go on behind it, so its end is not one.
    let sentence = piece.split_sentence_bound_indices().map(|(at, _)| at).last().filter(|at| *at >= enough);
    let word = || piece.rfind(char::is_whitespace).map(|at| at + 1).filter(|at| piece.is_char_boundary(*at));
    start + sentence.or_else(|| word().filter(|at| *at >= enough)).unwrap_or(piece.len())
}

/// Where the passage after one from `start` to `end` begins: at the first sentence of its last bytes, else
/// at the first word of them.
fn overlapping_start(text: &str, start: usize, end: usize) -> usize {
    let from = text.ceil_char_boundary(end.saturating_sub(OVERLAP_BYTES)).max(start + 1);
    let from = text.ceil_char_boundary(from);
    let Some(shared) = text.get(from..end) else { return end };
    let sentence = shared.split_sentence_bound_indices().map(|(at, _)| at).nth(1);
    let word = || shared.char_indices().find(|(_, c)| c.is_whitespace()).map(|(at, c)| at + c.len_utf8());
    from + sentence.or_else(word).unwrap_or(0)
}

/// Embeds documents with any model of texts: what a vault is given.
pub struct DocumentEmbedder {
    embedder: Arc<dyn TextEmbedder>,
}

impl std::fmt::Debug for DocumentEmbedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DocumentEmbedder").field("model", self.embedder.model()).finish()
    }
}

impl DocumentEmbedder {
    /// Over this model.
    #[must_use]
    pub fn new(embedder: Arc<dyn TextEmbedder>) -> Self {
        Self { embedder }
    }

    fn failed(&self, reason: impl ToString) -> EmbedderError {
        EmbedderError { model: self.embedder.model().name.clone(), reason: reason.to_string() }
    }
}

impl Embedder for DocumentEmbedder {
    fn model(&self) -> &VectorModel {
        self.embedder.model()
    }

    fn embed(&self, contents: &[&Content]) -> Result<Vec<Vec<PassageVector>>, EmbedderError> {
        let split: Vec<Vec<PassageText>> = contents.iter().map(|content| passages(content)).collect();
        let texts: Vec<&str> = split.iter().flatten().map(|passage| passage.text.as_str()).collect();
        let vectors = self.embedder.embed(&texts, Purpose::Passage).map_err(|error| self.failed(error))?;
        if vectors.len() != texts.len() {
            return Err(self.failed(format!("it gave {} vectors for {} texts", vectors.len(), texts.len())));
        }
        let mut vectors = vectors.into_iter();
        let with_vectors = |passages: Vec<PassageText>| {
            passages
                .into_iter()
                .zip(vectors.by_ref())
                .filter(|(_, values)| !values.is_empty())
                .map(|(passage, values)| PassageVector { passage: passage.passage, values })
                .collect()
        };
        Ok(split.into_iter().map(with_vectors).collect())
    }
}

#[cfg(test)]
mod tests;

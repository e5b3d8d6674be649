//! What is shown of a passage whose meaning matched, where no word of it did.

use super::MeaningModel;
use crate::embed::{Pace, Purpose};
use dp_lake::{Passage, Snippet, TextQuery, analysis::Language};
use dp_model::Content;
use unicode_segmentation::UnicodeSegmentation as _;

/// Sentences of a passage that are compared.
const SENTENCES_MAX: usize = 32;

/// The part of the passage that is nearest to what was asked; its beginning, if the model is too slow to
/// tell. A document without text shows its title.
pub(super) fn snippet(
    content: &Content,
    passage: Passage,
    (highlighted, language): (&TextQuery, Option<Language>),
    model: &MeaningModel,
    query: &[f32],
    chars_max: usize,
) -> Snippet {
    let text = content.text.get(passage.start as usize..passage.end as usize).unwrap_or_default();
    let mut shown = Content::new(content.source.clone(), content.kind);
    if text.trim().is_empty() {
        shown.title.clone_from(&content.title);
    } else {
        shown.text = nearest_sentence_on(text, model, query).to_owned();
    }
    dp_lake::snippet(&shown, highlighted, language, chars_max)
}

/// The passage from its nearest sentence on.
fn nearest_sentence_on<'a>(text: &'a str, model: &MeaningModel, query: &[f32]) -> &'a str {
    if model.embedder.pace() != Pace::Pipeline {
        return text;
    }
    let sentences = text.split_sentence_bound_indices().take(SENTENCES_MAX).collect::<Vec<_>>();
    let texts = sentences.iter().map(|(_, sentence)| *sentence).collect::<Vec<_>>();
    let Ok(vectors) = model.embedder.embed(&texts, Purpose::Passage) else { return text };
    let similarity =
        |vector: &Vec<f32>| vector.iter().zip(query).map(|(one, other)| one * other).sum::<f32>();
    let nearest = vectors.iter().enumerate().filter(|(_, vector)| !vector.is_empty());
    let nearest = nearest.max_by(|(_, one), (_, other)| similarity(one).total_cmp(&similarity(other)));
    nearest.and_then(|(index, _)| text.get(sentences.get(index)?.0..)).unwrap_or(text)
}

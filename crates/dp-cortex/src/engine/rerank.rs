//! Compares the best hits once more with a larger model, within a fixed time: vectors that were made
//! before are used, and the others are made while there is time.

use super::{
    Engine, MeaningModel,
    answer::{Explanation, RerankPart, SemanticPart},
    fusion,
    plan::Plan,
    read::{ReadCandidate, sort_read},
};
use crate::{embed::Purpose, passages::passages};
use dp_lake::{Passage, VectorModel};
use std::time::{Duration, Instant};

/// Hits that are compared once more.
pub(super) const RERANKED: usize = 50;
/// Time it may take.
const TIME: Duration = Duration::from_millis(300);
/// Documents that hold so much of what was asked for are shown whatever a model says of them.
const COVERAGE_SAID: f32 = 0.5;
/// Passages embedded at once: between two lots the clock is looked at.
const EMBEDDED_AT_ONCE: usize = 4;

impl Engine {
    /// Gives the best hits the order that the larger model and the words give together. Hits it could not
    /// look at in time keep what the first model said.
    pub(super) async fn rerank(
        &self,
        plan: &Plan,
        meaning: Option<&(&MeaningModel, Vec<f32>)>,
        read: &mut Vec<ReadCandidate>,
        notices: &mut Vec<String>,
    ) {
        let Some(reranker) = &self.reranker else { return };
        let model = reranker.embedder.model();
        // The model that found them has said what it has to say.
        if read.is_empty() || meaning.is_some_and(|(used, _)| used.embedder.model() == model) {
            return;
        }
        let until = Instant::now() + TIME;
        let query = match reranker.embedder.embed(&[&plan.words], Purpose::Query) {
            Ok(mut vectors) => vectors.pop().unwrap_or_default(),
            Err(error) => {
                notices.push(format!("The best hits were not compared once more: {error}."));
                return;
            }
        };
        if query.is_empty() {
            return;
        }
        let mut similarities = Vec::new();
        for candidate in read.iter().take(RERANKED) {
            similarities.push(self.stored_similarity(model, candidate, &query).await);
        }
        embed_missing(reranker, read, &query, &mut similarities, until);
        apply(reranker, &similarities, read);
    }

    async fn stored_similarity(
        &self,
        model: &VectorModel,
        candidate: &ReadCandidate,
        query: &[f32],
    ) -> Option<(f32, Passage)> {
        let vectors = self.vault.vectors().get(model, candidate.document.id).await.ok()??;
        let similarities = vectors.iter().map(|passage| (dot(&passage.values, query), passage.passage));
        similarities.max_by(|one, other| one.0.total_cmp(&other.0))
    }
}

/// Embeds the passage that the first model found nearest, or else the beginning, best hits first.
fn embed_missing(
    reranker: &MeaningModel,
    read: &[ReadCandidate],
    query: &[f32],
    similarities: &mut [Option<(f32, Passage)>],
    until: Instant,
) {
    let missing = (0..similarities.len()).filter(|&index| similarities[index].is_none()).collect::<Vec<_>>();
    for lot in missing.chunks(EMBEDDED_AT_ONCE) {
        if Instant::now() >= until {
            return;
        }
        let texts = lot.iter().map(|&index| {
            let all = passages(&read[index].document.content);
            let found = read[index].candidate.passage();
            let nearest = all.iter().position(|passage| Some(passage.passage) == found).unwrap_or(0);
            all.into_iter().nth(nearest).map(|text| (text.text, text.passage)).unwrap_or_default()
        });
        let texts = texts.collect::<Vec<_>>();
        let borrowed = texts.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>();
        let Ok(vectors) = reranker.embedder.embed(&borrowed, Purpose::Passage) else { return };
        for ((&index, vector), (_, passage)) in lot.iter().zip(vectors).zip(&texts) {
            if !vector.is_empty() {
                similarities[index] = Some((dot(&vector, query), *passage));
            }
        }
    }
}

/// Puts what the larger model says in place of what the first one said. What only the first one found near,
/// or what holds few of the words, is left out if the larger one does not find it near.
fn apply(reranker: &MeaningModel, similarities: &[Option<(f32, Passage)>], read: &mut Vec<ReadCandidate>) {
    let known = similarities.iter().flatten().map(|(similarity, _)| *similarity);
    let high = known.clone().fold(f32::MIN, f32::max);
    let low = known.fold(f32::MAX, f32::min).min(reranker.floor);
    let span = (high - low).max(f32::EPSILON);
    for (index, similarity) in similarities.iter().enumerate() {
        let (Some((similarity, passage)), Some(candidate)) = (similarity, read.get_mut(index)) else {
            continue;
        };
        let explanation = &mut candidate.candidate.explanation;
        let weight = explanation.keyword.map_or(1.0, |keyword| 1.0 - keyword.weight);
        let part = ((similarity - low) / span).clamp(0.0, 1.0);
        if let Some(semantic) = &mut explanation.semantic {
            semantic.part = part;
        } else if *similarity >= reranker.floor {
            explanation.semantic = Some(SemanticPart {
                rank: index + 1,
                similarity: *similarity,
                floor: reranker.floor,
                part,
                weight,
                passage: *passage,
            });
        }
        explanation.rerank = Some(RerankPart {
            model: reranker.embedder.model().name.clone(),
            similarity: *similarity,
            rank_before: index + 1,
        });
        explanation.score = fusion::sum(explanation);
    }
    read.retain(|read| {
        let Explanation { keyword, rerank, .. } = &read.candidate.explanation;
        let is_said = keyword.is_some_and(|part| part.holds_all || part.coverage >= COVERAGE_SAID);
        is_said || rerank.as_ref().is_none_or(|part| part.similarity >= reranker.floor)
    });
    sort_read(read);
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

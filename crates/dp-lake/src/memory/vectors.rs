//! Vectors of the memory vault: kept as they were given, compared one by one.

use super::{MemoryVault, state::State};
use crate::{
    DocumentVectors, LakeError, Nearest, NearestQuery, PassageVector, PendingDocument, VectorHit,
    VectorModel, VectorSet, Vectors,
};
use async_trait::async_trait;
use dp_model::DocumentId;
use std::{cmp::Reverse, collections::BTreeMap};

/// The vectors of one model, with the version of the document they were made of.
#[derive(Debug)]
pub(super) struct Set {
    model: VectorModel,
    documents: BTreeMap<DocumentId, ([u8; 16], Vec<PassageVector>)>,
}

impl Set {
    /// What is still the document in the vault; vectors of what was forgotten or changed are dropped.
    fn prune(&mut self, hashes: &BTreeMap<DocumentId, [u8; 16]>) {
        self.documents.retain(|id, (hash, _)| hashes.get(id) == Some(hash));
    }
}

impl State {
    fn hashes(&self) -> BTreeMap<DocumentId, [u8; 16]> {
        let current = self.documents.iter().filter_map(|(&id, stored)| Some((id, stored.current()?.hash)));
        current.collect()
    }

    /// Drops the vectors of what is no longer the document: also what later comes back as it was has
    /// none then.
    pub(super) fn prune_sets(&mut self) {
        if !self.sets.is_empty() {
            let hashes = self.hashes();
            self.sets.values_mut().for_each(|set| set.prune(&hashes));
        }
    }

    fn set(&mut self, model: &VectorModel) -> Result<&mut Set, LakeError> {
        self.sets.get_mut(&model.key()).ok_or_else(|| no_such_set(model))
    }

    fn described(&mut self, model: &VectorModel) -> Result<VectorSet, LakeError> {
        let all = self.documents.len() as u64;
        let set = self.set(model)?;
        let passages = set.documents.values().map(|(_, passages)| passages.len() as u64).sum();
        let documents = set.documents.len() as u64;
        let memory_bytes = passages * u64::from(model.width) * size_of::<f32>() as u64;
        let model = model.clone();
        Ok(VectorSet { model, documents, passages, pending: all - documents, disk_bytes: 0, memory_bytes })
    }
}

fn no_such_set(model: &VectorModel) -> LakeError {
    LakeError::Projection {
        projection: "vector set",
        reason: format!("there are no vectors of the model {}", model.name),
    }
}

fn check(model: &VectorModel, values: &[f32]) -> Result<(), LakeError> {
    if values.len() != model.width as usize {
        let message = format!("it has {} values, and {} makes {}", values.len(), model.name, model.width);
        return Err(LakeError::Vector(message));
    }
    if values.iter().all(|value| value.is_finite()) {
        return Ok(());
    }
    Err(LakeError::Vector(format!("it has values that are no numbers (model {})", model.name)))
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let lengths = (dot(one, one) * dot(other, other)).sqrt();
    if lengths > 0.0 { dot(one, other) / lengths } else { 0.0 }
}

#[async_trait]
impl Vectors for MemoryVault {
    async fn list(&self) -> Result<Vec<VectorSet>, LakeError> {
        let mut state = self.lock();
        let models = state.sets.values().map(|set| set.model.clone()).collect::<Vec<_>>();
        models.iter().map(|model| state.described(model)).collect()
    }

    async fn create(&self, model: &VectorModel) -> Result<VectorSet, LakeError> {
        let mut state = self.change();
        let set = || Set { model: model.clone(), documents: BTreeMap::new() };
        state.sets.entry(model.key()).or_insert_with(set);
        state.described(model)
    }

    async fn remove(&self, model: &VectorModel) -> Result<bool, LakeError> {
        Ok(self.change().sets.remove(&model.key()).is_some())
    }

    async fn pending(&self, model: &VectorModel, limit: usize) -> Result<Vec<PendingDocument>, LakeError> {
        let mut state = self.lock();
        let done = state.set(model)?.documents.keys().copied().collect::<Vec<_>>();
        let mut pending = Vec::new();
        for (&id, stored) in &state.documents {
            if let Some(current) = stored.current().filter(|_| done.binary_search(&id).is_err()) {
                let content = current.content.clone();
                pending.push((current.sort_us, PendingDocument { id, hash: current.hash, content }));
            }
        }
        pending.sort_by_key(|(sort_us, document)| Reverse((*sort_us, document.id)));
        Ok(pending.into_iter().take(limit).map(|(_, document)| document).collect())
    }

    async fn put(&self, model: &VectorModel, vectors: Vec<DocumentVectors>) -> Result<u64, LakeError> {
        for values in vectors.iter().flat_map(|document| &document.passages) {
            check(model, &values.values)?;
        }
        let mut state = self.change();
        let hashes = state.hashes();
        let set = state.set(model)?;
        let mut taken = 0;
        for document in vectors {
            if hashes.get(&document.id) == Some(&document.hash) {
                set.documents.insert(document.id, (document.hash, document.passages));
                taken += 1;
            }
        }
        Ok(taken)
    }

    async fn commit(&self, model: &VectorModel) -> Result<(), LakeError> {
        self.lock().set(model).map(|_| ())
    }

    async fn get(
        &self,
        model: &VectorModel,
        id: DocumentId,
    ) -> Result<Option<Vec<PassageVector>>, LakeError> {
        Ok(self.lock().set(model)?.documents.get(&id).map(|(_, passages)| passages.clone()))
    }

    async fn nearest(
        &self,
        model: &VectorModel,
        query: &NearestQuery,
        limit: usize,
    ) -> Result<Nearest, LakeError> {
        let mut state = self.lock();
        state.set(model)?;
        check(model, &query.vector)?;
        let allowed = state.matching(&query.text, &query.filter);
        let set = state.set(model)?;
        let mut hits = Vec::new();
        let mut similarities = Vec::new();
        for (&id, (_, passages)) in &set.documents {
            let near = passages.iter().map(|passage| VectorHit {
                id,
                passage: passage.passage,
                similarity: cosine(&passage.values, &query.vector),
            });
            let near = near.collect::<Vec<_>>();
            similarities.extend(near.iter().map(|hit| hit.similarity));
            let best = near.into_iter().max_by(|one, other| {
                one.similarity.total_cmp(&other.similarity).then(other.passage.start.cmp(&one.passage.start))
            });
            hits.extend(best.filter(|_| allowed.contains(&id)));
        }
        hits.sort_by(|one, other| other.similarity.total_cmp(&one.similarity).then(one.id.cmp(&other.id)));
        let mut equals = (0, 0);
        hits.retain(|hit| {
            let bits = hit.similarity.to_bits();
            equals = if equals.0 == bits { (bits, equals.1 + 1) } else { (bits, 1) };
            query.equal_max == 0 || equals.1 <= query.equal_max
        });
        hits.truncate(limit);
        let count = similarities.len().max(1) as f32;
        let mean_similarity = similarities.iter().sum::<f32>() / count;
        let variance =
            similarities.iter().map(|value| (value - mean_similarity).powi(2)).sum::<f32>() / count;
        let compared = similarities.len() as u64;
        Ok(Nearest { hits, compared, mean_similarity, similarity_deviation: variance.sqrt() })
    }
}

//! `Vectors` of the embedded vault: ids to rows and back, on the readers' threads.

use super::{
    check, count_documents,
    nearest::{RowHit, RowHits},
    no_such_set, pending_rows,
    read::{document_of, row_of},
    rows::Rows,
    rows_mask::Allowed,
    set::short,
};
use crate::{read::Reader, vault::EmbeddedVault};
use async_trait::async_trait;
use dp_lake::{
    DocumentVectors, LakeError, Nearest, NearestQuery, PassageVector, PendingDocument, VectorHit,
    VectorModel, VectorSet, Vectors,
};
use dp_model::DocumentId;
use std::sync::Arc;

#[async_trait]
impl Vectors for EmbeddedVault {
    async fn list(&self) -> Result<Vec<VectorSet>, LakeError> {
        let sets = Arc::clone(self.sets());
        self.read(move |reader| {
            let documents = count_documents(&reader.connection)?;
            // Those that cannot be opened are what `health` tells of.
            let sets = sets.all()?.into_iter().filter_map(|(_, set)| set.ok());
            sets.map(|set| set.described(documents)).collect()
        })
        .await
    }

    async fn create(&self, model: &VectorModel) -> Result<VectorSet, LakeError> {
        let (sets, model) = (Arc::clone(self.sets()), model.clone());
        self.read(move |reader| {
            let _advances = sets.generation().advance_after();
            sets.create(&model)?.described(count_documents(&reader.connection)?)
        })
        .await
    }

    async fn remove(&self, model: &VectorModel) -> Result<bool, LakeError> {
        let (sets, model) = (Arc::clone(self.sets()), model.clone());
        self.read(move |_| {
            let _advances = sets.generation().advance_after();
            sets.remove(&model)
        })
        .await
    }

    async fn pending(&self, model: &VectorModel, limit: usize) -> Result<Vec<PendingDocument>, LakeError> {
        let (sets, model) = (Arc::clone(self.sets()), model.clone());
        self.read(move |reader| {
            let rows = sets.find(&model)?.pending(&reader.connection, limit, &Rows::default())?;
            let documents = pending_rows(&reader.connection, &rows)?.into_iter();
            let pending = documents.map(|document| PendingDocument {
                id: document.id,
                hash: document.hash,
                content: document.content,
            });
            Ok(pending.collect())
        })
        .await
    }

    async fn put(&self, model: &VectorModel, vectors: Vec<DocumentVectors>) -> Result<u64, LakeError> {
        let (sets, model) = (Arc::clone(self.sets()), model.clone());
        self.read(move |reader| {
            let set = sets.find(&model)?;
            for vector in vectors.iter().flat_map(|document| &document.passages) {
                check(&model, &vector.values)?;
            }
            set.put_current(&reader.connection, &vectors)
        })
        .await
    }

    async fn commit(&self, model: &VectorModel) -> Result<(), LakeError> {
        let (sets, model) = (Arc::clone(self.sets()), model.clone());
        self.read(move |_| {
            let _advances = sets.generation().advance_after();
            let set = sets.find(&model)?;
            set.commit(sets.noted())
        })
        .await
    }

    async fn get(
        &self,
        model: &VectorModel,
        id: DocumentId,
    ) -> Result<Option<Vec<PassageVector>>, LakeError> {
        let (sets, model) = (Arc::clone(self.sets()), model.clone());
        self.read(move |reader| {
            let set = sets.find(&model)?;
            match row_of(&reader.connection, id)? {
                Some((row, hash)) => set.vectors_of(row, short(&hash)),
                None => Ok(None),
            }
        })
        .await
    }

    async fn nearest(
        &self,
        model: &VectorModel,
        query: &NearestQuery,
        limit: usize,
    ) -> Result<Nearest, LakeError> {
        let index = self.text_index();
        let (sets, model, query) = (Arc::clone(self.sets()), model.clone(), query.clone());
        self.read(move |reader| {
            let set = sets.find(&model)?;
            if set.is_removed() {
                return Err(no_such_set(&model));
            }
            check(&model, &query.vector)?;
            let mask = index?.rows_matching(&query.text, &query.filter)?;
            let allowed = mask.as_deref().map_or(Allowed::All, Allowed::Rows);
            let snapshot = set.snapshot();
            let mut wanted = limit;
            loop {
                let found = snapshot.nearest(&query.vector, &allowed, wanted, query.equal_max)?;
                let count = found.hits.len();
                let nearest = with_ids(reader, found, limit)?;
                // Documents may have gone or changed since the last commit, and others take their places.
                if nearest.hits.len() >= limit || count < wanted || limit == 0 {
                    return Ok(nearest);
                }
                wanted = count.saturating_mul(2);
            }
        })
        .await
    }
}

/// Hits with the ids of their documents, if they are still what was embedded.
fn with_ids(reader: &Reader, found: RowHits, limit: usize) -> Result<Nearest, LakeError> {
    let mut hits: Vec<VectorHit> = Vec::with_capacity(limit.min(found.hits.len()));
    for RowHit { row, hash, passage, similarity } in found.hits {
        // Those that are as near as the last one wanted come along, for ids decide between them.
        if hits.len() >= limit && hits.last().is_none_or(|last| similarity < last.similarity) {
            break;
        }
        if let Some((id, current)) = document_of(&reader.connection, row)?
            && short(&current) == hash
        {
            hits.push(VectorHit { id, passage, similarity });
        }
    }
    hits.sort_by(|one, other| other.similarity.total_cmp(&one.similarity).then(one.id.cmp(&other.id)));
    hits.truncate(limit);
    Ok(Nearest {
        hits,
        compared: found.compared,
        mean_similarity: found.mean_similarity,
        similarity_deviation: found.similarity_deviation,
    })
}

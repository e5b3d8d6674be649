//! Meanings in a view.

use super::{View, refused};
use async_trait::async_trait;
use dp_lake::{
    DocumentVectors, LakeError, Nearest, NearestQuery, PassageVector, PendingDocument, VectorModel,
    VectorSet, Vectors,
};
use dp_model::DocumentId;

#[async_trait]
impl Vectors for View {
    async fn list(&self) -> Result<Vec<VectorSet>, LakeError> {
        self.vault.vectors().list().await
    }

    async fn create(&self, _model: &VectorModel) -> Result<VectorSet, LakeError> {
        Err(LakeError::ReadOnly)
    }

    async fn remove(&self, _model: &VectorModel) -> Result<bool, LakeError> {
        Err(LakeError::ReadOnly)
    }

    async fn pending(&self, _model: &VectorModel, _limit: usize) -> Result<Vec<PendingDocument>, LakeError> {
        refused("what has no vectors yet")
    }

    /// Of documents that are seen; those of others are left out, as if they were not there.
    async fn put(&self, model: &VectorModel, vectors: Vec<DocumentVectors>) -> Result<u64, LakeError> {
        let mut seen = Vec::with_capacity(vectors.len());
        for document in vectors {
            if self.sees_id(document.id).await? {
                seen.push(document);
            }
        }
        self.vault.vectors().put(model, seen).await
    }

    /// Tells nothing and changes nothing that was not put.
    async fn commit(&self, model: &VectorModel) -> Result<(), LakeError> {
        self.vault.vectors().commit(model).await
    }

    async fn get(
        &self,
        model: &VectorModel,
        id: DocumentId,
    ) -> Result<Option<Vec<PassageVector>>, LakeError> {
        if self.sees_id(id).await? { self.vault.vectors().get(model, id).await } else { Ok(None) }
    }

    async fn nearest(
        &self,
        model: &VectorModel,
        query: &NearestQuery,
        limit: usize,
    ) -> Result<Nearest, LakeError> {
        match self.scope.narrow(query.filter.clone()) {
            Some(filter) => {
                let query = NearestQuery { filter, ..query.clone() };
                self.vault.vectors().nearest(model, &query, limit).await
            }
            None => Ok(Nearest::default()),
        }
    }
}

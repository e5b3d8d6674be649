//! Documents, conversations and people, as the lake's contract has them.

use super::EmbeddedVault;
use async_trait::async_trait;
use dp_lake::{
    Annotation, Annotations, Applied, Batch, Cursor, DayCount, Dimension, Documents, Filter, ForgetTarget,
    Forgotten, HistogramQuery, LakeError, Order, Page, RevisionedDocument, Top,
    conversations::{Conversation, ConversationId, ConversationPlace},
    own::{OwnAnswer, OwnBatch},
};
use dp_model::{Document, DocumentId, Person, PersonId};

#[async_trait]
impl Documents for EmbeddedVault {
    async fn apply(&self, batch: Batch) -> Result<Applied, LakeError> {
        self.publish(move |writer| writer.apply(batch)).await
    }

    async fn write(&self, batch: OwnBatch) -> Result<OwnAnswer, LakeError> {
        self.publish(move |writer| writer.write(&batch)).await
    }

    async fn get(&self, id: DocumentId) -> Result<Option<RevisionedDocument>, LakeError> {
        self.read(move |reader| reader.get(id)).await
    }

    async fn get_many(&self, ids: &[DocumentId]) -> Result<Vec<Option<Document>>, LakeError> {
        let ids = ids.to_vec();
        self.read(move |reader| reader.get_many(&ids)).await
    }

    async fn find_by_prefix(&self, digits: &str, limit: usize) -> Result<Vec<DocumentId>, LakeError> {
        let digits = digits.to_owned();
        self.read(move |reader| reader.find_by_prefix(&digits, limit)).await
    }

    async fn list(
        &self,
        filter: &Filter,
        order: Order,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Document>, LakeError> {
        let (filter, cursor) = (filter.clone(), cursor.cloned());
        self.read(move |reader| reader.list(&filter, order, cursor.as_ref(), limit)).await
    }

    async fn walk(
        &self,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<RevisionedDocument>, LakeError> {
        self.read(move |reader| reader.walk(after, limit)).await
    }

    async fn annotate(&self, id: DocumentId, change: &Annotation) -> Result<Option<Annotations>, LakeError> {
        let change = change.clone();
        self.publish(move |writer| writer.annotate(id, &change)).await
    }

    async fn forget_preview(&self, target: &ForgetTarget) -> Result<Forgotten, LakeError> {
        let target = target.clone();
        self.write(move |state| state.writer.forget_preview(&target)).await
    }

    async fn forget(
        &self,
        target: &ForgetTarget,
        expected: Option<&Forgotten>,
    ) -> Result<Forgotten, LakeError> {
        let (target, expected) = (target.clone(), expected.copied());
        self.publish(move |writer| writer.forget(&target, expected.as_ref())).await
    }

    async fn histogram(&self, query: &HistogramQuery) -> Result<Vec<DayCount>, LakeError> {
        let query = query.clone();
        self.read(move |reader| reader.histogram(&query)).await
    }

    async fn top(&self, dimension: Dimension, limit: usize) -> Result<Vec<Top>, LakeError> {
        self.read(move |reader| reader.top(dimension, limit)).await
    }

    async fn conversations(
        &self,
        after: Option<ConversationPlace>,
        limit: usize,
    ) -> Result<Vec<Conversation>, LakeError> {
        self.read(move |reader| reader.conversations(after, limit)).await
    }

    async fn conversation(
        &self,
        id: ConversationId,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Document>, LakeError> {
        let cursor = cursor.cloned();
        self.read(move |reader| reader.conversation(id, cursor.as_ref(), limit)).await
    }

    async fn people(&self, after: Option<PersonId>, limit: usize) -> Result<Vec<Person>, LakeError> {
        self.read(move |reader| reader.people(after, limit)).await
    }
}

//! Documents of a view.

use super::{READ_AT_ONCE, View, refused};
use async_trait::async_trait;
use dp_lake::{
    Annotation, Annotations, Applied, Batch, Cursor, DayCount, Dimension, Documents, Filter, ForgetTarget,
    Forgotten, Hidden, HistogramQuery, LakeError, Order, Page, RevisionedDocument, Search, TextQuery, Top,
    conversations::{Conversation, ConversationId, ConversationPlace},
    etl::HomeClock,
    own::{OwnAnswer, OwnBatch, OwnOutcome, OwnWritten},
};
use dp_model::{Document, DocumentId, Person, PersonId};

/// Ids of a prefix that are looked at to find those that may be seen.
const PREFIX_LOOKED_AT: usize = 1_000;

#[async_trait]
impl Documents for View {
    async fn apply(&self, _batch: Batch) -> Result<Applied, LakeError> {
        Err(LakeError::ReadOnly)
    }

    /// Within what is seen: the store itself looks, in the same transaction.
    async fn write(&self, batch: OwnBatch) -> Result<OwnAnswer, LakeError> {
        match self.scope.narrow(batch.within.clone()) {
            Some(within) => self.vault.documents().write(OwnBatch { within, ..batch }).await,
            None => {
                let outcomes = vec![OwnOutcome::OutOfScope; batch.changes.len()];
                let (sequence, written_us) = (0, batch.now_us);
                Ok(OwnAnswer::Written(OwnWritten { sequence, written_us, outcomes, is_repeated: false }))
            }
        }
    }

    async fn get(&self, id: DocumentId) -> Result<Option<RevisionedDocument>, LakeError> {
        let mut clock = self.clock();
        let found = self.vault.documents().get(id).await?;
        let Some(mut found) = found.filter(|found| self.sees(&found.document.content, &mut clock)) else {
            return Ok(None);
        };
        found.revisions.retain(|revision| self.sees(&revision.content, &mut clock));
        Ok(Some(found))
    }

    async fn get_many(&self, ids: &[DocumentId]) -> Result<Vec<Option<Document>>, LakeError> {
        let mut clock = self.clock();
        let found = self.vault.documents().get_many(ids).await?;
        let seen = |document: &Document, clock: &mut HomeClock| self.sees(&document.content, clock);
        Ok(found.into_iter().map(|found| found.filter(|document| seen(document, &mut clock))).collect())
    }

    async fn find_by_prefix(&self, digits: &str, limit: usize) -> Result<Vec<DocumentId>, LakeError> {
        let ids = self.vault.documents().find_by_prefix(digits, PREFIX_LOOKED_AT).await?;
        let seen = Documents::get_many(self, &ids).await?;
        Ok(seen.into_iter().flatten().map(|document| document.id).take(limit).collect())
    }

    async fn list(
        &self,
        filter: &Filter,
        order: Order,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Document>, LakeError> {
        match self.scope.narrow(filter.clone()) {
            Some(filter) => self.vault.documents().list(&filter, order, cursor, limit).await,
            None => Ok(Page { items: Vec::new(), next: None }),
        }
    }

    async fn walk(
        &self,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<RevisionedDocument>, LakeError> {
        let (mut clock, mut after, mut walked) = (self.clock(), after, Vec::new());
        while walked.len() < limit {
            let mut page = self.vault.documents().walk(after, READ_AT_ONCE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.document.id);
            page.retain(|found| self.sees(&found.document.content, &mut clock));
            for found in &mut page {
                found.revisions.retain(|revision| self.sees(&revision.content, &mut clock));
            }
            walked.append(&mut page);
        }
        walked.truncate(limit);
        Ok(walked)
    }

    async fn annotate(&self, id: DocumentId, change: &Annotation) -> Result<Option<Annotations>, LakeError> {
        if self.sees_id(id).await? { self.vault.documents().annotate(id, change).await } else { Ok(None) }
    }

    async fn forget_preview(&self, _target: &ForgetTarget) -> Result<Forgotten, LakeError> {
        refused("what would be forgotten")
    }

    async fn forget(
        &self,
        _target: &ForgetTarget,
        _expected: Option<&Forgotten>,
    ) -> Result<Forgotten, LakeError> {
        Err(LakeError::ReadOnly)
    }

    async fn histogram(&self, query: &HistogramQuery) -> Result<Vec<DayCount>, LakeError> {
        match self.narrowed_histogram(query) {
            Some(query) => self.vault.documents().histogram(&query).await,
            None => Ok(Vec::new()),
        }
    }

    /// Counted from columns of the index: rollups of names are of the whole vault. A person's name is the one
    /// in the document, since what other documents say of them may lie outside.
    async fn top(&self, dimension: Dimension, limit: usize) -> Result<Vec<Top>, LakeError> {
        let filter =
            Filter { kinds: dimension.kinds().to_vec(), hidden: Hidden::Include, ..Filter::default() };
        let facets =
            Search::facets(self, &TextQuery::default(), &filter, &[dimension.field()], limit).await?;
        let counts = facets.into_iter().flat_map(|facet| facet.counts);
        Ok(counts.map(|count| Top { name: count.value, count: count.documents }).collect())
    }

    /// What is told of a conversation speaks of all of it.
    async fn conversations(
        &self,
        _after: Option<ConversationPlace>,
        _limit: usize,
    ) -> Result<Vec<Conversation>, LakeError> {
        refused("the list of conversations")
    }

    async fn conversation(
        &self,
        id: ConversationId,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Document>, LakeError> {
        let (mut clock, mut cursor) = (self.clock(), cursor.cloned());
        let (mut items, mut next) = (Vec::new(), None);
        loop {
            let page = self.vault.documents().conversation(id, cursor.as_ref(), READ_AT_ONCE).await?;
            for document in page.items {
                if !self.sees(&document.content, &mut clock) {
                    continue;
                }
                if items.len() == limit {
                    return Ok(Page { items, next });
                }
                // Made of what is seen: the one of the page may stand on a document that is not.
                let sort_us = document.content.time.as_ref().map(|time| clock.sort_us(time));
                next = sort_us.map(|sort_us| Cursor::after(sort_us, document.id));
                items.push(document);
            }
            match page.next {
                Some(after) => cursor = Some(after),
                None => return Ok(Page { items, next: None }),
            }
        }
    }

    async fn people(&self, _after: Option<PersonId>, _limit: usize) -> Result<Vec<Person>, LakeError> {
        refused("the list of people")
    }
}

impl View {
    fn narrowed_histogram(&self, query: &HistogramQuery) -> Option<HistogramQuery> {
        let filter = Filter {
            sources: query.sources.clone(),
            from: query.from,
            until: query.until,
            ..Filter::default()
        };
        let Filter { sources, from, until, .. } = self.scope.narrow(filter)?;
        Some(HistogramQuery { sources, kinds: query.kinds.clone(), from, until })
    }
}

//! Documents of a view.

use super::{READ_AT_ONCE, View, refused};
use async_trait::async_trait;
use dp_lake::{
    Annotation, Annotations, Applied, Batch, Cursor, DayCount, Dimension, Documents, Filter, ForgetTarget,
    Forgotten, Hidden, HistogramQuery, LakeError, Order, Page, RevisionedDocument, Top,
    conversations::{Conversation, ConversationId, ConversationPlace},
    dimensions::dimension_values,
    etl::HomeClock,
    people,
};
use dp_model::{Content, Document, DocumentId, Kind, Person, PersonId};
use std::{cmp::Reverse, collections::HashMap};

/// Ids of a prefix that are looked at to find those that may be seen.
const PREFIX_LOOKED_AT: usize = 1_000;
/// Documents that a top list of a view is counted from, the latest.
const TOP_COUNTED: usize = 10_000;

#[async_trait]
impl Documents for View {
    async fn apply(&self, _batch: Batch) -> Result<Applied, LakeError> {
        Err(LakeError::ReadOnly)
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

    async fn forget(&self, _target: &ForgetTarget) -> Result<Forgotten, LakeError> {
        Err(LakeError::ReadOnly)
    }

    async fn histogram(&self, query: &HistogramQuery) -> Result<Vec<DayCount>, LakeError> {
        match self.narrowed_histogram(query) {
            Some(query) => self.vault.documents().histogram(&query).await,
            None => Ok(Vec::new()),
        }
    }

    /// Counted from the latest documents: rollups of names are of the whole vault.
    async fn top(&self, dimension: Dimension, limit: usize) -> Result<Vec<Top>, LakeError> {
        let kinds = match dimension {
            Dimension::Channel => vec![Kind::Watch, Kind::Listen],
            Dimension::Site => vec![Kind::Browse],
            Dimension::Person => vec![Kind::Email, Kind::Message, Kind::Event],
            Dimension::Place => vec![Kind::Visit],
        };
        let filter = Filter { kinds, hidden: Hidden::Include, ..Filter::default() };
        let mut counts: HashMap<String, u64> = HashMap::new();
        let (mut cursor, mut read) = (None, 0);
        while read < TOP_COUNTED {
            let page =
                Documents::list(self, &filter, Order::NewestFirst, cursor.as_ref(), READ_AT_ONCE).await?;
            read += page.items.len();
            for document in &page.items {
                let values = dimension_values(&document.content);
                for (_, name) in values.into_iter().filter(|(of, _)| *of == dimension) {
                    let name = shown(dimension, &name, &document.content);
                    *counts.entry(name).or_default() += 1;
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let mut tops = counts.into_iter().map(|(name, count)| Top { name, count }).collect::<Vec<_>>();
        tops.sort_by(|one, other| (Reverse(one.count), &one.name).cmp(&(Reverse(other.count), &other.name)));
        tops.truncate(limit);
        Ok(tops)
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
        let mut clock = self.clock();
        let mut page = self.vault.documents().conversation(id, cursor, limit).await?;
        page.items.retain(|document| self.sees(&document.content, &mut clock));
        Ok(page)
    }

    async fn people(&self, _after: Option<PersonId>, _limit: usize) -> Result<Vec<Person>, LakeError> {
        refused("the list of people")
    }
}

/// The name of a person's key as the document itself gives it: what other documents say of them may lie
/// outside.
fn shown(dimension: Dimension, name: &str, content: &Content) -> String {
    if dimension != Dimension::Person {
        return name.to_owned();
    }
    let (identity, text) = people::identity_of_key(name);
    let mention =
        content.people.iter().find(|mention| mention.identity.is_some() && mention.identity == identity);
    let named = mention.and_then(|mention| people::usable_name(mention.name.as_deref()?));
    named.unwrap_or(text).to_owned()
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

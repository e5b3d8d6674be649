//! Documents of the memory vault.

use super::{MemoryVault, no_such_import, people::People, state::State};
use crate::{
    Annotation, Annotations, Applied, Batch, Cursor, Day, DayCount, Dimension, Documents, Filter,
    ForgetTarget, Forgotten, HistogramQuery, LakeError, Order, Page, RevisionedDocument, Top,
    conversations::{Conversation, ConversationId, ConversationPlace},
    dimensions::dimension_values,
    etl::HomeClock,
    filter::is_under,
    matching::matches,
    own::{OwnAnswer, OwnBatch},
    people::identity_of_key,
    samples::SampleIdentity,
};
use async_trait::async_trait;
use dp_model::{BlobHash, Document, DocumentId, Identity, Kind, Person, PersonId};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

#[async_trait]
impl Documents for MemoryVault {
    async fn apply(&self, batch: Batch) -> Result<Applied, LakeError> {
        let import = batch.import;
        let mut state = self.change();
        let applied = state.apply(batch).ok_or_else(|| no_such_import(import))?;
        state.prune_sets();
        Ok(applied)
    }

    async fn write(&self, batch: OwnBatch) -> Result<OwnAnswer, LakeError> {
        let mut clock = HomeClock::new(&self.home_zone);
        let mut state = self.lock();
        let answer = state.write(batch, &mut clock);
        state.prune_sets();
        Ok(answer)
    }

    async fn get(&self, id: DocumentId) -> Result<Option<RevisionedDocument>, LakeError> {
        Ok(self.lock().revisioned(id))
    }

    async fn get_many(&self, ids: &[DocumentId]) -> Result<Vec<Option<Document>>, LakeError> {
        let state = self.lock();
        Ok(ids.iter().map(|&id| state.documents.get(&id)?.document(id)).collect())
    }

    async fn find_by_prefix(&self, digits: &str, limit: usize) -> Result<Vec<DocumentId>, LakeError> {
        let digits = digits.to_ascii_lowercase();
        let state = self.lock();
        let ids = state.documents.keys().copied();
        Ok(ids.filter(|id| id.to_string().starts_with(&digits)).take(limit).collect())
    }

    async fn list(
        &self,
        filter: &Filter,
        order: Order,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Document>, LakeError> {
        let after = cursor.map(Cursor::position).transpose()?;
        let state = self.lock();
        let mut places = state.dated_matches(filter);
        if order == Order::NewestFirst {
            places.reverse();
        }
        places.retain(|&place| {
            after.is_none_or(|after| match order {
                Order::NewestFirst => place < after,
                Order::OldestFirst => place > after,
            })
        });
        let has_more = places.len() > limit;
        places.truncate(limit);
        let next = places.last().filter(|_| has_more).map(|&(sort_us, id)| Cursor::after(sort_us, id));
        let items = places.iter().filter_map(|&(_, id)| state.documents.get(&id)?.document(id)).collect();
        Ok(Page { items, next })
    }

    async fn walk(
        &self,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<RevisionedDocument>, LakeError> {
        let state = self.lock();
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = state.documents.range((start, Bound::Unbounded)).take(limit);
        Ok(ids.filter_map(|(&id, _)| state.revisioned(id)).collect())
    }

    async fn annotate(&self, id: DocumentId, change: &Annotation) -> Result<Option<Annotations>, LakeError> {
        let mut state = self.change();
        if !state.documents.contains_key(&id) {
            return Ok(None);
        }
        state.sequence += 1;
        let annotations = state.annotations.entry(id).or_default();
        annotations.change(change);
        Ok(Some(annotations.clone()))
    }

    async fn forget_preview(&self, target: &ForgetTarget) -> Result<Forgotten, LakeError> {
        Ok(self.lock().removal(target).counts)
    }

    async fn forget(
        &self,
        target: &ForgetTarget,
        expected: Option<&Forgotten>,
    ) -> Result<Forgotten, LakeError> {
        let mut state = self.change();
        let removal = state.removal(target);
        if expected.is_some_and(|expected| *expected != removal.counts) {
            return Err(LakeError::NotAsExpected { now: removal.counts });
        }
        if state.remove(&removal) {
            // Which entries gave the removed records is not kept here, so none is vouched for any more.
            state.memos.clear();
        }
        let removed = state.remove_unreferenced(removal.blobs);
        debug_assert_eq!(removed.blobs, removal.counts.blobs);
        state.prune_sets();
        Ok(removal.counts)
    }

    async fn histogram(&self, query: &HistogramQuery) -> Result<Vec<DayCount>, LakeError> {
        let filter = Filter {
            sources: query.sources.clone(),
            kinds: query.kinds.clone(),
            from: query.from,
            until: query.until,
            ..Filter::default()
        };
        let state = self.lock();
        let mut counts = BTreeMap::<_, u64>::new();
        for version in state.documents.values().filter_map(|stored| stored.current()) {
            let content = &version.content;
            let source = &content.source;
            if filter.wants_source(source) && filter.wants_kind(content.kind) && filter.wants_day(version.day)
            {
                *counts.entry((version.day, source.to_string(), content.kind)).or_default() += 1;
            }
        }
        let rows = counts.into_iter();
        Ok(rows.map(|((day, source, kind), count)| DayCount { day, source, kind, count }).collect())
    }

    async fn top(&self, dimension: Dimension, limit: usize) -> Result<Vec<Top>, LakeError> {
        let state = self.lock();
        let mut counts = BTreeMap::<String, u64>::new();
        for version in state.documents.values().filter_map(|stored| stored.current()) {
            for (of, value) in dimension_values(&version.content) {
                if of == dimension {
                    *counts.entry(state.shown_name(dimension, value)).or_default() += 1;
                }
            }
        }
        let mut top = counts.into_iter().map(|(name, count)| Top { name, count }).collect::<Vec<_>>();
        top.sort_by_key(|line| Reverse(line.count));
        top.truncate(limit);
        Ok(top)
    }

    async fn conversations(
        &self,
        after: Option<ConversationPlace>,
        limit: usize,
    ) -> Result<Vec<Conversation>, LakeError> {
        Ok(self.list_conversations(after, limit))
    }

    async fn conversation(
        &self,
        id: ConversationId,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Document>, LakeError> {
        self.parts_of_conversation(id, cursor, limit)
    }

    async fn people(&self, after: Option<PersonId>, limit: usize) -> Result<Vec<Person>, LakeError> {
        let state = self.lock();
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let groups = state.people.groups().range((start, Bound::Unbounded)).take(limit);
        let person = |(&id, group)| People::person(id, group, state.documents_mentioning(id));
        Ok(groups.map(person).collect())
    }
}

/// What forgetting takes away.
pub(super) struct Removal {
    documents: BTreeSet<DocumentId>,
    samples: Vec<(String, SampleIdentity)>,
    people: Vec<PersonId>,
    /// Those that nothing else refers to.
    pub(super) blobs: Vec<BlobHash>,
    counts: Forgotten,
}

impl State {
    fn revisioned(&self, id: DocumentId) -> Option<RevisionedDocument> {
        let stored = self.documents.get(&id)?;
        Some(RevisionedDocument {
            document: stored.document(id)?,
            revisions: stored.revisions(),
            annotations: self.annotations_of(id),
        })
    }

    pub(super) fn annotations_of(&self, id: DocumentId) -> Annotations {
        self.annotations.get(&id).cloned().unwrap_or_default()
    }

    /// Times and ids of the dated documents that a filter means, earliest first.
    fn dated_matches(&self, filter: &Filter) -> Vec<(i64, DocumentId)> {
        let mut places = Vec::new();
        for (&id, stored) in &self.documents {
            let Some(current) = stored.current() else { continue };
            let Some(sort_us) = current.sort_us else { continue };
            if matches(filter, &current.content, current.day, Some(sort_us), &self.annotations_of(id)) {
                places.push((sort_us, id));
            }
        }
        places.sort_unstable();
        places
    }

    fn shown_name(&self, dimension: Dimension, value: String) -> String {
        if dimension != Dimension::Person {
            return value;
        }
        let (identity, fallback) = identity_of_key(&value);
        let person = identity.as_ref().and_then(|identity| self.people.find(identity));
        person.and_then(|(_, group)| group.best_name()).unwrap_or(fallback).to_owned()
    }

    /// Ids of the documents, of which `of_interest` holds, that mention each person.
    fn mentions(
        &self,
        of_interest: impl Fn(DocumentId, Kind) -> bool,
    ) -> BTreeMap<PersonId, BTreeSet<DocumentId>> {
        let mut mentions = BTreeMap::<PersonId, BTreeSet<DocumentId>>::new();
        for (&id, stored) in &self.documents {
            let Some(current) = stored.current() else { continue };
            if !of_interest(id, current.content.kind) {
                continue;
            }
            let identities = current.content.people.iter().filter_map(|mention| mention.identity.as_ref());
            for (person, _) in identities.filter_map(|identity: &Identity| self.people.find(identity)) {
                mentions.entry(person).or_default().insert(id);
            }
        }
        mentions
    }

    fn documents_mentioning(&self, person: PersonId) -> u64 {
        self.mentions(|_, _| true).get(&person).map_or(0, |documents| documents.len() as u64)
    }

    pub(super) fn removal(&self, target: &ForgetTarget) -> Removal {
        let is_meant = |source: &str, day: Option<Day>| match target {
            ForgetTarget::Source(wanted) => is_under(source, wanted),
            ForgetTarget::Days { source: wanted, from, until } => {
                wanted.as_ref().is_none_or(|wanted| is_under(source, wanted))
                    && day.is_some_and(|day| (*from..*until).contains(&day))
            }
            ForgetTarget::Document(_) | ForgetTarget::Documents(_) => false,
        };
        let listed = match target {
            ForgetTarget::Document(id) => std::slice::from_ref(id),
            ForgetTarget::Documents(ids) => ids,
            ForgetTarget::Source(_) | ForgetTarget::Days { .. } => &[],
        };
        let meant = self.documents.iter().filter(|(id, stored)| {
            let current = stored.current();
            listed.contains(id)
                || current.is_some_and(|current| is_meant(&current.content.source, current.day))
        });
        let documents = meant.map(|(&id, _)| id).collect::<BTreeSet<_>>();
        let samples = self.samples.iter().filter(|(_, (sample, day))| is_meant(&sample.source, Some(*day)));
        let samples = samples.map(|(key, _)| key.clone()).collect::<Vec<_>>();
        let people = if documents.is_empty() { Vec::new() } else { self.people_only_in(&documents) };
        let revisions =
            documents.iter().filter_map(|id| self.documents.get(id)).map(|stored| stored.revision_count());
        let named =
            documents.iter().filter_map(|id| self.documents.get(id)).flat_map(|stored| stored.hashes());
        let blobs = named.collect::<BTreeSet<_>>().into_iter().filter(|hash| {
            self.blobs.contains_key(hash) && self.referring(*hash).all(|id| documents.contains(&id))
        });
        let blobs = blobs.collect::<Vec<_>>();
        let counts = Forgotten {
            documents: documents.len() as u64,
            revisions: revisions.sum(),
            samples: samples.len() as u64,
            annotations: documents.iter().filter(|&&id| !self.annotations_of(id).is_empty()).count() as u64,
            people: people.len() as u64,
            blobs: blobs.len() as u64,
        };
        Removal { documents, samples, people, blobs, counts }
    }

    /// People whom nothing is left of once these documents are gone: no document mentions them, and
    /// no address book that stays holds them (a card that goes takes its person with it).
    fn people_only_in(&self, removed: &BTreeSet<DocumentId>) -> Vec<PersonId> {
        let kept = self.mentions(|id, _| !removed.contains(&id));
        let removed_cards = self.mentions(|id, kind| removed.contains(&id) && kind == Kind::Contact);
        let address_book_stays = self.documents.iter().any(|(id, stored)| {
            !removed.contains(id)
                && stored.current().is_some_and(|current| current.content.kind == Kind::Contact)
        });
        let groups = self.people.groups().iter();
        let forgotten = groups.filter(|(id, group)| {
            let in_address_book =
                group.from_contacts && address_book_stays && !removed_cards.contains_key(id);
            !kept.contains_key(id) && !in_address_book
        });
        forgotten.map(|(&id, _)| id).collect()
    }

    /// Says whether there was anything to remove.
    pub(super) fn remove(&mut self, removal: &Removal) -> bool {
        for id in &removal.documents {
            self.documents.remove(id);
            self.annotations.remove(id);
        }
        for key in &removal.samples {
            self.samples.remove(key);
        }
        for &id in &removal.people {
            self.people.remove(id);
        }
        let is_something = !removal.documents.is_empty() || !removal.samples.is_empty();
        self.sequence += u64::from(is_something);
        is_something
    }
}

//! A vault as a limited scope sees it: what lies outside is not there, nothing can be changed but annotations,
//! and what is known of the whole vault only is refused.

use crate::Scope;
use crate::http::problem::OutOfScope;
use async_trait::async_trait;
use dp_lake::{
    Annotation, Annotations, Applied, Batch, Cursor, Day, DayCount, Dimension, DocumentVectors, Documents,
    Facet, FacetField, Filter, ForgetTarget, Forgotten, Health, Hidden, HistogramQuery, Hits, Import,
    ImportDraft, Imports, LakeError, LedgerQuery, MemoEntry, Nearest, NearestQuery, Order, Page,
    PassageVector, PendingDocument, RankedHit, RankedQuery, RevisionedDocument, SampleQuery, Search, Series,
    SeriesInfo, Sort, Suggestion, SuggestionKind, Term, TermMode, TextQuery, Top, Vault, VectorModel,
    VectorSet, Vectors, dimensions::dimension_values, etl::HomeClock, people,
};
use dp_model::{Content, Document, DocumentId, EntryReport, Kind, Person, PersonId, Sample};
use std::{cmp::Reverse, collections::HashMap, sync::Arc};

/// Ids of a prefix that are looked at to find those that may be seen.
const PREFIX_LOOKED_AT: usize = 1_000;
/// Documents that a top list of a view is counted from, the latest.
const TOP_COUNTED: usize = 10_000;
/// Documents and samples that are read at once.
const READ_AT_ONCE: usize = 1_000;

/// The view.
pub(super) struct View {
    vault: Arc<dyn Vault>,
    scope: Scope,
}

impl View {
    pub(super) fn new(vault: Arc<dyn Vault>, scope: Scope) -> Self {
        Self { vault, scope }
    }

    fn clock(&self) -> HomeClock {
        HomeClock::new(self.vault.home_zone())
    }

    fn sees(&self, content: &Content, clock: &mut HomeClock) -> bool {
        self.scope.sees(&content.source, content.time.as_ref().map(|time| clock.day(time)))
    }

    async fn sees_id(&self, id: DocumentId) -> Result<bool, LakeError> {
        let document = self.vault.documents().get_many(&[id]).await?.pop().flatten();
        Ok(document.is_some_and(|document| self.sees(&document.content, &mut self.clock())))
    }

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

    /// Whether a name stands in something that may be seen, and in how many documents.
    async fn documents_with(&self, name: &str) -> Result<u64, LakeError> {
        let must = vec![Term { text: name.to_owned(), mode: TermMode::Phrase }];
        let query = TextQuery { must, ..TextQuery::default() };
        Ok(Search::keyword(self, &query, &Filter::default(), Sort::Newest, 1).await?.total)
    }
}

fn refused<T>(what: &'static str) -> Result<T, LakeError> {
    Err(LakeError::Engine { context: what.to_owned(), source: Box::new(OutOfScope(what)) })
}

#[async_trait]
impl Vault for View {
    fn documents(&self) -> &dyn Documents {
        self
    }

    fn search(&self) -> &dyn Search {
        self
    }

    fn vectors(&self) -> &dyn Vectors {
        self
    }

    fn series(&self) -> &dyn Series {
        self
    }

    fn imports(&self) -> &dyn Imports {
        self
    }

    fn home_zone(&self) -> &str {
        self.vault.home_zone()
    }

    async fn health(&self, _thorough: bool) -> Result<Health, LakeError> {
        refused("the health of the store")
    }
}

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

#[async_trait]
impl Search for View {
    async fn keyword(
        &self,
        query: &TextQuery,
        filter: &Filter,
        sort: Sort,
        limit: usize,
    ) -> Result<Hits, LakeError> {
        match self.scope.narrow(filter.clone()) {
            Some(filter) => self.vault.search().keyword(query, &filter, sort, limit).await,
            None => Ok(Hits::default()),
        }
    }

    async fn ranked(&self, query: &RankedQuery, limit: usize) -> Result<Vec<RankedHit>, LakeError> {
        match self.scope.narrow(query.filter.clone()) {
            Some(filter) => self.vault.search().ranked(&RankedQuery { filter, ..query.clone() }, limit).await,
            None => Ok(Vec::new()),
        }
    }

    async fn facets(
        &self,
        query: &TextQuery,
        filter: &Filter,
        fields: &[FacetField],
        limit: usize,
    ) -> Result<Vec<Facet>, LakeError> {
        match self.scope.narrow(filter.clone()) {
            Some(filter) => self.vault.search().facets(query, &filter, fields, limit).await,
            None => Ok(fields.iter().map(|&field| Facet { field, counts: Vec::new() }).collect()),
        }
    }

    /// Names are of the whole vault, so each is looked for in what may be seen.
    async fn suggest(&self, typed: &str, limit: usize) -> Result<Vec<Suggestion>, LakeError> {
        let mut seen = Vec::new();
        for suggestion in self.vault.search().suggest(typed, limit).await? {
            match (suggestion.kind, suggestion.id) {
                (SuggestionKind::Query, _) => {}
                (_, Some(id)) if !self.sees_id(id).await? => {}
                _ => match self.documents_with(&suggestion.text).await? {
                    0 => {}
                    documents => seen.push(Suggestion { documents, ..suggestion }),
                },
            }
        }
        Ok(seen)
    }

    async fn wait_indexed(&self, sequence: u64) -> Result<(), LakeError> {
        self.vault.search().wait_indexed(sequence).await
    }

    async fn rebuild(&self, _progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<u64, LakeError> {
        Err(LakeError::ReadOnly)
    }
}

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

    async fn put(&self, _model: &VectorModel, _vectors: Vec<DocumentVectors>) -> Result<u64, LakeError> {
        Err(LakeError::ReadOnly)
    }

    async fn commit(&self, _model: &VectorModel) -> Result<(), LakeError> {
        Err(LakeError::ReadOnly)
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

#[async_trait]
impl Series for View {
    /// Figures of a series are kept by day and not by source.
    async fn list(&self) -> Result<Vec<SeriesInfo>, LakeError> {
        let mut seen = Vec::new();
        for info in self.vault.series().list().await? {
            let days = Series::daily(self, &info.series).await?;
            let (first, last) = (days.first().map(|day| day.0), days.last().map(|day| day.0));
            if first.is_some() {
                let count = days.iter().map(|day| day.1).sum();
                seen.push(SeriesInfo { series: info.series, count, first_day: first, last_day: last });
            }
        }
        Ok(seen)
    }

    async fn range(&self, query: &SampleQuery) -> Result<Vec<Sample>, LakeError> {
        let mut clock = self.clock();
        // A local day begins and ends within a day of the one of UTC.
        let day_us = |day: Day| i64::from(day).saturating_mul(dp_model::Moment::DAY_US);
        let first_us = self.scope.from.map(|day| day_us(day.saturating_sub(1)));
        let past_us = self.scope.until.map(|day| day_us(day.saturating_add(1)));
        let until_us = query.until_us.into_iter().chain(past_us).min();
        let mut from_us = query.from_us.into_iter().chain(first_us).max();
        let (mut seen, mut read_max) = (Vec::new(), READ_AT_ONCE);
        loop {
            let part = SampleQuery { from_us, until_us, limit: read_max, ..query.clone() };
            let samples = self.vault.series().range(&part).await?;
            let is_all = samples.len() < read_max;
            let Some(last_us) = samples.last().map(|sample| sample.time_us) else { return Ok(seen) };
            // Those of the last instant may go on in the next part, and are left for it.
            let whole = samples.into_iter().filter(|sample| is_all || sample.time_us < last_us);
            seen.extend(
                whole.filter(|sample| self.scope.sees(&sample.source, Some(sample_day(sample, &mut clock)))),
            );
            if is_all || seen.len() >= query.limit {
                seen.truncate(query.limit);
                return Ok(seen);
            }
            // More of one instant than are read at once: read more of them.
            if from_us == Some(last_us) {
                read_max = read_max.saturating_mul(2);
            }
            from_us = Some(last_us);
        }
    }

    async fn daily(&self, series: &str) -> Result<Vec<(Day, u64)>, LakeError> {
        if !self.scope.sources.is_empty() {
            return refused("the figures of a series");
        }
        let days = self.vault.series().daily(series).await?;
        let range = Filter { from: self.scope.from, until: self.scope.until, ..Filter::default() };
        Ok(days.into_iter().filter(|&(day, _)| range.wants_day(Some(day))).collect())
    }
}

fn sample_day(sample: &Sample, clock: &mut HomeClock) -> Day {
    let precision = dp_model::Precision::Microsecond;
    let moment = match sample.offset_s {
        Some(offset_s) => dp_model::Moment::with_offset(sample.time_us, offset_s, precision),
        None => dp_model::Moment::utc(sample.time_us, precision),
    };
    clock.day(&moment)
}

#[async_trait]
impl Imports for View {
    async fn begin(&self, _draft: ImportDraft) -> Result<Import, LakeError> {
        Err(LakeError::ReadOnly)
    }

    async fn finish(&self, _import: u64, _now_us: i64) -> Result<Import, LakeError> {
        Err(LakeError::ReadOnly)
    }

    async fn list(&self) -> Result<Vec<Import>, LakeError> {
        refused("the list of imports")
    }

    async fn ledger(&self, _query: &LedgerQuery) -> Result<Vec<EntryReport>, LakeError> {
        refused("the ledger of an import")
    }

    async fn memo_has_size(&self, _bytes: u64) -> Result<bool, LakeError> {
        refused("what was imported")
    }

    async fn memo(
        &self,
        _hash: [u8; 32],
        _parser: &str,
        _version: u32,
    ) -> Result<Option<MemoEntry>, LakeError> {
        refused("what was imported")
    }
}

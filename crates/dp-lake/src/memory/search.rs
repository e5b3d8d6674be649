//! Word search of the memory vault: analyses every document anew for each query.

use super::{
    MemoryVault,
    state::{State, Version},
};
use crate::{
    Alternative, Annotations, Facet, FacetField, Filter, Hidden, Hit, Hits, LakeError, RankedHit,
    RankedQuery, Search, Sort, Suggestion, Term, TextQuery, TimeCount, TimeCountQuery,
    analysis::{OwnedToken, edit_distance, for_each_part, forgiven_edits, tokens},
    etl::HomeClock,
    matching::matches,
    sought::{Sought, sought},
};
use async_trait::async_trait;
use dp_model::{Content, DocumentId};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// The tokens of each string of a document.
type Strings = Vec<Vec<OwnedToken>>;

#[async_trait]
impl Search for MemoryVault {
    async fn keyword(
        &self,
        query: &TextQuery,
        filter: &Filter,
        sort: Sort,
        limit: usize,
    ) -> Result<Hits, LakeError> {
        Ok(sorted(self.lock().found(query, filter), sort, limit))
    }

    async fn ranked(&self, query: &RankedQuery, limit: usize) -> Result<Vec<RankedHit>, LakeError> {
        Ok(self.rank(query, limit))
    }

    async fn facets(
        &self,
        query: &TextQuery,
        filter: &Filter,
        fields: &[FacetField],
        limit: usize,
    ) -> Result<Vec<Facet>, LakeError> {
        Ok(self.count_by_field(query, filter, fields, limit))
    }

    async fn counts(&self, query: &TimeCountQuery) -> Result<Vec<TimeCount>, LakeError> {
        let state = self.lock();
        let mut clock = HomeClock::new(&self.home_zone);
        let mut counts = BTreeMap::new();
        for (id, ..) in state.found(&query.text, &query.filter) {
            let Some(current) = state.documents.get(&id).and_then(|stored| stored.current()) else {
                continue;
            };
            let Version { content, day, .. } = current;
            let hour = content.time.as_ref().and_then(|time| clock.hour(time));
            let key = (
                *day,
                hour.filter(|_| query.by_hour && day.is_some()),
                query.by_source.then(|| content.source.to_string()),
                query.by_kind.then_some(content.kind),
            );
            *counts.entry(key).or_default() += 1;
        }
        let count = |((day, hour, source, kind), count)| TimeCount { day, hour, source, kind, count };
        Ok(counts.into_iter().map(count).collect())
    }

    async fn suggest(&self, typed: &str, limit: usize) -> Result<Vec<Suggestion>, LakeError> {
        self.suggestions(typed, limit).await
    }

    async fn wait_indexed(&self, _sequence: u64) -> Result<(), LakeError> {
        Ok(())
    }

    async fn rebuild(&self, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<u64, LakeError> {
        let documents = self.lock().documents.len() as u64;
        progress(documents, documents);
        Ok(documents)
    }
}

impl State {
    /// Documents that match, with the instant to sort by and the number of occurrences.
    fn found(&self, query: &TextQuery, filter: &Filter) -> Vec<(DocumentId, Option<i64>, usize)> {
        let strings = self.analysed();
        let wanted = Wanted::of(query, &strings, Typos::Forgiven);
        let mut found = Vec::new();
        for (&id, strings) in &strings {
            let Some(current) = self.documents.get(&id).and_then(|stored| stored.current()) else {
                continue;
            };
            let annotations = self.annotations_of(id);
            let document = Analysed { version: current, annotations: &annotations, strings };
            if !document.is_meant(filter) {
                continue;
            }
            found.extend(wanted.occurrences(&document).map(|score| (id, current.sort_us, score)));
        }
        found
    }

    /// Documents that match.
    pub(super) fn matching(&self, query: &TextQuery, filter: &Filter) -> BTreeSet<DocumentId> {
        self.found(query, filter).into_iter().map(|(id, ..)| id).collect()
    }

    fn analysed(&self) -> BTreeMap<DocumentId, Strings> {
        let current = self.documents.iter().filter_map(|(&id, stored)| Some((id, stored.current()?)));
        current.map(|(id, version)| (id, analysed(&version.content, &self.annotations_of(id)))).collect()
    }
}

pub(super) fn analysed(content: &Content, annotations: &Annotations) -> Strings {
    let mut strings = Strings::new();
    for_each_part(content, annotations, &mut |_, text| strings.push(tokens(&text)));
    strings
}

/// A document as it is looked at.
struct Analysed<'a> {
    version: &'a Version,
    annotations: &'a Annotations,
    strings: &'a Strings,
}

impl Analysed<'_> {
    fn is_meant(&self, filter: &Filter) -> bool {
        let Version { content, day, sort_us, .. } = self.version;
        matches(filter, content, *day, *sort_us, self.annotations)
    }
}

/// Whether a word that stands nowhere may be another but for a typo.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Typos {
    Forgiven,
    Counted,
}

/// A query with its words analysed.
struct Wanted<'q> {
    /// Of each list one form must stand in the document.
    must: Vec<Vec<Sought>>,
    /// Of no list all may.
    must_not: Vec<Vec<Sought>>,
    any: Vec<Vec<(Wanted<'q>, &'q Filter)>>,
    none: Vec<(Wanted<'q>, &'q Filter)>,
}

impl<'q> Wanted<'q> {
    fn of(query: &'q TextQuery, vault: &BTreeMap<DocumentId, Strings>, typos: Typos) -> Self {
        let forms = |sought| if typos == Typos::Forgiven { forgiving(sought, vault) } else { vec![sought] };
        let must_not = query.must_not.iter().map(sought_by).filter(|term| !term.is_empty());
        let alternative = |alternative: &'q Alternative, typos| {
            (Wanted::of(&alternative.text, vault, typos), &alternative.filter)
        };
        let any = query.any.iter().filter(|alternatives| !alternatives.is_empty());
        Wanted {
            must: query.must.iter().flat_map(sought_by).map(forms).collect(),
            must_not: must_not.collect(),
            any: any.map(|list| list.iter().map(|one| alternative(one, typos)).collect()).collect(),
            none: query.none.iter().map(|one| alternative(one, Typos::Counted)).collect(),
        }
    }

    /// How often what is wanted stands in a document; None if the document does not match.
    fn occurrences(&self, document: &Analysed<'_>) -> Option<usize> {
        let mut occurrences = 0;
        for forms in &self.must {
            let here = forms.iter().map(|form| count(form, document.strings)).sum::<usize>();
            if here == 0 {
                return None;
            }
            occurrences += here;
        }
        let stands = |sought: &Sought| count(sought, document.strings) > 0;
        let is_refused = self.must_not.iter().any(|term| term.iter().all(stands));
        if is_refused || self.none.iter().any(|one| of_alternative(one, document).is_some()) {
            return None;
        }
        for alternatives in &self.any {
            let found = alternatives.iter().filter_map(|one| of_alternative(one, document));
            occurrences += found.reduce(|one, other| one + other)?;
        }
        Some(occurrences)
    }
}

fn of_alternative((wanted, filter): &(Wanted<'_>, &Filter), document: &Analysed<'_>) -> Option<usize> {
    let filter = Filter { hidden: Hidden::Include, ..(*filter).clone() };
    if document.is_meant(&filter) { wanted.occurrences(document) } else { None }
}

fn sought_by(term: &Term) -> Vec<Sought> {
    sought(&term.text, term.mode)
}

fn count(sought: &Sought, strings: &Strings) -> usize {
    strings.iter().map(|tokens| sought.occurrences(tokens)).sum()
}

/// The forms to look for: the one sought, or those that differ by a typo if it stands nowhere at all.
fn forgiving(sought: Sought, vault: &BTreeMap<DocumentId, Strings>) -> Vec<Sought> {
    if !sought.is_word || vault.values().any(|strings| count(&sought, strings) > 0) {
        return vec![sought];
    }
    let terms = vault.values().flatten().flatten().map(|token| token.term.as_str()).collect::<BTreeSet<_>>();
    let meant = terms.into_iter().filter(|term| may_be_meant(term, &sought));
    meant
        .map(|term| Sought { terms: vec![term.to_owned()], last_is_prefix: false, ..sought.clone() })
        .collect()
}

/// Whether `term`, or a beginning of it where the word may go on, is the word but for a typo.
fn may_be_meant(term: &str, sought: &Sought) -> bool {
    let wanted = &sought.terms[0];
    let edits = usize::from(forgiven_edits(wanted));
    let is_near = |beginning: &str| edits > 0 && edit_distance(beginning, wanted) <= edits;
    is_near(term) || (sought.last_is_prefix && term.char_indices().any(|(end, _)| is_near(&term[..end])))
}

fn sorted(mut found: Vec<(DocumentId, Option<i64>, usize)>, sort: Sort, limit: usize) -> Hits {
    match sort {
        Sort::Relevance => found.sort_by_key(|&(id, _, score)| (Reverse(score), id)),
        Sort::Newest => found.sort_by_key(|&(id, sort_us, _)| Reverse((sort_us, id))),
        Sort::Oldest => found.sort_by_key(|&(id, sort_us, _)| (sort_us.is_none(), sort_us, id)),
    }
    let total = found.len() as u64;
    let score_of = |occurrences: usize| if sort == Sort::Relevance { occurrences as f32 } else { 0.0 };
    let hits =
        found.into_iter().take(limit).map(|(id, _, occurrences)| Hit { id, score: score_of(occurrences) });
    Hits { hits: hits.collect(), total }
}

//! Word search of the memory vault: analyses every document anew for each query.

use super::{MemoryVault, state::State};
use crate::{
    Annotations, Facet, FacetField, Filter, Hit, Hits, LakeError, RankedQuery, Search, Sort, Suggestion,
    Term, TextQuery,
    analysis::{OwnedToken, edit_distance, for_each_part, forgiven_edits, tokens},
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

    async fn ranked(&self, query: &RankedQuery, limit: usize) -> Result<Vec<Hit>, LakeError> {
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
        let must = query.must.iter().flat_map(sought_by).map(|sought| forgiving(sought, &strings));
        let must = must.collect::<Vec<_>>();
        let must_not =
            query.must_not.iter().map(sought_by).filter(|term| !term.is_empty()).collect::<Vec<_>>();
        let mut found = Vec::new();
        for (&id, strings) in &strings {
            let Some(current) = self.documents.get(&id).and_then(|stored| stored.current()) else {
                continue;
            };
            let scores =
                must.iter().map(|forms| forms.iter().map(|form| count(form, strings)).sum::<usize>());
            let scores = scores.collect::<Vec<_>>();
            let is_refused = must_not.iter().any(|term| term.iter().all(|sought| count(sought, strings) > 0));
            let is_meant = matches(filter, &current.content, current.day, &self.annotations_of(id));
            if !scores.contains(&0) && !is_refused && is_meant {
                found.push((id, current.sort_us, scores.iter().sum::<usize>()));
            }
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

//! Word search of the memory vault: analyses every document anew for each query.

use super::{MemoryVault, state::State};
use crate::{
    Annotations, Filter, Hit, Hits, LakeError, Search, Sort, Term, TextQuery,
    analysis::{OwnedToken, for_each_part, tokens},
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
        let state = self.lock();
        let strings = state.analysed();
        let must = query.must.iter().flat_map(sought_by).map(|sought| forgiving(sought, &strings));
        let must = must.collect::<Vec<_>>();
        let must_not =
            query.must_not.iter().map(sought_by).filter(|term| !term.is_empty()).collect::<Vec<_>>();
        let mut found = Vec::new();
        for (&id, strings) in &strings {
            let Some(current) = state.documents.get(&id).and_then(|stored| stored.current()) else {
                continue;
            };
            let scores =
                must.iter().map(|forms| forms.iter().map(|form| count(form, strings)).sum::<usize>());
            let scores = scores.collect::<Vec<_>>();
            let is_refused = must_not.iter().any(|term| term.iter().all(|sought| count(sought, strings) > 0));
            let is_meant = matches(filter, &current.content, current.day, &state.annotations_of(id));
            if !scores.contains(&0) && !is_refused && is_meant {
                found.push((id, current.sort_us, scores.iter().sum::<usize>()));
            }
        }
        Ok(sorted(found, sort, limit))
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
    fn analysed(&self) -> BTreeMap<DocumentId, Strings> {
        let current = self.documents.iter().filter_map(|(&id, stored)| Some((id, stored.current()?)));
        current.map(|(id, version)| (id, analysed(&version.content, &self.annotations_of(id)))).collect()
    }
}

fn analysed(content: &Content, annotations: &Annotations) -> Strings {
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
    let edits = sought.terms.first().map_or(0, |term| edits_forgiven(term));
    if !sought.is_word || edits == 0 || vault.values().any(|strings| count(&sought, strings) > 0) {
        return vec![sought];
    }
    let terms = vault.values().flatten().flatten().map(|token| token.term.as_str()).collect::<BTreeSet<_>>();
    let near = terms.into_iter().filter(|term| edit_distance(term, &sought.terms[0]) <= edits);
    near.map(|term| Sought { terms: vec![term.to_owned()], ..sought.clone() }).collect()
}

fn edits_forgiven(term: &str) -> usize {
    match term.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Characters to insert, delete, replace or swap with their neighbour to make one word the other.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.chars().collect::<Vec<_>>(), b.chars().collect::<Vec<_>>());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let above = &rows[i - 1];
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (a, b, edits) in
            [("zurich", "zurich", 0), ("zurich", "zurcih", 1), ("kitten", "sitting", 3), ("", "ab", 2)]
        {
            assert_eq!(edit_distance(a, b), edits, "{a} {b}");
        }
    }
}

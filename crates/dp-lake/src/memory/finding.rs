//! Ranking, counting by field and suggestions of the memory vault: everything is looked at each time.

use super::{MemoryVault, search::analysed, state::State};
use crate::{
    Dimension, Documents as _, Facet, FacetCount, FacetField, Filter, LakeError, RankedHit, RankedQuery,
    Suggestion, SuggestionKind, TextQuery,
    analysis::{fold, tokens},
    date_of_day,
    dimensions::field_values,
};
use dp_model::DocumentId;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// Okapi's constants, as in the usual BM25.
const SATURATION: f64 = 1.2;
const LENGTH_WEIGHT: f64 = 0.75;

impl MemoryVault {
    /// BM25 over groups of words with one stem.
    pub(super) fn rank(&self, query: &RankedQuery, limit: usize) -> Vec<RankedHit> {
        let state = self.lock();
        let stem = |word: &str| match query.language {
            Some(language) => language.stemmer().stem(word).into_owned(),
            None => word.to_owned(),
        };
        let wanted = tokens(&query.words).iter().map(|token| stem(&token.term)).collect::<BTreeSet<_>>();
        let mut documents = Vec::new();
        for (&id, stored) in &state.documents {
            let Some(current) = stored.current() else { continue };
            let strings = analysed(&current.content, &state.annotations_of(id));
            let length = strings.iter().map(Vec::len).sum::<usize>();
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for token in strings.iter().flatten() {
                let stemmed = stem(&token.term);
                if wanted.contains(&stemmed) {
                    *counts.entry(stemmed).or_default() += 1;
                }
            }
            documents.push((id, length, counts));
        }
        let mean = documents.iter().map(|(_, length, _)| *length as f64).sum::<f64>()
            / documents.len().max(1) as f64;
        let frequency =
            |word: &str| documents.iter().filter(|(.., counts)| counts.contains_key(word)).count();
        let weights = wanted.iter().map(|word| {
            let with = frequency(word) as f64;
            (word.as_str(), (1.0 + (documents.len() as f64 - with + 0.5) / (with + 0.5)).ln())
        });
        let weights = weights.collect::<BTreeMap<_, _>>();
        let all = weights.values().sum::<f64>();
        let allowed = state.matching(&query.text, &query.filter);
        let mut hits = documents
            .iter()
            .filter(|(id, _, counts)| !counts.is_empty() && allowed.contains(id))
            .map(|(id, length, counts)| {
                let norm =
                    SATURATION * (1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * *length as f64 / mean.max(1.0));
                let score = counts.iter().map(|(word, &count)| {
                    let count = count as f64;
                    weights[word.as_str()] * count * (SATURATION + 1.0) / (count + norm)
                });
                let held = counts.keys().map(|word| weights[word.as_str()]).sum::<f64>();
                RankedHit { id: *id, score: score.sum::<f64>() as f32, coverage: (held / all) as f32 }
            })
            .collect::<Vec<_>>();
        hits.sort_by(|one, other| other.score.total_cmp(&one.score).then(one.id.cmp(&other.id)));
        hits.truncate(limit);
        hits
    }

    /// Counts what a keyword search would find.
    pub(super) fn count_by_field(
        &self,
        query: &TextQuery,
        filter: &Filter,
        fields: &[FacetField],
        limit: usize,
    ) -> Vec<Facet> {
        let state = self.lock();
        let found = state.matching(query, filter);
        let count = |&field: &FacetField| {
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            for id in &found {
                for value in state.values_of(*id, field) {
                    *counts.entry(value).or_default() += 1;
                }
            }
            let mut counts = counts
                .into_iter()
                .map(|(value, documents)| FacetCount { value, documents })
                .collect::<Vec<_>>();
            counts.sort_by_key(|count| Reverse(count.documents));
            counts.truncate(limit);
            Facet { field, counts }
        };
        fields.iter().map(count).collect()
    }

    /// Looks at every name and every title.
    pub(super) async fn suggestions(&self, typed: &str, limit: usize) -> Result<Vec<Suggestion>, LakeError> {
        let typed = fold(typed);
        let mut found = Vec::new();
        if typed.is_empty() {
            return Ok(found);
        }
        for (kind, dimension) in [
            (SuggestionKind::Person, Dimension::Person),
            (SuggestionKind::Place, Dimension::Place),
            (SuggestionKind::Channel, Dimension::Channel),
            (SuggestionKind::Site, Dimension::Site),
        ] {
            let names = self.top(dimension, usize::MAX).await?;
            let names =
                names.into_iter().filter_map(|top| Some((begins(&top.name, &typed)?, top.count, top.name)));
            found.extend(best(names.collect(), limit).into_iter().map(|(documents, text)| Suggestion {
                kind,
                text,
                documents,
                id: None,
            }));
        }
        let state = self.lock();
        let mut titles: BTreeMap<&str, (u64, DocumentId)> = BTreeMap::new();
        for id in state.matching(&TextQuery::default(), &Filter::default()) {
            let Some(current) = state.documents.get(&id).and_then(|stored| stored.current()) else {
                continue;
            };
            let entry = titles.entry(&current.content.title).or_insert((0, id));
            entry.0 += 1;
        }
        let ranked = titles
            .iter()
            .filter_map(|(title, &(count, _))| Some((begins(title, &typed)?, count, (*title).to_owned())));
        found.extend(best(ranked.collect(), limit).into_iter().map(|(documents, text)| Suggestion {
            kind: SuggestionKind::Title,
            id: titles.get(text.as_str()).map(|&(_, id)| id),
            text,
            documents,
        }));
        Ok(found)
    }
}

/// 0 if the name begins with what was typed, 1 if a later word does; None if neither.
fn begins(name: &str, typed: &str) -> Option<u8> {
    let name = fold(name);
    if name.starts_with(typed) {
        return Some(0);
    }
    let starts = name.char_indices().zip(name.chars().skip(1));
    let mut later =
        starts.filter(|((_, before), after)| !before.is_alphanumeric() && after.is_alphanumeric());
    later.any(|((at, before), _)| name[at + before.len_utf8()..].starts_with(typed)).then_some(1)
}

fn best(mut ranked: Vec<(u8, u64, String)>, limit: usize) -> Vec<(u64, String)> {
    ranked.sort_by(|one, other| (one.0, Reverse(one.1), &one.2).cmp(&(other.0, Reverse(other.1), &other.2)));
    ranked.into_iter().take(limit).map(|(_, count, name)| (count, name)).collect()
}

impl State {
    fn values_of(&self, id: DocumentId, field: FacetField) -> BTreeSet<String> {
        let Some(current) = self.documents.get(&id).and_then(|stored| stored.current()) else {
            return BTreeSet::new();
        };
        match field {
            FacetField::Year => {
                current.day.map(|day| date_of_day(day).year().to_string()).into_iter().collect()
            }
            other => field_values(&current.content, other).map(std::borrow::Cow::into_owned).collect(),
        }
    }
}

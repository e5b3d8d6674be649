//! What is shown of the documents that were found: passages, and counts beside them.

use super::{
    Engine, EngineError, Found, MeaningModel, SearchRequest, fusion::Candidate, passage, plan::Plan,
    read::ReadCandidate,
};
use dp_lake::{Facet, FacetCount, FacetField, dimensions::field_values, snippet};
use std::collections::BTreeMap;

impl Engine {
    /// The hits that are shown.
    pub(super) fn show(
        &self,
        request: &SearchRequest,
        plan: &Plan,
        meaning: Option<&(&MeaningModel, Vec<f32>)>,
        read: Vec<ReadCandidate>,
    ) -> Vec<Found> {
        let hits = read.into_iter().take(request.limit).map(|read| {
            let passage = read.candidate.passage();
            let by_words =
                snippet(&read.document.content, &plan.highlighted, plan.language, request.snippet_chars);
            let shown = match (passage, meaning) {
                (Some(passage), Some((model, vector))) if by_words.highlights.is_empty() => {
                    let content = &read.document.content;
                    passage::snippet(
                        content,
                        passage,
                        (&plan.highlighted, plan.language),
                        model,
                        vector,
                        request.snippet_chars,
                    )
                }
                _ => by_words,
            };
            let Candidate { explanation, .. } = read.candidate;
            let ReadCandidate { document, like_it, .. } = read;
            Found { document, snippet: shown, passage, like_it, explanation }
        });
        hits.collect()
    }

    /// Counts of all that hold all the words, or else of the hits.
    pub(super) async fn facets(
        &self,
        request: &SearchRequest,
        plan: &Plan,
        all_words: u64,
        hits: &[Found],
    ) -> Result<Vec<Facet>, EngineError> {
        if request.facet_values == 0 {
            return Ok(Vec::new());
        }
        if all_words > 0 {
            let facets = self.vault.search().facets(
                &plan.strict,
                &plan.filter,
                FacetField::SHOWN,
                request.facet_values,
            );
            return Ok(facets.await?);
        }
        let mut clock = dp_lake::etl::HomeClock::new(self.vault.home_zone());
        Ok(FacetField::SHOWN
            .iter()
            .map(|&field| facet_of_hits(field, hits, request.facet_values, &mut clock))
            .collect())
    }
}

fn facet_of_hits(
    field: FacetField,
    hits: &[Found],
    limit: usize,
    clock: &mut dp_lake::etl::HomeClock,
) -> Facet {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for hit in hits {
        let content = &hit.document.content;
        let documents = 1 + hit.like_it.len() as u64;
        if field == FacetField::Year {
            if let Some(time) = &content.time {
                let year = dp_lake::date_of_day(clock.day(time)).year();
                *counts.entry(year.to_string()).or_default() += documents;
            }
            continue;
        }
        for value in field_values(content, field).collect::<std::collections::BTreeSet<_>>() {
            *counts.entry(value.into_owned()).or_default() += documents;
        }
    }
    let counts = counts.into_iter().map(|(value, documents)| FacetCount { value, documents });
    let mut counts = counts.collect::<Vec<_>>();
    counts.sort_by_key(|count| std::cmp::Reverse(count.documents));
    counts.truncate(limit);
    Facet { field, counts }
}

//! Words in a view.

use super::View;
use async_trait::async_trait;
use dp_lake::{
    Facet, FacetField, Filter, Hits, LakeError, RankedHit, RankedQuery, Search, Sort, Suggestion,
    SuggestionKind, Term, TermMode, TextQuery, TimeCount, TimeCountQuery,
};

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

    async fn counts(&self, query: &TimeCountQuery) -> Result<Vec<TimeCount>, LakeError> {
        match self.scope.narrow(query.filter.clone()) {
            Some(filter) => self.vault.search().counts(&TimeCountQuery { filter, ..query.clone() }).await,
            None => Ok(Vec::new()),
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

impl View {
    /// Whether a name stands in something that may be seen, and in how many documents.
    async fn documents_with(&self, name: &str) -> Result<u64, LakeError> {
        let must = vec![Term { text: name.to_owned(), mode: TermMode::Phrase }];
        let query = TextQuery { must, ..TextQuery::default() };
        Ok(Search::keyword(self, &query, &Filter::default(), Sort::Newest, 1).await?.total)
    }
}

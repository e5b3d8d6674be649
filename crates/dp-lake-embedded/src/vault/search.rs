//! Searches by words, counts and suggestions, as the lake's contract has them: the text index says which rows, and
//! the store what they are.

use super::EmbeddedVault;
use crate::{error::in_directory, suggest::suggest, text::Ranked};
use async_trait::async_trait;
use dp_lake::{
    Facet, FacetField, Filter, Hit, Hits, LakeError, RankedHit, RankedQuery, Search, Sort, Suggestion,
    TextQuery, TimeCount, TimeCountQuery,
};
use futures::StreamExt as _;
use std::sync::Arc;

#[async_trait]
impl Search for EmbeddedVault {
    async fn keyword(
        &self,
        query: &TextQuery,
        filter: &Filter,
        sort: Sort,
        limit: usize,
    ) -> Result<Hits, LakeError> {
        let index = self.text_index()?;
        let (query, filter) = (query.clone(), filter.clone());
        self.read(move |reader| {
            let found = index.search(&query, &filter, sort, limit)?;
            let hits = reader.ids_of_rows(&found.rows)?;
            Ok(Hits {
                hits: hits.into_iter().map(|(id, score)| Hit { id, score }).collect(),
                total: found.total,
            })
        })
        .await
    }

    async fn ranked(&self, query: &RankedQuery, limit: usize) -> Result<Vec<RankedHit>, LakeError> {
        let index = self.text_index()?;
        let query = query.clone();
        self.read(move |reader| {
            let mut hits = Vec::new();
            for Ranked { row, score, coverage } in index.ranked(&query, limit)? {
                // A row may have gone since.
                hits.extend(reader.id_of_row(row)?.map(|id| RankedHit { id, score, coverage }));
            }
            Ok(hits)
        })
        .await
    }

    async fn facets(
        &self,
        query: &TextQuery,
        filter: &Filter,
        fields: &[FacetField],
        limit: usize,
    ) -> Result<Vec<Facet>, LakeError> {
        let index = self.text_index()?;
        let (query, filter, fields) = (query.clone(), filter.clone(), fields.to_vec());
        self.read(move |_| index.facets(&query, &filter, &fields, limit)).await
    }

    async fn counts(&self, query: &TimeCountQuery) -> Result<Vec<TimeCount>, LakeError> {
        let index = self.text_index()?;
        let query = query.clone();
        self.read(move |_| index.counts(&query)).await
    }

    async fn suggest(&self, typed: &str, limit: usize) -> Result<Vec<Suggestion>, LakeError> {
        let index = self.text_index()?;
        let (names, typed) = (Arc::clone(&self.names), typed.to_owned());
        self.read(move |reader| suggest(reader, &index, &names, &typed, limit)).await
    }

    async fn wait_indexed(&self, sequence: u64) -> Result<(), LakeError> {
        if let Some(indexer) = &self.indexer {
            let embedded = async {
                match &self.embedding {
                    Some(embedding) => embedding.commit().await,
                    None => Ok(()),
                }
            };
            let (indexed, embedded) = futures::join!(indexer.commit(), embedded);
            return indexed.and(embedded).map_err(|error| in_directory(error, &self.directory));
        }
        let index = self.text_index()?;
        index.refresh();
        if index.sequence() >= sequence {
            return Ok(());
        }
        Err(LakeError::Projection {
            projection: "text index",
            reason: format!("it has reached {} and not yet {sequence}", index.sequence()),
        })
    }

    async fn rebuild(&self, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<u64, LakeError> {
        let indexer = self.indexer.as_ref().ok_or(LakeError::ReadOnly)?;
        let (sender, mut told) = futures::channel::mpsc::unbounded();
        let rebuild = indexer.rebuild(sender);
        let tell = async {
            while let Some((done, total)) = told.next().await {
                progress(done, total);
            }
        };
        let (count, ()) = futures::join!(rebuild, tell);
        let count = count.map_err(|error| in_directory(error, &self.directory))?;
        if let Some(embedding) = &self.embedding {
            embedding.rebuild().await.map_err(|error| in_directory(error, &self.directory))?;
        }
        Ok(count)
    }
}

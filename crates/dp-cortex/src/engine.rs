//! The query engine: a query as typed comes in, explained hits with passages and facets go out. It plans,
//! asks the lake for words and for meanings, and puts the answers together; it stores nothing. Embedding a
//! query takes processor time, so an async server calls it from a thread that may block.

mod answer;
mod counting;
mod fold;
mod fusion;
mod gather;
mod locate;
mod moments;
mod passage;
mod plan;
mod priors;
mod read;
mod rerank;
mod show;

pub use answer::{
    Explanation, Found, KeywordPart, Mode, Prior, RerankPart, SearchAnswer, SearchRequest, SemanticPart,
    Understood,
};
pub use counting::{Breakdown, Drill, Selection, TopOf};
pub use moments::{Around, Neighbours, Similar, YearOfDay};

use crate::{
    embed::{EmbedError, Pace, Purpose, TextEmbedder},
    history::History,
    query::QueryError,
};
use dp_lake::{LakeError, Suggestion, SuggestionKind, Vault};
use fusion::DEPTH;
use gather::Gathered;
use plan::Plan;
use read::Known;
use std::sync::Arc;

/// Hits of each list that are looked at when many of them are near-duplicates.
const DEPTH_MAX: usize = 1600;

/// A model that meanings are compared with.
#[derive(Clone)]
pub struct MeaningModel {
    /// What embeds queries, and has embedded documents.
    pub embedder: Arc<dyn TextEmbedder>,
    /// Cosine below which nothing is near, for this model.
    pub floor: f32,
}

/// Why a search could not be answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The query can't be meant.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The store failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A document that was named is not there.
    #[error("there is no document {0}")]
    NoSuchDocument(String),
    /// The beginning of an id that was given fits several documents.
    #[error("several documents have ids that begin with {0}; give more digits")]
    AmbiguousId(String),
    /// Nothing can be compared by meaning.
    #[error("meanings can't be compared: {0}")]
    NoMeaning(String),
}

/// Answers questions about one vault.
pub struct Engine {
    vault: Arc<dyn Vault>,
    /// The one in use first; the others answer while its vectors are made.
    models: Vec<MeaningModel>,
    reranker: Option<MeaningModel>,
    history: Option<History>,
}

impl Engine {
    /// An engine over a vault. Of `models` the one in use comes first; without any, only words are
    /// searched.
    #[must_use]
    pub fn new(vault: Arc<dyn Vault>, models: Vec<MeaningModel>) -> Self {
        Self { vault, models, reranker: None, history: None }
    }

    /// Compares the best hits once more with a larger model.
    #[must_use]
    pub fn with_reranker(mut self, model: MeaningModel) -> Self {
        self.reranker = Some(model);
        self
    }

    /// Suggests queries that were asked before.
    #[must_use]
    pub fn with_history(mut self, history: History) -> Self {
        self.history = Some(history);
        self
    }

    /// The same models over another view of the vault. Queries asked before are of the whole vault, and are
    /// not suggested.
    #[must_use]
    pub fn over(&self, vault: Arc<dyn Vault>) -> Self {
        Self { vault, models: self.models.clone(), reranker: self.reranker.clone(), history: None }
    }

    /// The vault it answers from.
    #[must_use]
    pub fn vault(&self) -> &Arc<dyn Vault> {
        &self.vault
    }

    /// Finds documents.
    ///
    /// # Errors
    /// `Query` if the query can't be meant; `Lake` if the store fails. A model that fails is a notice, and
    /// words are searched alone.
    pub async fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, EngineError> {
        let plan = self.plan(request).await?;
        let mut notices = Vec::new();
        let by_words = request.mode != Mode::Semantic || plan.words.is_empty();
        let chosen = if request.mode == Mode::Keyword || plan.words.is_empty() || request.is_strict() {
            None
        } else {
            self.choose_model(&mut notices).await
        };
        let query = chosen.as_ref().and_then(|model| embed_query(model, &plan, &mut notices));
        let meaning = chosen.zip(query);
        let mut depth = DEPTH.max(request.limit);
        let mut known = Known::default();
        let (gathered, mut read) = loop {
            let gathered =
                self.gather(request, &plan, by_words, meaning.as_ref(), depth, &mut notices).await?;
            let read = self.read(&gathered, request, &plan, &mut known).await?;
            if read.len() >= request.limit || gathered.is_all || depth >= DEPTH_MAX {
                break (gathered, read);
            }
            depth *= 4;
        };
        if request.rerank && !gathered.keeps_order && request.mode != Mode::Keyword {
            self.rerank(&plan, meaning.as_ref(), &mut read, &mut notices).await;
        }
        let hits = self.show(request, &plan, meaning.as_ref(), read);
        let facets = self.facets(request, &plan, gathered.all_words, &hits).await?;
        let model = meaning.map(|(model, _)| model.embedder.model().name.clone());
        let understood = Understood {
            filter: plan.filter,
            words: plan.words,
            period: plan.hints.period,
            kinds: plan.hints.kinds,
            model,
        };
        let Gathered { all_words, total, .. } = gathered;
        let mode = if understood.model.is_some() { request.mode } else { Mode::Keyword };
        Ok(SearchAnswer { hits, total, all_words, mode, facets, notices, understood })
    }

    /// How what is being typed may go on: queries asked before, then names and titles. At most `limit` of
    /// each kind.
    ///
    /// # Errors
    /// `Lake` if the store fails. A history that can't be read suggests nothing.
    pub async fn suggest(&self, typed: &str, limit: usize) -> Result<Vec<Suggestion>, EngineError> {
        let asked = self.history.as_ref().map(|history| history.starting_with(typed, limit));
        let asked = asked.and_then(Result::ok).unwrap_or_default();
        let asked = asked.into_iter().map(|text| Suggestion {
            kind: SuggestionKind::Query,
            text,
            documents: 0,
            id: None,
        });
        let mut suggestions = asked.collect::<Vec<_>>();
        if !typed.trim().is_empty() {
            suggestions.extend(self.vault.search().suggest(typed, limit).await?);
        }
        Ok(suggestions)
    }

    /// The model to compare meanings with: the first whose set is complete, else the one that has done
    /// most.
    async fn choose_model(&self, notices: &mut Vec<String>) -> Option<&MeaningModel> {
        if self.models.is_empty() {
            notices.push("There is no model to compare meanings with, so only words were searched; `datapunk models pull wordllama` gets one.".to_owned());
            return None;
        }
        let sets = match self.vault.vectors().list().await {
            Ok(sets) => sets,
            Err(error) => {
                notices.push(format!("Only words were searched: {error}."));
                return None;
            }
        };
        let done = |model: &&MeaningModel| {
            let set = sets.iter().find(|set| set.model == *model.embedder.model())?;
            (set.documents > 0).then_some((set.documents, set.pending))
        };
        let complete = self.models.iter().find(|model| done(model).is_some_and(|(_, pending)| pending == 0));
        // Of equal ones the last is taken, and the one in use is to win.
        let fullest =
            || self.models.iter().rev().filter(|model| done(model).is_some()).max_by_key(|model| done(model));
        let Some(chosen) = complete.or_else(fullest) else {
            notices.push("No vectors have been made yet, so only words were searched; `datapunk models use` makes them.".to_owned());
            return None;
        };
        if let Some((_, pending)) = done(&chosen).filter(|&(_, pending)| pending > 0) {
            notices
                .push(format!("{pending} documents have no vectors yet and are found by their words only."));
        }
        Some(chosen)
    }
}

/// The vector of what is looked for; None, with a notice, if there is none.
fn embed_query(model: &MeaningModel, plan: &Plan, notices: &mut Vec<String>) -> Option<Vec<f32>> {
    let words = match model.embedder.pace() {
        Pace::Pipeline => plan.content_words.as_str(),
        Pace::Background => plan.words.as_str(),
    };
    let embedded: Result<Vec<Vec<f32>>, EmbedError> = model.embedder.embed(&[words], Purpose::Query);
    match embedded.map(|vectors| vectors.into_iter().next().unwrap_or_default()) {
        Ok(vector) if vector.is_empty() => {
            notices.push(format!(
                "The model {} knows none of the words, so only words were searched.",
                model.embedder.model().name
            ));
            None
        }
        Ok(vector) => Some(vector),
        Err(error) => {
            notices.push(format!("Only words were searched: {error}."));
            None
        }
    }
}

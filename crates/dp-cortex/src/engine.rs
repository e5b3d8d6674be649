//! The query engine: a query as typed comes in, explained hits with passages and facets go out. It plans,
//! asks the lake for words and for meanings, and puts the answers together; it stores nothing. Embedding a
//! query takes processor time, so an async server calls it from a thread that may block.

mod answer;
mod fold;
mod fusion;
mod locate;
mod moments;
mod passage;
mod plan;
mod priors;
mod rerank;

pub use answer::{
    Explanation, Found, KeywordPart, Mode, Prior, RerankPart, SearchAnswer, SearchRequest, SemanticPart,
    Understood,
};
pub use moments::{Around, Similar, YearOfDay};

use crate::{
    embed::{EmbedError, Pace, Purpose, TextEmbedder},
    history::History,
    query::QueryError,
};
use dp_lake::{
    Facet, FacetCount, FacetField, LakeError, Nearest, NearestQuery, Sort, Suggestion, SuggestionKind, Vault,
    VectorModel, dimensions::field_values, snippet,
};
use dp_model::{Document, DocumentId};
use fold::{Fingerprint, Fingerprints};
use fusion::{Candidate, DEPTH, MeaningList, WordLists};
use plan::Plan;
use std::{collections::BTreeMap, sync::Arc};

/// Hits of each list that are looked at when many of them are near-duplicates.
const DEPTH_MAX: usize = 1600;
/// Hits that are read at once to be folded and shown.
const READ_AT_ONCE: usize = 40;

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
        loop {
            let gathered =
                self.gather(request, &plan, by_words, meaning.as_ref(), depth, &mut notices).await?;
            let is_all = gathered.is_all;
            let answer = self.complete(request, &plan, meaning.as_ref(), gathered, notices.clone()).await?;
            if answer.hits.len() >= request.limit || is_all || depth >= DEPTH_MAX {
                return Ok(answer);
            }
            depth *= 4;
        }
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

    /// Asks for words and meanings, and puts the lists together.
    async fn gather(
        &self,
        request: &SearchRequest,
        plan: &Plan,
        by_words: bool,
        meaning: Option<&(&MeaningModel, Vec<f32>)>,
        depth: usize,
        notices: &mut Vec<String>,
    ) -> Result<Gathered, EngineError> {
        if request.is_strict() || plan.words.is_empty() {
            let found = self.vault.search().keyword(&plan.strict, &plan.filter, request.sort, depth).await?;
            let is_all = found.hits.len() < depth;
            let lists = WordLists { strict: found.hits, ranked: Vec::new() };
            let mut candidates = in_given_order(&lists);
            candidates.truncate(depth);
            return Ok(Gathered {
                candidates,
                all_words: found.total,
                total: found.total,
                is_all,
                keeps_order: true,
            });
        }
        let words = async { if by_words { self.words(plan, depth).await.map(Some) } else { Ok(None) } };
        let meanings = async {
            match meaning {
                Some((model, vector)) => {
                    Some(self.meanings(plan, model.embedder.model(), vector, depth).await)
                }
                None => None,
            }
        };
        let (words, meanings) = futures::join!(words, meanings);
        let words = words?;
        let meanings = match meanings.transpose() {
            Ok(meanings) => meanings,
            Err(error) if by_words => {
                let notice = format!("Only words were searched: {error}.");
                if !notices.contains(&notice) {
                    notices.push(notice);
                }
                None
            }
            Err(error) => return Err(error.into()),
        };
        let all_words = words.as_ref().map_or(0, |(_, all_words)| *all_words);
        let lists = words.map(|(lists, _)| lists);
        let floor = meaning.map_or(0.0, |(model, _)| model.floor);
        let list = meanings.map(|hits| MeaningList { hits, floor });
        let is_full = |length: usize| length >= depth;
        let is_all =
            !lists.as_ref().is_some_and(|lists| is_full(lists.strict.len()) || is_full(lists.ranked.len()))
                && !list.as_ref().is_some_and(|list| is_full(list.hits.len()));
        let candidates = fusion::fuse(lists.as_ref(), list.as_ref());
        // Past the depth it is not known of those beside whether they hold all the words.
        let beside = candidates.iter().filter(|candidate| !candidate.holds_all_words()).count() as u64;
        let total = if all_words > depth as u64 { all_words } else { all_words + beside };
        Ok(Gathered { candidates, all_words, total, is_all, keeps_order: false })
    }

    /// Documents with all the words and those that fit best; and how many have all.
    async fn words(&self, plan: &Plan, depth: usize) -> Result<(WordLists, u64), LakeError> {
        let search = self.vault.search();
        let strict = search.keyword(&plan.strict, &plan.filter, Sort::Relevance, depth);
        let ranked = plan.ranked();
        let ranked_hits = search.ranked(&ranked, depth);
        let (strict, ranked_hits) = futures::join!(strict, ranked_hits);
        let (mut strict, mut ranked_hits) = (strict?, ranked_hits?);
        if strict.total == 0
            && let Some(plain) = plan.without_filler()
        {
            strict = search.keyword(&plain, &plan.filter, Sort::Relevance, depth).await?;
        }
        if let Some(in_period) = plan.in_period() {
            for hit in search.ranked(&dp_lake::RankedQuery { filter: in_period, ..ranked }, depth).await? {
                if !ranked_hits.iter().any(|known| known.id == hit.id) {
                    ranked_hits.push(hit);
                }
            }
            ranked_hits.sort_by(|one, other| other.score.total_cmp(&one.score).then(one.id.cmp(&other.id)));
        }
        Ok((WordLists { strict: strict.hits, ranked: ranked_hits }, strict.total))
    }

    /// The nearest documents, those of the period a sentence speaks of included.
    async fn meanings(
        &self,
        plan: &Plan,
        model: &VectorModel,
        vector: &[f32],
        depth: usize,
    ) -> Result<Vec<dp_lake::VectorHit>, LakeError> {
        let mut query = NearestQuery {
            vector: vector.to_vec(),
            text: plan.constraints.clone(),
            filter: plan.filter.clone(),
        };
        let Nearest { mut hits, .. } = self.vault.vectors().nearest(model, &query, depth).await?;
        if let Some(in_period) = plan.in_period() {
            query.filter = in_period;
            for hit in self.vault.vectors().nearest(model, &query, depth).await?.hits {
                if !hits.iter().any(|known| known.id == hit.id) {
                    hits.push(hit);
                }
            }
            hits.sort_by(|one, other| {
                other.similarity.total_cmp(&one.similarity).then(one.id.cmp(&other.id))
            });
        }
        Ok(hits)
    }

    /// Reads the best documents, weighs what is known only then, folds, and cuts passages.
    async fn complete(
        &self,
        request: &SearchRequest,
        plan: &Plan,
        meaning: Option<&(&MeaningModel, Vec<f32>)>,
        gathered: Gathered,
        mut notices: Vec<String>,
    ) -> Result<SearchAnswer, EngineError> {
        let Gathered { candidates, all_words, total, keeps_order, .. } = gathered;
        let mut read = self.read(candidates, request, plan, keeps_order).await?;
        if request.rerank && !keeps_order && request.mode != Mode::Keyword {
            self.rerank(plan, meaning, &mut read, &mut notices).await;
        }
        let hits = self.show(request, plan, meaning, folded(read, request));
        let facets = self.facets(request, plan, all_words, &hits).await?;
        let model = meaning.map(|(model, _)| model.embedder.model().name.clone());
        let mode = if model.is_some() { request.mode } else { Mode::Keyword };
        let understood = Understood {
            filter: plan.filter.clone(),
            words: plan.words.clone(),
            period: plan.hints.period,
            kinds: plan.hints.kinds.clone(),
            model,
        };
        Ok(SearchAnswer { hits, total, all_words, mode, facets, notices, understood })
    }

    /// The documents of the best candidates, in the order that all that counts gives them.
    async fn read(
        &self,
        candidates: Vec<Candidate>,
        request: &SearchRequest,
        plan: &Plan,
        keeps_order: bool,
    ) -> Result<Vec<ReadCandidate>, EngineError> {
        // Priors are small: what lies so far behind does not come to the front.
        let wanted = (request.limit * 3).max(READ_AT_ONCE).max(rerank::RERANKED);
        let count = if request.limit * 4 > candidates.len() || plan.hints.period.is_some() {
            candidates.len()
        } else {
            wanted.min(candidates.len())
        };
        let candidates = &candidates[..count];
        let ids = candidates.iter().map(|candidate| candidate.id).collect::<Vec<_>>();
        let documents = self.vault.documents().get_many(&ids).await?;
        let mut clock = dp_lake::etl::HomeClock::new(self.vault.home_zone());
        let mut read = Vec::with_capacity(count);
        for (candidate, document) in candidates.iter().zip(documents) {
            // A document may have been forgotten since the index last looked.
            let Some(document) = document else { continue };
            let mut candidate = candidate.clone();
            if !keeps_order {
                let day = document.content.time.as_ref().map(|time| clock.day(time));
                candidate.explanation.priors = priors::priors(&document.content, day, &plan.hints);
                candidate.explanation.score = fusion::sum(&candidate.explanation);
            }
            read.push(ReadCandidate { candidate, document });
        }
        if !keeps_order {
            sort_read(&mut read);
        }
        Ok(read)
    }

    fn show(
        &self,
        request: &SearchRequest,
        plan: &Plan,
        meaning: Option<&(&MeaningModel, Vec<f32>)>,
        folded: Vec<(ReadCandidate, Vec<DocumentId>)>,
    ) -> Vec<Found> {
        let hits = folded.into_iter().take(request.limit).map(|(read, like_it)| {
            let passage = read.candidate.passage();
            let by_words = snippet(&read.document.content, &plan.highlighted, request.snippet_chars);
            let shown = match (passage, meaning) {
                (Some(passage), Some((model, vector))) if by_words.highlights.is_empty() => {
                    let content = &read.document.content;
                    passage::snippet(
                        content,
                        passage,
                        &plan.highlighted,
                        model,
                        vector,
                        request.snippet_chars,
                    )
                }
                _ => by_words,
            };
            let Candidate { explanation, .. } = read.candidate;
            Found { document: read.document, snippet: shown, passage, like_it, explanation }
        });
        hits.collect()
    }

    async fn facets(
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
            let facets =
                self.vault.search().facets(&plan.strict, &plan.filter, FacetField::ALL, request.facet_values);
            return Ok(facets.await?);
        }
        let mut clock = dp_lake::etl::HomeClock::new(self.vault.home_zone());
        Ok(FacetField::ALL
            .iter()
            .map(|&field| facet_of_hits(field, hits, request.facet_values, &mut clock))
            .collect())
    }
}

/// What was found, before documents are read.
struct Gathered {
    candidates: Vec<Candidate>,
    /// Documents with all the words.
    all_words: u64,
    /// These and the others.
    total: u64,
    /// Whether no list was cut off.
    is_all: bool,
    /// Whether the order is one that was asked for.
    keeps_order: bool,
}

/// A candidate with its document.
struct ReadCandidate {
    candidate: Candidate,
    document: Document,
}

fn sort_read(read: &mut [ReadCandidate]) {
    let mut order = read.iter().map(|read| read.candidate.clone()).collect::<Vec<_>>();
    fusion::sort(&mut order);
    let places = order.iter().enumerate().map(|(place, candidate)| (candidate.id, place));
    let places = places.collect::<std::collections::HashMap<_, _>>();
    read.sort_by_key(|read| places.get(&read.candidate.id).copied());
}

fn in_given_order(lists: &WordLists) -> Vec<Candidate> {
    let fused = fusion::fuse(Some(lists), None);
    let by_id = fused.into_iter().map(|candidate| (candidate.id, candidate));
    let mut by_id = by_id.collect::<std::collections::HashMap<_, _>>();
    lists.strict.iter().filter_map(|hit| by_id.remove(&hit.id)).collect()
}

/// Each document with those behind it that say nearly the same.
fn folded(read: Vec<ReadCandidate>, request: &SearchRequest) -> Vec<(ReadCandidate, Vec<DocumentId>)> {
    let fingerprints = Fingerprints::default();
    let mut shown: Vec<(ReadCandidate, Vec<DocumentId>, Option<Fingerprint>)> = Vec::new();
    for candidate in read {
        let print = request.fold.then(|| fingerprints.of(&candidate.document.content));
        let alike = print.as_ref().and_then(|print| {
            shown.iter_mut().find(|(.., other)| other.as_ref().is_some_and(|other| print.is_like(other)))
        });
        match alike {
            Some((_, like_it, _)) => like_it.push(candidate.document.id),
            None => shown.push((candidate, Vec::new(), print)),
        }
    }
    shown.into_iter().map(|(candidate, like_it, _)| (candidate, like_it)).collect()
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
            *counts.entry(value.to_owned()).or_default() += documents;
        }
    }
    let counts = counts.into_iter().map(|(value, documents)| FacetCount { value, documents });
    let mut counts = counts.collect::<Vec<_>>();
    counts.sort_by_key(|count| std::cmp::Reverse(count.documents));
    counts.truncate(limit);
    Facet { field, counts }
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

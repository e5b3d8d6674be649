//! Asks the lake for words and for meanings, and puts the lists together. No document is read here.

use super::{
    Engine, EngineError, MeaningModel, SearchRequest,
    fusion::{self, Candidate, MeaningList, WordLists},
    plan::Plan,
};
use dp_lake::{LakeError, Nearest, NearestQuery, RankedQuery, Sort, VectorHit, VectorModel, beside};
use dp_model::DocumentId;
use futures::future::join;
use std::collections::{HashMap, HashSet};

/// Documents of equal vectors that are looked at.
const EQUALS: usize = 8;

/// What was found, before documents are read.
pub(super) struct Gathered {
    pub(super) candidates: Vec<Candidate>,
    /// Documents with all the words.
    pub(super) all_words: u64,
    /// These and the others.
    pub(super) total: u64,
    /// Whether no list was cut off.
    pub(super) is_all: bool,
    /// Whether the order is one that was asked for.
    pub(super) keeps_order: bool,
    /// Documents of the period that the sentence speaks of.
    pub(super) in_period: HashSet<DocumentId>,
}

/// What was found by words.
struct FoundByWords {
    lists: WordLists,
    /// Documents with all the words.
    all_words: u64,
    /// Those that were looked for in the period.
    in_period: Vec<DocumentId>,
    /// Whether there is more than was asked for.
    is_cut_off: bool,
}

/// What was found by meaning, nearest first.
struct FoundByMeaning {
    hits: Vec<VectorHit>,
    in_period: Vec<DocumentId>,
    is_cut_off: bool,
    /// Vectors that were compared.
    compared: u64,
}

impl Engine {
    /// Asks for words and meanings, and puts the lists together.
    pub(super) async fn gather(
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
                in_period: HashSet::new(),
            });
        }
        let words = async { if by_words { self.words(plan, depth).await.map(Some) } else { Ok(None) } };
        let (words, meanings) = match meaning {
            Some((model, vector)) => {
                let meanings = self.meanings(plan, model.embedder.model(), vector, depth);
                let (words, meanings) = beside(join(words, meanings)).await;
                (words?, Some(meanings))
            }
            None => (words.await?, None),
        };
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
        let floor = match (meaning, &meanings) {
            (Some((model, _)), Some(found)) => fusion::floor_among(model.floor, found.compared),
            _ => 0.0,
        };
        // Below the floor nothing counts, however much there is of it.
        let has_more_meanings = meanings.as_ref().is_some_and(|found| {
            found.is_cut_off && found.hits.last().is_some_and(|last| last.similarity >= floor)
        });
        let is_all = !has_more_meanings && !words.as_ref().is_some_and(|found| found.is_cut_off);
        let mut in_period = HashSet::new();
        let mut all_words = 0;
        let lists = words.map(|found| {
            in_period.extend(found.in_period);
            all_words = found.all_words;
            found.lists
        });
        let list = meanings.map(|found| {
            in_period.extend(found.in_period);
            MeaningList { hits: found.hits, floor }
        });
        let candidates = fusion::fuse(lists.as_ref(), list.as_ref());
        // Past the depth it is not known of those beside whether they hold all the words.
        let beside = candidates.iter().filter(|candidate| !candidate.holds_all_words()).count() as u64;
        let total = if all_words > depth as u64 { all_words } else { all_words + beside };
        Ok(Gathered { candidates, all_words, total, is_all, keeps_order: false, in_period })
    }

    /// Documents with all the words and those that fit best, those of the period included.
    async fn words(&self, plan: &Plan, depth: usize) -> Result<FoundByWords, LakeError> {
        let search = self.vault.search();
        let mut strict = search.keyword(&plan.strict, &plan.filter, Sort::Relevance, depth).await?;
        let query = plan.ranked();
        // One after the other: side by side one of them would change threads, which takes as long as it does.
        let mut ranked = search.ranked(&query, depth).await?;
        if strict.total == 0
            && let Some(plain) = plan.without_filler()
        {
            strict = search.keyword(&plain, &plan.filter, Sort::Relevance, depth).await?;
        }
        let mut is_cut_off = strict.hits.len() >= depth || ranked.len() >= depth;
        let mut in_period = Vec::new();
        if let Some(filter) = plan.in_period() {
            let of_period = search.ranked(&RankedQuery { filter, ..query }, depth).await?;
            is_cut_off |= of_period.len() >= depth;
            in_period.extend(of_period.iter().map(|hit| hit.id));
            let known = ranked.iter().map(|hit| hit.id).collect::<HashSet<_>>();
            ranked.extend(of_period.into_iter().filter(|hit| !known.contains(&hit.id)));
            ranked.sort_by(|one, other| other.score.total_cmp(&one.score).then(one.id.cmp(&other.id)));
        }
        let lists = WordLists { strict: strict.hits, ranked };
        Ok(FoundByWords { lists, all_words: strict.total, in_period, is_cut_off })
    }

    /// The nearest documents, those of the period included.
    async fn meanings(
        &self,
        plan: &Plan,
        model: &VectorModel,
        vector: &[f32],
        depth: usize,
    ) -> Result<FoundByMeaning, LakeError> {
        let vectors = self.vault.vectors();
        let mut query = NearestQuery {
            vector: vector.to_vec(),
            text: plan.constraints.clone(),
            filter: plan.filter.clone(),
            equal_max: EQUALS,
        };
        let Nearest { mut hits, compared, .. } = vectors.nearest(model, &query, depth).await?;
        let mut is_cut_off = hits.len() >= depth;
        let mut in_period = Vec::new();
        if let Some(filter) = plan.in_period() {
            query.filter = filter;
            let of_period = vectors.nearest(model, &query, depth).await?.hits;
            is_cut_off |= of_period.len() >= depth;
            in_period.extend(of_period.iter().map(|hit| hit.id));
            let known = hits.iter().map(|hit| hit.id).collect::<HashSet<_>>();
            hits.extend(of_period.into_iter().filter(|hit| !known.contains(&hit.id)));
            hits.sort_by(|one, other| {
                other.similarity.total_cmp(&one.similarity).then(one.id.cmp(&other.id))
            });
        }
        Ok(FoundByMeaning { hits, in_period, is_cut_off, compared })
    }
}

fn in_given_order(lists: &WordLists) -> Vec<Candidate> {
    let fused = fusion::fuse(Some(lists), None);
    let by_id = fused.into_iter().map(|candidate| (candidate.id, candidate));
    let mut by_id = by_id.collect::<HashMap<_, _>>();
    lists.strict.iter().filter_map(|hit| by_id.remove(&hit.id)).collect()
}

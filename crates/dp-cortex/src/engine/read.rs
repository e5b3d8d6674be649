//! Reads the documents of candidates, weighs what is known only then, and puts those together that say
//! nearly the same. Candidates with the same scores are mostly one thing that was noted many times: a few of
//! them are read, and the rest only if these differ.

use super::{
    Engine, EngineError, SearchRequest,
    fold::{Fingerprint, Fingerprints},
    fusion::{self, Candidate},
    gather::Gathered,
    plan::Plan,
    priors, rerank,
};
use dp_lake::etl::HomeClock;
use dp_model::{Document, DocumentId};
use std::collections::{BTreeMap, HashMap};

/// Hits that are read at once to be folded and shown.
const READ_AT_ONCE: usize = 40;
/// Candidates of the same scores that are read before the rest of them.
const READ_OF_EQUALS: usize = 4;

/// A candidate with its document.
pub(super) struct ReadCandidate {
    pub(super) candidate: Candidate,
    pub(super) document: Document,
    /// Documents behind it that say nearly the same, best first.
    pub(super) like_it: Vec<DocumentId>,
}

/// Documents that were read for one question, with what they are compared by.
#[derive(Default)]
pub(super) struct Known {
    documents: HashMap<DocumentId, (Document, Fingerprint)>,
    fingerprints: Fingerprints,
}

impl Engine {
    /// The best candidates with their documents, in the order that all that counts gives them, near-duplicates
    /// folded if that is asked for.
    pub(super) async fn read(
        &self,
        gathered: &Gathered,
        request: &SearchRequest,
        plan: &Plan,
        known: &mut Known,
    ) -> Result<Vec<ReadCandidate>, EngineError> {
        let (mut first, mut rest) = if request.fold {
            equals_apart(&gathered.candidates, gathered)
        } else {
            (gathered.candidates.clone(), BTreeMap::new())
        };
        // Priors are small: what lies far behind does not come to the front, unless it is of a time asked for.
        let wanted = (request.limit * 3).max(READ_AT_ONCE).max(rerank::RERANKED);
        let mut count = if plan.hints.period.is_some() { first.len() } else { wanted.min(first.len()) };
        loop {
            let folded = self.read_all(&first[..count], request, gathered, plan, known).await?;
            let unlike = unlike_equals(&folded, &first[..count], &rest, gathered);
            if !unlike.is_empty() {
                let others = unlike.iter().filter_map(|key| rest.remove(key)).flatten().collect::<Vec<_>>();
                let added = others.len();
                first.splice(count..count, others);
                count += added;
            } else if folded.len() >= request.limit || count == first.len() {
                return Ok(with_rest(folded, &first[..count], rest, gathered));
            } else {
                count = (count * 2).min(first.len());
            }
        }
    }

    async fn read_all(
        &self,
        candidates: &[Candidate],
        request: &SearchRequest,
        gathered: &Gathered,
        plan: &Plan,
        known: &mut Known,
    ) -> Result<Vec<ReadCandidate>, EngineError> {
        let ids = candidates.iter().map(|candidate| candidate.id);
        let ids = ids.filter(|id| !known.documents.contains_key(id)).collect::<Vec<_>>();
        for document in self.vault.documents().get_many(&ids).await?.into_iter().flatten() {
            let fingerprint = known.fingerprints.of(&document.content);
            known.documents.insert(document.id, (document, fingerprint));
        }
        let mut clock = HomeClock::new(self.vault.home_zone());
        let mut weighed = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            // A document may have been forgotten since the index last looked.
            let Some((document, _)) = known.documents.get(&candidate.id) else { continue };
            let mut candidate = candidate.clone();
            if !gathered.keeps_order {
                let day = document.content.time.as_ref().map(|time| clock.day(time));
                candidate.explanation.priors = priors::priors(&document.content, day, &plan.hints);
                candidate.explanation.score = fusion::sum(&candidate.explanation);
            }
            weighed.push(candidate);
        }
        if !gathered.keeps_order {
            fusion::sort(&mut weighed);
        }
        Ok(folded(weighed, request.fold, known))
    }
}

/// What is the same for candidates that are mostly one thing: the scores of both lists to the last bit, and
/// whether it is of the period asked for, for which one of that period is to stand for the others.
type Key = (Option<u32>, Option<u32>, bool);

fn key(candidate: &Candidate, gathered: &Gathered) -> Key {
    let Candidate { id, explanation } = candidate;
    (
        explanation.keyword.map(|part| part.score.to_bits()),
        explanation.semantic.map(|part| part.similarity.to_bits()),
        gathered.in_period.contains(id),
    )
}

/// A few candidates of each key, in order; and the others of these keys.
fn equals_apart(
    candidates: &[Candidate],
    gathered: &Gathered,
) -> (Vec<Candidate>, BTreeMap<Key, Vec<Candidate>>) {
    let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
    let (mut first, mut rest) = (Vec::new(), BTreeMap::<Key, Vec<Candidate>>::new());
    for candidate in candidates {
        let key = key(candidate, gathered);
        let count = counts.entry(key).or_default();
        *count += 1;
        if *count <= READ_OF_EQUALS {
            first.push(candidate.clone());
        } else {
            rest.entry(key).or_default().push(candidate.clone());
        }
    }
    (first, rest)
}

/// The group, by its place, that each candidate is in.
fn groups(folded: &[ReadCandidate]) -> HashMap<DocumentId, usize> {
    let mut groups = HashMap::new();
    for (place, group) in folded.iter().enumerate() {
        groups.extend(group.like_it.iter().chain([&group.document.id]).map(|id| (*id, place)));
    }
    groups
}

/// Keys of which others are left, and of which those that were read are not all one thing.
fn unlike_equals(
    folded: &[ReadCandidate],
    read: &[Candidate],
    rest: &BTreeMap<Key, Vec<Candidate>>,
    gathered: &Gathered,
) -> Vec<Key> {
    let groups = groups(folded);
    let mut of_key: BTreeMap<Key, Option<usize>> = BTreeMap::new();
    let mut unlike = Vec::new();
    for candidate in read {
        let (key, group) = (key(candidate, gathered), groups.get(&candidate.id).copied());
        let expected = *of_key.entry(key).or_insert(group);
        if expected != group && rest.contains_key(&key) && !unlike.contains(&key) {
            unlike.push(key);
        }
    }
    unlike
}

/// What was not read goes to those it is like.
fn with_rest(
    mut folded: Vec<ReadCandidate>,
    read: &[Candidate],
    mut rest: BTreeMap<Key, Vec<Candidate>>,
    gathered: &Gathered,
) -> Vec<ReadCandidate> {
    let groups = groups(&folded);
    for candidate in read {
        let group = groups.get(&candidate.id).and_then(|&place| folded.get_mut(place));
        if let (Some(group), Some(others)) = (group, rest.remove(&key(candidate, gathered))) {
            group.like_it.extend(others.iter().map(|candidate| candidate.id));
        }
    }
    folded
}

/// Each document with those behind it that say nearly the same.
fn folded(candidates: Vec<Candidate>, fold: bool, known: &Known) -> Vec<ReadCandidate> {
    let mut shown: Vec<(ReadCandidate, &Fingerprint)> = Vec::new();
    for candidate in candidates {
        let Some((document, print)) = known.documents.get(&candidate.id) else { continue };
        let alike = shown.iter_mut().find(|(_, other)| fold && print.is_like(other));
        match alike {
            Some((first, _)) => first.like_it.push(candidate.id),
            None => {
                let read = ReadCandidate { candidate, document: document.clone(), like_it: Vec::new() };
                shown.push((read, print));
            }
        }
    }
    shown.into_iter().map(|(read, _)| read).collect()
}

/// Orders what was read anew.
pub(super) fn sort_read(read: &mut [ReadCandidate]) {
    read.sort_by(|one, other| fusion::compare(&one.candidate, &other.candidate));
}

//! One order out of several: documents found by words and documents found by meaning. Scores of each list
//! are brought to 0 to 1 between its best and its last, and added with fixed weights. Pure.

use super::answer::{Explanation, KeywordPart, SemanticPart};
use dp_lake::{Hit, Passage, RankedHit, VectorHit};
use dp_model::DocumentId;
use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

/// Hits of each list that count: the score of the last one is where a list's scores begin.
pub(super) const DEPTH: usize = 100;
/// How much words count; the rest is meaning. Found on test collections; anything from 0.5 to 0.7 does.
pub(super) const KEYWORD_WEIGHT: f32 = 0.6;
/// Where the documents begin that hold all the words, if any do: others come below.
const ALL_WORDS_FROM: f32 = 0.5;
/// Documents that hold less of what was looked for were not meant. More would cost long questions their
/// answers, less would answer questions about what is not there.
pub(super) const COVERAGE_MIN: f32 = 0.25;

/// Floors of models are those among so many vectors.
const MILLION: f32 = 1e6;
/// Among fewer, the floor is as among so many.
const VECTORS_LEAST: u64 = 1_000;

/// A document on its way to being a hit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub(super) id: DocumentId,
    pub(super) explanation: Explanation,
}

impl Candidate {
    pub(super) fn score(&self) -> f32 {
        self.explanation.score
    }
}

/// What was found by words: documents with all of them, and those that fit best all the same.
#[derive(Debug, Default)]
pub(super) struct WordLists {
    pub(super) strict: Vec<Hit>,
    pub(super) ranked: Vec<RankedHit>,
}

/// What was found by meaning.
#[derive(Debug, Default)]
pub(super) struct MeaningList {
    pub(super) hits: Vec<VectorHit>,
    /// Cosine below which nothing is near.
    pub(super) floor: f32,
}

/// The documents of both lists, best first. A list that is not asked for is None, and then the other
/// has all the weight.
pub(super) fn fuse(words: Option<&WordLists>, meaning: Option<&MeaningList>) -> Vec<Candidate> {
    let keyword_weight = match (words, meaning) {
        (Some(_), Some(_)) => KEYWORD_WEIGHT,
        (Some(_), None) => 1.0,
        _ => 0.0,
    };
    let mut explained: HashMap<DocumentId, Explanation> = HashMap::new();
    for (id, part) in words.map(|words| keyword_parts(words, keyword_weight)).unwrap_or_default() {
        explained.entry(id).or_default().keyword = Some(part);
    }
    for (id, part) in meaning.map(|list| semantic_parts(list, 1.0 - keyword_weight)).unwrap_or_default() {
        explained.entry(id).or_default().semantic = Some(part);
    }
    let mut candidates = explained
        .into_iter()
        .map(|(id, mut explanation)| {
            explanation.score = sum(&explanation);
            Candidate { id, explanation }
        })
        .collect::<Vec<_>>();
    sort(&mut candidates);
    candidates
}

/// Best first; of equal ones that which words put first, then by id.
pub(super) fn compare(one: &Candidate, other: &Candidate) -> Ordering {
    let keyword_rank =
        |candidate: &Candidate| candidate.explanation.keyword.map_or(usize::MAX, |part| part.rank);
    let by_score = other.score().total_cmp(&one.score());
    by_score.then_with(|| (keyword_rank(one), one.id).cmp(&(keyword_rank(other), other.id)))
}

/// Puts the best first.
pub(super) fn sort(candidates: &mut [Candidate]) {
    candidates.sort_by(compare);
}

/// What all parts of an explanation add up to.
pub(super) fn sum(explanation: &Explanation) -> f32 {
    let keyword = explanation.keyword.map_or(0.0, |part| part.weight * part.part);
    let semantic = explanation.semantic.map_or(0.0, |part| part.weight * part.part);
    keyword + semantic + explanation.priors.iter().map(|prior| prior.added).sum::<f32>()
}

/// The cosine below which nothing is near among so many vectors. `floor` is that among a million: the nearest
/// of what has nothing to do with a question comes the nearer the more there is of it, as the largest of so many
/// normal deviates grows with the root of the logarithm of their number.
pub(super) fn floor_among(floor: f32, vectors: u64) -> f32 {
    let vectors = vectors.max(VECTORS_LEAST) as f32;
    floor * (vectors.ln() / MILLION.ln()).sqrt()
}

fn keyword_parts(lists: &WordLists, weight: f32) -> Vec<(DocumentId, KeywordPart)> {
    let coverage = lists.ranked.iter().map(|hit| (hit.id, hit.coverage)).collect::<HashMap<_, _>>();
    let holds_all = lists.strict.iter().map(|hit| hit.id).collect::<HashSet<_>>();
    let strict = Scale::of(lists.strict.iter().map(|hit| hit.score), 0.0);
    let ranked = Scale::of(lists.ranked.iter().map(|hit| hit.score), 0.0);
    let mut parts = Vec::new();
    for hit in &lists.strict {
        let part = KeywordPart {
            rank: parts.len() + 1,
            score: hit.score,
            holds_all: true,
            coverage: coverage.get(&hit.id).copied().unwrap_or(1.0),
            part: ALL_WORDS_FROM + (1.0 - ALL_WORDS_FROM) * strict.part(hit.score),
            weight,
        };
        parts.push((hit.id, part));
    }
    // Where even the best document holds but half of what was asked for, words say half as much.
    let best_coverage = lists.ranked.iter().map(|hit| hit.coverage).fold(0.0, f32::max);
    let most = if lists.strict.is_empty() { best_coverage } else { ALL_WORDS_FROM };
    for hit in &lists.ranked {
        if hit.coverage < COVERAGE_MIN || holds_all.contains(&hit.id) {
            continue;
        }
        let part = KeywordPart {
            rank: parts.len() + 1,
            score: hit.score,
            holds_all: false,
            coverage: hit.coverage,
            part: most * ranked.part(hit.score),
            weight,
        };
        parts.push((hit.id, part));
    }
    parts
}

fn semantic_parts(list: &MeaningList, weight: f32) -> Vec<(DocumentId, SemanticPart)> {
    let near = list.hits.iter().filter(|hit| hit.similarity >= list.floor);
    let scale = Scale::of(near.clone().map(|hit| hit.similarity), list.floor);
    let part = |(index, hit): (usize, &VectorHit)| {
        let part = SemanticPart {
            rank: index + 1,
            similarity: hit.similarity,
            floor: list.floor,
            part: scale.part(hit.similarity),
            weight,
            passage: hit.passage,
        };
        (hit.id, part)
    };
    near.enumerate().map(part).collect()
}

/// From the last score that counts to the best one.
struct Scale {
    low: f32,
    high: f32,
}

impl Scale {
    /// `low` is where scores begin if the list is shorter than [`DEPTH`]. Equal scores count once: they are
    /// mostly one thing that was noted many times.
    fn of(scores: impl Iterator<Item = f32>, low: f32) -> Self {
        let mut scores = scores.collect::<Vec<_>>();
        scores.sort_by(|one, other| other.total_cmp(one));
        scores.dedup_by(|one, other| (*one - *other).abs() <= f32::EPSILON * other.abs());
        let high = scores.first().copied().unwrap_or(low);
        Self { low: scores.get(DEPTH - 1).copied().unwrap_or(low), high }
    }

    fn part(&self, score: f32) -> f32 {
        if self.high <= self.low {
            return 1.0;
        }
        ((score - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

impl Candidate {
    /// Whether it is known to hold all the words.
    pub(super) fn holds_all_words(&self) -> bool {
        self.explanation.keyword.is_some_and(|part| part.holds_all)
    }

    /// The stretch whose meaning matched.
    pub(super) fn passage(&self) -> Option<Passage> {
        self.explanation.semantic.map(|part| part.passage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> DocumentId {
        DocumentId([number; 16])
    }

    fn ranked(number: u8, score: f32, coverage: f32) -> RankedHit {
        RankedHit { id: id(number), score, coverage }
    }

    fn near(number: u8, similarity: f32) -> VectorHit {
        VectorHit { id: id(number), passage: Passage::default(), similarity }
    }

    fn order(words: &WordLists, meaning: &MeaningList) -> Vec<u8> {
        fuse(Some(words), Some(meaning)).iter().map(|candidate| candidate.id.0[0]).collect()
    }

    #[test]
    fn what_is_found_both_ways_comes_before_what_is_found_one_way() {
        let words = WordLists { strict: Vec::new(), ranked: vec![ranked(1, 9.0, 1.0), ranked(2, 8.0, 0.9)] };
        let meaning = MeaningList { hits: vec![near(3, 0.7), near(2, 0.65)], floor: 0.3 };
        assert_eq!(order(&words, &meaning), [2, 1, 3]);
    }

    #[test]
    fn documents_with_all_the_words_come_before_those_with_some() {
        let words = WordLists {
            strict: vec![Hit { id: id(1), score: 3.0 }, Hit { id: id(2), score: 0.5 }],
            ranked: vec![ranked(3, 20.0, 0.9), ranked(1, 19.0, 1.0)],
        };
        let meaning = MeaningList { hits: Vec::new(), floor: 0.3 };
        assert_eq!(order(&words, &meaning), [1, 2, 3]);
        let best = &fuse(Some(&words), None)[0].explanation;
        assert_eq!((best.score, best.keyword.unwrap().weight), (1.0, 1.0));
    }

    #[test]
    fn words_say_less_where_no_document_holds_most_of_them() {
        let words = WordLists { strict: Vec::new(), ranked: vec![ranked(1, 9.0, 0.5)] };
        let meaning = MeaningList { hits: vec![near(2, 0.7)], floor: 0.3 };
        assert_eq!(order(&words, &meaning), [2, 1]);
        assert_eq!(fuse(Some(&words), None)[0].explanation.keyword.unwrap().part, 0.5);
    }

    #[test]
    fn what_was_noted_many_times_does_not_hide_the_rest() {
        let mut hits = vec![near(0, 0.6); 2 * DEPTH];
        hits.push(near(1, 0.45));
        let fused = fuse(None, Some(&MeaningList { hits, floor: 0.3 }));
        let part =
            fused.iter().find(|candidate| candidate.id == id(1)).unwrap().explanation.semantic.unwrap().part;
        assert!((part - 0.5).abs() < 1e-3, "{part}");
    }

    #[test]
    fn what_is_not_near_or_holds_too_little_is_not_found() {
        let words = WordLists { strict: Vec::new(), ranked: vec![ranked(1, 9.0, COVERAGE_MIN - 0.01)] };
        let meaning = MeaningList { hits: vec![near(2, 0.29)], floor: 0.3 };
        assert!(order(&words, &meaning).is_empty());
    }

    #[test]
    fn what_is_near_must_stand_out_from_more_where_there_is_more() {
        assert_eq!(floor_among(0.32, 1_000_000), 0.32);
        let floors = [10, 1_000, 50_000, 5_000_000].map(|vectors| floor_among(0.32, vectors));
        assert_eq!(floors[0], floors[1]);
        assert!(floors.is_sorted() && floors[1] > 0.2 && floors[3] < 0.35, "{floors:?}");
    }

    #[test]
    fn long_lists_begin_at_the_score_of_their_hundredth_hit() {
        let hits = (0..=DEPTH).map(|index| near(index as u8, 1.0 - index as f32 / 200.0)).collect();
        let meaning = MeaningList { hits, floor: 0.0 };
        let fused = fuse(None, Some(&meaning));
        let part = |index: usize| fused[index].explanation.semantic.unwrap().part;
        assert_eq!((part(0), part(DEPTH - 1)), (1.0, 0.0));
        assert!((part(50) - 0.49).abs() < 0.02, "{}", part(50));
    }

    #[test]
    fn equal_scores_are_ordered_by_words_and_then_by_id() {
        let meaning = MeaningList { hits: vec![near(9, 0.5), near(4, 0.5)], floor: 0.3 };
        assert_eq!(order(&WordLists::default(), &meaning), [4, 9]);
    }
}

//! How good rankings are: nDCG, recall and reciprocal rank at a depth, as trec_eval counts them, and
//! their means over many questions. Knows rankings and grades only.

/// How far down a ranking counts.
pub(crate) const DEPTH: usize = 10;

/// Something that answers a question: any of the documents `K`, and how well.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Relevant<K> {
    /// Documents of which each is this answer; several only where copies cannot be told apart.
    pub(crate) documents: Vec<K>,
    /// How relevant, above 0.
    pub(crate) grade: f64,
}

/// How good one ranking is, each from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Scores {
    /// Discounted gain of the first ten, the grade itself being the gain, as a share of the best possible.
    pub(crate) ndcg: f64,
    /// Share of all answers that are among the first ten.
    pub(crate) recall: f64,
    /// One divided by the rank of the first answer; 0 if it is not among the first ten.
    pub(crate) reciprocal_rank: f64,
}

/// Scores a ranking, best hit first. An answer counts once, at its best rank.
pub(crate) fn score<K: PartialEq>(ranking: &[K], relevant: &[Relevant<K>]) -> Scores {
    let mut ideal: Vec<f64> = relevant.iter().map(|answer| answer.grade).collect();
    ideal.sort_by(|a, b| b.total_cmp(a));
    let best = discounted_gain(ideal.into_iter().take(DEPTH));
    if best <= 0.0 {
        return Scores::default();
    }
    let mut is_found = vec![false; relevant.len()];
    let gains: Vec<f64> =
        ranking.iter().take(DEPTH).map(|document| gain_of(document, relevant, &mut is_found)).collect();
    let found = is_found.iter().filter(|found| **found).count();
    let first = gains.iter().position(|gain| *gain > 0.0);
    Scores {
        ndcg: discounted_gain(gains.into_iter()) / best,
        recall: found as f64 / relevant.len() as f64,
        reciprocal_rank: first.map_or(0.0, |index| 1.0 / (index as f64 + 1.0)),
    }
}

fn gain_of<K: PartialEq>(document: &K, relevant: &[Relevant<K>], is_found: &mut [bool]) -> f64 {
    let answer = relevant.iter().zip(is_found).find(|(answer, _)| answer.documents.contains(document));
    match answer {
        Some((answer, found)) if !*found => {
            *found = true;
            answer.grade
        }
        _ => 0.0,
    }
}

/// Gains divided by the logarithm of their rank.
fn discounted_gain(gains: impl Iterator<Item = f64>) -> f64 {
    gains.enumerate().map(|(index, gain)| gain / (index as f64 + 2.0).log2()).sum()
}

/// The mean of each score; of no questions, 0.
pub(crate) fn mean(scores: &[Scores]) -> Scores {
    let count = scores.len().max(1) as f64;
    // Not `sum`: of nothing it is minus zero.
    let of = |field: fn(&Scores) -> f64| scores.iter().map(field).fold(0.0, |all, one| all + one) / count;
    Scores {
        ndcg: of(|scores| scores.ndcg),
        recall: of(|scores| scores.recall),
        reciprocal_rank: of(|scores| scores.reciprocal_rank),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graded(answers: &[(&'static str, f64)]) -> Vec<Relevant<&'static str>> {
        answers.iter().map(|&(document, grade)| Relevant { documents: vec![document], grade }).collect()
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }

    #[test]
    fn a_graded_ranking_scores_what_was_worked_out_by_hand() {
        // Gains 3, 2, 3, 0, 1, 2 at ranks 1 to 6 and one answer of grade 3 and one of grade 2 not found:
        // DCG = 3/1 + 2/1.5849625 + 3/2 + 0 + 1/2.5849625 + 2/2.8073549 = 6.8611267,
        // IDCG of 3 3 3 2 2 2 1 = 3 + 1.8927893 + 1.5 + 0.8613531 + 0.7737056 + 0.7124144 + 0.3333333.
        let relevant =
            graded(&[("a", 3.0), ("b", 2.0), ("c", 3.0), ("e", 1.0), ("f", 2.0), ("g", 3.0), ("h", 2.0)]);
        let scores = score(&["a", "b", "c", "d", "e", "f"], &relevant);
        near(scores.ndcg, 6.861_126_7 / 9.073_595_7);
        near(scores.recall, 5.0 / 7.0);
        near(scores.reciprocal_rank, 1.0);
    }

    #[test]
    fn equal_grades_may_stand_in_any_order() {
        let relevant = graded(&[("a", 2.0), ("b", 2.0), ("c", 1.0)]);
        assert_eq!(score(&["a", "b", "c"], &relevant), score(&["b", "a", "c"], &relevant));
        near(score(&["b", "a", "c"], &relevant).ndcg, 1.0);
        // 2/1 + 1/1.5849625 + 2/2 against 2/1 + 2/1.5849625 + 1/2.
        near(score(&["a", "c", "b"], &relevant).ndcg, 3.630_929_8 / 3.761_859_5);
    }

    #[test]
    fn what_is_missing_or_too_far_down_counts_nothing() {
        let relevant = graded(&[("a", 1.0), ("b", 1.0)]);
        assert_eq!(score(&[], &relevant), Scores::default());
        let mut ranking = vec!["x"; 9];
        ranking.extend(["a", "b"]);
        let scores = score(&ranking, &relevant);
        // Rank 10 counts 1/log2(11), rank 11 nothing; at best 1 + 1/log2(3).
        near(scores.ndcg, 0.289_064_8 / 1.630_929_8);
        near(scores.recall, 0.5);
        near(scores.reciprocal_rank, 0.1);
    }

    #[test]
    fn more_answers_than_the_depth_still_allow_a_perfect_ranking() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
        let relevant = graded(&names.map(|name| (name, 1.0)));
        let scores = score(&names, &relevant);
        near(scores.ndcg, 1.0);
        near(scores.recall, 10.0 / 12.0);
    }

    #[test]
    fn a_copy_or_a_repeated_hit_counts_once() {
        let relevant = vec![Relevant { documents: vec!["a", "copy of a"], grade: 1.0 }];
        near(score(&["copy of a", "a", "a"], &relevant).ndcg, 1.0);
        near(score(&["x", "a", "copy of a"], &relevant).ndcg, 1.0 / 3.0_f64.log2());
        near(score(&["x", "a", "copy of a"], &relevant).recall, 1.0);
    }

    #[test]
    fn means_are_over_questions() {
        let one = Scores { ndcg: 1.0, recall: 0.5, reciprocal_rank: 1.0 };
        assert_eq!(mean(&[one, Scores::default()]), Scores { ndcg: 0.5, recall: 0.25, reciprocal_rank: 0.5 });
        assert_eq!(mean(&[]), Scores::default());
    }
}

//! What counts beside words and meaning, all of it small and all of it said: the period and the kinds a
//! sentence speaks of, how recent a document is, and whether somebody wrote it or a machine noted it.

use super::answer::Prior;
use dp_lake::Day;
use dp_model::{Content, Kind};

/// What a document of the period counts more. Larger than the rest: the person said so.
const PERIOD: f32 = 0.25;
/// What a document of a kind that was named counts more.
const NAMED_KIND: f32 = 0.12;
/// What it counts more still if the thing and what was done with it both say so, and what a document of a
/// kind that was not named counts less then.
const AGREED_KIND: f32 = 0.2;
/// What a document of today counts more than one of long ago.
const RECENCY: f32 = 0.02;
/// After so many days a document counts as half as recent.
const RECENCY_HALVES_AFTER_DAYS: f32 = 365.0;

/// What a sentence says of the document it means.
#[derive(Debug, Clone, Default)]
pub(super) struct Hints {
    pub(super) period: Option<(Day, Day)>,
    pub(super) kinds: Vec<Kind>,
    /// Those of which there is little doubt.
    pub(super) agreed_kinds: Vec<Kind>,
    pub(super) today: Day,
}

/// What counts for a document with this content and local day.
pub(super) fn priors(content: &Content, day: Option<Day>, hints: &Hints) -> Vec<Prior> {
    let mut priors = Vec::new();
    let mut add = |name: &str, added: f32| {
        if added != 0.0 {
            priors.push(Prior { name: name.to_owned(), added });
        }
    };
    if let (Some((first, past)), Some(day)) = (hints.period, day)
        && (first..past).contains(&day)
    {
        add("of the time named", PERIOD);
    }
    if hints.kinds.contains(&content.kind) {
        add("of the kind named", NAMED_KIND);
    }
    if !hints.agreed_kinds.is_empty() && content.kind != Kind::File {
        if hints.agreed_kinds.contains(&content.kind) {
            add("what was done with it agrees", AGREED_KIND);
        } else if !hints.kinds.contains(&content.kind) {
            add("of another kind than named", -AGREED_KIND);
        }
    }
    if let Some(day) = day {
        let age_days = hints.today.saturating_sub(day).max(0) as f32;
        let added = RECENCY * (-age_days / RECENCY_HALVES_AFTER_DAYS).exp2();
        // What rounds to nothing is not worth saying.
        add("recent", if added >= 0.001 { added } else { 0.0 });
    }
    add(kind_prior_name(content.kind), kind_prior(content.kind));
    priors
}

/// Things people made, sent or got are meant more often than the traces of using a machine.
const fn kind_prior(kind: Kind) -> f32 {
    match kind {
        Kind::Note | Kind::Email | Kind::Message | Kind::Event | Kind::Task | Kind::Post => 0.01,
        Kind::Search | Kind::Activity | Kind::Login | Kind::Install => -0.02,
        _ => 0.0,
    }
}

const fn kind_prior_name(kind: Kind) -> &'static str {
    if kind_prior(kind) > 0.0 { "written by somebody" } else { "trace of use" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(kind: Kind, day: Option<Day>, hints: &Hints) -> f32 {
        priors(&Content::new("a", kind), day, hints).iter().map(|prior| prior.added).sum()
    }

    #[test]
    fn what_was_named_counts_more_than_everything_else_together() {
        let hints =
            Hints { period: Some((100, 130)), kinds: vec![Kind::Browse], today: 1000, ..Hints::default() };
        let named = sum(Kind::Browse, Some(110), &hints);
        assert!(named > sum(Kind::Note, Some(1000), &hints) + 0.2);
        assert!(sum(Kind::Browse, Some(130), &hints) < named);
        assert!(sum(Kind::Browse, None, &hints) > 0.1);
    }

    #[test]
    fn a_kind_that_is_said_twice_sets_others_back() {
        let hints =
            |agreed_kinds| Hints { kinds: vec![Kind::Browse, Kind::Email], agreed_kinds, ..Hints::default() };
        let difference = |agreed| {
            let hints = hints(agreed);
            sum(Kind::Browse, None, &hints) - sum(Kind::Activity, None, &hints)
        };
        assert!(difference(vec![Kind::Browse]) > difference(Vec::new()) + 0.3);
        assert!(sum(Kind::Email, None, &hints(vec![Kind::Browse])) > 0.1);
    }

    #[test]
    fn recent_documents_count_a_little_more_and_future_ones_no_more_than_today() {
        let hints = Hints { today: 1000, ..Hints::default() };
        let of = |day| sum(Kind::File, Some(day), &hints);
        assert!(of(1000) > of(500) && of(500) > of(-5000));
        assert!((of(2000) - of(1000)).abs() < f32::EPSILON && of(1000) <= 0.02);
    }
}

use super::*;
use crate::Life;
use rust_stemmers::{Algorithm, Stemmer};
use std::collections::{BTreeMap, BTreeSet};

/// Words that say nothing about what is meant.
const STOP_WORDS: &str = "a about after all among an and another are as at be because before by can cannot could did do does down \
    first for from get gets getting go goes had has have he her his how i if in into is it its me most my need needs no not now of \
    off on one or our out over s same she so some somebody someone such t than that the their them there they things this those \
    to too two until up very was we went were what when where which while who whose why with without would you your back take \
    takes during through every any again us between under";

fn stems(text: &str) -> BTreeSet<String> {
    let stop_words: BTreeSet<&str> = STOP_WORDS.split_whitespace().collect();
    let stemmer = Stemmer::create(Algorithm::English);
    text.to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty() && !stop_words.contains(word))
        .map(|word| stemmer.stem(word).into_owned())
        .collect()
}

fn paraphrased() -> impl Iterator<Item = &'static Row> {
    dated::STORY.iter().chain(PARAPHRASES.iter().copied().flatten())
}

fn of_life() -> Vec<Inquiry> {
    let plan = Plan::of(&Life::default()).unwrap();
    inquiries(&plan, crate::planted::first_inquired())
}

#[test]
fn a_paraphrase_shares_no_content_word_with_its_answer() {
    let shared: Vec<String> = paraphrased()
        .filter_map(|row| {
            let answer = stems(&format!("{} {}", row.title, row.body));
            let both: Vec<String> = stems(row.question).intersection(&answer).cloned().collect();
            (!both.is_empty()).then(|| format!("{:?} of {:?} shares {both:?}", row.question, row.title))
        })
        .collect();
    assert!(shared.is_empty(), "{}", shared.join("\n"));
}

#[test]
fn there_are_many_questions_of_each_kind() {
    let inquiries = of_life();
    let mut counts = BTreeMap::new();
    for inquiry in &inquiries {
        *counts.entry(inquiry.kind).or_insert(0) += 1;
        assert_eq!(inquiry.expect.is_empty(), inquiry.kind == InquiryKind::Unanswered, "{}", inquiry.text);
        assert!(!inquiry.text.contains('{'), "{}", inquiry.text);
    }
    assert!(inquiries.len() >= 300, "{counts:?}");
    for (kind, at_least) in [
        (InquiryKind::Paraphrase, 150),
        (InquiryKind::Typo, 25),
        (InquiryKind::DateAndPlace, 30),
        (InquiryKind::Language, 45),
        (InquiryKind::CrossLingual, 25),
        (InquiryKind::Exact, 20),
        (InquiryKind::Unanswered, 40),
    ] {
        assert!(counts[&kind] >= at_least, "{kind:?}: {counts:?}");
    }
    assert_eq!(tongues::ACROSS.len(), counts[&InquiryKind::CrossLingual], "a beginning fits no title");
}

#[test]
fn no_question_is_asked_twice_and_no_two_things_are_alike_but_those_of_other_days() {
    let mut texts = BTreeSet::new();
    for inquiry in of_life() {
        assert!(texts.insert(inquiry.text.clone()), "{} is asked twice", inquiry.text);
    }
    let mut titles = BTreeSet::new();
    for sown in sown().iter().filter(|sown| sown.kind != InquiryKind::DateAndPlace) {
        assert!(titles.insert(sown.row.title), "{} is there twice", sown.row.title);
    }
}

#[test]
fn a_question_without_answer_is_about_nothing_planted() {
    for question in unanswered::UNANSWERED {
        let asked = stems(question);
        for row in sown().iter().map(|sown| sown.row) {
            let there = stems(&format!("{} {}", row.title, row.body));
            // The articles of other languages are no stop words here.
            let both = asked.intersection(&there).filter(|stem| stem.len() > 3).count();
            assert!(both * 2 <= asked.len(), "{question:?} is answered by {:?}", row.title);
        }
    }
}

#[test]
fn every_mistyped_question_has_a_word_that_its_answer_lacks() {
    let words = |text: &str| -> BTreeSet<String> {
        text.to_lowercase().split(|letter: char| !letter.is_alphanumeric()).map(str::to_owned).collect()
    };
    for row in typos::TYPOS {
        let there = words(&format!("{} {}", row.title, row.body));
        assert!(!words(row.question).is_subset(&there), "{:?} has no error", row.question);
    }
}

#[test]
fn the_story_is_the_first_question_and_of_spring_in_the_default_life() {
    let first = of_life().swap_remove(0);
    assert_eq!(first.text, "that article on sleep and memory I read in spring 2025");
    assert_eq!(first.expect[0].fragment, "How deep rest helps the brain keep what it learned");
}

#[test]
fn dates_tell_apart_what_happened_twice() {
    let dated: Vec<Inquiry> =
        of_life().into_iter().filter(|inquiry| inquiry.kind == InquiryKind::DateAndPlace).collect();
    for inquiry in &dated {
        assert!(inquiry.expect[0].from < inquiry.expect[0].until, "{}", inquiry.text);
    }
    let stays = dated.iter().filter(|inquiry| inquiry.expect[0].kind == Some(Kind::Visit)).count();
    assert!(stays >= 8, "only {stays} stays are asked for");
}

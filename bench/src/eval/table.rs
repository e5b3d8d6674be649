//! Outcomes as Markdown tables: one for each collection, and one for the kinds of a life's questions.

use super::{
    Outcome, Section,
    metrics::{self, Scores},
};
use dp_lifegen::InquiryKind;
use jiff::civil::Date;
use std::fmt::{self, Write as _};

/// Kinds of questions that have an answer, as the table calls them.
const KINDS: &[(InquiryKind, &str)] = &[
    (InquiryKind::Paraphrase, "paraphrase"),
    (InquiryKind::Typo, "typing error"),
    (InquiryKind::DateAndPlace, "date and place"),
    (InquiryKind::Language, "other language"),
    (InquiryKind::CrossLingual, "across languages"),
    (InquiryKind::Exact, "exact words"),
];

/// The tables of all collections.
///
/// # Errors
/// Never in fact: writing into a string does not fail.
pub(super) fn markdown(sections: &[Section], machine: &str, date: Date) -> Result<String, fmt::Error> {
    let mut text = format!("\n{machine}; {date}.\n");
    for section in sections {
        write!(text, "\n**{}**, {} documents\n\n", section.title, section.documents)?;
        push_scores(&mut text, &section.outcomes)?;
        if section.outcomes.iter().flat_map(|outcome| &outcome.scores).any(|(kind, _)| kind.is_some()) {
            push_kinds(&mut text, &section.outcomes)?;
        }
    }
    text.push('\n');
    Ok(text)
}

fn push_scores(text: &mut String, outcomes: &[Outcome]) -> fmt::Result {
    text.push_str("| search | nDCG@10 | recall@10 | MRR@10 | something found where nothing is | median |\n");
    text.push_str("|---|---:|---:|---:|---:|---:|\n");
    for outcome in outcomes {
        let all: Vec<Scores> = outcome.scores.iter().map(|(_, scores)| *scores).collect();
        let mean = metrics::mean(&all);
        let alarms = match outcome.unanswered {
            0 => String::new(),
            unanswered => format!("{:.0} %", 100.0 * outcome.false_alarms as f64 / unanswered as f64),
        };
        writeln!(
            text,
            "| {} | {:.3} | {:.3} | {:.3} | {alarms} | {:.1} ms |",
            outcome.searcher,
            mean.ndcg,
            mean.recall,
            mean.reciprocal_rank,
            outcome.median.as_secs_f64() * 1000.0
        )?;
    }
    Ok(())
}

/// The nDCG of each kind of question.
fn push_kinds(text: &mut String, outcomes: &[Outcome]) -> fmt::Result {
    let of_kind = |outcome: &Outcome, kind| -> Vec<Scores> {
        outcome.scores.iter().filter(|(found, _)| *found == Some(kind)).map(|(_, scores)| *scores).collect()
    };
    let Some(first) = outcomes.first() else { return Ok(()) };
    text.push_str("\n| nDCG@10 by kind of question |");
    for &(kind, name) in KINDS {
        write!(text, " {name} ({}) |", of_kind(first, kind).len())?;
    }
    writeln!(text, "\n|---|{}", "---:|".repeat(KINDS.len()))?;
    for outcome in outcomes {
        write!(text, "| {} |", outcome.searcher)?;
        for &(kind, _) in KINDS {
            write!(text, " {:.3} |", metrics::mean(&of_kind(outcome, kind)).ndcg)?;
        }
        text.push('\n');
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn scores(ndcg: f64) -> Scores {
        Scores { ndcg, recall: 1.0, reciprocal_rank: 0.25 }
    }

    #[test]
    fn tables_show_means_alarms_and_kinds() {
        let outcome = Outcome {
            searcher: "keyword".to_owned(),
            scores: vec![
                (Some(InquiryKind::Paraphrase), scores(0.5)),
                (Some(InquiryKind::Exact), scores(1.0)),
            ],
            unanswered: 40,
            false_alarms: 10,
            median: Duration::from_micros(1500),
        };
        let section = Section { title: "a life".to_owned(), documents: 7, outcomes: vec![outcome] };
        let text = markdown(&[section], "M", jiff::civil::date(2025, 1, 1)).unwrap();
        assert!(text.contains("| keyword | 0.750 | 1.000 | 0.250 | 25 % | 1.5 ms |"), "{text}");
        assert!(text.contains("paraphrase (1) | typing error (0) |"), "{text}");
        assert!(text.contains("| keyword | 0.500 | 0.000 | 0.000 | 0.000 | 0.000 | 1.000 |"), "{text}");
    }

    #[test]
    fn a_test_collection_has_no_kinds_and_no_alarms() {
        let outcome = Outcome {
            searcher: "keyword".to_owned(),
            scores: vec![(None, scores(0.5))],
            unanswered: 0,
            false_alarms: 0,
            median: Duration::ZERO,
        };
        let section = Section { title: "c".to_owned(), documents: 7, outcomes: vec![outcome] };
        let text = markdown(&[section], "M", jiff::civil::date(2025, 1, 1)).unwrap();
        assert!(text.contains("| 0.250 |  | 0.0 ms |") && !text.contains("by kind"), "{text}");
    }
}

//! How well searching finds what is meant: a generated life with its inquiries, and test collections in
//! BEIR's format, each searched in every way there is. Prints a table and writes it as Markdown.

mod beir;
mod life;
mod metrics;
mod searcher;
mod table;

use anyhow::Context as _;
use dp_lake::Vault;
use dp_lake_embedded::{EmbeddedVault, VaultOptions};
use dp_lifegen::InquiryKind;
use dp_model::DocumentId;
use jiff::civil::Date;
use metrics::{Relevant, Scores};
use searcher::Searcher;
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// The zone of every vault that is searched.
const HOME_ZONE: &str = "Europe/Zurich";

#[derive(Debug, clap::Args)]
pub(crate) struct Setting {
    /// Folder for the made-up life and the vaults; what lies in it is removed
    #[arg(long, value_name = "FOLDER")]
    work: PathBuf,

    /// Where the tables are written, as Markdown
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// How much of everything the life holds; 0 leaves it out
    #[arg(long, default_value_t = 1.0, value_name = "F")]
    scale: f64,

    /// A folder with corpus.jsonl, queries.jsonl and qrels.tsv; can be given several times
    #[arg(long, value_name = "FOLDER")]
    beir: Vec<PathBuf>,
}

/// A question, and what answers it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    /// As typed.
    text: String,
    /// In which way it is hard; None in a test collection.
    kind: Option<InquiryKind>,
    /// What answers it; empty if nothing does.
    relevant: Vec<Relevant<DocumentId>>,
}

/// What one way of searching made of the questions of a collection.
#[derive(Debug)]
struct Outcome {
    searcher: String,
    /// Of questions that have an answer, in order.
    scores: Vec<(Option<InquiryKind>, Scores)>,
    /// Questions without answer, and for how many of them something was found.
    unanswered: usize,
    false_alarms: usize,
    /// Median time of a question.
    median: Duration,
}

/// All outcomes over one collection.
#[derive(Debug)]
struct Section {
    title: String,
    documents: u64,
    outcomes: Vec<Outcome>,
}

/// Evaluates everything, prints the tables and writes them.
///
/// # Errors
/// When a collection cannot be read, imported or searched.
pub(crate) fn run(setting: &Setting) -> anyhow::Result<()> {
    if setting.work.exists() {
        fs_err::remove_dir_all(&setting.work)?;
    }
    fs_err::create_dir_all(&setting.work)?;
    let mut sections = Vec::new();
    if setting.scale > 0.0 {
        sections.push(over_life(setting)?);
    }
    for (number, folder) in setting.beir.iter().enumerate() {
        let vault = open(setting, &format!("beir-{number}"))?;
        let documents =
            beir::put(folder, &*vault).with_context(|| format!("cannot take {}", folder.display()))?;
        let asked = beir::asked(folder)?;
        let outcomes = outcomes(&vault, &asked, jiff::Zoned::now().date())?;
        sections.push(Section { title: beir::name_of(folder), documents, outcomes });
    }
    fs_err::remove_dir_all(&setting.work)?;
    let text = table::markdown(&sections, &crate::machine::describe(), jiff::Zoned::now().date())?;
    print!("{text}");
    fs_err::write(&setting.out, text)?;
    Ok(())
}

fn open(setting: &Setting, name: &str) -> anyhow::Result<Arc<dyn Vault>> {
    Ok(Arc::new(EmbeddedVault::open(&setting.work.join(name), &VaultOptions::new(HOME_ZONE))?))
}

fn over_life(setting: &Setting) -> anyhow::Result<Section> {
    let vault = open(setting, "life-vault")?;
    let answers = life::put(setting.scale, &setting.work.join("life"), &*vault)?;
    let (asked, documents) = life::asked(&answers, &*vault)?;
    // The life ends on its last day, and questions are asked on the next.
    let today = dp_lifegen::Life::default().last_day.tomorrow()?;
    Ok(Section {
        title: format!("generated life, {} questions", asked.len()),
        documents,
        outcomes: outcomes(&vault, &asked, today)?,
    })
}

fn outcomes(vault: &Arc<dyn Vault>, asked: &[Asked], today: Date) -> anyhow::Result<Vec<Outcome>> {
    searcher::searchers(vault, today)?.iter().map(|searcher| outcome(searcher.as_ref(), asked)).collect()
}

fn outcome(searcher: &dyn Searcher, asked: &[Asked]) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome {
        searcher: searcher.name(),
        scores: Vec::new(),
        unanswered: 0,
        false_alarms: 0,
        median: Duration::ZERO,
    };
    let mut times = Vec::with_capacity(asked.len());
    for question in asked {
        let started = Instant::now();
        let ranking = searcher
            .search(&question.text, metrics::DEPTH)
            .with_context(|| format!("{} cannot search for {:?}", outcome.searcher, question.text))?;
        times.push(started.elapsed());
        if question.relevant.is_empty() {
            outcome.unanswered += 1;
            outcome.false_alarms += usize::from(!ranking.is_empty());
        } else {
            outcome.scores.push((question.kind, metrics::score(&ranking, &question.relevant)));
        }
    }
    times.sort_unstable();
    outcome.median = times.get(times.len() / 2).copied().unwrap_or_default();
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finds what it was told to for each question.
    struct Told(Vec<(&'static str, Vec<DocumentId>)>);

    impl Searcher for Told {
        fn name(&self) -> String {
            "told".to_owned()
        }

        fn search(&self, text: &str, limit: usize) -> anyhow::Result<Vec<DocumentId>> {
            let told = self.0.iter().find(|(question, _)| *question == text).context("nobody told")?;
            Ok(told.1.iter().copied().take(limit).collect())
        }
    }

    #[test]
    fn questions_without_answer_count_as_false_alarms_and_never_as_misses() {
        let [right, wrong] = [1, 2].map(|byte| DocumentId([byte; 16]));
        let asked = |text: &str, relevant: &[DocumentId]| Asked {
            text: text.to_owned(),
            kind: None,
            relevant: relevant.iter().map(|id| Relevant { documents: vec![*id], grade: 1.0 }).collect(),
        };
        let questions = [asked("found", &[right]), asked("silence", &[]), asked("noise", &[])];
        let told = Told(vec![("found", vec![wrong, right]), ("silence", Vec::new()), ("noise", vec![wrong])]);
        let outcome = outcome(&told, &questions).unwrap();
        assert_eq!((outcome.unanswered, outcome.false_alarms, outcome.scores.len()), (2, 1, 1));
        assert!((outcome.scores[0].1.reciprocal_rank - 0.5).abs() < 1e-9);
    }
}

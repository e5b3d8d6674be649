//! What a person waits for, measured on a vault of its own: importing, importing again, searching,
//! paging, opening. Each import runs in a process of its own, so that its peak memory can be told.

use crate::{Setting, figure::Figure};
use anyhow::{Context as _, ensure};
use dp_cortex::passages::DocumentEmbedder;
use dp_lake::{
    Cursor, FacetField, Filter, HistogramQuery, Order, Sort, Term, TermMode, TextQuery, TimeCountQuery,
    Vault, day_of_date,
    etl::{self, ImportOptions},
};
use dp_lake_embedded::{EmbeddedVault, VaultOptions};
use dp_lifegen::corpus;
use dp_model::{Document, Kind};
use futures::executor::block_on;
use rand::{RngExt as _, SeedableRng as _};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

/// The zone of every vault that is measured.
pub(crate) const HOME_ZONE: &str = "Europe/Zurich";
/// Queries of each class.
const QUERIES: usize = 400;
/// Hits and lines asked for.
const PAGE: usize = 20;

/// What an import in a process of its own says.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct ChildReport {
    /// Seconds from opening the archives to everything being durable and findable.
    pub(crate) seconds: f64,
    /// Documents found.
    pub(crate) documents: u64,
    /// Of them new.
    pub(crate) documents_new: u64,
    /// Samples found.
    pub(crate) samples: u64,
    /// Of them new.
    pub(crate) samples_new: u64,
    /// Inflated bytes of the entries that were parsed.
    pub(crate) parsed_bytes: u64,
    /// Peak resident memory of the process in bytes.
    pub(crate) peak_bytes: u64,
}

/// Imports the paths into the vault and prints a [`ChildReport`] as JSON: what the child process runs.
///
/// # Errors
/// When the import fails or the operating system does not tell the peak memory.
pub(crate) fn child_import(
    vault: &Path,
    paths: &[PathBuf],
    with_vectors: bool,
) -> anyhow::Result<ChildReport> {
    let started = Instant::now();
    let exports = dp_archive::open(paths, &dp_archive::Limits::default())?;
    let mut options = VaultOptions::new(HOME_ZONE);
    if with_vectors {
        let model = dp_cortex::models::built_in()?.context("this program was built without a model")?;
        options = options.with_embedder(Arc::new(DocumentEmbedder::new(model)));
    }
    let vault = EmbeddedVault::open(vault, &options)?;
    let report =
        etl::import(&vault, &exports, &ImportOptions::default(), &mut |_| {}, &AtomicBool::new(false))?;
    drop(vault);
    Ok(ChildReport {
        seconds: started.elapsed().as_secs_f64(),
        documents: report.documents.total(),
        documents_new: report.documents.inserted,
        samples: report.samples.total(),
        samples_new: report.samples.inserted,
        parsed_bytes: report
            .entries
            .iter()
            .filter(|entry| entry.documents + entry.samples > 0)
            .map(|entry| entry.bytes)
            .sum(),
        peak_bytes: peak_memory_bytes()?,
    })
}

fn peak_memory_bytes() -> anyhow::Result<u64> {
    memory_bytes("VmHWM:")
}

/// Memory of this process that no file stands behind.
pub(crate) fn anonymous_bytes() -> anyhow::Result<u64> {
    memory_bytes("RssAnon:")
}

fn memory_bytes(field: &str) -> anyhow::Result<u64> {
    let status = fs_err::read_to_string("/proc/self/status").context("memory is told on Linux only")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let line = line.with_context(|| format!("no {field} in the status"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes * 1024)
}

fn import_in_child(vault: &Path, paths: &[PathBuf], with_vectors: bool) -> anyhow::Result<ChildReport> {
    let mut child = Command::new(std::env::current_exe()?);
    child.arg("child-import").arg(vault).args(paths);
    if with_vectors {
        child.arg("--with-vectors");
    }
    let output = child.output()?;
    ensure!(output.status.success(), "the import failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn directory_bytes(directory: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { directory_bytes(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

/// Documents, and location fixes, that are imported.
const DOCUMENTS: f64 = 1_000_000.0;
const FIXES: f64 = 2_000_000.0;

/// Measures everything in the folder for it.
pub(crate) fn figures(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let scratch = setting.work.as_path();
    let [documents, fixes] = [DOCUMENTS, FIXES].map(|count| (count * setting.scale).max(1000.0) as usize);
    let mut figures = Vec::new();
    let big = scratch.join("documents-vault");
    figures.extend(measure_documents(scratch, &big, documents)?);
    figures.extend(measure_samples(scratch, fixes)?);
    figures.extend(measure_life(scratch)?);
    figures.extend(measure_questions(&big, documents)?);
    Ok(figures)
}

/// Imports the documents once more, each with its vector, into a vault of its own.
pub(crate) fn import_with_vectors(setting: &Setting, vault: &Path) -> anyhow::Result<Vec<Figure>> {
    let documents = (DOCUMENTS * setting.scale).max(1000.0) as usize;
    let run = import_documents(&setting.work.join("meaning"), vault, documents, true)?;
    let rate = run.first.documents as f64 / run.first.seconds;
    let note = format!("{} activity records of one JSON file", run.first.documents);
    let rate = Figure::new("import with vectors, documents", rate, "documents/s", note).at_least(50_000.0);
    Ok(run.figures("documents with vectors", rate))
}

fn measure_documents(scratch: &Path, vault: &Path, documents: usize) -> anyhow::Result<Vec<Figure>> {
    let run = import_documents(&scratch.join("documents"), vault, documents, false)?;
    let first = run.first;
    let note = format!("{} activity records of one JSON file, {} new", first.documents, first.documents_new);
    let rate = first.documents as f64 / first.seconds;
    let rate = Figure::new("import, documents", rate, "documents/s", note).at_least(60_000.0);
    Ok(run.figures("documents", rate))
}

fn import_documents(
    folder: &Path,
    vault: &Path,
    documents: usize,
    with_vectors: bool,
) -> anyhow::Result<ImportedTwice> {
    let activity = folder.join("Takeout/My Activity/Search");
    fs_err::create_dir_all(&activity)?;
    fs_err::write(activity.join("MyActivity.json"), corpus::activity_json(documents, 7))?;
    ImportedTwice::run(vault, &[folder.to_owned()], with_vectors)
}

fn measure_samples(scratch: &Path, fixes: usize) -> anyhow::Result<Vec<Figure>> {
    let folder = scratch.join("samples/Takeout/Location History");
    fs_err::create_dir_all(&folder)?;
    fs_err::write(folder.join("Records.json"), corpus::records_json(fixes, 7))?;
    let run = ImportedTwice::run(&scratch.join("samples-vault"), &[scratch.join("samples")], false)?;
    let rate = run.first.samples as f64 / run.first.seconds;
    let note = format!("{} fixes of one Records.json", run.first.samples);
    let rate = Figure::new("import, samples", rate, "samples/s", note).at_least(400_000.0);
    Ok(run.figures("samples", rate))
}

/// The generated ten-year life: every format, four exports that overlap.
fn measure_life(scratch: &Path) -> anyhow::Result<Vec<Figure>> {
    let folder = scratch.join("life");
    let answers = dp_lifegen::write(&dp_lifegen::Life::default(), &folder, &mut |_| {})?;
    let paths = answers
        .exports
        .iter()
        .flat_map(|export| export.parts.iter().map(|part| folder.join(part)))
        .collect::<Vec<_>>();
    let run = ImportedTwice::run(&scratch.join("life-vault"), &paths, false)?;
    let first = run.first;
    let rate = (first.documents + first.samples) as f64 / first.seconds;
    let note =
        format!("{} documents and {} samples in {:.1} s", first.documents, first.samples, first.seconds);
    Ok(run.figures("generated life", Figure::new("import, generated ten-year life", rate, "records/s", note)))
}

/// The same exports imported twice into one vault.
struct ImportedTwice {
    first: ChildReport,
    again: ChildReport,
    /// Of the vault after the first time.
    vault_bytes: u64,
}

impl ImportedTwice {
    fn run(vault: &Path, paths: &[PathBuf], with_vectors: bool) -> anyhow::Result<Self> {
        let first = import_in_child(vault, paths, with_vectors)?;
        let vault_bytes = directory_bytes(vault)?;
        let again = import_in_child(vault, paths, with_vectors)?;
        let new = again.documents_new + again.samples_new;
        ensure!(new == 0, "{new} records were new the second time");
        Ok(Self { first, again, vault_bytes })
    }

    /// The rate, and what else an import is measured by.
    fn figures(&self, what: &str, rate: Figure) -> Vec<Figure> {
        let Self { first, again, vault_bytes } = self;
        let size = Figure::new(
            &format!("vault to inflated size, {what}"),
            *vault_bytes as f64 / first.parsed_bytes as f64,
            "of 1",
            format!("{:.0} MB to {:.0} MB", *vault_bytes as f64 / 1e6, first.parsed_bytes as f64 / 1e6),
        );
        vec![
            rate,
            Figure::new(
                &format!("the same again, {what}"),
                first.seconds / again.seconds,
                "× the speed",
                String::new(),
            )
            .at_least(3.0),
            Figure::new(&format!("peak memory, {what}"), first.peak_bytes as f64 / 1e6, "MB", "")
                .at_most(400.0),
            size.at_most(1.0),
        ]
    }
}

fn measure_questions(directory: &Path, documents: usize) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let opened = percentiles((0..10).map(|_| {
        let started = Instant::now();
        let vault = EmbeddedVault::open_for_reading(directory, &VaultOptions::new(HOME_ZONE));
        let elapsed = started.elapsed();
        vault.map(|_| elapsed)
    }))?;
    figures.push(
        Figure::new(
            "opening a vault",
            milliseconds(opened.1),
            "ms at p99",
            format!("{documents} documents; p50 {:.1} ms", milliseconds(opened.0)),
        )
        .at_most(300.0),
    );
    let vault = EmbeddedVault::open_for_reading(directory, &VaultOptions::new(HOME_ZONE))?;
    let mut random = random();
    let samples = pick(&vault, QUERIES, &mut random)?;
    for (class, make) in CLASSES {
        let queries = samples.iter().filter_map(|document| make(document, &mut random)).collect::<Vec<_>>();
        ensure!(!queries.is_empty(), "no queries of the class {class}");
        let mut found = 0;
        for warm in [true, false] {
            found = 0;
            let latencies = percentiles(queries.iter().map(|(query, filter)| {
                let started = Instant::now();
                let hits = block_on(vault.search().keyword(query, filter, Sort::Relevance, PAGE));
                let elapsed = started.elapsed();
                hits.map(|hits| {
                    found += hits.total;
                    elapsed
                })
            }))?;
            if !warm {
                let mean = found / queries.len() as u64;
                let note = format!("{} queries, {mean} matches on average", queries.len());
                figures.push(
                    Figure::new(
                        &format!("search, {class}, p50"),
                        milliseconds(latencies.0),
                        "ms",
                        note.clone(),
                    )
                    .at_most(1.0),
                );
                figures.push(
                    Figure::new(&format!("search, {class}, p99"), milliseconds(latencies.1), "ms", note)
                        .at_most(10.0),
                );
            }
        }
        ensure!(found > 0, "the class {class} found nothing");
    }
    figures.extend(measure_time(&vault, &samples)?);
    figures.extend(measure_counting(&vault, &samples)?);
    Ok(figures)
}

/// What charts ask: counts in time and top lists, of everything and of what a word and a period leave.
fn measure_counting(vault: &EmbeddedVault, samples: &[Document]) -> anyhow::Result<Vec<Figure>> {
    let mut random = random();
    let word = |document: &Document, random: &mut rand_chacha::ChaCha8Rng| {
        let text = must(word(document, random)?, TermMode::Words);
        let day = document.content.time.as_ref()?.local_day(0);
        Some((text, Filter { from: Some(day - 365), until: Some(day + 365), ..Filter::default() }))
    };
    let words = samples.iter().filter_map(|document| word(document, &mut random)).collect::<Vec<_>>();
    let everything = vec![(TextQuery::default(), Filter::default()); 20];
    let mut figures = Vec::new();
    for (class, queries, most_ms) in
        [("of a word in two years", &words, 10.0), ("of everything", &everything, 60.0)]
    {
        for by_hour in [false, true] {
            let mut lines = 0;
            let (p50, p99) = percentiles(queries.iter().map(|(text, filter)| {
                let (text, filter) = (text.clone(), filter.clone());
                let query = TimeCountQuery { text, filter, by_hour, ..TimeCountQuery::default() };
                let started = Instant::now();
                let counts = block_on(vault.search().counts(&query));
                let elapsed = started.elapsed();
                counts.map(|counts| {
                    lines = lines.max(counts.len());
                    elapsed
                })
            }))?;
            ensure!(lines > 0, "nothing was counted {class}");
            let by = if by_hour { "hour" } else { "day" };
            let note = format!("at most {lines} counts; p50 {:.2} ms", milliseconds(p50));
            let name = format!("filtered histogram by {by} {class}, p99");
            figures.push(Figure::new(&name, milliseconds(p99), "ms", note).at_most(most_ms));
        }
        let (p50, p99) = percentiles(queries.iter().map(|(text, filter)| {
            let started = Instant::now();
            let fields = [FacetField::Kind, FacetField::Person, FacetField::Site, FacetField::Label];
            block_on(vault.search().facets(text, filter, &fields, PAGE)).map(|_| started.elapsed())
        }))?;
        let note = format!("four lists; p50 {:.2} ms", milliseconds(p50));
        let name = format!("filtered top lists {class}, p99");
        figures.push(Figure::new(&name, milliseconds(p99), "ms", note).at_most(most_ms));
    }
    Ok(figures)
}

/// Pages anywhere and the day histogram of ten years.
fn measure_time(vault: &EmbeddedVault, samples: &[Document]) -> anyhow::Result<Vec<Figure>> {
    let pages = percentiles(samples.iter().filter_map(|document| {
        let time_us = document.content.time.as_ref()?.utc_us;
        let cursor = Cursor::after(time_us, document.id);
        let started = Instant::now();
        let page =
            block_on(vault.documents().list(&Filter::default(), Order::NewestFirst, Some(&cursor), PAGE));
        let elapsed = started.elapsed();
        Some(page.map(|_| elapsed))
    }))?;
    let query = HistogramQuery {
        from: Some(day_of_date(jiff::civil::date(2015, 1, 1))),
        until: Some(day_of_date(jiff::civil::date(2026, 1, 1))),
        ..HistogramQuery::default()
    };
    let mut lines = 0;
    let histogram = percentiles((0..QUERIES).map(|_| {
        let started = Instant::now();
        let counts = block_on(vault.documents().histogram(&query));
        let elapsed = started.elapsed();
        counts.map(|counts| {
            lines = counts.len();
            elapsed
        })
    }))?;
    ensure!(lines > 0, "the histogram is empty");
    Ok(vec![
        Figure::new(
            "timeline page anywhere, p99",
            milliseconds(pages.1),
            "ms",
            format!("p50 {:.2} ms", milliseconds(pages.0)),
        )
        .at_most(5.0),
        Figure::new(
            "day histogram of ten years, p99",
            milliseconds(histogram.1),
            "ms",
            format!("{lines} counts; p50 {:.2} ms", milliseconds(histogram.0)),
        )
        .at_most(5.0),
    ])
}

type MakeQuery = fn(&Document, &mut rand_chacha::ChaCha8Rng) -> Option<(TextQuery, Filter)>;

const CLASSES: [(&str, MakeQuery); 5] = [
    ("word", |document, random| Some((must(word(document, random)?, TermMode::Words), Filter::default()))),
    ("two words", |document, random| {
        let mut query = must(word(document, random)?, TermMode::Words);
        query.must.push(Term { text: word(document, random)?, mode: TermMode::Words });
        Some((query, Filter::default()))
    }),
    ("prefix", |document, random| {
        let word = word(document, random)?;
        let prefix = word.chars().take(4).collect();
        Some((must(prefix, TermMode::Prefix), Filter::default()))
    }),
    ("phrase", |document, random| {
        let words = words(document);
        let first = random.random_range(0..words.len().checked_sub(1)?.max(1));
        let phrase = words.get(first..first + 2)?.join(" ");
        Some((must(phrase, TermMode::Phrase), Filter::default()))
    }),
    ("filtered", |document, random| {
        let day = document.content.time.as_ref()?.local_day(0);
        let kinds = if random.random_bool(0.5) { vec![document.content.kind] } else { Vec::<Kind>::new() };
        let filter = Filter { from: Some(day - 200), until: Some(day + 165), kinds, ..Filter::default() };
        Some((must(word(document, random)?, TermMode::Words), filter))
    }),
];

fn must(text: String, mode: TermMode) -> TextQuery {
    TextQuery { must: vec![Term { text, mode }], must_not: Vec::new(), ..TextQuery::default() }
}

/// Words of the title, without what stands around them.
pub(crate) fn words(document: &Document) -> Vec<String> {
    let words = document.content.title.split_whitespace();
    words
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// A word of the title, so that frequent words are asked for frequently.
fn word(document: &Document, random: &mut rand_chacha::ChaCha8Rng) -> Option<String> {
    let words = words(document);
    let long = words.into_iter().filter(|word| word.chars().count() > 2).collect::<Vec<_>>();
    if long.is_empty() {
        return None;
    }
    let index = random.random_range(0..long.len());
    long.into_iter().nth(index)
}

/// The same choices in every run.
pub(crate) fn random() -> rand_chacha::ChaCha8Rng {
    rand_chacha::ChaCha8Rng::seed_from_u64(11)
}

/// Documents from all over the vault.
pub(crate) fn pick(
    vault: &dyn Vault,
    count: usize,
    random: &mut rand_chacha::ChaCha8Rng,
) -> anyhow::Result<Vec<Document>> {
    let mut picked = Vec::new();
    while picked.len() < count {
        let start = dp_model::DocumentId(random.random());
        let found = block_on(vault.documents().walk(Some(start), 1))?;
        picked.extend(found.into_iter().map(|found| found.document));
    }
    Ok(picked)
}

/// Median and 99th percentile.
fn percentiles(
    latencies: impl Iterator<Item = Result<Duration, dp_lake::LakeError>>,
) -> anyhow::Result<(Duration, Duration)> {
    let mut latencies = latencies.collect::<Result<Vec<_>, _>>()?;
    latencies.sort_unstable();
    let at = |share: f64| {
        latencies.get(((latencies.len() as f64 * share) as usize).min(latencies.len().saturating_sub(1)))
    };
    Ok((*at(0.5).context("nothing was measured")?, *at(0.99).context("nothing was measured")?))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

//! Searching by meaning, measured on a vault of a million documents that was imported with vectors: alone,
//! filtered, together with words, while typing. Exact search over the same vectors says what was missed.

use crate::{Setting, figure::Comparison, figure::Figure, vault};
use anyhow::{Context as _, ensure};
use dp_cortex::{
    embed::{Purpose, TextEmbedder},
    engine::{Engine, MeaningModel, Mode, SearchRequest},
    models,
    passages::passages,
};
use dp_lake::{Filter, NearestQuery, Vault, VectorModel};
use dp_lake_embedded::{EmbeddedVault, VaultOptions};
use dp_model::{Document, DocumentId};
use futures::executor::block_on;
use serde::Deserialize;
use std::{
    collections::HashMap,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

/// Queries of each class.
const QUERIES: usize = 300;
/// Hits asked for.
const HITS: usize = 20;
/// Documents that are searched for when memory is measured.
const SEARCHED: usize = 100;
/// Documents that are read at once.
const READ_AT_ONCE: usize = 20_000;

/// Measures in the folder for it; nothing if this program was built without a model.
pub(crate) fn figures(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let Some(embedder) = models::built_in()? else {
        anyhow::bail!("this program was built without a model; `cargo xtask bench` builds it with one");
    };
    let embedder: Arc<dyn TextEmbedder> = embedder;
    let directory = setting.work.join("meaning-vault");
    let mut figures = vault::import_with_vectors(setting, &directory)?;
    let opened = EmbeddedVault::open_for_reading(&directory, &VaultOptions::new(vault::HOME_ZONE))?;
    let opened: Arc<dyn Vault> = Arc::new(opened);
    let model = embedder.model().clone();
    let mut random = vault::random();
    let samples = vault::pick(&*opened, QUERIES, &mut random)?;
    let questions = questions(&*embedder, &samples)?;
    figures.extend(nearest(&*opened, &model, &questions)?);
    figures.push(memory(&directory)?);
    figures.extend(hybrid(&opened, &embedder, &samples)?);
    figures.extend(suggestions(&opened, &samples)?);
    figures.extend(compared_exactly(setting, &*opened, &*embedder, &questions, &samples)?);
    Ok(figures)
}

/// A question as it is typed, its vector, and a filter of about a hundredth of the vault.
struct Question {
    vector: Vec<f32>,
    narrow: Filter,
}

fn questions(embedder: &dyn TextEmbedder, samples: &[Document]) -> anyhow::Result<Vec<Question>> {
    let mut questions = Vec::new();
    for document in samples {
        let text = asked(document);
        let vector = embedder.embed(&[text.as_str()], Purpose::Query)?.pop().unwrap_or_default();
        let Some(time) = document.content.time.as_ref().filter(|_| !vector.is_empty()) else { continue };
        let day = time.local_day(0);
        let narrow = Filter { from: Some(day - 15), until: Some(day + 22), ..Filter::default() };
        questions.push(Question { vector, narrow });
    }
    ensure!(!questions.is_empty(), "no document to ask for has a word the model knows");
    Ok(questions)
}

/// What somebody who remembers half of a title types.
fn asked(document: &Document) -> String {
    let words = document.content.title.split_whitespace().collect::<Vec<_>>();
    let half = words.iter().skip(usize::from(words.len() > 3)).step_by(2).copied().collect::<Vec<_>>();
    half.join(" ")
}

fn nearest(vault: &dyn Vault, model: &VectorModel, questions: &[Question]) -> anyhow::Result<Vec<Figure>> {
    let ask = |question: &Question, filter: &Filter| {
        let query = NearestQuery {
            vector: question.vector.clone(),
            filter: filter.clone(),
            ..NearestQuery::default()
        };
        block_on(vault.vectors().nearest(model, &query, HITS))
    };
    let mut figures = Vec::new();
    for (name, is_filtered) in [("semantic", false), ("semantic, filtered", true)] {
        let mut all = Vec::new();
        for warm in [true, false] {
            all.clear();
            for question in questions {
                let filter = if is_filtered { question.narrow.clone() } else { Filter::default() };
                let started = Instant::now();
                let found = ask(question, &filter)?;
                all.push(started.elapsed());
                ensure!(warm || !found.hits.is_empty(), "nothing is near a question about a document");
            }
        }
        figures.extend(latencies(&format!("{name}, top {HITS}"), all, (6.0, 15.0), "one thread")?);
    }
    let set = block_on(vault.vectors().list())?.into_iter().find(|set| set.model == *model);
    let set = set.context("the vault has no vectors")?;
    let note =
        format!("{} vectors of {}; {:.0} MB on disk", set.passages, model.width, set.disk_bytes as f64 / 1e6);
    figures
        .push(Figure::new("memory of the vectors", set.memory_bytes as f64 / 1e6, "MB", note).at_most(150.0));
    Ok(figures)
}

/// What a process grows by that opens the vault and searches it by meaning.
fn memory(directory: &Path) -> anyhow::Result<Figure> {
    let output = Command::new(std::env::current_exe()?).arg("child-search").arg(directory).output()?;
    ensure!(output.status.success(), "the search failed: {}", String::from_utf8_lossy(&output.stderr));
    let grown: u64 = serde_json::from_slice(&output.stdout)?;
    let note = "opened and searched a hundred times: vectors, caches and buffers; files in the page cache are not in it";
    Ok(Figure::new("memory of a process that searches by meaning", grown as f64 / 1e6, "MB", note)
        .at_most(150.0))
}

/// Opens a vault, searches it by the vectors of some of its documents, and gives the bytes of memory that took:
/// what the child process runs.
///
/// # Errors
/// When the vault can't be searched or the operating system does not tell the memory.
pub(crate) fn child_search(directory: &Path) -> anyhow::Result<u64> {
    let before = vault::anonymous_bytes()?;
    let vault = EmbeddedVault::open_for_reading(directory, &VaultOptions::new(vault::HOME_ZONE))?;
    let set = block_on(vault.vectors().list())?.into_iter().next().context("the vault has no vectors")?;
    for document in vault::pick(&vault, SEARCHED, &mut vault::random())? {
        let passages = block_on(vault.vectors().get(&set.model, document.id))?.unwrap_or_default();
        for passage in passages {
            let query = NearestQuery { vector: passage.values, ..NearestQuery::default() };
            block_on(vault.vectors().nearest(&set.model, &query, HITS))?;
        }
    }
    Ok(vault::anonymous_bytes()?.saturating_sub(before))
}

fn hybrid(
    vault: &Arc<dyn Vault>,
    embedder: &Arc<dyn TextEmbedder>,
    samples: &[Document],
) -> anyhow::Result<Vec<Figure>> {
    let floor = models::ModelKind::Static.floor();
    let engine = Engine::new(Arc::clone(vault), vec![MeaningModel { embedder: Arc::clone(embedder), floor }]);
    let today = jiff::civil::date(2026, 1, 1);
    let mut all = Vec::new();
    for _ in 0..2 {
        all.clear();
        for document in samples {
            let request = SearchRequest {
                facet_values: 8,
                mode: Mode::Hybrid,
                ..SearchRequest::new(asked(document), today)
            };
            let started = Instant::now();
            block_on(engine.search(&request))?;
            all.push(started.elapsed());
        }
    }
    Ok(latencies(&format!("hybrid, top {HITS} with snippets and facets"), all, (10.0, 30.0), "")?.into())
}

fn suggestions(vault: &Arc<dyn Vault>, samples: &[Document]) -> anyhow::Result<Vec<Figure>> {
    let engine = Engine::new(Arc::clone(vault), Vec::new());
    let mut all = Vec::new();
    for (number, document) in samples.iter().enumerate() {
        let typed = document.content.title.chars().take(2 + number % 6).collect::<String>();
        let started = Instant::now();
        block_on(engine.suggest(&typed, 5))?;
        all.push(started.elapsed());
    }
    // The names are read at the first question.
    let first = all.remove(0);
    let [_, p99] = percentiles(all)?;
    let note = format!("the first one {:.1} ms", milliseconds(first));
    Ok(vec![Figure::new("suggestions, p99", milliseconds(p99), "ms", note).at_most(10.0)])
}

/// Exact search over vectors made anew, and the peer over the same.
fn compared_exactly(
    setting: &Setting,
    vault: &dyn Vault,
    embedder: &dyn TextEmbedder,
    questions: &[Question],
    samples: &[Document],
) -> anyhow::Result<Vec<Figure>> {
    let everything = Everything::read(vault, embedder)?;
    let mut held = [0.0; 2];
    let asked = questions.len().min(100);
    for question in questions.iter().take(asked) {
        for (held, filter) in held.iter_mut().zip([Filter::default(), question.narrow.clone()]) {
            let query = NearestQuery {
                vector: question.vector.clone(),
                filter: filter.clone(),
                ..NearestQuery::default()
            };
            let found = block_on(vault.vectors().nearest(embedder.model(), &query, 10))?;
            let tenth = everything.tenth(&question.vector, &filter);
            let right = found
                .hits
                .iter()
                .filter(|hit| everything.similarity(hit.id, &question.vector) >= tenth - 1e-3);
            *held += right.count() as f64 / everything.count(&filter).clamp(1, 10) as f64;
        }
    }
    let recall = |held: f64| held / asked as f64;
    let note = format!("{asked} questions, against exact search; equal similarities count as equal");
    let mut figures = vec![
        Figure::new("recall@10", recall(held[0]), "of 1", note.clone()).at_least(0.95),
        Figure::new("recall@10, filtered to 1 %", recall(held[1]), "of 1", note).at_least(0.95),
    ];
    if let Some(peer) = peer(setting, &everything, questions, samples)? {
        let note = format!(
            "builds its graph in {:.0} s; recall@10 {:.3}",
            peer.usearch.build_s.unwrap_or_default(),
            peer.usearch.recall.unwrap_or_default()
        );
        figures.push(Figure {
            comparison: Some(Comparison { name: "usearch".to_owned(), got: peer.usearch.p50_ms }),
            ..Figure::new(
                "semantic beside usearch, p50",
                everything.scan_ms(vault, embedder, questions)?,
                "ms",
                note,
            )
        });
        figures.push(Figure {
            comparison: Some(Comparison { name: "tantivy (Python)".to_owned(), got: peer.tantivy.p50_ms }),
            ..Figure::new("any of the words beside tantivy, p50", ranked_ms(vault, samples)?, "ms", "top 20")
        });
    }
    Ok(figures)
}

/// Every vector, as the model makes it.
struct Everything {
    width: usize,
    values: Vec<f32>,
    ids: HashMap<DocumentId, usize>,
    days: Vec<i32>,
    /// One a line.
    titles: String,
}

impl Everything {
    fn read(vault: &dyn Vault, embedder: &dyn TextEmbedder) -> anyhow::Result<Self> {
        let width = embedder.model().width as usize;
        let mut all =
            Self { width, values: Vec::new(), ids: HashMap::new(), days: Vec::new(), titles: String::new() };
        let mut after = None;
        loop {
            let documents = block_on(vault.documents().walk(after, READ_AT_ONCE))?;
            let Some(last) = documents.last() else { return Ok(all) };
            after = Some(last.document.id);
            for found in &documents {
                let document = &found.document;
                all.titles.extend(document.content.title.split_whitespace().flat_map(|word| [word, " "]));
                all.titles.push('\n');
                let texts = passages(&document.content);
                let Some(text) = texts.first() else { continue };
                let vector =
                    embedder.embed(&[text.text.as_str()], Purpose::Passage)?.pop().unwrap_or_default();
                if vector.len() == width {
                    all.ids.insert(document.id, all.days.len());
                    all.values.extend(vector);
                    all.days.push(document.content.time.as_ref().map_or(i32::MIN, |time| time.local_day(0)));
                }
            }
        }
    }

    fn vector(&self, place: usize) -> &[f32] {
        &self.values[place * self.width..(place + 1) * self.width]
    }

    fn similarity(&self, id: DocumentId, query: &[f32]) -> f32 {
        self.ids.get(&id).map_or(f32::MIN, |&place| dot(self.vector(place), query))
    }

    fn meant<'a>(&'a self, filter: &'a Filter) -> impl Iterator<Item = usize> + 'a {
        (0..self.days.len()).filter(|&place| filter.wants_day(Some(self.days[place])))
    }

    fn count(&self, filter: &Filter) -> usize {
        self.meant(filter).count()
    }

    /// Similarity of the tenth best.
    fn tenth(&self, query: &[f32], filter: &Filter) -> f32 {
        let mut similarities =
            self.meant(filter).map(|place| dot(self.vector(place), query)).collect::<Vec<_>>();
        similarities.sort_unstable_by(|one, other| other.total_cmp(one));
        similarities.get(9).or(similarities.last()).copied().unwrap_or(f32::MIN)
    }

    fn scan_ms(
        &self,
        vault: &dyn Vault,
        embedder: &dyn TextEmbedder,
        questions: &[Question],
    ) -> anyhow::Result<f64> {
        let mut all = Vec::new();
        for question in questions {
            let query = NearestQuery { vector: question.vector.clone(), ..NearestQuery::default() };
            let started = Instant::now();
            block_on(vault.vectors().nearest(embedder.model(), &query, HITS))?;
            all.push(started.elapsed());
        }
        Ok(milliseconds(percentiles(all)?[0]))
    }
}

fn ranked_ms(vault: &dyn Vault, samples: &[Document]) -> anyhow::Result<f64> {
    let mut all = Vec::new();
    for document in samples {
        let query = dp_lake::RankedQuery { words: asked(document), ..dp_lake::RankedQuery::default() };
        let started = Instant::now();
        block_on(vault.search().ranked(&query, HITS))?;
        all.push(started.elapsed());
    }
    Ok(milliseconds(percentiles(all)?[0]))
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    let lanes = one.chunks_exact(8).zip(other.chunks_exact(8));
    let mut sums = [0.0_f32; 8];
    for (one, other) in lanes {
        for lane in 0..8 {
            sums[lane] += one[lane] * other[lane];
        }
    }
    sums.iter().sum()
}

#[derive(Debug, Deserialize)]
struct Peers {
    usearch: Peer,
    tantivy: Peer,
}

#[derive(Debug, Deserialize)]
struct Peer {
    p50_ms: f64,
    recall: Option<f64>,
    build_s: Option<f64>,
}

/// What usearch and tantivy need for the same, in Python; None without them.
fn peer(
    setting: &Setting,
    everything: &Everything,
    questions: &[Question],
    samples: &[Document],
) -> anyhow::Result<Option<Peers>> {
    let Some(python) = &setting.peer else { return Ok(None) };
    let folder = setting.work.join("meaning-peer");
    fs_err::create_dir_all(&folder)?;
    write_values(&folder.join("vectors.f32"), &everything.values)?;
    let queries = questions.iter().flat_map(|question| question.vector.iter().copied()).collect::<Vec<_>>();
    write_values(&folder.join("queries.f32"), &queries)?;
    fs_err::write(folder.join("titles.txt"), &everything.titles)?;
    let plain = |text: String| text.replace(|c: char| !c.is_alphanumeric() && c != ' ', " ");
    let words = samples.iter().map(|document| plain(asked(document))).filter(|line| !line.trim().is_empty());
    fs_err::write(folder.join("words.txt"), words.collect::<Vec<_>>().join("\n"))?;
    let mut driver = Command::new(python);
    driver.args(["-c", include_str!("../peer/meaning.py")]).arg(&folder).arg(everything.width.to_string());
    let output = driver.output().context("could not start Python for the peers")?;
    ensure!(output.status.success(), "the peers failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(Some(serde_json::from_slice(&output.stdout).context("what the peers' driver printed")?))
}

fn write_values(file: &Path, values: &[f32]) -> anyhow::Result<()> {
    let mut bytes = Vec::with_capacity(values.len() * 4);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    Ok(fs_err::write(file, bytes)?)
}

/// Two figures: the median and the 99th percentile.
fn latencies(name: &str, all: Vec<Duration>, most_ms: (f64, f64), note: &str) -> anyhow::Result<[Figure; 2]> {
    let count = all.len();
    let [p50, p99] = percentiles(all)?;
    let note = if note.is_empty() { format!("{count} queries") } else { format!("{count} queries, {note}") };
    Ok([
        Figure::new(&format!("{name}, p50"), milliseconds(p50), "ms", note.clone()).at_most(most_ms.0),
        Figure::new(&format!("{name}, p99"), milliseconds(p99), "ms", note).at_most(most_ms.1),
    ])
}

fn percentiles(mut all: Vec<Duration>) -> anyhow::Result<[Duration; 2]> {
    all.sort_unstable();
    let at = |share: f64| all.get(((all.len() as f64 * share) as usize).min(all.len().saturating_sub(1)));
    Ok([*at(0.5).context("nothing was measured")?, *at(0.99).context("nothing was measured")?])
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

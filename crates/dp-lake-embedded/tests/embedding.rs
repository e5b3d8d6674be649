//! A vault that embeds: with a model that counts words, so that what is near can be told.

#![expect(clippy::unwrap_used, reason = "a test without its vault has nothing to go on with")]

use dp_lake::{
    Embedder, EmbedderError, Filter, ForgetTarget, LakeError, NearestQuery, Passage, PassageVector, Sort,
    Term, TermMode, TextQuery, Vault, VectorModel,
    conformance::{
        HOME_ZONE,
        build::{NOON_US, document, documents_batch, import_draft, note},
    },
};
use dp_lake_embedded::{EmbeddedVault, VaultOptions};
use dp_model::Content;
use futures::executor::block_on;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

const WIDTH: u32 = 96;

/// Each word adds to a few values of its own.
struct WordCounter {
    model: VectorModel,
    is_broken: AtomicBool,
    embedded: AtomicUsize,
}

impl WordCounter {
    fn new(name: &str) -> Arc<Self> {
        let model = VectorModel { name: name.to_owned(), hash: "0".to_owned(), width: WIDTH };
        Arc::new(Self { model, is_broken: AtomicBool::new(false), embedded: AtomicUsize::new(0) })
    }

    fn vector(text: &str) -> Vec<f32> {
        let mut values = vec![0.0_f32; WIDTH as usize];
        for word in text.split_whitespace() {
            let mut state = word.bytes().fold(7_u64, |state, byte| state.wrapping_mul(31) ^ u64::from(byte));
            for _ in 0..6 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                values[(state >> 33) as usize % WIDTH as usize] +=
                    if state >> 32 & 1 == 0 { 1.0 } else { -1.0 };
            }
        }
        values
    }
}

impl Embedder for WordCounter {
    fn model(&self) -> &VectorModel {
        &self.model
    }

    fn embed(&self, contents: &[&Content]) -> Result<Vec<Vec<PassageVector>>, EmbedderError> {
        if self.is_broken.load(Ordering::Relaxed) || contents.iter().any(|content| content.title == "poison")
        {
            let reason = "it does not feel like it".to_owned();
            return Err(EmbedderError { model: self.model.name.clone(), reason });
        }
        assert!(contents.iter().all(|content| content.title != "bomb"), "a bomb went off");
        self.embedded.fetch_add(contents.len(), Ordering::Relaxed);
        let whole = |content: &&Content| {
            vec![PassageVector { passage: Passage::default(), values: Self::vector(&content.title) }]
        };
        Ok(contents.iter().map(whole).collect())
    }
}

fn open(directory: &Path, embedder: Option<&Arc<WordCounter>>) -> EmbeddedVault {
    let options = VaultOptions {
        home_zone: HOME_ZONE.to_owned(),
        embedder: embedder.map(|embedder| Arc::clone(embedder) as Arc<dyn Embedder>),
        on_change: None,
    };
    EmbeddedVault::open(directory, &options).unwrap()
}

fn add(vault: &EmbeddedVault, titles: &[&str]) {
    let import = block_on(vault.imports().begin(import_draft(1, "takeout", Some(NOON_US)))).unwrap().id;
    let documents = titles.iter().enumerate();
    let documents = documents.map(|(number, title)| document(title, note(title, NOON_US + number as i64)));
    let applied = block_on(vault.documents().apply(documents_batch(import, documents.collect()))).unwrap();
    block_on(vault.search().wait_indexed(applied.sequence)).unwrap();
}

fn found(vault: &EmbeddedVault, model: &VectorModel, text: &str) -> Result<Vec<String>, LakeError> {
    let query = NearestQuery { vector: WordCounter::vector(text), ..NearestQuery::default() };
    let nearest = block_on(vault.vectors().nearest(model, &query, 10))?;
    let ids = nearest.hits.iter().filter(|hit| hit.similarity > 0.5).map(|hit| hit.id).collect::<Vec<_>>();
    let documents = block_on(vault.documents().get_many(&ids))?;
    Ok(documents.into_iter().map(|document| document.unwrap().content.title).collect())
}

fn pending(vault: &EmbeddedVault, model: &VectorModel) -> u64 {
    let sets = block_on(vault.vectors().list()).unwrap();
    sets.into_iter().find(|set| set.model == *model).unwrap().pending
}

fn problems(vault: &EmbeddedVault) -> Vec<String> {
    let health = block_on(vault.health(true)).unwrap();
    health.projections.into_iter().flat_map(|projection| projection.problems).collect()
}

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let sets = std::fs::read_dir(directory.join("vectors")).unwrap();
    let files = sets.flat_map(|set| std::fs::read_dir(set.unwrap().path()).unwrap());
    files.map(|file| file.unwrap().path()).filter(|path| path.extension().unwrap() == extension).collect()
}

const TITLES: [&str; 5] = ["sour bread", "bread with butter", "night train", "train to Lisbon", "green tea"];

#[test]
fn documents_are_embedded_on_their_way_in() {
    let folder = tempfile::tempdir().unwrap();
    let counter = WordCounter::new("words");
    let vault = open(folder.path(), Some(&counter));
    add(&vault, &TITLES);
    assert_eq!(found(&vault, &counter.model, "night train").unwrap()[0], "night train");
    assert_eq!((pending(&vault, &counter.model), counter.embedded.load(Ordering::Relaxed)), (0, 5));
    add(&vault, &TITLES);
    drop(vault);
    let vault = open(folder.path(), Some(&counter));
    add(&vault, &["sour bread", "tea time"]);
    assert_eq!(counter.embedded.load(Ordering::Relaxed), 6, "what is known is not embedded again");
    let reading = EmbeddedVault::open_for_reading(folder.path(), &VaultOptions::new(HOME_ZONE)).unwrap();
    assert_eq!(found(&reading, &counter.model, "green tea").unwrap()[0], "green tea");
    add(&vault, &["coffee"]);
    assert_eq!(found(&reading, &counter.model, "coffee").unwrap(), ["coffee"], "seen beside the writer");
    assert!(problems(&vault).is_empty());
}

#[test]
fn a_new_model_embeds_what_is_there_while_the_old_set_answers() {
    let folder = tempfile::tempdir().unwrap();
    add(&open(folder.path(), None), &TITLES);
    let (old, new) = (WordCounter::new("old"), WordCounter::new("new"));
    let vault = open(folder.path(), Some(&old));
    let told = AtomicUsize::new(0);
    block_on(vault.embed_pending(&|done, _| told.store(done as usize, Ordering::Relaxed))).unwrap();
    assert_eq!(found(&vault, &old.model, "green tea").unwrap(), ["green tea"]);
    drop(vault);
    let vault = open(folder.path(), Some(&new));
    assert_eq!(found(&vault, &old.model, "green tea").unwrap(), ["green tea"]);
    while pending(&vault, &new.model) > 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    block_on(vault.search().wait_indexed(0)).unwrap();
    assert_eq!(found(&vault, &new.model, "green tea").unwrap(), ["green tea"]);
    assert_eq!(pending(&vault, &old.model), 0);
    add(&vault, &["white tea"]);
    assert_eq!((pending(&vault, &old.model), pending(&vault, &new.model)), (1, 0));
    assert!(block_on(vault.vectors().remove(&old.model)).unwrap());
    assert!(matches!(found(&vault, &old.model, "tea"), Err(LakeError::Projection { .. })));
}

#[test]
fn what_cannot_be_embedded_stays_pending_and_nothing_else_does() {
    for trouble in ["poison", "bomb"] {
        let folder = tempfile::tempdir().unwrap();
        let counter = WordCounter::new("words");
        let vault = open(folder.path(), Some(&counter));
        add(&vault, &["sour bread", trouble, "green tea"]);
        add(&vault, &["night train"]);
        assert_eq!(found(&vault, &counter.model, "night train").unwrap(), ["night train"], "imports go on");
        assert!(block_on(vault.embed_pending(&|_, _| {})).is_ok(), "all others can be embedded");
        assert_eq!(pending(&vault, &counter.model), 1);
        assert_eq!(found(&vault, &counter.model, "sour bread").unwrap(), ["sour bread"]);
        let told = problems(&vault);
        assert!(told.iter().any(|problem| problem.contains("words")), "{told:?}");
    }
}

#[test]
fn a_model_that_fails_altogether_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let counter = WordCounter::new("words");
    counter.is_broken.store(true, Ordering::Relaxed);
    let vault = open(folder.path(), Some(&counter));
    add(&vault, &TITLES);
    assert_eq!(pending(&vault, &counter.model), 5);
    assert!(block_on(vault.embed_pending(&|_, _| {})).is_err());
    counter.is_broken.store(false, Ordering::Relaxed);
    block_on(vault.embed_pending(&|_, _| {})).unwrap();
    assert_eq!((pending(&vault, &counter.model), problems(&vault)), (0, Vec::new()));
}

#[test]
fn a_forgotten_document_leaves_no_byte_in_any_segment() {
    let folder = tempfile::tempdir().unwrap();
    let counter = WordCounter::new("words");
    let vault = open(folder.path(), Some(&counter));
    add(&vault, &TITLES);
    let forgotten = document(TITLES[2], note(TITLES[2], NOON_US + 2));
    let bytes = files(folder.path(), "vectors")
        .iter()
        .flat_map(|path| std::fs::read(path).unwrap())
        .collect::<Vec<_>>();
    let at = bytes.windows(8).position(|some| some == &forgotten.hash[..8]).unwrap();
    // Behind the hash stand the passage, the scale and the values.
    let values = bytes[at + 20..at + 20 + WIDTH as usize].to_vec();
    let stale = tempfile::tempdir().unwrap();
    copy(&folder.path().join("vectors"), stale.path());
    block_on(vault.documents().forget(&ForgetTarget::Document(forgotten.id))).unwrap();
    block_on(vault.search().wait_indexed(0)).unwrap();
    let assert_gone = || {
        for path in files(folder.path(), "vectors") {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(8).any(|some| some == &forgotten.hash[..8]), "{}", path.display());
            assert!(!bytes.windows(values.len()).any(|some| some == values), "{}", path.display());
        }
    };
    assert_gone();
    assert_eq!(found(&vault, &counter.model, "train to Lisbon").unwrap(), ["train to Lisbon"]);
    drop(vault);
    // As if the program had been killed before the set was committed.
    copy(stale.path(), &folder.path().join("vectors"));
    let vault = open(folder.path(), Some(&counter));
    block_on(vault.search().wait_indexed(0)).unwrap();
    assert_gone();
    assert_eq!(
        (found(&vault, &counter.model, "night train").unwrap().len(), pending(&vault, &counter.model)),
        (0, 0)
    );
}

/// Puts a copy of a folder in the place of another.
fn copy(from: &Path, to: &Path) {
    if to.exists() {
        std::fs::remove_dir_all(to).unwrap();
    }
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            _ = std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_damaged_set_degrades_to_words_and_heals_when_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let counter = WordCounter::new("words");
    add(&open(folder.path(), Some(&counter)), &TITLES);
    let segment = files(folder.path(), "vectors").remove(0);
    let bytes = std::fs::read(&segment).unwrap();
    std::fs::write(&segment, &bytes[..bytes.len() / 2]).unwrap();
    let reading = EmbeddedVault::open_for_reading(folder.path(), &VaultOptions::new(HOME_ZONE)).unwrap();
    let error = found(&reading, &counter.model, "green tea").unwrap_err();
    assert!(matches!(&error, LakeError::Projection { reason, .. } if reason.contains("vectors")), "{error}");
    let must = vec![Term { text: "tea".to_owned(), mode: TermMode::Words }];
    let query = TextQuery { must, ..TextQuery::default() };
    let hits = block_on(reading.search().keyword(&query, &Filter::default(), Sort::Relevance, 5)).unwrap();
    assert_eq!(hits.total, 1);
    assert_eq!(problems(&reading).len(), 1, "{:?}", problems(&reading));
    drop(reading);
    let vault = open(folder.path(), Some(&counter));
    block_on(vault.embed_pending(&|_, _| {})).unwrap();
    assert_eq!(found(&vault, &counter.model, "green tea").unwrap(), ["green tea"]);
    assert!(problems(&vault).is_empty());
}

#[test]
fn many_small_imports_do_not_leave_many_segments() {
    let folder = tempfile::tempdir().unwrap();
    let counter = WordCounter::new("words");
    let vault = open(folder.path(), Some(&counter));
    for number in 0..120 {
        add(&vault, &[&format!("note{number}")]);
        assert!(files(folder.path(), "vectors").len() <= 34, "after {number}");
    }
    assert_eq!(found(&vault, &counter.model, "note77").unwrap()[0], "note77");
}

#[test]
fn rebuilding_makes_the_set_anew() {
    let folder = tempfile::tempdir().unwrap();
    let counter = WordCounter::new("words");
    let vault = open(folder.path(), Some(&counter));
    add(&vault, &TITLES);
    let segment = files(folder.path(), "vectors").remove(0);
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    assert_eq!(problems(&vault).len(), 1);
    assert_eq!(block_on(vault.search().rebuild(&|_, _| {})).unwrap(), 5);
    assert!(problems(&vault).is_empty());
    assert_eq!(found(&vault, &counter.model, "green tea").unwrap(), ["green tea"]);
    assert_eq!(counter.embedded.load(Ordering::Relaxed), 10);
}

//! Beside a vault that is written to: one that only reads finds what is new without being asked to look, and whoever
//! wants to know of changes is told of them.

#![expect(clippy::unwrap_used, reason = "a test without its vault has nothing to go on with")]

use dp_lake::{
    Annotation, Changes, Filter, ForgetTarget, Sort, Term, TermMode, TextQuery, Vault as _,
    conformance::{
        HOME_ZONE,
        build::{NOON_US, document, documents_batch, import_draft, note},
    },
};
use dp_lake_embedded::{EmbeddedVault, VaultOptions};
use dp_model::DocumentId;
use futures::executor::block_on;
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

fn add(vault: &EmbeddedVault, titles: &[&str]) -> DocumentId {
    let import = block_on(vault.imports().begin(import_draft(1, "takeout", Some(NOON_US)))).unwrap().id;
    let documents = titles.iter().enumerate();
    let documents = documents.map(|(number, title)| document(title, note(title, NOON_US + number as i64)));
    let documents = documents.collect::<Vec<_>>();
    let first = documents[0].id;
    let applied = block_on(vault.documents().apply(documents_batch(import, documents))).unwrap();
    block_on(vault.search().wait_indexed(applied.sequence)).unwrap();
    first
}

fn found(vault: &EmbeddedVault, word: &str) -> u64 {
    let term = Term { mode: TermMode::Words, text: word.to_owned() };
    let query = TextQuery { must: vec![term], ..TextQuery::default() };
    block_on(vault.search().keyword(&query, &Filter::default(), Sort::Relevance, 10)).unwrap().total
}

#[test]
fn a_reader_finds_what_another_has_committed_since_without_being_told_to_look() {
    let folder = tempfile::tempdir().unwrap();
    let vault = EmbeddedVault::open(folder.path(), &VaultOptions::new(HOME_ZONE)).unwrap();
    add(&vault, &["sour bread"]);
    let reading = EmbeddedVault::open_for_reading(folder.path(), &VaultOptions::new(HOME_ZONE)).unwrap();
    assert_eq!((found(&reading, "bread"), found(&reading, "train")), (1, 0));
    for (title, word) in [("night train", "train"), ("green tea", "tea")] {
        add(&vault, &[title]);
        let started = Instant::now();
        while found(&reading, word) == 0 {
            assert!(started.elapsed() < Duration::from_secs(5), "{title} is not found");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    // Also when the whole index was put in place anew.
    block_on(vault.search().rebuild(&|_, _| {})).unwrap();
    add(&vault, &["black coffee"]);
    let started = Instant::now();
    while found(&reading, "coffee") == 0 {
        assert!(started.elapsed() < Duration::from_secs(5), "nothing is found after a rebuild");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(found(&reading, "bread"), 1);
}

#[test]
fn whoever_listens_is_told_what_each_transaction_changed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let told = Arc::new(Mutex::new(Vec::<Changes>::new()));
    let listener = {
        let told = Arc::clone(&told);
        Arc::new(move |changes: &Changes| told.lock().unwrap().push(changes.clone()))
    };
    let options = VaultOptions::new(HOME_ZONE).with_listener(listener);
    let vault = EmbeddedVault::open(folder.path(), &options).unwrap();
    let last = || std::mem::take(&mut *told.lock().unwrap());
    let bread = add(&vault, &["sour bread", "night train"]);
    let new = last();
    assert_eq!((new.len(), new[0].added.count, new[0].changed.count), (1, 2, 0));
    assert_eq!(new[0].added.ids[0], bread);
    assert_eq!(new[0].added.sources.values().sum::<u64>(), 2);
    assert!(new[0].sequence > 0);
    // The same again changes nothing.
    add(&vault, &["sour bread", "night train"]);
    assert_eq!(last(), []);
    block_on(vault.documents().annotate(bread, &Annotation::Star(true))).unwrap();
    let changed = last();
    assert_eq!((changed[0].added.count, changed[0].changed.ids.clone()), (0, vec![bread]));
    block_on(vault.documents().forget(&ForgetTarget::Document(bread))).unwrap();
    assert_eq!((last()[0].removed, last().len()), (1, 0));
}

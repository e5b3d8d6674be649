//! What is found by meaning, and that vectors share the fate of their documents: whatever happens to an import,
//! each has its own in the end, what is lost or damaged is made anew, and what is forgotten leaves none.

use crate::{id_of, shared_life, undisturbed, vault_with};
use dp_e2e::{Vault, skipped};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A question whose answers have none of its words.
const QUESTION: &str = "bees kept warm in winter";

/// Whether the program has a model in it.
pub(crate) fn has_model() -> bool {
    let models = Vault::new().json(["models", "list"]);
    let has = models.as_array().unwrap().iter().any(|model| model["in_use"] == true);
    if !has {
        skipped("the program was built without a model");
    }
    has
}

/// The set of the model in use: documents with vectors, and those that wait for one.
#[track_caller]
fn counts(vault: &Vault) -> (u64, u64) {
    let models = vault.json(["models", "list"]);
    let model = models.as_array().unwrap().iter().find(|model| model["in_use"] == true).unwrap().clone();
    (model["documents"].as_u64().unwrap(), model["pending"].as_u64().unwrap())
}

/// Ids and similarities of what is nearest to the question.
#[track_caller]
fn nearest(vault: &Vault) -> Vec<(String, String)> {
    let found =
        vault.json(["search", "--explain", "--mode", "semantic", "--unfolded", "--limit", "50", QUESTION]);
    assert_eq!(found["mode"], "semantic", "{}", found["notices"]);
    let hits = found["hits"].as_array().unwrap().iter();
    hits.map(|hit| {
        let similarity = &hit["explanation"]["semantic"]["similarity"];
        (hit["id"].as_str().unwrap().to_owned(), similarity.to_string())
    })
    .collect()
}

/// Makes the vectors that are missing, and asserts that all is as in a vault that nothing happened to.
#[track_caller]
pub(crate) fn assert_same_vectors(vault: &Vault, undisturbed: &Vault) {
    vault.text(["models", "embed"]);
    let (documents, pending) = counts(vault);
    assert_eq!((documents, pending), (counts(undisturbed).0, 0));
    assert_eq!(nearest(vault), nearest(undisturbed));
}

/// Files of all vector sets.
fn vector_files(vault: &Vault) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&vault.data().join("vaults/owner/vectors"), &mut found);
    found
}

fn is_segment(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "vectors")
}

/// Bytes of all segments: a vector has the same size in each.
fn segment_bytes(vault: &Vault) -> u64 {
    let files = vector_files(vault);
    files.iter().filter(|file| is_segment(file)).map(|file| fs::metadata(file).unwrap().len()).sum()
}

fn imported() -> Vault {
    let vault = Vault::new();
    vault.text(shared_life().import());
    vault
}

#[test]
fn planted_answers_are_found_in_other_words_and_it_is_said_why() {
    if !has_model() {
        return;
    }
    let vault = imported();
    let (mut asked, mut by_words, mut found) = (0, 0, 0);
    for inquiry in &shared_life().answers.inquiries {
        if inquiry.kind != dp_lifegen::InquiryKind::Paraphrase {
            continue;
        }
        asked += 1;
        let is_answer = |hit: &Value| {
            let title = hit["title"].as_str().unwrap_or_default();
            inquiry.expect.iter().any(|expected| title.contains(&*expected.fragment))
        };
        let hits = |mode: &str| {
            let answer = vault.json(["search", "--explain", "--mode", mode, "--limit", "10", &inquiry.text]);
            answer["hits"].as_array().unwrap().iter().find(|hit| is_answer(hit)).cloned()
        };
        by_words += u32::from(hits("keyword").is_some());
        if let Some(hit) = hits("hybrid") {
            let explanation = &hit["explanation"];
            let similarity = explanation["semantic"]["similarity"].as_f64().unwrap();
            assert!(similarity >= explanation["semantic"]["floor"].as_f64().unwrap(), "{explanation}");
            found += 1;
        }
    }
    println!("{found} of {asked} answers are found in other words, {by_words} by words");
    assert!(found * 5 >= asked && by_words * 10 < found, "{found} of {asked}, {by_words} by words");
    let first = &shared_life().answers.inquiries[0];
    let said = vault.text(["search", "--explain", "--limit", "1", &first.text]);
    assert!(said.contains(&*first.expect[0].fragment) && said.contains("similarity"), "{said}");
}

#[test]
fn importing_the_same_again_doubles_no_vector() {
    if !has_model() {
        return;
    }
    let vault = imported();
    let before = (counts(&vault), nearest(&vault));
    assert_eq!(before.0.1, 0, "vectors are made while documents are imported");
    vault.text(shared_life().import());
    assert_eq!((counts(&vault), nearest(&vault)), before);
}

#[test]
fn what_is_forgotten_is_gone_from_every_file_of_vectors() {
    if !has_model() {
        return;
    }
    let others = ["copper kettle", "tin whistle", "harbour lights"];
    let without_it = segment_bytes(&vault_with(&others));
    let vault = vault_with(&["walnut bread", others[0], others[1], others[2]]);
    let id = id_of(&vault, "walnut");
    assert!(segment_bytes(&vault) > without_it);
    let found = |vault: &Vault| {
        let answer = vault.json(["search", "--mode", "semantic", "loaf of nuts"]);
        answer["hits"].as_array().unwrap().iter().any(|hit| hit["id"] == id.as_str())
    };
    assert!(found(&vault));
    vault.json(["forget", &id, "--yes"]);
    assert_eq!(segment_bytes(&vault), without_it, "nothing is left but the others");
    assert!(!found(&vault));
    assert_eq!(counts(&vault), (3, 0));
}

#[test]
fn vectors_that_are_lost_or_damaged_are_made_anew() {
    if !has_model() {
        return;
    }
    let (vault, undisturbed) = (imported(), undisturbed());
    fs::remove_dir_all(vault.data().join("vaults/owner/vectors")).unwrap();
    let answer = vault.json(["search", QUESTION]);
    assert_eq!(answer["mode"], "keyword");
    assert!(!answer["notices"].as_array().unwrap().is_empty());
    assert_same_vectors(&vault, undisturbed);

    let mut damaged = 0;
    for file in vector_files(&vault) {
        if is_segment(&file) {
            let mut bytes = fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x55;
            fs::write(&file, bytes).unwrap();
            damaged += 1;
        }
    }
    assert!(damaged > 0);
    assert_eq!(vault.run(["search", QUESTION]).code, 0, "a search answers all the same");
    assert_same_vectors(&vault, undisturbed);
}

//! What a person may rely on, tried on the built program: one file for each topic.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what a scenario expects and does not find is its failure, and what it did is told"
)]

mod annotations;
mod answers;
mod attacks;
mod backup;
mod commands;
mod damage;
mod disk_full;
mod hostile;
mod idempotence;
mod interruption;
mod life;
mod mcp;
mod meaning;
mod originals;
mod own;
mod paging;
mod privacy;
mod remote;
mod retrying;
mod samples;
mod serve;
mod two_writers;
mod uploads;

use dp_e2e::{Entries, Life, Vault, write_activity, write_folder};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// Volume of the life that scenarios share: some 4,000 documents and 19,000 samples.
const SCALE: f64 = 0.02;

/// The life that scenarios share, written once.
fn shared_life() -> &'static Life {
    static LIFE: OnceLock<Life> = OnceLock::new();
    LIFE.get_or_init(|| Life::write(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("life"), SCALE))
}

/// A vault into which the shared life was imported in one go, undisturbed.
fn undisturbed() -> &'static Vault {
    static UNDISTURBED: OnceLock<Vault> = OnceLock::new();
    UNDISTURBED.get_or_init(|| {
        let vault = Vault::new();
        vault.text(shared_life().import());
        vault
    })
}

/// Its export.
fn reference() -> &'static str {
    static REFERENCE: OnceLock<String> = OnceLock::new();
    REFERENCE.get_or_init(|| undisturbed().export())
}

/// Says where two exports part; both are too long to be printed.
#[track_caller]
fn assert_same_export(found: &str, expected: &str) {
    if found == expected {
        return;
    }
    let lines = found.lines().count();
    let pair =
        found.lines().zip(expected.lines()).enumerate().find(|(_, (found, expected))| found != expected);
    match pair {
        Some((number, (found, expected))) => {
            panic!("the exports differ in line {number} of {lines}:\n{found}\nshould be\n{expected}")
        }
        None => panic!("one export has {lines} lines, the other {}", expected.lines().count()),
    }
}

/// Counts of a tally in a report.
#[track_caller]
fn tally(report: &Value, what: &str) -> [u64; 3] {
    ["inserted", "updated", "unchanged"].map(|name| report[what][name].as_u64().unwrap())
}

/// An unpacked export with these searches in it, in the vault's folder.
fn searches_folder<S: AsRef<str>>(vault: &Vault, name: &str, searches: &[S]) -> PathBuf {
    let folder = vault.folder().join(name);
    let path = "Takeout/My Activity/Search/MyActivity.json".to_owned();
    write_folder(&folder, &Entries::from([(path, write_activity(searches))]));
    folder
}

/// A vault with these searches in it.
fn vault_with<S: AsRef<str>>(searches: &[S]) -> Vault {
    let vault = Vault::new();
    let folder = searches_folder(&vault, "export", searches);
    assert_eq!(tally(&vault.import([folder]), "documents")[0], searches.len() as u64);
    vault
}

/// The id of the one document that a search finds.
#[track_caller]
fn id_of(vault: &Vault, query: &str) -> String {
    let hits = vault.hits(query);
    assert_eq!(hits.len(), 1, "{query}: {hits:?}");
    hits[0]["id"].as_str().unwrap().to_owned()
}

//! Real export files of other projects, where they are at hand: every file of theirs is accounted for.

use dp_e2e::{Vault, skipped, workspace};
use std::path::{Path, PathBuf};

/// Files below a folder.
fn count_files(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| match entry.file_type().unwrap() {
            kind if kind.is_dir() => count_files(&entry.path()),
            _ => 1,
        })
        .sum()
}

#[test]
fn every_file_of_the_real_samples_is_in_the_ledger() {
    let Ok(entries) = std::fs::read_dir(workspace().join("../shared/samples/google-takeout")) else {
        skipped("the real sample files are not at hand");
        return;
    };
    let folders: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    assert!(!folders.is_empty());
    for folder in folders {
        let vault = Vault::new();
        let report = vault.import([&folder]);
        let rows = report["entries"].as_array().unwrap();
        let name = folder.file_name().unwrap().to_string_lossy();
        assert!(rows.len() as u64 >= count_files(&folder), "{name}: {} rows", rows.len());
        for row in rows {
            let status = row["status"].as_str().unwrap();
            assert!(!row.to_string().contains("unforeseen"), "{name}: {row}");
            let explained = ["parsed", "partial"].contains(&status) || row["reason"].is_string();
            assert!(explained, "{name}: {row}");
        }
        let again = vault.import([&folder]);
        assert_eq!([&again["documents"]["inserted"], &again["samples"]["inserted"]], [0, 0], "{name}");
        assert_eq!(vault.json(["doctor"])["sound"], true, "{name}");
    }
}
